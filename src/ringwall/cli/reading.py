"""A judgement in a terminal: what may go on, what each rule saw, in which reading, and what was read in all."""

from __future__ import annotations

from typing import Any

from ringwall.cli.output import fields, table

_WORDS = {"BLOCK": "blocked", "ANONYMIZE": "masked", "NONE": "let through"}
_MATCH_SHOWN = 60


def judgement_of(answer: dict[str, Any]) -> dict[str, Any]:
    """Return the judgement in the answer of `ApplyGuardrail` or `Check`."""
    found: dict[str, Any] = answer.get("judgement", answer)
    return found


def intervention(answer: dict[str, Any]) -> bool:
    """Say whether the guardrail blocked or masked."""
    return bool(judgement_of(answer)["action"] != "NONE")


def reading(answer: dict[str, Any]) -> str:
    """Write a judgement down for a person."""
    found = judgement_of(answer)
    parts = [f"{_WORDS[found['action']]}: {found['reason']}"]
    if found["action"] != "NONE":
        parts.append("\n".join(found["outputs"]))
    if found["findings"]:
        columns = {
            "type": "type",
            "detector": "rule",
            "action": "action",
            "where": "where",
            "match": "in the text",
            "chain": "reading",
            "as": "read as",
        }
        parts.append(table([_row(finding) for finding in found["findings"]], columns))
    receipt = found["receipt"]
    parts.append(
        fields(
            {
                "rules": f"{len(receipt['rules'])} ran",
                "characters": f"{receipt['charactersGuarded']} guarded, {receipt['charactersRead']} read",
                "readings": len(receipt["readings"]),
                "interpreter": receipt["interpreter"] or "not needed",
                "models": receipt["models"],
                "digest": receipt["policyDigest"],
            }
            | ({"not checked": "; ".join(receipt["unchecked"])} if receipt["unchecked"] else {})
        )
    )
    return "\n\n".join(parts)


def _row(finding: dict[str, Any]) -> dict[str, Any]:
    score = "" if finding["score"] is None else f"score {finding['score']:.2f}"
    return {
        "type": finding["type"],
        "detector": finding["detector"] or finding["rule"],
        "action": finding["action"] if not finding["failed"] else f"{finding['action']} ({finding['failed']})",
        "where": "" if finding["start"] < 0 else f"{finding['start']}-{finding['end']}",
        "match": _short(finding["match"]),
        "chain": " > ".join(("raw", *finding["chain"])),
        "as": _short(finding["decoded"]) or score,
    }


def _short(text: str) -> str:
    return text if len(text) <= _MATCH_SHOWN else text[: _MATCH_SHOWN - 1] + "…"
