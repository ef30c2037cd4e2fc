"""The last word on a counterexample: the filter itself."""

from __future__ import annotations

from collections.abc import Callable

from ringwall.text import PhraseAutomaton, read_views

Replay = Callable[[str, str], bool]  # (phrase, text) -> whether the text passes a filter whose only listed phrase this is


def passes(phrase: str, text: str) -> bool:
    """Say whether a text passes the wall with one listed phrase, at the depth that guardrails use."""
    views = read_views(text, automaton=PhraseAutomaton.compile([phrase]))
    return not views.phrase_hits and not views.exhausted
