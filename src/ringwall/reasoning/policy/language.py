"""Languages of wildcard patterns: membership, disjointness, inclusion, and the shortest text in some languages and outside of others.

A pattern is a row of elements; an element takes one character of a set, or, starred, any number of them. Patterns run as automata whose
states are sets of positions (bits of an integer), built when they are first needed and kept. Character sets are finite or co-finite, so
the alphabet is all of Unicode: at every state only the characters that some element names, and one that none names, have to be tried.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache

import msgspec

from ringwall.policies.pattern import Token, Tokens, Variable, Wild
from ringwall.reasoning.policy.errors import BudgetExhausted, Inexpressible

MAX_STATES = 60_000
"""How many joint states one search for a text may visit."""
MAX_STATE_BITS = 20_000_000
"""How much memory and work these may take, in positions of patterns; only patterns of thousands of characters come near it."""
_KEPT_MOVES = 4096

MAX_READ = 200
"""How long a text may be whose parts are tried as values of references."""

_STUCK: tuple[dict[str, int], int] = ({}, 0)
_OTHERS = "xyzabcdefghijklmnopqrstuvw0123456789-_/"
_FIRST_FALLBACK, _LAST_FALLBACK = 0x4E00, 0x9FFF


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

    __slots__ = ("_last", "_moves", "_starred", "parts", "prefix", "references", "start", "text")

    def __init__(self, parts: tuple[Part, ...]) -> None:
        self.parts = parts
        self.references = tuple(dict.fromkeys(part.key for part in parts if isinstance(part, Reference)))
        self._starred = sum(1 << index for index, part in enumerate(parts) if isinstance(part, Element) and part.starred)
        self.start = self._closed(1)
        self._moves: dict[int, tuple[dict[str, int], int]] = {}
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
    """Say whether two patterns without references share no text; False also where telling would take too long."""
    length = min(len(one.prefix), len(other.prefix))
    if one.prefix[:length] != other.prefix[:length]:
        return True
    if one.text is not None:
        return not other.matches(one.text)
    if other.text is not None:
        return not one.matches(other.text)
    return _positions_apart(one.parts, other.parts, length)


def _positions_apart(one: tuple[Part, ...], other: tuple[Part, ...], start: int) -> bool:
    """Walk through pairs of positions that some text leads to, from behind the common letters."""
    stack, seen = [(start, start)], {(start, start)}
    while stack:
        if len(seen) > MAX_STATES:
            return False
        i, j = stack.pop()
        here, there = (one[i] if i < len(one) else None), (other[j] if j < len(other) else None)
        if here is None and there is None:
            return False
        steps = []
        if isinstance(here, Element) and here.starred:
            steps.append((i + 1, j))
        if isinstance(there, Element) and there.starred:
            steps.append((i, j + 1))
        if isinstance(here, Element) and isinstance(there, Element) and _meet(here, there):
            steps.append((i if here.starred else i + 1, j if there.starred else j + 1))
        fresh = [step for step in steps if step not in seen]
        seen.update(fresh)
        stack.extend(fresh)
    return True


def _meet(one: Element, other: Element) -> bool:
    """Say whether some character fits both."""
    if one.outside:
        return other.outside or not other.chars <= one.chars
    return not one.chars <= other.chars if other.outside else not one.chars.isdisjoint(other.chars)


def disjoint(one: Language, other: Language) -> bool:
    """Say whether no text is in both languages."""
    return all(_apart(here, there) for here in one for there in other)


@lru_cache(maxsize=50_000)
def witness(inside: tuple[Language, ...], outside: tuple[Language, ...]) -> str | None:
    """Return a short text that is in all of one and in none of the other languages; None if there is none.

    Excluded languages join the automaton only when a text that was found turns out to be in them.

    Raises:
        BudgetExhausted: more than `MAX_STATES` joint states.
    """
    ordered = sorted(inside, key=len)
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
        used.append(hit)


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
