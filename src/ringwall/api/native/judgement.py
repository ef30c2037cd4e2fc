"""An evaluation in full: what each rule saw, where in the raw text, in which reading, and the receipt of what was read.

It quotes the caller's own text back to the caller, and goes nowhere else.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from ringwall.guardrails import Coverage, Evaluation, Verdict
from ringwall.guardrails.assessment import action_reason, outputs


class Finding(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What one rule saw.

    rule: the rule of the policy; detector: the detector's own rule, where one hit (`attack/override-instructions`).
    start, end: code points of the block's raw text; -1 where the rule judges the whole text.
    chain: the reading it was seen in, outermost step first; empty is the text as it stands.
    decoded: the characters of that reading, where they differ from `match`.
    model: the id, with its digest, of the learned detector that scored; level: 0 its quick model alone, 1 its encoder too, 2 a judge.
    window: first and last-plus-one code point of the block's raw text (of the reading, where `in_reading`) that the score comes from.
    kinds: which kinds of attack it may be, with scores, the likeliest first.
    score: the rule's; of a passage (detector `learned`: of a tool's result, a document, or an answer's ungrounded claim), its own.
    """

    rule: str
    policy: str
    detector: str
    kind: str
    type: str
    action: Literal["NONE", "ANONYMIZE", "BLOCK"]
    block: int = 0
    start: int = -1
    end: int = -1
    match: str = ""
    decoded: str = ""
    chain: tuple[str, ...] = ()
    confidence: str = ""
    score: float | None = None
    threshold: float | None = None
    failed: str = ""
    model: str = ""
    level: int | None = None
    window: tuple[int, int] | None = None
    in_reading: bool = False
    kinds: dict[str, float] = msgspec.field(default_factory=dict)


class Judgement(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What a guardrail says about a text. `outputs` is what may go on: the blocked message, or each guarded block as it may be sent."""

    action: Literal["NONE", "ANONYMIZE", "BLOCK"]
    reason: str
    outputs: tuple[str, ...]
    findings: tuple[Finding, ...]
    receipt: Coverage


def judgement(evaluation: Evaluation) -> Judgement:
    """Describe an evaluation."""
    changed = outputs(evaluation)
    return Judgement(
        action=evaluation.outcome.action,
        reason=action_reason(evaluation),
        outputs=tuple(changed or [evaluation.blocks[index].text for index in evaluation.guarded]),
        findings=tuple(
            finding
            for verdict in evaluation.verdicts
            if verdict.detected or verdict.failed
            for finding in (*_findings(verdict), *_passages(verdict, evaluation))
        ),
        receipt=evaluation.coverage,
    )


def _findings(verdict: Verdict) -> list[Finding]:
    place = verdict.place
    return [
        msgspec.structs.replace(
            finding,
            model=verdict.model,
            level=verdict.level,
            window=None if place is None else (place.span.start, place.span.end),
            in_reading=place is not None and place.in_reading,
            kinds=dict(verdict.kinds),
        )
        for finding in _seen(verdict)
    ]


def _seen(verdict: Verdict) -> list[Finding]:
    name = verdict.rule_id.partition("/")[2]
    if not verdict.hits:
        return [
            Finding(
                block=0 if verdict.place is None else verdict.place.block,
                rule=verdict.rule_id,
                policy=verdict.policy,
                detector="",
                kind=verdict.rule_id.partition("/")[0],
                type=name,
                action="BLOCK" if verdict.failed else verdict.action,
                chain=verdict.chain,
                confidence=verdict.confidence or "",
                score=verdict.score,
                threshold=verdict.threshold,
                failed=verdict.failed,
            )
        ]
    return [
        Finding(
            rule=verdict.rule_id,
            policy=verdict.policy,
            detector=hit.finding.rule_id,
            kind=hit.finding.kind,
            type=hit.finding.type,
            action=verdict.action if hit.finding.kind == "attack" else hit.action,
            block=hit.block,
            start=hit.finding.span.start,
            end=hit.finding.span.end,
            match=hit.finding.match,
            decoded=hit.finding.decoded,
            chain=hit.finding.chain,
            confidence=verdict.confidence or "",
            score=verdict.score,
            threshold=verdict.threshold,
            failed=verdict.failed,
        )
        for hit in verdict.hits
    ]


def _passages(verdict: Verdict, evaluation: Evaluation) -> list[Finding]:
    """Show where a learned score comes from."""
    return [
        Finding(
            rule=verdict.rule_id,
            policy=verdict.policy,
            detector="learned",
            kind="passage",
            type=verdict.rule_id.partition("/")[2],
            action=verdict.action,
            block=passage.block,
            start=passage.span.start,
            end=passage.span.end,
            match=evaluation.blocks[passage.block].text[passage.span.start : passage.span.end],
            confidence=verdict.confidence or "",
            score=passage.score,
        )
        for passage in verdict.passages
    ]
