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
        if member == "filters" and (origins := guardrail.get(policy, {}).get("originStrengths")):
            found.append(Group("What tools and documents say", ("Said by", "Category", "Prompts"), _origins(origins)))
    return found


_SAYS = {"TOOL_RESULT": "a tool", "DOCUMENT": "a document"}


def _origins(origins: Mapping[str, Mapping[str, str]]) -> list[tuple[str, ...]]:
    return [
        (_SAYS[origin], category, "scores do not count" if strength == "NONE" else f"{strength.lower()} strength")
        for origin, strengths in origins.items()
        for category, strength in strengths.items()
    ]


_ACTIONS = {"BLOCK": "block", "ANONYMIZE": "mask", "NONE": "report only"}


def _side(entry: Mapping[str, Any], side: str, default: str) -> str:
    if entry.get(f"{side}Enabled") is False:
        return "off"
    return _ACTIONS[entry.get(f"{side}Action") or default]


def _content(entry: Mapping[str, Any]) -> tuple[str, ...]:
    return entry["type"], _strength(entry, "input"), _strength(entry, "output")


def _strength(entry: Mapping[str, Any], side: str) -> str:
    strength, action = entry[f"{side}Strength"], _side(entry, side, "BLOCK")
    return "off" if "NONE" in strength or action == "off" else f"{action} at {strength.lower()} strength"


def _topic(entry: Mapping[str, Any]) -> tuple[str, ...]:
    return entry["name"], entry["definition"], _side(entry, "input", "BLOCK"), _side(entry, "output", "BLOCK")


def _word(entry: Mapping[str, Any]) -> tuple[str, ...]:
    return entry.get("text") or entry["type"], _side(entry, "input", "BLOCK"), _side(entry, "output", "BLOCK")


def _pii(entry: Mapping[str, Any]) -> tuple[str, ...]:
    return entry["type"], _side(entry, "input", entry["action"]), _side(entry, "output", entry["action"])


def _regex(entry: Mapping[str, Any]) -> tuple[str, ...]:
    return entry["name"], entry["pattern"], _side(entry, "input", entry["action"]), _side(entry, "output", entry["action"])


def _grounding(entry: Mapping[str, Any]) -> tuple[str, ...]:
    return entry["type"], f"{entry['threshold']:g}", "off" if entry.get("enabled") is False else _ACTIONS[entry.get("action", "BLOCK")]


_BOTH = ("Prompts", "Answers")
_TABLES: tuple[tuple[str, str, str, tuple[str, ...], Callable[[Mapping[str, Any]], tuple[str, ...]]], ...] = (
    ("contentPolicy", "filters", "Harmful content and prompt attacks", ("Category", *_BOTH), _content),
    ("topicPolicy", "topics", "Denied topics", ("Topic", "Definition", *_BOTH), _topic),
    ("wordPolicy", "words", "Denied words", ("Word", *_BOTH), _word),
    ("wordPolicy", "managedWordLists", "Word lists", ("List", *_BOTH), _word),
    ("sensitiveInformationPolicy", "piiEntities", "Personal data", ("Type", *_BOTH), _pii),
    ("sensitiveInformationPolicy", "regexes", "Patterns", ("Name", "Pattern", *_BOTH), _regex),
    ("contextualGroundingPolicy", "filters", "Grounding", ("Check", "Threshold", "Below it"), _grounding),
)
