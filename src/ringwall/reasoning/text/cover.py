"""The lemma checker: does a decoder of the tables read back whatever an encoder writes, in any context?

covers(E, D): for every left context u, every (w, s) of the class E, every right context v (as the class's premises allow), some lane of D
reading u s v emits the units of w one after the other. Three steps, each exhaustive:

1. *Good* states: from such a state of a lane, whatever the accumulator holds there, every text of E makes the lane emit its payload.
   Checked by walking lane and encoder together; what the lane still owes is carried along, so nothing is assumed about delays.
2. Every context leaves some lane in a good state. For lanes that never go back: by walking all lanes together over every symbol. For a
   decoder that goes back to its mark: from every other state the span makes it fail, or finish the escape before the span's first
   character; after a failure it reads a shorter context afresh, hence by induction on the context's length.
3. The end of the span: what is owed when s ends is emitted on the next symbol, whichever the class allows there, or at the text's end.

A class that is not covered is searched for a counterexample (`search.py`), which is no claim until it was replayed on the filter.
"""

from __future__ import annotations

from collections import deque

import msgspec

from ringwall.errors import LimitExceeded
from ringwall.reasoning.text.encoder import EncoderTable
from ringwall.reasoning.text.transducer import BREAK_UNIT, Configuration, Transducer
from ringwall.text.tables.machine import END, FAIL, MARK, NONE, OTHER, REFEED

CONFIGURATION_LIMIT = 400_000
_ACC_LIMIT = 20_000  # configurations of contexts; beyond it only states whose accumulator is dead can be good
_JUNK = 1  # units a context may owe when the span begins

Place = tuple[Configuration, int, tuple[int, ...], int, bool]  # lane, encoder state, units owed, junk allowed, whether w has begun


class Invariant(msgspec.Struct, frozen=True):
    """What the re-checker verifies: sets closed under every step, that say what the lemma says.

    good: (machine state, junk) pairs. accs: the accumulators a context may leave in each good state. vectors: the states all lanes can be
    in together, and whether the span may begin there; empty for a decoder that goes back to its mark. places: step 1's configurations.
    """

    good: tuple[tuple[int, int], ...]
    accs: tuple[tuple[int, tuple[int, ...]], ...]
    vectors: tuple[tuple[tuple[int, ...], bool], ...]
    places: tuple[tuple[int, int, tuple[int, ...] | None, int, tuple[int, ...], int, bool], ...]


class Uncovered(msgspec.Struct, frozen=True):
    """Why a lemma does not hold, and contexts worth a search."""

    why: str
    contexts: tuple[tuple[int, ...], ...]


def settle(owed: tuple[int, ...], junk: int, begun: bool, made: tuple[int, ...]) -> tuple[tuple[int, ...], int, bool] | None:
    """Hold what a lane emits against what it owes; None if the payload comes out wrong or interrupted."""
    for unit in made:
        if unit == BREAK_UNIT:
            if begun:
                return None
        elif junk and not begun:
            junk -= 1
        elif owed and owed[0] == unit:
            owed, begun = owed[1:], True
        else:
            return None
    return owed, junk, begun


def write(lane: Transducer, place: Configuration, text: str) -> tuple[Configuration, tuple[int, ...]]:
    """Let a lane read a text."""
    made: tuple[int, ...] = ()
    for character in text:
        place, more = lane.feed(place, min(ord(character), OTHER))
        made += more
    return place, made


def ends_well(lane: Transducer, place: Configuration, owed: tuple[int, ...], junk: int, after: tuple[int, ...] | None) -> int | None:
    """Return the next symbol that keeps a lane from emitting what it owes, or None if there is none."""
    if not owed:
        return None
    for symbol in after if after is not None else range(END + 1):
        _, made = lane.feed(place, symbol)
        made = made[junk:]
        if made[: len(owed)] != owed:
            return symbol
    return None


class Prover:
    """One lemma: one encoder's table against one machine."""

    def __init__(self, encoder: EncoderTable, lane: Transducer) -> None:
        self.encoder = encoder
        self.lane = lane
        self._moves = encoder.by_state()
        self._endings = encoder.endings()
        self._reached: dict[Place, None] = {}
        self._goes_back = bool(lane.may_fail)

    def prove(self) -> Invariant | Uncovered:
        """Return the invariant, or what is not covered.

        Raises:
            LimitExceeded: more configurations than a proof may have.
        """
        return self._with_marks() if self._goes_back else self._with_lanes()

    def _with_marks(self) -> Invariant | Uncovered:
        """Prove a decoder that goes back: one lane, good where it starts."""
        (start,) = self.lane.starts
        if self.encoder.context == "leaf":
            return self._at_the_leaf(start)
        if start in self.lane.may_fail or start in self.lane.uses_acc or not self._good(start, 0, (0,)):
            return Uncovered("a span is not read back from the decoder's start", ((),))
        bad = [] if self.encoder.context == "clean" else [q for q in range(self.lane.machine.state_count) if not self._resolves(q, start)]
        if bad:
            return Uncovered("an unfinished escape swallows the span's beginning", tuple(self._contexts(set(bad))))
        return Invariant(((start, 0),), ((start, (0,)),), (), self._places())

    def _at_the_leaf(self, start: int) -> Invariant | Uncovered:
        """Prove a decoder whose every choice is tried: what one move writes is the unit itself, or one whole escape that stands for it."""
        for _, units, text, _ in self.encoder.moves:
            place, made = write(self.lane, Configuration(start), text)
            if tuple(map(ord, text)) != units and (made != units or place.state != start):
                return Uncovered(f"{text!r} is no escape of {units}", ((),))
        if not self.lane.machine.lattice:
            return Uncovered(
                "an unfinished escape swallows the span's beginning",
                tuple(self._contexts(set(range(self.lane.machine.state_count)) - {start})),
            )
        return Invariant(((start, 0),), ((start, (0,)),), (), ())

    def _resolves(self, state: int, start: int) -> bool:
        """Say whether an escape unfinished in `state` ends without taking a character of any span: by failing, or before the first one."""
        seen = {(state, 0)}
        queue = deque(seen if state != start else ())
        while queue:
            pending, written = queue.popleft()
            if pending != state and self._endings[written]:
                return False
            for _, text, following in self._moves[written]:
                left = self._pending_after(pending, text, start, first=(pending, written) == (state, 0))
                if left is None:
                    return False
                if left >= 0 and (left, following) not in seen:
                    seen.add((left, following))
                    queue.append((left, following))
        return True

    def _pending_after(self, state: int, text: str, start: int, *, first: bool) -> int | None:
        """Return the state after a text if the escape is still unfinished, -1 if it gave way, None if it took part of the span."""
        for place, character in enumerate(text):
            following, kind, flags = self.lane.op(state, min(ord(character), OTHER))[:3]
            if following == start and (kind == FAIL or (flags & REFEED and first and not place)):
                return -1
            if kind != NONE or flags & (REFEED | MARK):
                return None
            state = following
        return state

    def _contexts(self, states: set[int]) -> list[tuple[int, ...]]:
        """Return shortest ways into each of some states of a decoder with marks."""
        (start,) = self.lane.starts
        seen: dict[int, tuple[int, ...]] = {start: ()}
        queue = deque([start])
        while queue:
            state = queue.popleft()
            for symbol in range(OTHER + 1):
                following, kind, flags = self.lane.op(state, symbol)[:3]
                if following not in seen and kind != FAIL and not flags & REFEED:
                    seen[following] = (*seen[state], symbol)
                    queue.append(following)
        return sorted((seen[state] for state in states if state in seen), key=len)[:200]

    def _with_lanes(self) -> Invariant | Uncovered:
        """Prove a decoder whose lanes never go back."""
        accs = self._accumulators()
        good: dict[int, int] = {}
        for state, values in accs.items():
            for junk in range(_JUNK + 1):
                if state not in good and values is not None and self._good(state, junk, values):
                    good[state] = junk
        vectors: dict[tuple[tuple[int, ...], bool], tuple[int, ...]] = {(self.lane.starts, self._may_begin(END)): ()}
        queue = deque(vectors)
        bad: list[tuple[int, ...]] = []
        while queue:
            vector, begins = node = queue.popleft()
            if begins and not any(state in good for state in vector):
                bad.append(vectors[node])
            for symbol in range(OTHER + 1):
                after = (tuple(self._follow(state, symbol) for state in vector), self._may_begin(symbol))
                if after not in vectors:
                    vectors[after] = (*vectors[node], symbol)
                    queue.append(after)
            if len(vectors) > CONFIGURATION_LIMIT:
                raise LimitExceeded("the lanes of a decoder have too many states together")
        if bad:
            return Uncovered("after some context no lane reads the span back", tuple(bad[:200]))
        used = {state: accs[state] or () for state in good}
        return Invariant(tuple(sorted(good.items())), tuple(sorted(used.items())), tuple(sorted(vectors)), self._places())

    def _may_begin(self, before: int) -> bool:
        return self.encoder.before is None or before in self.encoder.before

    def _follow(self, state: int, symbol: int) -> int:
        """Return the state after one symbol; which state follows depends on no accumulator."""
        return self.lane.feed(Configuration(state), symbol)[0].state

    def _accumulators(self) -> dict[int, tuple[int, ...] | None]:
        """Return what contexts may leave in each state's accumulator; None if that is too much to enumerate."""
        seen = {Configuration(start) for start in self.lane.starts}
        queue = deque(seen)
        while queue and len(seen) <= _ACC_LIMIT:
            place = queue.popleft()
            for symbol in range(OTHER + 1):
                following, _ = self.lane.feed(place, symbol)
                if following not in seen:
                    seen.add(following)
                    queue.append(following)
        if not queue:
            values: dict[int, set[int]] = {}
            for place in seen:
                values.setdefault(place.state, set()).add(place.acc)
            return {state: tuple(sorted(found)) for state, found in sorted(values.items())}
        return {state: None if state in self.lane.uses_acc else (0,) for state in range(self.lane.machine.state_count)}

    def _good(self, state: int, junk: int, accs: tuple[int, ...]) -> bool:
        """Walk lane and encoder together from one state; keep what was reached if every text's payload comes out."""
        reached: dict[Place, None] = {(Configuration(state, acc), 0, (), junk, False): None for acc in accs}
        queue: deque[Place] = deque(place for place in reached if place not in self._reached)
        while queue:
            following = self._step(queue.popleft())
            if following is None:
                return False
            for place in following:
                if place not in reached and place not in self._reached:
                    reached[place] = None
                    queue.append(place)
            if len(reached) > CONFIGURATION_LIMIT:
                raise LimitExceeded("a lemma has too many configurations")
        self._reached |= reached
        return True

    def _step(self, place: Place) -> list[Place] | None:
        lane, state, owed, junk, begun = place
        for text in self._endings[state]:
            after, made = write(self.lane, lane, text)
            settled = settle(owed, junk, begun, made)
            if settled is None or ends_well(self.lane, after, settled[0], settled[1], self.encoder.after) is not None:
                return None
        found: list[Place] = []
        for units, text, following in self._moves[state]:
            after, made = write(self.lane, lane, text)
            settled = settle(owed + units, junk, begun, made)
            if settled is None:
                return None
            found.append((after, following, *settled))
        return found

    def _places(self) -> tuple[tuple[int, int, tuple[int, ...] | None, int, tuple[int, ...], int, bool], ...]:
        return tuple((c.state, c.acc, c.kept, e, owed, junk, begun) for c, e, owed, junk, begun in self._reached)
