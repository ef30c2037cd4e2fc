"""A finding: what one rule saw, where in the raw text, and in which reading."""

from __future__ import annotations

from typing import Literal

import msgspec

from ringwall.vocabulary import Span

Kind = Literal["pii", "secret", "regex", "word", "profanity", "attack"]


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One hit of one rule.

    rule_id: stable and unique inside a rule set: `pii/EMAIL`, `regex/ticket`, `word/17`, `attack/override-instructions`.
    type: the AWS word: a PII entity type, the regex's name, the denied word, PROFANITY, JAILBREAK | PROMPT_INJECTION | PROMPT_LEAKAGE.
    match: the raw text at `span` (for masking and the API's `match`); never logged.
    decoded: the characters that matched in the reading, where they differ from `match`.
    chain: the reading it was seen in; () is the raw text.
    confidence: 0..1; 1.0 where a checksum holds.
    """

    rule_id: str
    kind: Kind
    type: str
    span: Span
    match: str
    decoded: str = ""
    chain: tuple[str, ...] = ()
    confidence: float = 1.0
