"""What an owner wants done about code in answers, and the one function that decides it.

Bedrock has no such policy: this one is ringwall's own, and no AWS shape carries it.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from ringwall.guardrails.code.finding import RANK, CodeFinding, Failure, Severity, Unscanned

CodeAction = Literal["NONE", "ANNOTATE", "BLOCK"]


class CodePolicy(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The owner's word about code in answers.

    action: what findings do at `severity` and above: nothing but a report, a note under the answer, or a block.
    severity: the lowest that counts.
    languages: which languages are of concern; empty is all. Code known to be in another one is reported as not scanned, and does not block.
    unscanned: what code without a scanner does.
    unparsed: how severe it is that code does not parse, and so was not scanned.
    """

    action: CodeAction = "BLOCK"
    severity: Severity = "MEDIUM"
    languages: tuple[str, ...] = ()
    unscanned: Literal["ALLOW", "BLOCK"] = "BLOCK"
    unparsed: Severity = "MEDIUM"


class CodeReport(msgspec.Struct, frozen=True, kw_only=True):
    """What was found in the code of one answer; spans are the answer's.

    blocks: how many pieces of code there were.
    scanned: how many of them a scanner for their language read to the end.
    findings: in the order of their spans.
    unscanned: what no scanner read. `waived` are those of languages that the policy leaves out.
    """

    blocks: int
    scanned: int
    findings: tuple[CodeFinding, ...] = ()
    unscanned: tuple[Unscanned, ...] = ()
    waived: tuple[Unscanned, ...] = ()
    failures: tuple[Failure, ...] = ()


class CodeVerdict(msgspec.Struct, frozen=True, kw_only=True):
    """What becomes of the answer, why, and all that was found.

    reasons: which of "findings", "unscanned" and "failures" ask for more than nothing.
    counted: the findings at or above the policy's severity.
    """

    action: CodeAction
    reasons: tuple[str, ...]
    counted: tuple[CodeFinding, ...]
    report: CodeReport


def judge(report: CodeReport, policy: CodePolicy) -> CodeVerdict:
    """Decide about an answer.

    A failure blocks whatever the action is: what was not read was not cleared. So does code that was not scanned, where the policy says so.
    """
    counted = tuple(finding for finding in report.findings if RANK[finding.severity] >= RANK[policy.severity])
    blocks_unscanned = bool(report.unscanned) and policy.unscanned == "BLOCK"
    reasons = []
    if counted and policy.action != "NONE":
        reasons.append("findings")
    if report.unscanned and (blocks_unscanned or policy.action == "ANNOTATE"):
        reasons.append("unscanned")
    if report.failures:
        reasons.append("failures")
    if report.failures or blocks_unscanned:
        action: CodeAction = "BLOCK"
    else:
        action = policy.action if reasons else "NONE"
    return CodeVerdict(action=action, reasons=tuple(reasons), counted=counted, report=report)


def annotation(*verdicts: CodeVerdict) -> str:
    """Write the note that goes under an answer, or a part of it; it holds nothing of the answer."""
    lines: list[str] = []
    for verdict in verdicts:
        lines += [_noted(finding) for finding in verdict.counted]
        lines += [
            f"- not scanned: {skipped.language or 'code in no known language'}: {skipped.reason}" for skipped in verdict.report.unscanned
        ]
        lines += [f"- {failure.scanner} did not finish: {failure.reason}" for failure in verdict.report.failures]
    return "\n".join(["Code in this answer was scanned:", "", *lines]) if lines else ""


def _noted(finding: CodeFinding) -> str:
    weakness = f" CWE-{finding.cwe}" if finding.cwe else ""
    return f"- {finding.severity}{weakness} ({finding.rule_id}), line {finding.line} of the code: {finding.message}"
