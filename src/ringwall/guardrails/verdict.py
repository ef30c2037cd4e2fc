"""Verdicts, and the one function that combines them.

Actions are ordered NONE < ANONYMIZE < BLOCK. A verdict's weight is its action, or BLOCK where the rule failed (it raised, or ran out of
budget: what was not read was not cleared). `combine` is the maximum of the weights, so over non-empty lists with distinct rule ids

- block dominates:         one BLOCK makes the outcome BLOCK, whatever else is listed;
- failure is a block:      `failed` outweighs the action the rule would have taken;
- order does not matter:   combine(permutation of v) == combine(v) up to the order of the ids it names;
- grouping does not matter: weight(combine(a + b)) == max(weight(combine(a)), weight(combine(b)));
- more is never weaker:    adding a verdict, or strengthening one, never lowers the outcome;
- nothing is not a pass:   the empty list, and a list that names a rule twice, raise.

Invariant: the five laws and the two refusals are tested in tests/property/guardrails/test_verdict_algebra.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import msgspec

from ringwall.guardrails.errors import VerdictListBroken
from ringwall.text.finding import Finding
from ringwall.vocabulary import Span

Action = Literal["NONE", "ANONYMIZE", "BLOCK"]
Policy = Literal["topicPolicy", "contentPolicy", "wordPolicy", "sensitiveInformationPolicy", "contextualGroundingPolicy"]
Confidence = Literal["NONE", "LOW", "MEDIUM", "HIGH"]

_WEIGHT: dict[Action, int] = {"NONE": 0, "ANONYMIZE": 1, "BLOCK": 2}


class Hit(msgspec.Struct, frozen=True, gc=False):
    """One finding in one content block, with the action its rule takes there; the finding's span counts from the block's start."""

    block: int
    finding: Finding
    action: Action


class Passage(msgspec.Struct, frozen=True, gc=False):
    """Characters of one content block that breach a learned rule by themselves, with their own score."""

    block: int
    span: Span
    score: float


class Place(msgspec.Struct, frozen=True, gc=False):
    """The characters that a learned score comes from: of one content block's raw text, or of the reading where that has no map back."""

    block: int
    span: Span
    in_reading: bool = False


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """What one rule says about the whole content.

    action: what the rule asks for; NONE where it saw nothing, or only reports.
    detected: the rule's condition holds (also where its action is NONE).
    failed: why the rule could not judge, e.g. `TimeoutError` or `budget exhausted`; never text. Not empty means block.
    score, confidence, strength, threshold: of learned rules; `chain` is the reading that scored worst.
    model: the id of the learned detector that scored, its digest included. level: 0 the quick model, 1 the encoder too, 2 a judge.
    place: the window, or the run of it, that scored worst. kinds: which kinds of attack it may be, the likeliest first, with their scores.
    passages: where a learned rule's score comes from: in tools' results and documents (`instructions`), or an answer's ungrounded claims.
    """

    rule_id: str
    policy: Policy
    action: Action = "NONE"
    detected: bool = False
    failed: str = ""
    hits: tuple[Hit, ...] = ()
    score: float | None = None
    confidence: Confidence | None = None
    strength: Confidence | None = None
    threshold: float | None = None
    chain: tuple[str, ...] = ()
    passages: tuple[Passage, ...] = ()
    model: str = ""
    level: int | None = None
    place: Place | None = None
    kinds: tuple[tuple[str, float], ...] = ()


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """The combined verdict, and which rules made it."""

    action: Action
    blocking: tuple[str, ...] = ()
    masking: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()


def combine(verdicts: Sequence[Verdict]) -> Outcome:
    """Combine the verdicts of one content; the laws stand at the top of this file.

    Raises:
        VerdictListBroken: the list is empty, or two verdicts carry one rule id.
    """
    if not verdicts:
        raise VerdictListBroken("no rule gave a verdict")
    if len({verdict.rule_id for verdict in verdicts}) != len(verdicts):
        raise VerdictListBroken("a rule gave two verdicts")
    blocking: list[str] = []
    masking: list[str] = []
    failed: list[str] = []
    for verdict in verdicts:
        if verdict.failed:
            failed.append(verdict.rule_id)
            blocking.append(verdict.rule_id)
        elif verdict.action == "BLOCK":
            blocking.append(verdict.rule_id)
        elif verdict.action == "ANONYMIZE":
            masking.append(verdict.rule_id)
    action: Action = "BLOCK" if blocking else "ANONYMIZE" if masking else "NONE"
    return Outcome(action=action, blocking=tuple(blocking), masking=tuple(masking), failed=tuple(failed))


def strongest(actions: Sequence[Action]) -> Action:
    """Return the strongest of a rule's own actions; NONE for none."""
    return max(actions, key=_WEIGHT.__getitem__, default="NONE")
