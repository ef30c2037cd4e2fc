"""Pattern trees as nondeterministic automata with assertions, and their sets of states, position by position."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

import msgspec

from ringwall.reasoning.guardrails.errors import Incomparable
from ringwall.reasoning.guardrails.syntax import Assertion, Characters, Choice, Node, Ranges, Repetition, Sequence

STATES = 6000
Neighbour = Literal["edge", "newline", "word", "other"]
"""What stands beside a position: the text's edge, a newline, a word character, another one."""

_ACCEPT = 0


class _State(msgspec.Struct):
    """Reads a character (of the set `set_number`), asks about the place (`asserts`), or neither; goes on to each of `following`."""

    following: list[int]
    set_number: int = -1
    asserts: str = ""


class Machine:
    """One pattern, sought anywhere: from every position a new attempt begins."""

    def __init__(self, tree: Node, sets: dict[Ranges, int]) -> None:
        """Build it; `sets` numbers the sets of characters that machines walked together tell from others, and grows.

        Raises:
            Incomparable: the pattern has too many states, or may match nothing at all.
        """
        if least_width(tree) == 0:
            raise Incomparable("the pattern may match the empty text")
        self._sets = sets
        self._states: list[_State] = [_State([])]
        self._start = self._build(tree, _ACCEPT)
        self._closures: dict[tuple[frozenset[int], Neighbour, Neighbour], frozenset[int]] = {}
        self.start = frozenset((self._start,))

    def closure(self, places: frozenset[int], before: Neighbour, after: Neighbour) -> frozenset[int]:
        """Return the states reached without reading, where `before` and `after` stand beside the position."""
        key = (places, before, after)
        found = self._closures.get(key)
        if found is None:
            found = self._closures[key] = self._closure(places, before, after)
        return found

    @staticmethod
    def accepts(closed: frozenset[int]) -> bool:
        """Say whether a match ends here."""
        return _ACCEPT in closed

    def step(self, closed: frozenset[int], inside: frozenset[int]) -> frozenset[int]:
        """Read a character that is in exactly the numbered sets `inside`."""
        moved = {n for place in closed if self._states[place].set_number in inside for n in self._states[place].following}
        moved.add(self._start)
        return frozenset(moved)

    def _closure(self, places: Iterable[int], before: Neighbour, after: Neighbour) -> frozenset[int]:
        found: set[int] = set()
        waiting = list(places)
        while waiting:
            place = waiting.pop()
            if place in found:
                continue
            found.add(place)
            state = self._states[place]
            if state.set_number < 0 and (not state.asserts or _holds(state.asserts, before, after)):
                waiting.extend(state.following)
        return frozenset(place for place in found if place == _ACCEPT or self._states[place].set_number >= 0)

    def _add(self, state: _State) -> int:
        if len(self._states) >= STATES:
            raise Incomparable(f"the pattern has more than {STATES} states")
        self._states.append(state)
        return len(self._states) - 1

    def _build(self, node: Node, following: int) -> int:
        """Add the states of a node, the last of which goes on to `following`; return the first."""
        match node:
            case Characters(ranges=ranges):
                return self._add(_State([following], set_number=self._sets.setdefault(ranges, len(self._sets))))
            case Assertion(kind=kind):
                return self._add(_State([following], asserts=kind))
            case Sequence(parts=parts):
                for part in reversed(parts):
                    following = self._build(part, following)
                return following
            case Choice(options=options):
                return self._add(_State([self._build(option, following) for option in options]))
            case Repetition(body=body, least=least, most=most):
                return self._repeat(body, least, most, following)

    def _repeat(self, body: Node, least: int, most: int | None, following: int) -> int:
        if most is None:
            loop = self._add(_State([]))
            self._states[loop].following.extend((self._build(body, loop), following))
            following = loop
        else:
            out = following
            for _ in range(most - least):
                following = self._add(_State([self._build(body, following), out]))
        for _ in range(least):
            following = self._build(body, following)
        return following


def _holds(asserts: str, before: Neighbour, after: Neighbour) -> bool:
    match asserts:
        case "text-start":
            return before == "edge"
        case "text-end":
            return after == "edge"
        case "line-start":
            return before in ("edge", "newline")
        case "line-end":
            return after in ("edge", "newline")
        case "boundary":
            return (before == "word") != (after == "word")
        case _:
            return (before == "word") == (after == "word")


def least_width(node: Node) -> int:
    """Return the fewest characters a match can have."""
    match node:
        case Characters():
            return 1
        case Assertion():
            return 0
        case Sequence(parts=parts):
            return sum(map(least_width, parts))
        case Choice(options=options):
            return min(map(least_width, options))
        case Repetition(body=body, least=least):
            return least * least_width(body)
