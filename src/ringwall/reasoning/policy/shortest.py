"""The shortest text that is in some languages and outside of others."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache

from ringwall.reasoning.policy.errors import BudgetExhausted
from ringwall.reasoning.policy.language import Language, Pattern, contains, disjoint, within

MAX_STATES = 60_000
"""How many joint states one search for a text may visit."""
MAX_STATE_BITS = 20_000_000
"""How much memory and work joint states may take, in positions of patterns; only patterns of thousands of characters come near it."""

_STUCK: tuple[dict[str, int], int] = ({}, 0)
_OTHERS = "xyzabcdefghijklmnopqrstuvw0123456789-_/"
_FIRST_FALLBACK, _LAST_FALLBACK = 0x4E00, 0x9FFF


@lru_cache(maxsize=50_000)
def witness(inside: tuple[Language, ...], outside: tuple[Language, ...]) -> str | None:
    """Return a short text that is in all of one and in none of the other languages; None if there is none.

    Excluded languages join the automaton only when a text that was found turns out to be in them.

    Raises:
        BudgetExhausted: more than `MAX_STATES` joint states.
    """
    narrowed = _narrowed(inside, outside)
    if narrowed is None:
        return None
    ordered = sorted(narrowed, key=len)
    for language in ordered:
        if all(one.text is not None for one in language):
            texts = sorted((one.text or "" for one in language), key=lambda text: (len(text), text))
            fitting = (text for text in texts if all(contains(one, text) for one in inside))
            return next((text for text in fitting if not any(contains(one, text) for one in outside)), None)
    used: list[Language] = []
    while True:
        text = _shortest(tuple(ordered), tuple(used))
        if text is None:
            return None
        hit = next((language for language in outside if contains(language, text)), None)
        if hit is None:
            return text
        used.append(tuple(one for one in hit if not any(disjoint((one,), language) for language in ordered)))


def _narrowed(inside: tuple[Language, ...], outside: tuple[Language, ...]) -> tuple[Language, ...] | None:
    """Leave out patterns that contribute nothing: within an excluded one, or apart from another language. None if a language is empty then.

    Most questions end here: what one policy says in other words than another is pattern by pattern within it.
    """
    excluded = [pattern for language in outside for pattern in language]
    made: list[Language] = []
    for language in inside:
        kept = tuple(one for one in language if not any(within(one, wide) for wide in excluded))
        if len(inside) > 1:
            kept = tuple(one for one in kept if not any(disjoint((one,), other) for other in inside if other is not language))
        if not kept:
            return None
        made.append(kept)
    return tuple(made)


def _shortest(inside: tuple[Language, ...], outside: tuple[Language, ...]) -> str | None:
    """Search breadth first through the joint states of all patterns."""
    patterns = tuple(one for language in (*inside, *outside) for one in language)
    groups = []
    position = 0
    for language in inside:
        groups.append(slice(position, position + len(language)))
        position += len(language)
    limit = min(MAX_STATES, MAX_STATE_BITS // (1 + sum(len(one.parts) for one in patterns)))
    start = tuple(one.start for one in patterns)
    came: dict[tuple[int, ...], tuple[tuple[int, ...], str]] = {}
    seen = {start}
    queue = deque([start])
    while queue:
        state = queue.popleft()
        if _accepted(patterns, state, groups, position):
            return _spell(came, state)
        for char, after in _steps(patterns, state, groups):
            if after in seen or not all(any(after[group]) for group in groups):
                continue
            if len(seen) >= limit:
                raise BudgetExhausted(f"More than {limit} joint states of patterns")
            seen.add(after)
            came[after] = (state, char)
            queue.append(after)
    return None


def _accepted(patterns: Sequence[Pattern], state: tuple[int, ...], groups: Sequence[slice], position: int) -> bool:
    accepted = [mask >> len(one.parts) & 1 for one, mask in zip(patterns, state, strict=True)]
    return all([any(accepted[group]) for group in groups]) and not any(accepted[position:])  # noqa: C419 # a list is faster here


def _steps(patterns: Sequence[Pattern], state: tuple[int, ...], groups: Sequence[slice]) -> Iterator[tuple[str, tuple[int, ...]]]:
    """Yield the characters worth trying and where they lead."""
    moves = [one.moves(mask) if mask else _STUCK for one, mask in zip(patterns, state, strict=True)]
    named: Mapping[str, object] | None = None
    for group in groups:
        if not any(default for _, default in moves[group]):  # only what this language names can go on
            several = moves[group]
            theirs = several[0][0] if len(several) == 1 else {char: None for table, _ in several for char in table}
            named = theirs if named is None else {char: None for char in named if char in theirs}
    if named is None:
        named = {char: None for table, _ in moves for char in table}
        other = next((char for char in _OTHERS if char not in named), None) or _unnamed(named)
        yield other, tuple([default for _, default in moves])
    for char in named:
        yield char, tuple([table.get(char, default) for table, default in moves])


def _unnamed(named: Mapping[str, object]) -> str:
    return next(char for char in map(chr, range(_FIRST_FALLBACK, _LAST_FALLBACK)) if char not in named)


def _spell(came: Mapping[tuple[int, ...], tuple[tuple[int, ...], str]], state: tuple[int, ...]) -> str:
    text: list[str] = []
    while state in came:
        state, char = came[state]
        text.append(char)
    return "".join(reversed(text))
