"""A value that stands beside the word for it: `passport number: 548890123`."""

from __future__ import annotations

_FILLERS = "numbers?|num|no|nr|id|code|is|was|are"


def beside(label: str, value: str, fillers: str = "", *, plain_case: bool = False) -> str:
    """Return the RE2 pattern of `label`, any filler words and punctuation, and `value` as its one group; case does not matter.

    Args:
        label: alternatives, RE2 syntax.
        value: RE2 syntax without capturing groups.
        fillers: further words that may stand between, as alternatives.
        plain_case: the case of `value` matters.
    """
    words = f"{_FILLERS}|{fillers}" if fillers else _FILLERS
    captured = f"((?-i:{value}))" if plain_case else f"({value})"
    return rf"(?i)\b(?:{label})(?:[\s.:#=(),/-]{{1,3}}(?:{words}))*[\s.:#=()-]{{1,4}}[\"'`]?{captured}\b"
