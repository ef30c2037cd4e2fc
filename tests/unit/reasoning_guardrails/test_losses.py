"""A change of a guardrail names the proofs that it loses, with a text that shows it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ringwall.guardrails import Block, Guardrail, evaluate
from ringwall.reasoning.guardrails import ProofChange, proofs_lost
from ringwall.vocabulary import Limits
from tests.unit.reasoning_guardrails.test_upgrade import compiled, pii, regexes, simple, words

OFF = {"inputEnabled": False}


def content(action: str = "BLOCK", **more: Any) -> Guardrail:
    filters = [{"type": "HATE", "inputStrength": "HIGH", "outputStrength": "HIGH", "inputAction": action, **more}]
    return simple(contentPolicyConfig={"filtersConfig": filters}, wordPolicyConfig={"wordsConfig": [{"text": "unrelated"}]})


LOST: dict[str, tuple[Callable[[], Guardrail], Callable[[], Guardrail], str, tuple[str, ...], str]] = {
    "a phrase is removed": (
        lambda: words("project nightjar", "owl"),
        lambda: words("owl"),
        "word/custom",
        ("upgrade", "no-bypass"),
        "no new word covers `project nightjar`",
    ),
    "a phrase is cut below eight characters": (
        lambda: words("nightjar"),
        lambda: words("nightja"),
        "word/custom",
        ("upgrade", "no-bypass"),
        "`nightja` has fewer than eight normalised characters, so it is found at word boundaries only",
    ),
    "a short word is removed": (lambda: words("owl", "kestrels"), lambda: words("kestrels"), "word/custom", ("upgrade",), "`owl`"),
    "words are off in one direction": (
        lambda: words("nightjars"),
        lambda: words({"text": "nightjars", **OFF}),
        "word/custom",
        ("upgrade", "no-bypass"),
        "`nightjars`",
    ),
    "a pattern covers less": (
        lambda: regexes(("T[0-9]{2}", "BLOCK")),
        lambda: regexes(("T[1-9]{2}", "BLOCK")),
        "regex/r0",
        ("upgrade",),
        "no new pattern matches",
    ),
    "a type of personal data is gone": (
        lambda: pii(("EMAIL", "BLOCK"), ("URL", "BLOCK")),
        lambda: pii(("URL", "BLOCK")),
        "pii/EMAIL",
        ("upgrade",),
        "no longer looked for",
    ),
    "a filter is off in one direction": (content, lambda: content(**OFF), "content/HATE", ("upgrade",), "off in this direction"),
    "a filter only reports": (content, lambda: content("NONE"), "content/HATE", ("upgrade",), "only reports"),
}


@pytest.mark.parametrize(("old", "new", "rule", "proofs", "why"), LOST.values(), ids=LOST.keys())
def test_a_loss_is_named_with_its_proofs(
    old: Callable[[], Guardrail], new: Callable[[], Guardrail], rule: str, proofs: tuple[str, ...], why: str
) -> None:
    before, after = old(), new()
    change = proofs_lost(before, after)
    assert change.outcome == "lost"
    assert {loss.rule for loss in change.lost} == {rule}
    for loss in change.lost:
        assert loss.proofs == proofs
        assert why in loss.why
        if not rule.startswith("content/"):
            assert loss.text is not None
            seen = [evaluate(each, loss.source, [Block(loss.text)], Limits()).outcome.action for each in (before, after)]
            assert seen == [loss.old, loss.new]
            assert seen[0] != seen[1]


def test_a_pattern_that_covers_less_is_shown_by_a_shortest_text() -> None:
    change = proofs_lost(regexes(("T[0-9]{2}", "BLOCK")), regexes(("T[1-9]{2}", "BLOCK")))
    assert {len(loss.text or "") for loss in change.lost} == {3}


def test_a_direction_that_is_off_is_lost_there_and_nowhere_else() -> None:
    change = proofs_lost(words("nightjars"), words({"text": "nightjars", **OFF}))
    assert [loss.source for loss in change.lost] == ["INPUT"]
    assert change.kept == 1


def test_what_is_as_strong_keeps_every_proof() -> None:
    kept = proofs_lost(words("the nightjar flies"), words("nightjar", "owl"))
    assert (kept.outcome, kept.lost, kept.undecided, kept.kept) == ("kept", (), (), 2)
    assert proofs_lost(words("owl"), words("owl")).outcome == "kept"


def test_what_is_not_decided_is_unknown_and_never_kept() -> None:
    change: ProofChange = proofs_lost(regexes((r"\pL1", "BLOCK")), regexes((r"\pL", "BLOCK")))
    assert (change.outcome, change.lost) == ("unknown", ())
    assert {loss.rule for loss in change.undecided} == {"regex/r0"}


def test_a_comparison_that_outgrows_its_budget_is_unknown() -> None:
    old, new = regexes(("(a|b)*a(a|b){9}c", "BLOCK")), regexes(("(a|b)*a(a|b){9}[cd]", "BLOCK"))
    assert proofs_lost(old, new, nodes=50).outcome == "unknown"
    assert proofs_lost(old, new, nodes=20_000).outcome == "kept"


def test_another_description_alone_loses_nothing() -> None:
    document = {"name": "g", "blockedInputMessaging": "no", "blockedOutputsMessaging": "no"}
    listed = {"wordPolicyConfig": {"wordsConfig": [{"text": "nightjars"}]}}
    assert proofs_lost(compiled(document | listed), compiled(document | listed | {"description": "of birds"})).outcome == "kept"
