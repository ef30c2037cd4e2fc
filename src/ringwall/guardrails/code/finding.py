"""What a scanner finds in code, and what was not looked at."""

from __future__ import annotations

from typing import Literal

import msgspec

from ringwall.vocabulary import Span

Severity = Literal["LOW", "MEDIUM", "HIGH"]

RANK: dict[Severity, int] = {"LOW": 1, "MEDIUM": 2, "HIGH": 3}


class CodeFinding(msgspec.Struct, frozen=True, kw_only=True):
    """One weakness in code.

    rule_id: stable: `bandit/B602`, `secret/GITHUB_TOKEN`, `code/does-not-parse`.
    cwe: the number of the weakness in MITRE's Common Weakness Enumeration; 0 where the rule names none.
    line: counted from 1 in the code it was found in.
    span: characters of the text that the scanner was given; in a verdict, of the whole answer.
    message: a sentence of the rule's own; never a part of the code.
    """

    rule_id: str
    cwe: int
    severity: Severity
    line: int
    span: Span
    message: str


class Unscanned(msgspec.Struct, frozen=True, kw_only=True):
    """Code that no scanner read: it is not known to be clean.

    language: its canonical name; "" where that is not known.
    reason: why, in words of ours.
    """

    language: str
    span: Span
    reason: str


class Failure(msgspec.Struct, frozen=True, kw_only=True):
    """Code that a scanner could not finish reading, which blocks.

    scanner: its name.
    reason: the error's code, or the name of its class; never text.
    """

    scanner: str
    span: Span
    reason: str
