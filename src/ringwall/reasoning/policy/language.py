"""Languages of wildcard patterns: membership, disjointness and inclusion (`shortest` finds a text in some and outside of others).

A pattern is a row of elements; an element takes one character of a set, or, starred, any number of them. Patterns run as automata whose
states are sets of positions (bits of an integer), built when they are first needed and kept. Character sets are finite or co-finite, so
the alphabet is all of Unicode: at every state only the characters that some element names, and one that none names, have to be tried.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache

import msgspec

from ringwall.policies.pattern import Token, Tokens, Variable, Wild
from ringwall.reasoning.policy.errors import Inexpressible

MAX_PAIRS = 4_000
"""How many pairs of positions and states it may take to see that one pattern is within another."""
_KEPT_MOVES = 4096

MAX_READ = 200
"""How long a text may be whose parts are tried as values of references."""


class Element(msgspec.Struct, frozen=True):
    """One place of a pattern: a character of `chars` (or, `outside`, any other one), once or, `starred`, any number of times."""

    chars: frozenset[str] = frozenset()
    outside: bool = False
    starred: bool = False


class Reference(msgspec.Struct, frozen=True):
    """The value that the request's context has for a key, letter for letter."""

    key: str


Part = Element | Reference

ANY = Element(outside=True)
NOT_COLON = Element(frozenset(":"), outside=True)
ANY_RUN = Element(outside=True, starred=True)
NOT_COLON_RUN = Element(frozenset(":"), outside=True, starred=True)


class Pattern:
    """A row of parts. Made by `pattern`, which keeps one object per row, so that patterns compare and hash by identity.

    text: what the pattern matches, where that is one text. prefix: the characters that every match starts with.
    """

    __slots__ = ("_fits", "_last", "_moves", "_starred", "parts", "prefix", "references", "start", "text")

    def __init__(self, parts: tuple[Part, ...]) -> None:
        self.parts = parts
        self.references = tuple(dict.fromkeys(part.key for part in parts if isinstance(part, Reference)))
        self._starred = sum(1 << index for index, part in enumerate(parts) if isinstance(part, Element) and part.starred)
        self.start = self._closed(1)
        self._moves: dict[int, tuple[dict[str, int], int]] = {}
        self._fits: dict[Part, int] = {}
        self._last: tuple[str, bool] = ("", self.accepts(self.start))
        self.prefix = "".join(_leading(parts))
        self.text = self.prefix if len(self.prefix) == len(parts) else None

    def accepts(self, state: int) -> bool:
        """Say whether a text that leads to this state is matched."""
        return bool(state >> len(self.parts) & 1)

    def moves(self, state: int) -> tuple[dict[str, int], int]:
        """Return where each character that matters leads, and where every other one does."""
        found = self._moves.get(state)
        if found is None:
            active = [
                (index, part) for index in _places(state) if index < len(self.parts) and isinstance(part := self.parts[index], Element)
            ]
            named = {char for _, element in active for char in element.chars}
            found = ({char: self._next(active, char) for char in sorted(named)}, self._next(active, None))
            if len(self._moves) >= _KEPT_MOVES:
                self._moves.clear()
            self._moves[state] = found
        return found

    def matches(self, text: str) -> bool:
        """Say whether the whole of `text` matches. The pattern must have no references."""
        if self._last[0] == text:
            return self._last[1]
        state = self.start
        for char in text:
            named, other = self._moves.get(state) or self.moves(state)
            state = named.get(char, other)
            if not state:
                break
        self._last = (text, self.accepts(state))
        return self._last[1]

    def widened(self) -> Pattern:
        """Return a pattern without references that matches whatever this one can match."""
        return pattern(tuple(ANY_RUN if isinstance(part, Reference) else part for part in self.parts)) if self.references else self

    def resolved(self, values: Mapping[str, str]) -> Pattern:
        """Put values in place of those references that `values` has."""
        parts: list[Part] = []
        for part in self.parts:
            if isinstance(part, Reference) and part.key in values:
                parts.extend(spelled(values[part.key]))
            else:
                parts.append(part)
        return pattern(tuple(parts))

    def readings(self, text: str) -> Iterator[tuple[str, str]]:
        """Yield (key, value): values of the first reference with which the pattern, all others wide, matches `text`; short ones first."""
        place = next((index for index, part in enumerate(self.parts) if isinstance(part, Reference)), None)
        if place is None or len(text) > MAX_READ:
            return
        key = self.references[0]
        before, after = pattern(self.parts[:place]), pattern(self.parts[place + 1 :]).widened()
        starts = [index for index in range(len(text) + 1) if before.matches(text[:index])]
        ends = [index for index in range(len(text) + 1) if after.matches(text[index:])]
        for size, start in sorted((end - start, start) for start in starts for end in ends if start <= end):
            yield key, text[start : start + size]

    def goes_along(self, parts: tuple[Part, ...], start: int) -> bool:
        """Say whether this pattern and one of these parts share a text, both having read the same up to `start`."""
        state = self._closed(1 << start)
        for part in parts[start:]:
            fitting = self._fitting(part)
            after = self._taken(state, fitting)
            if isinstance(part, Element) and part.starred:
                while (after := state | after) != state:
                    state = after
                    after = self._taken(state, fitting)
            else:
                state = after
            if not state:
                return False
        return self.accepts(state)

    def _fitting(self, part: Part) -> int:
        """Return the places whose elements fit a character that `part` fits."""
        places = self._fits.get(part)
        if places is None:
            places = 0
            for index, own in enumerate(self.parts):
                if isinstance(own, Element) and isinstance(part, Element) and _meet(part, own):
                    places |= 1 << index
            self._fits[part] = places
        return places

    def _taken(self, state: int, fitting: int) -> int:
        """Return where a character leads that fits those places."""
        state &= fitting
        return self._closed(state & self._starred | (state & ~self._starred) << 1)

    def _next(self, active: Sequence[tuple[int, Element]], char: str | None) -> int:
        state = 0
        for index, element in active:
            if (char in element.chars) != element.outside:
                state |= 1 << index if element.starred else 1 << index + 1
        return self._closed(state)

    def _closed(self, state: int) -> int:
        """Add the positions that are reached by taking nothing for starred elements."""
        while (more := state | (state & self._starred) << 1) != state:
            state = more
        return state


def _places(state: int) -> Iterator[int]:
    """Yield the positions in a state."""
    while state:
        lowest = state & -state
        yield lowest.bit_length() - 1
        state ^= lowest


Language = tuple[Pattern, ...]
"""What any of the patterns matches."""


@lru_cache(maxsize=131_072)
def pattern(parts: tuple[Part, ...]) -> Pattern:
    """Return the one pattern object for these parts."""
    return Pattern(parts)


def spelled(text: str) -> tuple[Element, ...]:
    """Return the elements that match exactly `text`."""
    return tuple(_letter(char) for char in text)


@lru_cache(maxsize=4096)
def _letter(char: str) -> Element:
    return Element(frozenset(char))


def exactly(*texts: str) -> Language:
    """Return the language of these texts."""
    return tuple(pattern(spelled(text)) for text in texts)


def _leading(parts: Iterable[Part]) -> Iterator[str]:
    for part in parts:
        if isinstance(part, Reference) or part.starred or part.outside or len(part.chars) != 1:
            return
        yield next(iter(part.chars))


def linear(tokens: Tokens, *, arn: bool) -> Pattern:
    """Turn the evaluator's tokens into a pattern.

    Args:
        tokens: variables become references.
        arn: wildcards stay inside a colon-separated segment, except a `*` that ends one; else they take every character.

    Raises:
        Inexpressible: a `*` directly before a variable, whose reach depends on the variable's value.
    """
    parts: list[Part] = []
    flat: list[Token] = [piece for token in tokens for piece in (token if isinstance(token, str) else (token,))]
    for index, token in enumerate(flat):
        after = flat[index + 1] if index + 1 < len(flat) else ":"
        if isinstance(token, Variable):
            parts.append(Reference(token.key))
        elif token is Wild.ANY:
            if arn and isinstance(after, Variable):
                raise Inexpressible("`*` directly before a policy variable")
            parts.append(ANY_RUN if not arn or after == ":" else NOT_COLON_RUN)
        elif token is Wild.ONE:
            parts.append(NOT_COLON if arn else ANY)
        else:
            parts.append(_letter(str(token)))
    return pattern(tuple(parts))


# -- questions about languages ------------------------------------------------------------------------------------------------------------


def contains(language: Language, text: str) -> bool:
    """Say whether a text is in the language."""
    return any(one.matches(text) for one in language)


@lru_cache(maxsize=250_000)
def _apart(one: Pattern, other: Pattern) -> bool:
    """Say whether two patterns without references share no text."""
    length = min(len(one.prefix), len(other.prefix))
    if one.prefix[:length] != other.prefix[:length]:
        return True
    if one.text is not None:
        return not other.matches(one.text)
    if other.text is not None:
        return not one.matches(other.text)
    return not other.goes_along(one.parts, length)


def _meet(one: Element, other: Element) -> bool:
    """Say whether some character fits both."""
    if one.outside:
        return other.outside or not other.chars <= one.chars
    return not one.chars <= other.chars if other.outside else not one.chars.isdisjoint(other.chars)


def disjoint(one: Language, other: Language) -> bool:
    """Say whether no text is in both languages."""
    for here in one:
        for there in other:
            if not _apart(here, there):
                return False
    return True


@lru_cache(maxsize=250_000)
def within(one: Pattern, other: Pattern) -> bool:
    """Say whether every text of one pattern is also of the other, neither with references; False also where telling takes too long."""
    if one is other:
        return True
    if not one.prefix.startswith(other.prefix):
        return False
    if one.text is not None:
        return other.matches(one.text)
    return other.text is None and _positions_within(one, other)


def _positions_within(one: Pattern, other: Pattern) -> bool:
    """Walk through the positions of one pattern, each with the state of the other that the same text leads to."""
    stack = [(0, other.start)]
    seen = {*stack}
    while stack:
        if len(seen) > MAX_PAIRS:
            return False
        place, state = stack.pop()
        if place == len(one.parts):
            if not other.accepts(state):
                return False
            continue
        part = one.parts[place]
        assert isinstance(part, Element)
        steps = [(place if part.starred else place + 1, after) for after in _after(part, *other.moves(state))]
        if part.starred:
            steps.append((place + 1, state))
        fresh = [step for step in steps if step not in seen]
        seen.update(fresh)
        stack.extend(fresh)
    return True


def _after(part: Element, named: Mapping[str, int], default: int) -> set[int]:
    """Return where the characters that fit an element can lead."""
    if not part.outside:
        return {named.get(char, default) for char in part.chars}
    return {default, *(after for char, after in named.items() if char not in part.chars)}
