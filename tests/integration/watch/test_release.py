"""The release log from end to end: weights are released, read back offline, and refused after any change."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ringwall.crypto.merkle import verify_consistency
from ringwall.crypto.tiles import consistency
from ringwall.errors import RingwallError
from ringwall.ledger.export import Files, audit_log_files
from ringwall.watch import WeightsRefused, shipped
from ringwall.watch.release import POLICY, PROOF, RELEASE, ReleaseRefused, read_policy, verify_release, versions
from training.release.models import ReleaseError
from training.release.release import release

AT = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
FILES = ("frequencies-v1.json", "lexical-v1.json")
CARD = "lexical-v1.card.json"
ORIGIN = "example.org/releases"


@dataclass
class Place:
    """A checkout with its weights, a key outside of it and a log."""

    root: Path
    weights: Path
    log: Path
    key: Path

    def release(self, *, origin: str = ORIGIN, key: Path | None = None, log: Path | None = None, later: int = 0) -> list[str]:
        return release(
            weights=self.weights,
            key_file=key or self.key,
            log=log or self.log,
            origin=origin,
            root=self.root,
            at=AT + timedelta(days=later),
        )

    def card(self, **changes: object) -> None:
        card = {
            "name": "ringwall-lexical",
            "version": "1",
            "training_sets": [{"name": "prompts", "licence": "MIT", "sha256": "ab" * 32, "rows": 3}],
            "topics": {"auroc": 0.75},
            "grounding": {"wice": {"auroc": 0.8}},
            "relevance": {},
        }
        (self.weights / CARD).write_text(json.dumps(card | changes))

    def weigh(self, name: str, content: bytes) -> None:
        (self.weights / name).write_bytes(content)
        pins = [(hashlib.sha256(path.read_bytes()).hexdigest(), path.name) for path in map(self.weights.joinpath, FILES) if path.is_file()]
        (self.weights / shipped.PINS).write_text("".join(f"{digest}  {name}\n" for digest, name in pins))

    def git(self, *arguments: str) -> str:
        who = ("-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false")
        return subprocess.run(["git", *who, *arguments], cwd=self.root, check=True, capture_output=True, text=True).stdout.strip()

    def contents(self) -> dict[str, bytes]:
        return {str(path): path.read_bytes() for folder in (self.weights, self.log) for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def place(tmp_path: Path) -> Place:
    made = Place(tmp_path / "checkout", tmp_path / "weights", tmp_path / "log", tmp_path / "keys" / "release.key")
    for folder in (made.root / "training" / "lexical", made.root / "training" / "content", made.weights):
        folder.mkdir(parents=True)
    (made.root / "training" / "lexical" / "fit.py").write_text("fit = 1\n")
    made.git("init", "-q")
    made.git("add", ".")
    made.git("commit", "-qm", "first")
    for name in FILES:
        made.weigh(name, f"the weights in {name}".encode())
    made.card()
    return made


def test_what_was_released_is_read_back_with_everything_that_was_said(place: Place) -> None:
    place.release()
    files = verify_release(where=place.weights, weights=True)
    assert [(each.name, each.sha256, each.index) for each in files] == [
        (name, hashlib.sha256((place.weights / name).read_bytes()).hexdigest(), index) for index, name in enumerate(FILES)
    ]
    assert {(each.checkpoint.origin, each.checkpoint.size) for each in files} == {(ORIGIN, 2)}
    (model,) = versions(where=place.weights)
    assert (model.name, model.version, model.released_at) == ("ringwall-lexical", "1", "2026-03-04T05:06:07Z")
    assert model.card.sha256 == hashlib.sha256((place.weights / CARD).read_bytes()).hexdigest()
    assert model.evaluation == {"topics": {"auroc": 0.75}, "grounding": {"wice": {"auroc": 0.8}}, "relevance": {}}
    assert model.code.commit == place.git("rev-parse", "HEAD")
    assert [(each.name, each.licence) for each in files[0].release.training_data] == [("prompts", "MIT")]


def test_the_log_holds_the_entries_that_the_proofs_are_about(place: Place) -> None:
    place.release()
    checkpoint = audit_log_files(Files(place.log), read_policy(place.weights))
    assert {each.checkpoint for each in verify_release(where=place.weights)} == {checkpoint}


def test_a_second_run_with_nothing_new_changes_no_byte(place: Place) -> None:
    place.release()
    before = place.contents()
    assert place.release(later=3)[-2].startswith("0 new statements")
    assert place.contents() == before


def test_code_that_went_on_does_not_release_old_weights_again(place: Place) -> None:
    place.release()
    before = place.contents()
    (place.root / "training" / "lexical" / "fit.py").write_text("fit = 2\n")
    place.release(later=1)  # not committed either: nothing is said of it
    assert place.contents() == before


def test_a_new_file_is_appended_and_the_log_grows_from_what_it_was(place: Place) -> None:
    place.release()
    old = audit_log_files(Files(place.log), read_policy(place.weights))
    place.weigh(FILES[1], b"better weights")
    place.release(later=1)
    files = verify_release(where=place.weights, weights=True)
    assert [(each.index, each.release.released_at[:10]) for each in files] == [(0, "2026-03-04"), (2, "2026-03-05")]
    new = files[0].checkpoint
    verify_consistency(old.size, old.root, new.size, new.root, consistency(Files(place.log), old.size, new.size))


def test_a_new_card_is_a_new_statement_of_all_files_of_the_model(place: Place) -> None:
    place.release()
    place.card(topics={"auroc": 0.9})
    with pytest.raises(ReleaseRefused, match="model card"):
        verify_release(where=place.weights)
    place.release(later=1)
    assert [each.index for each in verify_release(where=place.weights)] == [2, 3]
    assert versions(where=place.weights)[0].evaluation["topics"] == {"auroc": 0.9}


def flip(path: Path, at: int) -> None:
    data = bytearray(path.read_bytes())
    data[at] ^= 1
    path.write_bytes(bytes(data))


def swap_statements(place: Place) -> None:
    listed = json.loads((place.weights / RELEASE).read_bytes())
    first, second = FILES
    said = listed["statements"]
    said[first], said[second] = said[second], said[first]
    (place.weights / RELEASE).write_text(json.dumps(listed))


def edit_statements(change: Callable[[dict[str, object]], object]) -> Callable[[Place], None]:
    def edit(place: Place) -> None:
        listed = json.loads((place.weights / RELEASE).read_bytes())
        change(listed["statements"])
        (place.weights / RELEASE).write_text(json.dumps(listed))

    return edit


def other_log(place: Place) -> None:
    """Put another log's keys in place, under the same name."""
    other = place.weights.parent / "other"
    shutil.copytree(place.weights, other / "weights")
    (other / "weights" / POLICY).unlink()
    (other / "weights" / RELEASE).unlink()
    Place(place.root, other / "weights", other / "log", other / "key").release()
    shutil.copy(other / "weights" / POLICY, place.weights / POLICY)


def pin_another(place: Place) -> None:
    place.weigh(FILES[0], b"other weights, and their digest is pinned")


TAMPERED: dict[str, tuple[Callable[[Place], object], type[RingwallError]]] = {
    "a flipped byte in the weights": (lambda place: flip(place.weights / FILES[0], 5), WeightsRefused),
    "weights that are gone": (lambda place: (place.weights / FILES[0]).unlink(), WeightsRefused),
    "other weights with their digest pinned": (pin_another, ReleaseRefused),
    "a flipped byte in the card": (lambda place: flip(place.weights / CARD, 9), ReleaseRefused),
    "a card that is gone": (lambda place: (place.weights / CARD).unlink(), ReleaseRefused),
    "statements of two files changed over": (swap_statements, ReleaseRefused),
    "a statement that is gone": (edit_statements(lambda said: said.pop(FILES[0])), ReleaseRefused),
    "a statement of a file that is not pinned": (edit_statements(lambda said: said.update(more=said[FILES[0]])), ReleaseRefused),
    "a statement without a signature": (edit_statements(lambda said: said[FILES[0]].update(signatures=[])), ReleaseRefused),  # type: ignore[attr-defined]
    "a statement that is no envelope": (edit_statements(lambda said: said.update({FILES[0]: 7})), ReleaseRefused),
    "statements that are no JSON": (lambda place: flip(place.weights / RELEASE, 0), ReleaseRefused),
    "statements that are gone": (lambda place: (place.weights / RELEASE).unlink(), ReleaseRefused),
    "a proof that is gone": (lambda place: (place.weights / f"{FILES[0]}{PROOF}").unlink(), ReleaseRefused),
    "keys that are gone": (lambda place: (place.weights / POLICY).unlink(), ReleaseRefused),
    "keys that are none": (lambda place: (place.weights / POLICY).write_text("quorum none\n"), ReleaseRefused),
    "another log's keys": (other_log, ReleaseRefused),
    "no pinned file": (lambda place: (place.weights / shipped.PINS).write_text(""), ReleaseRefused),
}


@pytest.mark.parametrize("case", TAMPERED)
def test_what_was_changed_is_refused_with_a_remedy(place: Place, case: str) -> None:
    place.release()
    change, refusal = TAMPERED[case]
    change(place)
    with pytest.raises(refusal) as refused:
        verify_release(where=place.weights, weights=True)
    assert refused.value.how_to_mend


def test_every_byte_of_a_proof_counts(place: Place) -> None:
    """Index, path and tree head: no byte can be another. A signature that is spoilt is refused, or is an unknown key's and the other stands."""
    place.release()
    path = place.weights / f"{FILES[0]}{PROOF}"
    whole = path.read_bytes()
    signatures = whole.index("\N{EM DASH}".encode())
    released = verify_release(where=place.weights)
    for at in [*range(signatures), *range(signatures, len(whole), 47)]:
        flip(path, at)
        try:
            assert verify_release(where=place.weights) == released
            assert at >= signatures
        except ReleaseRefused:
            pass
        path.write_bytes(whole)


def test_every_byte_of_a_statement_counts(place: Place) -> None:
    place.release()
    whole = json.loads((place.weights / RELEASE).read_bytes())
    for member in ("payload", "payloadType"):
        text = whole["statements"][FILES[0]][member]
        for at in range(0, len(text), 131):
            changed = json.loads(json.dumps(whole))
            changed["statements"][FILES[0]][member] = text[:at] + ("A" if text[at] != "A" else "B") + text[at + 1 :]
            (place.weights / RELEASE).write_text(json.dumps(changed))
            with pytest.raises(ReleaseRefused):
                verify_release(where=place.weights)


def test_a_reader_may_bring_keys_of_his_own(place: Place) -> None:
    place.release()
    kept = read_policy(place.weights)
    other_log(place)
    assert verify_release(where=place.weights, policy=kept)
    with pytest.raises(ReleaseRefused):
        verify_release(where=place.weights, policy=read_policy(place.weights))


class TestKeys:
    """A log keeps its key; with another key another log begins, and readers know both."""

    def test_the_key_is_made_once_for_its_owner_only(self, place: Place) -> None:
        assert "keep it" in place.release()[0]
        assert place.key.stat().st_mode & 0o777 == 0o600
        secret = place.key.read_text().strip().encode()
        assert all(secret not in content for content in place.contents().values())
        assert all("keep it" not in line for line in place.release())

    def test_without_its_key_a_log_does_not_go_on(self, place: Place) -> None:
        place.release()
        place.key.unlink()
        with pytest.raises(ReleaseError, match="another --origin"):
            place.release()

    def test_another_key_cannot_go_on_with_it(self, place: Place, tmp_path: Path) -> None:
        place.release()
        before = place.contents()
        other = tmp_path / "keys" / "other.key"
        other.write_text("QUJD" * 10 + "\n")
        with pytest.raises(ReleaseError, match="32 bytes"):
            place.release(key=other)
        other.write_text("A" * 43 + "=\n")
        with pytest.raises(ReleaseError, match="a log keeps its key"):
            place.release(key=other)
        assert place.contents() == before

    def test_a_new_origin_begins_beside_the_former_one(self, place: Place, tmp_path: Path) -> None:
        place.release()
        former = {path.name: path.read_bytes() for path in place.weights.glob(f"*{PROOF}")}
        statements = (place.weights / RELEASE).read_bytes()
        place.release(origin="example.org/releases-2", key=tmp_path / "keys" / "second.key", log=tmp_path / "second", later=1)
        assert {each.checkpoint.origin for each in verify_release(where=place.weights)} == {"example.org/releases-2"}
        assert {log.key.name for log in read_policy(place.weights).logs} == {ORIGIN, "example.org/releases-2"}
        for name, proof in former.items():
            (place.weights / name).write_bytes(proof)
        (place.weights / RELEASE).write_bytes(statements)
        assert {each.checkpoint.origin for each in verify_release(where=place.weights)} == {ORIGIN}

    def test_a_statement_of_one_log_does_not_pass_in_another(self, place: Place, tmp_path: Path) -> None:
        place.release()
        statements = (place.weights / RELEASE).read_bytes()
        place.release(origin="example.org/releases-2", key=tmp_path / "keys" / "second.key", log=tmp_path / "second")
        (place.weights / RELEASE).write_bytes(statements)
        with pytest.raises(ReleaseRefused, match="the proof of"):
            verify_release(where=place.weights)

    def test_a_key_that_git_would_take_up_is_refused(self, place: Place) -> None:
        with pytest.raises(ReleaseError, match="would be committed"):
            place.release(key=place.root / "release.key")
        assert not (place.root / "release.key").exists()
        (place.root / ".gitignore").write_text("var/\n")
        place.release(key=place.root / "var" / "release.key")
        verify_release(where=place.weights)


class TestWhatIsNotReleased:
    """A release says what it cannot stand for, and writes nothing."""

    def test_code_with_changes_that_are_not_committed(self, place: Place) -> None:
        (place.root / "training" / "lexical" / "fit.py").write_text("fit = 2\n")
        with pytest.raises(ReleaseError, match="commit first"):
            place.release()
        assert not (place.weights / RELEASE).exists()

    def test_weights_without_a_card(self, place: Place) -> None:
        (place.weights / CARD).unlink()
        with pytest.raises(ReleaseError, match="model card"):
            place.release()

    @pytest.mark.parametrize("changes", [{"name": "another"}, {"licence": "CC-BY-NC-4.0"}, {"version": "2"}])
    def test_a_card_that_says_something_else(self, place: Place, changes: dict[str, object]) -> None:
        place.card(**changes)
        with pytest.raises(ReleaseError):
            place.release()
        assert not place.key.exists()

    def test_a_card_without_figures(self, place: Place) -> None:
        place.card()
        card = json.loads((place.weights / CARD).read_text())
        del card["topics"]
        (place.weights / CARD).write_text(json.dumps(card))
        with pytest.raises(ReleaseError, match="topics"):
            place.release()

    def test_a_file_that_belongs_to_no_model(self, place: Place) -> None:
        (place.weights / "mystery.bin").write_bytes(b"?")
        with (place.weights / shipped.PINS).open("a") as file:
            file.write(f"{hashlib.sha256(b'?').hexdigest()}  mystery.bin\n")
        with pytest.raises(ReleaseError, match=r"mystery\.bin"):
            place.release()

    def test_a_log_that_was_changed(self, place: Place) -> None:
        place.release()
        flip(next(path for path in place.log.rglob("entries/*/*") if path.is_file()), 40)
        place.weigh(FILES[0], b"new")
        with pytest.raises(RingwallError):
            place.release(later=1)


def test_a_file_pinned_and_never_released_is_refused(place: Place) -> None:
    (place.weights / FILES[1]).unlink()
    place.weigh(FILES[0], b"alone")
    place.release()
    place.weigh(FILES[1], b"two")
    with pytest.raises(ReleaseRefused, match="never released"):
        verify_release(where=place.weights)
