"""A guardrail that reads texts as they are written, and what is said of that wherever it is asked."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from ringwall.guardrails import Block, Guardrail, PolicyRefused, compile_guardrail, evaluate, parse_config
from ringwall.guardrails.evaluation import UNREAD
from ringwall.guardrails.parsing import keep_own
from ringwall.inference.warnings import warnings_for
from ringwall.reasoning.guardrails import proof_status, proofs_lost, prove_upgrade
from ringwall.vocabulary import Limits
from tests.unit.guardrails.scorers import SCORERS, config, content_policy

WORD = "xylomancy rituals"
HIDDEN = base64.b64encode(WORD.encode()).decode()


def guardrail(readings: str | None) -> Guardrail:
    own = {} if readings is None else {"readings": readings}
    given: dict[str, Any] = {"wordPolicyConfig": {"wordsConfig": [{"text": WORD}]}, **content_policy(("HATE", "LOW", "LOW")), **own}
    return compile_guardrail(parse_config(config(**given)), SCORERS)


def action(of: Guardrail, text: str) -> str:
    return evaluate(of, "INPUT", [Block(text)], Limits()).outcome.action


def test_raw_finds_what_is_written_and_nothing_that_is_encoded() -> None:
    raw, everything = guardrail("RAW"), guardrail("ALL")
    assert [action(raw, f"about {WORD}"), action(raw, f"about {HIDDEN}")] == ["BLOCK", "NONE"]
    assert [action(everything, f"about {WORD}"), action(everything, f"about {HIDDEN}")] == ["BLOCK", "BLOCK"]


def test_all_is_what_a_guardrail_does_that_says_nothing() -> None:
    assert guardrail(None).plans["INPUT"].detectors.digest == guardrail("ALL").plans["INPUT"].detectors.digest  # type: ignore[union-attr]
    assert guardrail("RAW").digest != guardrail("ALL").digest


def test_the_receipt_and_the_warnings_say_what_is_not_read() -> None:
    raw = guardrail("RAW")
    evaluation = evaluate(raw, "INPUT", [Block("harmless")], Limits())
    assert UNREAD in evaluation.coverage.unchecked
    assert evaluation.coverage.readings == ((),)
    assert any("RAW" in warning for warning in warnings_for(raw.config, SCORERS))
    assert UNREAD not in evaluate(guardrail("ALL"), "INPUT", [Block("harmless")], Limits()).coverage.unchecked


def test_no_theorem_holds_of_it() -> None:
    assert {wall.status for wall in proof_status(guardrail("RAW")).walls} == {"unknown"}
    assert {wall.status for wall in proof_status(guardrail("ALL")).walls} != {"unknown"}


def test_an_upgrade_to_it_is_refuted_by_a_hidden_text() -> None:
    report = prove_upgrade(guardrail("ALL"), guardrail("RAW"))
    assert report.outcome == "refuted"
    [refuted] = [claim for claim in report.claims if claim.source == "INPUT" and claim.outcome == "refuted"]
    assert refuted.witness is not None
    assert base64.b64decode(refuted.witness.text).decode() == WORD
    assert not [claim for claim in report.claims if claim.outcome == "proved"]
    assert proofs_lost(guardrail("ALL"), guardrail("RAW")).outcome == "lost"
    assert prove_upgrade(guardrail("RAW"), guardrail("ALL")).outcome == "proved"


def test_an_update_in_words_that_have_none_for_it_keeps_it() -> None:
    assert keep_own(guardrail(None).config, guardrail("RAW").config).readings == "RAW"
    assert keep_own(guardrail("ALL").config, guardrail("RAW").config).readings == "ALL"


def test_another_word_for_it_is_refused() -> None:
    with pytest.raises(PolicyRefused):
        guardrail("FAST")
