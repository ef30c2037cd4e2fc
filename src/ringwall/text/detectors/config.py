"""What a caller asks to be found, and what a scan answers."""

from __future__ import annotations

from typing import Literal

import msgspec

from ringwall.text.finding import Finding

Readings = Literal["all", "raw"]


class DetectorConfig(msgspec.Struct, frozen=True, kw_only=True):
    """The rules of one guardrail.

    pii: AWS type names, and the four extra ones (`registry.EXTRA_PII_TYPES`).
    words: words and phrases, any case, folded as texts are.
    profanity: ringwall's own list of profane words.
    regexes: (name, RE2 pattern); case as written.
    attacks: rules for prompt attacks.
    secrets: keys, tokens, private keys, connection strings.
    readings: "all", or "raw" to leave out everything that is folded or encoded: whoever writes in another alphabet gets by.
    """

    pii: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    profanity: bool = False
    regexes: tuple[tuple[str, str], ...] = ()
    attacks: bool = False
    secrets: bool = False
    readings: Readings = "all"


class Scan(msgspec.Struct, frozen=True, kw_only=True):
    """What was found, and what was read to find it.

    findings: in order of their raw spans.
    exhausted: readings were left out because a budget ran out: treat as blocked.
    views: the chains of the readings that rules ran on, raw first; never empty.
    interpreter: which interpreter made the readings ("c" or "python").
    characters: of all readings together.
    """

    findings: tuple[Finding, ...]
    exhausted: bool
    views: tuple[tuple[str, ...], ...]
    interpreter: str
    characters: int
