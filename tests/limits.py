"""Limits for tests, read as the file of limits is."""

from __future__ import annotations

import msgspec

from ringwall.inference.limits import Rule, parse_rules


def limit(document: object) -> Rule:
    """Read one limit from plain values. Raises InvalidLimit."""
    (rule,) = parse_rules(msgspec.json.encode({"limits": [document]}))
    return rule
