"""An upgrade report for programs and for people."""

from __future__ import annotations

import msgspec

from ringwall.reasoning.guardrails.results import Claim, Outcome, UpgradeReport

_MARKS: dict[Outcome, str] = {"proved": "PROVED", "refuted": "REFUTED", "unknown": "UNKNOWN (not a proof)"}
_DONE = {"NONE": "lets it through", "ANONYMIZE": "masks", "BLOCK": "blocks"}


def to_json(report: UpgradeReport) -> bytes:
    """Render for programs."""
    return msgspec.json.encode(report)


def to_markdown(report: UpgradeReport) -> str:
    """Render for people."""
    lines = [
        f"# Does `{_plain(report.new)}` stop all that `{_plain(report.old)}` stops?",
        "",
        f"Outcome: **{_MARKS[report.outcome]}**. Digests: old `{report.old_digest}`, new `{report.new_digest}`.",
        "",
    ]
    if not report.claims:
        lines += ["The old version blocks and masks nothing, so nothing can be lost.", ""]
    for outcome in ("refuted", "unknown", "proved"):
        for claim in report.claims:
            if claim.outcome == outcome:
                lines += _claim_lines(claim)
    premises = dict.fromkeys((*report.premises, *(premise for claim in report.claims for premise in claim.premises)))
    return "\n".join([*lines, "", "## Premises", "", *(f"- {premise}" for premise in premises), ""])


def _claim_lines(claim: Claim) -> list[str]:
    lines = [f"- {_MARKS[claim.outcome]}: {claim.source} `{_plain(claim.rule)}`: {_plain(claim.says)}. {_plain(claim.why)}"]
    if claim.witness is not None:
        seen = f"the old version {_DONE[claim.witness.old]}, the new one {_DONE[claim.witness.new]}:"
        lines += [f"  Judged by both, {seen}", "", "      " + claim.witness.text.encode("unicode_escape").decode(), ""]
    return lines


def _plain(text: str) -> str:
    """Keep what policies chose from ending a line."""
    return "".join(char if char.isprintable() else " " for char in text)
