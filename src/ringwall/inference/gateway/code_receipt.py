"""What is kept and said of the code in an answer: rules, weaknesses, severities and places; no word of the answer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from ringwall.guardrails.code import CodeVerdict
from ringwall.inference.code_policies import StandingCodePolicy

NOT_CONFIGURED: dict[str, Any] = {"configured": False}
"""The receipt of an answer whose code nobody asked to have scanned."""

LISTED = 100
"""Findings, and so on, that a receipt lists; it counts them all."""

_NAMED = 10  # rules in a sentence


class JudgedCode(NamedTuple):
    """A verdict about a part of the answer that begins at `at`, in a `place`: text, reasoning, or a tool's call."""

    place: str
    at: int
    verdict: CodeVerdict


def receipt(standing: StandingCodePolicy, scanners: Sequence[str], judged: Sequence[JudgedCode]) -> dict[str, Any]:
    """Return what the audit record keeps.

    Offsets are characters of all that the answer says in text, or in reasoning; of a tool's call, of the argument.
    """
    reports = [(each.place, each.at, each.verdict.report) for each in judged]
    findings = {
        (place, at + each.span.start, at + each.span.end, each.rule_id, each.severity): (each.cwe, each.line)
        for place, at, report in reports
        for each in report.findings
    }
    unread = [(place, at, each) for place, at, report in reports for each in (*report.unscanned, *report.waived)]
    failures = [(place, at, each) for place, at, report in reports for each in report.failures]
    return {
        "policy": {
            "scope": standing.scope,
            **({"guardrailId": standing.guardrail_id} if standing.guardrail_id else {}),
            "revision": standing.revision,
            "digest": standing.digest,
        },
        "scanners": list(scanners),
        "action": max((each.verdict.action for each in judged), key=("NONE", "ANNOTATE", "BLOCK").index, default="NONE"),
        "reasons": sorted({reason for each in judged for reason in each.verdict.reasons}),
        "blocks": sum(report.blocks for _, _, report in reports),
        "scanned": sum(report.scanned for _, _, report in reports),
        "findingsCount": len(findings),
        "findings": [
            {"rule": rule, "cwe": cwe or None, "severity": severity, "line": line, "in": place, "start": start, "end": end}
            for (place, start, end, rule, severity), (cwe, line) in sorted(findings.items())[:LISTED]
        ],
        "notScannedCount": len(unread),
        "notScanned": [
            {"language": each.language or None, "reason": each.reason, "in": place, "start": at + each.span.start}
            for place, at, each in unread[:LISTED]
        ],
        "failures": [
            {"scanner": each.scanner, "reason": each.reason, "in": place, "start": at + each.span.start}
            for place, at, each in failures[:LISTED]
        ],
    }


def sentence(judged: Sequence[JudgedCode]) -> str:
    """Say what was done and by which rules; "" where nothing was."""
    acted = [each.verdict for each in judged if each.verdict.action != "NONE"]
    if not acted:
        return ""
    rules = sorted({finding.rule_id for verdict in acted for finding in verdict.counted})
    causes = sorted({reason for verdict in acted for reason in verdict.reasons})
    done = "blocked" if any(verdict.action == "BLOCK" for verdict in acted) else "annotated"
    named = f" ({', '.join(rules[:_NAMED])})" if rules else ""
    return f"Generated code {done}: {', '.join(causes)}{named}."
