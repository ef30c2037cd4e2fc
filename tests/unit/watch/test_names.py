"""The finder of names at run time: runs that overlap, spans that probabilities make, and files that are refused."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from ringwall.watch import WeightsRefused

np = pytest.importorskip("numpy", reason="the extra `watch` is not installed")
names = pytest.importorskip("ringwall.watch.names", reason="the extra `watch` is not installed")
encoder = pytest.importorskip("ringwall.watch.encoder", reason="the extra `watch` is not installed")

LABELS = ("O", *(f"{prefix}-{kind}" for kind in names.FOUND for prefix in "BI"), "B-ORG", "I-ORG")
SETTINGS = names.Settings(name="tests", version="1", weights_sha256="0" * 64, labels=LABELS, thresholds=dict.fromkeys(names.FOUND, 0.5))


class Spelled:
    """A body that labels by the piece: pieces from `table`, all others O; it says where in the run each piece was."""

    def __init__(self, table: dict[int, str], chance: dict[int, float] | None = None) -> None:
        self.table, self.chance = table, chance or {}
        self.asked: list[tuple[tuple[int, ...], tuple[int, ...]]] = []

    def run(self, texts: list[tuple[int, ...]], segments: list[tuple[int, ...]]) -> list[object]:
        out = []
        for ids, kinds in zip(texts, segments, strict=True):
            self.asked.append((tuple(ids), tuple(kinds)))
            logits = np.full((len(ids), len(LABELS)), -10.0, np.float32)
            for place, piece in enumerate(ids):
                chance = self.chance.get(piece, 0.999)
                logits[place, 0] = np.log(1.0 - chance)
                logits[place, LABELS.index(self.table.get(piece, "O"))] = np.log(chance)
            out.append(logits)
        return out


def finder(labels: dict[str, str]) -> tuple[object, Spelled]:
    loaded = encoder.load_encoder()
    body = Spelled({loaded.pieces.pieces(word).ids[0]: label for word, label in labels.items()})
    return names.LearnedNameFinder(loaded, body, SETTINGS), body


def found(text: str, labels: dict[str, str]) -> list[tuple[str, str]]:
    made, _ = finder(labels)
    (spans,) = made.find([text])  # type: ignore[attr-defined]
    return [(span.type, text[span.start : span.end]) for span in spans]


def test_pieces_of_one_type_in_a_row_are_one_span() -> None:
    assert found("ask John Smith now", {"john": "B-NAME", "smith": "I-NAME"}) == [("NAME", "John Smith")]


def test_a_new_beginning_begins_a_new_span() -> None:
    assert found("john smith", {"john": "B-NAME", "smith": "B-NAME"}) == [("NAME", "john"), ("NAME", "smith")]


def test_a_span_may_begin_without_its_beginning() -> None:
    assert found("ask smith", {"smith": "I-NAME"}) == [("NAME", "smith")]


def test_types_side_by_side_are_two_spans() -> None:
    assert found("john 42", {"john": "B-NAME", "42": "B-AGE"}) == [("NAME", "john"), ("AGE", "42")]


def test_what_helps_only_is_not_found() -> None:
    assert found("john corp", {"corp": "B-ORG"}) == []


def test_a_part_of_a_word_is_widened_to_the_word() -> None:
    pieces = encoder.load_encoder().pieces
    word = "zorblatine"
    assert len(pieces.pieces(word)) > 1
    first = word[: pieces.pieces(word).ends[0]]
    assert found(f"ask {word} now", {first: "B-NAME"}) == [("NAME", word)]


def unsure(text: str, labels: dict[str, tuple[str, float]]) -> list[tuple[str, float]]:
    loaded = encoder.load_encoder()
    ids = {word: loaded.pieces.pieces(word).ids[0] for word in labels}
    body = Spelled({ids[word]: label for word, (label, _) in labels.items()}, {ids[word]: chance for word, (_, chance) in labels.items()})
    (spans,) = names.LearnedNameFinder(loaded, body, SETTINGS).find([text])
    return [(text[span.start : span.end], round(span.confidence, 2)) for span in spans]


def test_a_likely_piece_beside_a_sure_one_goes_with_it() -> None:
    assert unsure("ask john smith", {"john": ("B-NAME", 0.9), "smith": ("I-NAME", 0.4)}) == [("john smith", 0.65)]
    assert unsure("ask john smith", {"john": ("B-NAME", 0.4), "smith": ("I-NAME", 0.9)}) == [("john smith", 0.65)]


def test_a_likely_piece_alone_is_nothing() -> None:
    assert unsure("ask john", {"john": ("B-NAME", 0.45)}) == []
    assert unsure("john said smith", {"john": ("B-NAME", 0.9), "smith": ("I-NAME", 0.4)}) == [("john", 0.9)]


def test_a_span_counts_from_the_mean_of_its_pieces_on() -> None:
    few = {"john": ("B-NAME", 0.6), "smith": ("I-NAME", 0.35)}
    assert unsure("john smith", few) == []


def test_a_password_is_widened_over_its_marks_and_a_user_name_over_its_dots() -> None:
    assert found("password is apple!Tr$2x, ok", {"apple": "B-PASSWORD"}) == [("PASSWORD", "apple!Tr$2x")]
    assert found("log in as apple.tree_42?", {"apple": "B-USERNAME"}) == [("USERNAME", "apple.tree_42")]


def test_marks_at_the_ends_are_taken_off() -> None:
    assert found("at 12 oak, leeds.", {"12": "B-ADDRESS", "oak": "I-ADDRESS", ",": "I-ADDRESS"}) == [("ADDRESS", "12 oak")]


def test_marks_alone_are_no_span() -> None:
    assert found("a , b", {",": "B-NAME"}) == []


def test_nothing_is_found_in_nothing() -> None:
    made, body = finder({})
    assert made.find(["", " \n"]) == [[], []]  # type: ignore[attr-defined]
    assert body.asked == []


def test_a_long_text_is_read_in_runs_that_overlap() -> None:
    text = "the " * 300 + "john " + "the " * 300
    made, body = finder({"john": "B-NAME"})
    (spans,) = made.find([text])  # type: ignore[attr-defined]
    assert [text[span.start : span.end] for span in spans] == ["john"]
    assert all(len(ids) <= names.LONGEST + 2 for ids, _ in body.asked)
    assert len(body.asked) == 1 + -(-(601 - names.LONGEST) // names.STRIDE)


def test_capitals_are_told_per_word() -> None:
    pieces = encoder.load_encoder().pieces
    text = "Ask zorblatine, O'Brien and NASA about iPhones"
    told = names.capitalised(text, pieces.pieces(text))
    cut = pieces.pieces(text)
    seen = {text[start:end]: flag for start, end, flag in zip(cut.starts, cut.ends, told, strict=True)}
    assert (seen["Ask"], seen["O"], seen["Brien"], seen["and"], seen["about"], seen[","]) == (1, 1, 1, 0, 0, 0)
    word = pieces.pieces("Zorblatine")
    assert names.capitalised("Zorblatine", word) == [1] * len(word)


@pytest.mark.parametrize(
    "change",
    [{"labels": LABELS[:-4]}, {"labels": (*LABELS, "O")}, {"thresholds": {"NAME": 0.5}}, {"thresholds": dict.fromkeys(names.FOUND, 0.0)}],
    ids=["a label is missing", "a label is there twice", "a threshold is missing", "a threshold of nothing"],
)
def test_settings_that_are_none_are_refused(change: dict[str, object]) -> None:
    with pytest.raises(WeightsRefused):
        names.LearnedNameFinder(encoder.load_encoder(), Spelled({}), msgspec.structs.replace(SETTINGS, **change))


def pinned(folder: Path, files: dict[str, bytes]) -> Path:
    from ringwall.crypto import sha256

    for name, data in files.items():
        (folder / name).write_bytes(data)
    lines = "".join(f"{sha256(data).hex()}  {name}\n" for name, data in files.items())
    (folder / "sha256sums.txt").write_text(lines)
    return folder


def test_missing_and_foreign_files_are_refused_with_a_remedy(tmp_path: Path) -> None:
    settings = msgspec.json.encode(SETTINGS)
    for files in (
        {},
        {names.SETTINGS: settings},
        {names.SETTINGS: b"{}", names.WEIGHTS: b"x"},
        {names.SETTINGS: settings, names.WEIGHTS: b"x"},
    ):
        with pytest.raises(WeightsRefused) as refused:
            names.load(where=pinned(tmp_path, files))
        assert refused.value.remedy
        for name in files:
            (tmp_path / name).unlink()


def test_changed_files_are_refused(tmp_path: Path) -> None:
    folder = pinned(tmp_path, {names.SETTINGS: msgspec.json.encode(SETTINGS), names.WEIGHTS: b"weights"})
    (folder / names.SETTINGS).write_bytes(msgspec.json.encode(SETTINGS) + b" ")
    with pytest.raises(WeightsRefused, match="pinned digest"):
        names.load(where=folder)
