"""A guardrail's policies, from GetGuardrail's answer, as tables that a person can read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec


class Group(msgspec.Struct, frozen=True):
    """One table."""

    title: str
    columns: tuple[str, ...]
    rows: list[tuple[str, ...]]


WORDS_SHOWN = 200


def groups(guardrail: Mapping[str, Any]) -> list[Group]:
    """Return a table per policy that the guardrail has."""
    found = []
    for policy, member, title, columns, row in _TABLES:
        entries = guardrail.get(policy, {}).get(member, [])
        if entries:
            rows = [row(entry) for entry in entries[:WORDS_SHOWN]]
            more = len(entries) - len(rows)
            found.append(Group(f"{title} ({len(rows):,} of {len(entries):,})" if more else title, columns, rows))
    return found


def _side(entry: Mapping[str, Any], side: str, default: str) -> str:
    if entry.get(f"{side}Enabled") is False:
        return "off"
    return str(entry.get(f"{side}Action") or default).lower()


def _content(entry: Mapping[str, Any]) -> tuple[str, ...]:
    return (
        entry["type"],
        f"{entry['inputStrength'].lower()}, {_side(entry, 'input', 'BLOCK')}",
        f"{entry['outputStrength'].lower()}, {_side(entry, 'output', 'BLOCK')}",
    )


def _topic(entry: Mapping[str, Any]) -> tuple[str, ...]:
    return entry["name"], entry["definition"], _side(entry, "input", "BLOCK"), _side(entry, "output", "BLOCK")


def _word(entry: Mapping[str, Any]) -> tuple[str, ...]:
    return entry.get("text") or entry["type"], _side(entry, "input", "BLOCK"), _side(entry, "output", "BLOCK")


def _pii(entry: Mapping[str, Any]) -> tuple[str, ...]:
    return entry["type"], _side(entry, "input", entry["action"]), _side(entry, "output", entry["action"])


def _regex(entry: Mapping[str, Any]) -> tuple[str, ...]:
    return entry["name"], entry["pattern"], _side(entry, "input", entry["action"]), _side(entry, "output", entry["action"])


def _grounding(entry: Mapping[str, Any]) -> tuple[str, ...]:
    return entry["type"], f"{entry['threshold']:g}", "off" if entry.get("enabled") is False else str(entry.get("action", "BLOCK")).lower()


_BOTH = ("prompts", "answers")
_TABLES: tuple[tuple[str, str, str, tuple[str, ...], Callable[[Mapping[str, Any]], tuple[str, ...]]], ...] = (
    ("contentPolicy", "filters", "Harmful content and prompt attacks", ("category", *_BOTH), _content),
    ("topicPolicy", "topics", "Denied topics", ("topic", "definition", *_BOTH), _topic),
    ("wordPolicy", "words", "Denied words", ("word", *_BOTH), _word),
    ("wordPolicy", "managedWordLists", "Word lists", ("list", *_BOTH), _word),
    ("sensitiveInformationPolicy", "piiEntities", "Personal data", ("type", *_BOTH), _pii),
    ("sensitiveInformationPolicy", "regexes", "Patterns", ("name", "pattern", *_BOTH), _regex),
    ("contextualGroundingPolicy", "filters", "Grounding", ("check", "threshold", "below it"), _grounding),
)
