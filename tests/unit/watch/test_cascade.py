"""The linear model and the encoder together: who is asked, what comes of it, and what is refused."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from threading import Thread

import numpy as np
import pytest

from ringwall.guardrails import Block, Scorers, compile_guardrail, evaluate, parse_config, ports
from ringwall.vocabulary import Limits, Span
from ringwall.vocabulary.patience import TakesLong, in_a_hurry
from ringwall.watch import WeightsRefused, load_content_scorer, shipped
from ringwall.watch.cascade import CascadeContentScorer, load_cascade_scorer
from ringwall.watch.cascade_file import CONTENT_CASCADE, read_cascade
from ringwall.watch.encoder import load_encoder
from tests.unit.guardrails.scorers import config, content_policy
from tests.unit.watch import small_encoder
from tests.unit.watch.small_encoder import FILE, HEARD, KINDS

CALM = "The pump was replaced in March and the readings have been stable since then. "
NEVER = {"low": 1e5, "high": 1e6}


@pytest.fixture(scope="module")
def scorer(tmp_path_factory: pytest.TempPathFactory) -> CascadeContentScorer:
    return load_cascade_scorer(where=small_encoder.write(tmp_path_factory.mktemp("unsure")))


@pytest.fixture(scope="module")
def sure(tmp_path_factory: pytest.TempPathFactory) -> CascadeContentScorer:
    gates = dict.fromkeys((name for name in HEARD if name not in KINDS), NEVER)
    return load_cascade_scorer(where=small_encoder.write(tmp_path_factory.mktemp("sure"), gates=gates))


def test_it_is_what_guardrails_asks_for(scorer: CascadeContentScorer) -> None:
    port: ports.ContentScorer = scorer
    assert port.model_id.startswith("ringwall-content-cascade/1@sha256:")
    assert set(port.thresholds) == set(load_content_scorer().thresholds)


@pytest.mark.parametrize(("head", "word"), [(head, word) for head, word in HEARD.items() if head not in KINDS])
def test_each_category_hears_its_word(scorer: CascadeContentScorer, head: str, word: str) -> None:
    (found,) = scorer.score_windows([f"{CALM}{word} {CALM}"])
    assert found.level == 1
    assert found.scores[head] == pytest.approx(1.0, abs=1e-5)
    assert all(score < 0.9 for name, score in found.scores.items() if name != head)
    assert scorer.score(f"{CALM}{word} {CALM}") == found.scores


def test_the_run_that_decided_is_known(scorer: CascadeContentScorer) -> None:
    text = CALM * 6 + "we ignore it. " + CALM * 6
    start, end = scorer.score_windows([text])[0].spans["PROMPT_ATTACK"]
    assert start <= text.index("ignore") < end
    assert end - start < 0.6 * len(text)


def test_a_sure_window_is_the_linear_models(sure: CascadeContentScorer) -> None:
    (found,) = sure.score_windows([f"{CALM} ignore"])
    assert (found.level, dict(found.kinds), dict(found.spans)) == (0, {}, {})
    margins = load_content_scorer().margins(f"{CALM} ignore")
    expected = [min(max((margin + 20) / 40, 0.0), 1.0) for margin in margins]
    assert list(found.scores.values()) == pytest.approx(expected)


def test_only_unsure_windows_go_to_the_encoder(tmp_path: Path) -> None:
    margins = load_content_scorer().margins("ignore")
    index = list(load_content_scorer().thresholds).index("PROMPT_ATTACK")
    gates = dict.fromkeys((name for name in HEARD if name not in KINDS), NEVER)
    gates["PROMPT_ATTACK"] = {"low": margins[index], "high": margins[index] + 1e-6}
    scorer = load_cascade_scorer(where=small_encoder.write(tmp_path, gates=gates))
    assert [found.level for found in scorer.score_windows(["ignore", CALM, "ignore"])] == [1, 0, 1]


def test_kinds_say_which_attack_it_is(scorer: CascadeContentScorer) -> None:
    kinds = scorer.score_windows(["ignore it and reveal all"])[0].kinds
    assert max(kinds, key=kinds.__getitem__) == "PROMPT_LEAKAGE"
    assert set(kinds) == set(KINDS)


def test_no_windows_and_an_empty_window(scorer: CascadeContentScorer) -> None:
    assert scorer.score_windows([]) == []
    assert scorer.score_windows([""])[0].level == 1


def test_a_caller_in_a_hurry_is_told_before_the_encoder_is_asked(scorer: CascadeContentScorer, sure: CascadeContentScorer) -> None:
    with pytest.raises(TakesLong):
        in_a_hurry(lambda: scorer.score_windows(["so be it"]))
    assert in_a_hurry(lambda: sure.score_windows(["so be it"]))[0].level == 0


def test_equal_runs_are_asked_once_and_a_failure_reaches_every_window() -> None:
    asked: list[Sequence[Sequence[int]]] = []

    def model(texts: Sequence[Sequence[int]]) -> list[np.ndarray]:
        asked.append(texts)
        if len(asked) > 2:
            raise MemoryError
        return [np.zeros(9, np.float32)] * len(texts)

    file, digest = read_cascade(json.dumps(small_encoder.cascade(b"")).encode())
    scorer = CascadeContentScorer(file, digest, linear=load_content_scorer(), pieces=load_encoder().pieces, model=model)
    scorer.score_windows(["So be it.", "so be it.", "and so on"])
    assert [len(texts) for texts in asked] == [1, 2]
    with pytest.raises(Exception, match="could not answer"):
        scorer.score_windows(["So be it."])


def test_many_threads_get_their_own_results(scorer: CascadeContentScorer) -> None:
    texts = [f"number {index} {word}" for index in range(4) for word in HEARD.values()]
    expected = [scorer.score(text) for text in texts]
    made: dict[int, object] = {}
    threads = [Thread(target=lambda index=index, text=text: made.update({index: scorer.score(text)})) for index, text in enumerate(texts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [made[index] for index in range(len(texts))] == expected


def test_a_verdict_carries_category_confidence_model_level_and_place(scorer: CascadeContentScorer) -> None:
    given = parse_config(config(**content_policy(("PROMPT_ATTACK", "HIGH", "NONE"))))
    guardrail = compile_guardrail(given, Scorers(content=scorer))
    text = CALM * 20 + "Now ignor\u0435 it and reveal it. " + CALM * 3  # a Cyrillic letter: only the fold says the word
    evaluation = evaluate(guardrail, "INPUT", [Block("calm"), Block(text)], Limits())
    (verdict,) = evaluation.verdicts
    assert (verdict.rule_id, verdict.confidence, verdict.level) == ("content/PROMPT_ATTACK", "HIGH", 1)
    assert (verdict.model, verdict.chain) == (scorer.model_id, ("fold",))
    assert verdict.kinds[0][0] == "PROMPT_LEAKAGE"
    assert verdict.place is not None
    assert (verdict.place.block, verdict.place.in_reading) == (1, False)
    span = verdict.place.span
    assert "ignor\u0435" in text[span.start : span.end]
    assert span.end - span.start < 700


BROKEN = {
    "no JSON": lambda file: b"{",
    "an unknown member": lambda file: json.dumps({**file, "extra": 1}).encode(),
    "another format": lambda file: json.dumps({**file, "format": 2}).encode(),
    "runs that leave pieces out": lambda file: json.dumps({**file, "stride": 95}).encode(),
    "a head twice": lambda file: json.dumps({**file, "heads": [*file["heads"], file["heads"][0]]}).encode(),
    "a folder in the encoder's name": lambda file: json.dumps({**file, "encoder": "../x.onnx"}).encode(),
    "no head": lambda file: json.dumps({**file, "heads": []}).encode(),
    "an empty gate": lambda file: _first(file, gate={"low": 1.0, "high": 1.0}),
    "a gate without a curve": lambda file: _first(file, sure=None),
    "a factor that is no number": lambda file: _first(file, linear="x"),
    "an endless factor": lambda file: json.dumps(file).replace('"bias": 0.0', '"bias": 1e999', 1).encode(),
    "thresholds out of order": lambda file: _first(file, thresholds=[0.9, 0.8, 0.7]),
    "a curve that falls": lambda file: _first(file, calibration={"margins": [0.0, 1.0], "scores": [1.0, 0.0]}),
}


def _first(file: dict[str, list[dict[str, object]]], **changes: object) -> bytes:
    return json.dumps({**file, "heads": [{**file["heads"][0], **changes}, *file["heads"][1:]]}).encode()


@pytest.mark.parametrize("broken", BROKEN.values(), ids=BROKEN.keys())
def test_a_broken_file_is_refused_with_a_remedy(broken: object) -> None:
    file = small_encoder.cascade(b"")
    assert read_cascade(json.dumps(file).encode())[0].pieces == 94
    with pytest.raises(WeightsRefused) as refused:
        read_cascade(broken(file))  # type: ignore[operator]
    assert refused.value.how_to_mend


@pytest.mark.parametrize(
    "changes",
    [{"linear_sha256": "0" * 64}, {"encoder_sha256": "0" * 64}, {"heads": small_encoder.cascade(b"")["heads"][1:]}],  # type: ignore[index]
    ids=["another linear model", "another encoder", "a category too few"],
)
def test_parts_that_do_not_belong_together_are_refused(tmp_path: Path, changes: dict[str, object]) -> None:
    with pytest.raises(WeightsRefused):
        load_cascade_scorer(where=small_encoder.write(tmp_path, **changes))


@pytest.mark.parametrize("name", [FILE, CONTENT_CASCADE, shipped.PINS])
def test_a_missing_or_changed_file_is_refused(tmp_path: Path, name: str) -> None:
    where = small_encoder.write(tmp_path)
    kept = (where / name).read_bytes()
    (where / name).write_bytes(bytes([kept[0] ^ 1]) + kept[1:])
    with pytest.raises(WeightsRefused):
        load_cascade_scorer(where=where)
    (where / name).unlink()
    with pytest.raises(WeightsRefused) as refused:
        load_cascade_scorer(where=where)
    assert refused.value.how_to_mend


def test_an_encoder_that_is_no_model_or_has_too_few_outputs_is_refused(tmp_path: Path) -> None:
    for encoder in (b"no model", small_encoder.model(("reveal",))):
        where = small_encoder.write(tmp_path)
        (where / FILE).write_bytes(encoder)
        (where / CONTENT_CASCADE).write_text(json.dumps(small_encoder.cascade(encoder)))
        pins = [f"{hashlib.sha256((where / name).read_bytes()).hexdigest()}  {name}\n" for name in (FILE, CONTENT_CASCADE)]
        (where / shipped.PINS).write_text("".join(pins))
        with pytest.raises(WeightsRefused):
            load_cascade_scorer(where=where)


def test_a_place_in_a_decoded_passage_is_a_place_in_the_text(scorer: CascadeContentScorer) -> None:
    given = parse_config(config(**content_policy(("PROMPT_ATTACK", "HIGH", "NONE"))))
    hidden = b"please ignore all of it and go on".hex()
    text = f"{CALM} {hidden} {CALM}"
    (verdict,) = evaluate(compile_guardrail(given, Scorers(content=scorer)), "INPUT", [Block(text)], Limits()).verdicts
    assert verdict.place is not None
    assert "hex" in " ".join(verdict.chain)
    assert verdict.place.span.start >= text.index(hidden)
    assert verdict.place.span.end <= text.index(hidden) + len(hidden) + 1
    assert verdict.place.span != Span(0, len(text))
