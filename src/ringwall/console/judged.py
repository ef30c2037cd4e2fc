"""A judgement as the playground shows it."""

from __future__ import annotations

from typing import Any

import msgspec

from ringwall.api.native.guardrails import ApplyOutput
from ringwall.api.native.judgement import Finding
from ringwall.console.highlight import Piece, Seen, pieces

_HEADLINES = {
    "BLOCK": ("block", "Blocked"),
    "ANONYMIZE": ("mask", "Masked"),
    "NONE": ("pass", "Let through"),
}
_BADGES = {"BLOCK": ("block", "block"), "ANONYMIZE": ("mask", "mask"), "NONE": ("", "reported")}

FINDINGS_SHOWN = 500


class ShownFinding(msgspec.Struct, frozen=True, kw_only=True):
    """One row of the table."""

    rule: str
    type: str
    kind: str
    badge: str
    action: str
    match: str
    start: int
    end: int
    chain: tuple[str, ...]
    decoded: str
    score: str


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that the result part of the page shows."""

    kind: str
    headline: str
    reason: str
    pieces: list[Piece]
    sent: str
    findings: list[ShownFinding]
    receipt: list[tuple[str, str]]
    readings: tuple[tuple[str, ...], ...]
    json: str


def show(text: str, applied: ApplyOutput, request_id: str) -> Shown:
    """Describe a judgement of one text for the page."""
    found = applied.judgement
    kind, headline = _HEADLINES[found.action]
    ordered = sorted(found.findings, key=lambda finding: (finding.start < 0, finding.start, finding.end))[:FINDINGS_SHOWN]
    rows = [_row(finding) for finding in ordered]
    seen = [Seen(start=row.start, end=row.end, kind=row.kind, label=f"{row.type}: {row.action}") for row in rows]
    return Shown(
        kind=kind,
        headline=headline,
        reason=_reason(applied),
        pieces=pieces(text, seen),
        sent="\n".join(found.outputs),
        findings=rows,
        readings=found.receipt.readings,
        receipt=_receipt(applied, request_id, len(found.findings) - len(ordered)),
        json=msgspec.json.format(msgspec.json.encode(applied), indent=2).decode(),
    )


def _reason(applied: ApplyOutput) -> str:
    """Say what decided, and what else was seen."""
    found = applied.judgement
    by_action: dict[str, dict[str, None]] = {}
    for finding in found.findings:
        by_action.setdefault(finding.action, {})[finding.type] = None
    words = (("BLOCK", "Blocking"), ("ANONYMIZE", "To be masked"), ("NONE", "Only reported"))
    parts = [f"{word}: {', '.join(by_action[action])}." for action, word in words if action in by_action]
    more = found.reason.partition(". ")[2]
    return " ".join([*parts, more]) if parts or more else "No rule saw anything."


def _row(finding: Finding) -> ShownFinding:
    badge, action = _BADGES[finding.action]
    if finding.failed:
        action = f"failed: {finding.failed}"
    return ShownFinding(
        rule=finding.detector or finding.rule,
        type=finding.type,
        kind=finding.kind,
        badge=badge,
        action=action,
        match=finding.match,
        start=finding.start,
        end=finding.end,
        chain=finding.chain,
        decoded=finding.decoded if finding.decoded != finding.match else "",
        score=_score(finding),
    )


def _score(finding: Finding) -> str:
    if finding.score is None:
        return ""
    words = [f"score {finding.score:.2f}"]
    if finding.confidence:
        words.append(f"confidence {finding.confidence}")
    if finding.level is not None:
        words.append(f"level {finding.level}")
    if finding.window is not None:
        words.append(f"{'decoded characters' if finding.in_reading else 'characters'} {finding.window[0]} to {finding.window[1]}")
    if finding.threshold is not None:
        words.append(f"threshold {finding.threshold:.2f}")
    return ", ".join(words)


def _receipt(applied: ApplyOutput, request_id: str, left_out: int) -> list[tuple[str, str]]:
    receipt = applied.judgement.receipt
    details: dict[str, Any] = applied.answer["assessments"][0]["appliedGuardrailDetails"]
    rows = [
        ("guardrail", f"{details['guardrailId']} version {details['guardrailVersion']}"),
        ("digest", receipt.policy_digest),
        ("rules that ran", f"{len(receipt.rules):,}"),
        (
            "characters",
            f"{receipt.characters_guarded:,} guarded of {receipt.characters_total:,}; {receipt.characters_read:,} read in all readings",
        ),
        ("readings", f"{len(receipt.readings):,}"),
        ("interpreter", receipt.interpreter or "not needed"),
        ("models", ", ".join(receipt.models) or "none"),
        ("latency", f"{applied.answer['assessments'][0]['invocationMetrics']['guardrailProcessingLatency']} ms"),
        ("request id", request_id),
    ]
    if receipt.unchecked:
        rows.append(("not checked", "; ".join(receipt.unchecked)))
    if left_out:
        rows.append(("findings not shown", f"{left_out:,} (all of them are in the JSON)"))
    return rows
