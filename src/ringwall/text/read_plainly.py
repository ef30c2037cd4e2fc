"""Reading a text as other filters do, as it stands: what the cost and the gain of all other readings are measured against."""

from __future__ import annotations

from ringwall.errors import LimitExceeded
from ringwall.text.hits import is_written_out
from ringwall.text.interpreters import choose_interpreter
from ringwall.text.phrases import MATCHES_PER_TEXT, PhraseAutomaton
from ringwall.text.view import Chain, PhraseHit, View, Views
from ringwall.vocabulary import Limits, Span

_LIMITS = Limits()


def read_plainly(
    text: str,
    *,
    automaton: PhraseAutomaton | None = None,
    limits: Limits = _LIMITS,
    interpreter: str | None = None,
) -> Views:
    """Read a text as it stands. For measurements, not for guarding.

    Args:
        text: any string; at most `limits.text_chars` characters.
        automaton: phrases to look for.
        limits: its `text_chars` is the only one that counts here.
        interpreter: "c" or "python"; the fastest that is there if None.

    Returns:
        the raw view alone, and the phrases that stand in it, or in its character fold, as they are spelled.

    Raises:
        LimitExceeded: the text is too long; nothing was read.
    """
    if len(text) > limits.text_chars:
        raise LimitExceeded(f"a text of {len(text)} characters is longer than {limits.text_chars}", limit=limits.text_chars)
    engine = choose_interpreter(interpreter)
    views = (View((), text),)
    if automaton is None:
        return Views(views, (), exhausted=False, interpreter=engine.name, characters_read=len(text))
    folded = engine.fold("characters", text)
    chain: Chain = () if folded is None else ("fold",)
    base = text if folded is None else folded.text
    matches = engine.scan(automaton, base, plain=True)
    exhausted = len(matches) > MATCHES_PER_TEXT + len(base)
    hits: dict[tuple[int, int, int], PhraseHit] = {}
    for match in [] if exhausted else sorted(matches):
        phrase = automaton.phrase_of(bounded=match.bounded, pattern=match.pattern)
        if match.bounded and not is_written_out(automaton, match, base):
            continue
        span = Span(match.start, match.end)
        if folded is not None:
            span = Span(min(folded.starts[match.start : match.end]), max(folded.ends[match.start : match.end]))
        hits.setdefault((phrase, span.start, span.end), PhraseHit(phrase, span, chain))
    return Views(views, tuple(hits.values()), exhausted=exhausted, interpreter=engine.name, characters_read=len(base))
