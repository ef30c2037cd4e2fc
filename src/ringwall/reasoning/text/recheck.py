"""The re-checker of certificates, apart from the prover: from the tables' bytes, an encoder's table and an invariant it verifies that the
invariant holds where a span may begin, is closed under every step, and says what the lemma says.

Invariant: good [[state, junk]], accs [[state, [acc]]], vectors [[[state of each lane], may begin]], places [[state, acc, kept, encoder
state, owed, junk, begun]]. Encoder: moves [[state, [unit], text, next]], finishes [[state, text]], before, after, context.
"""

import json
import struct
from array import array
from typing import Any

from ringwall.errors import IntegrityError

OTHER, END = 128, 129
NONE, BYTES, CODE, COPY, TEXT, BREAK, FAIL, REWIND = range(8)


class Rejected(IntegrityError, code="certificate-rejected"):
    """A certificate's invariant does not prove its lemma."""

    remedy = "prove the lemma again over these tables"


def require(truth: object, what: str) -> None:
    """Reject unless something holds."""
    if not truth:
        raise Rejected(what)


class Lane:
    """One decoder, read from the tables' own bytes."""

    def __init__(self, data: bytes, name: str) -> None:
        (size,) = struct.unpack_from("<I", data, 4)
        header, body = json.loads(data[8 : 8 + size]), data[8 + size :]
        (self.fields,) = [m for m in header["machines"] if m["name"] == name]
        parts: dict[str, array[int]] = {}
        for part in ("ops", "texts", "classes", "transitions"):
            kind, offset, count = header["sections"][f"{name}.{part}"]
            parts[part] = array(kind)
            parts[part].frombytes(body[offset : offset + count * parts[part].itemsize])
        self.texts, wide = parts["texts"], self.fields["class_count"]
        rows = [tuple(parts["ops"][i : i + 11]) for i in range(0, len(parts["ops"]), 11)]
        columns = [parts["classes"][c] for c in range(END + 1)]
        self.ops = [[rows[parts["transitions"][q * wide + column]] for column in columns] for q in range(self.fields["state_count"])]
        self.fails = self.grow(lambda op: op[1] in (FAIL, REWIND), lambda op: not op[2] & 1)
        self.live = self.grow(lambda op: op[3] and op[1] in (BYTES, CODE), lambda op: op[3] and op[5])

    def grow(self, here: Any, through: Any) -> set[int]:
        """Return the states from which some op can be reached over some ops."""
        rows = [set(row) for row in self.ops]
        found = {q for q, row in enumerate(rows) if any(here(op) for op in row)}
        while more := {q for q, row in enumerate(rows) if q not in found and any(through(op) and op[0] in found for op in row)}:
            found |= more
        return found

    def read(self, place: Any, text: list[int]) -> tuple[Any, list[int]]:
        """Read symbols from (state, acc, kept); return the new place and what was emitted (-1: a break)."""
        (state, acc, kept), queue = place, list(text)
        made: list[int] = []
        for _ in range(10_000):
            if not queue:
                kept = tuple(kept) if kept is not None and state in self.fails else None
                return (state, acc if state in self.live else 0, kept), made
            symbol = queue.pop(0)
            state, kind, flags, mul, add, keep, shift, count, back, offset, length = self.ops[state][symbol]
            if symbol == END and kind == NONE:
                continue
            kept = [] if flags & 1 else kept
            acc = min(acc * mul + add, (1 << 40) - 1)
            require(kind != COPY or not back, "a copy from further back")
            made += [acc >> (shift - 8 * k) & 255 for k in range(count)] if kind == BYTES else []
            made += {CODE: [acc], COPY: [symbol], BREAK: [-1], TEXT: self.texts[offset : offset + length]}.get(kind, [])
            if kind in (FAIL, REWIND):
                require(kept is not None, "a failure without a mark")
                made, acc = (made + [*kept, symbol][:1], 0) if kind == FAIL else (made, acc)
                queue, kept = [*kept, symbol][kind == FAIL :] + queue, None
            elif flags & 2 or symbol == END:
                queue.insert(0, symbol)
            elif kept is not None:
                kept = [*kept, symbol]
            acc &= keep
        raise Rejected("the decoder does not advance")


def pay(owed: list[int], junk: int, begun: bool, made: list[int]) -> tuple[tuple[int, ...], int, bool]:
    """Hold what was emitted against what is owed."""
    for unit in made:
        if unit == -1 or (junk and not begun):
            require(not begun, "the payload is broken")
            junk -= unit != -1
        else:
            require(owed and owed[0] == unit, "the payload comes out wrong")
            owed, begun = owed[1:], True
    return tuple(owed), junk, begun


def recheck(tables: bytes, encoder_json: bytes, invariant_json: bytes) -> int:
    """Verify one invariant; return how many sets and steps were walked, or raise Rejected."""
    encoder, claim = json.loads(encoder_json), json.loads(invariant_json)
    lane = Lane(tables, encoder["machine"])
    places = {(q, acc, kept and tuple(kept), e, tuple(owed), junk, begun) for q, acc, kept, e, owed, junk, begun in claim["places"]}
    for q, junk in claim["good"]:  # a span may begin in every good state, with every accumulator a context may leave there
        accs = dict(claim["accs"])[q]
        require(q not in lane.fails and accs, "a good state with unknown past")
        beginnings = {(q, acc * (q in lane.live), None, 0, (), junk, False) for acc in accs}
        require(encoder["context"] == "leaf" or beginnings <= places, "a beginning is missing")
    moves: dict[int, list[Any]] = {e: [] for e in range(encoder["states"])}
    ends: dict[int, list[Any]] = {e: [] for e in range(encoder["states"])}
    for e, units, text, following in encoder["moves"]:
        moves[e].append((units, [min(ord(c), OTHER) for c in text], following))
    for e, text in encoder["finishes"]:
        ends[e].append([min(ord(c), OTHER) for c in text])
    if encoder["context"] == "leaf":
        return check_leaf(lane, encoder)
    for q, acc, kept, e, owed, junk, begun in places:  # closed under writing, and every end is paid
        for units, text, following in moves[e]:
            after, made = lane.read((q, acc, kept), text)
            require((*after, following, *pay([*owed, *units], junk, begun, made)) in places, "a step leads outside")
        for text in ends[e]:
            after, made = lane.read((q, acc, kept), text)
            debt, left, _ = pay(list(owed), junk, begun, made)
            for symbol in (range(END + 1) if encoder["after"] is None else encoder["after"]) if debt else ():
                require(tuple(lane.read(after, [symbol])[1][left:][: len(debt)]) == debt, "the end is not paid")
    return len(places) + (check_marks(lane, encoder, claim, moves, ends) if lane.fails else check_lanes(lane, encoder, claim))


def check_lanes(lane: Lane, encoder: Any, claim: Any) -> int:
    """Every context leaves some lane in a good state, and no accumulator there but those listed."""
    good, accs, vectors = dict(claim["good"]), dict(claim["accs"]), {(tuple(v), begins) for v, begins in claim["vectors"]}
    may_begin = [encoder["before"] is None or symbol in encoder["before"] for symbol in range(END + 1)]
    require((tuple(lane.fields["starts"]), may_begin[END]) in vectors, "the start is missing")
    for vector, begins in vectors:
        require(not begins or any(q in good for q in vector), "a context without a good lane")
        for symbol in range(OTHER + 1):
            after = tuple(lane.read((q, 0, None), [symbol])[0][0] for q in vector)
            require((after, may_begin[symbol]) in vectors, "a context leads outside")
    seen = {(q, 0, None) for q in lane.fields["starts"]} if any(q in lane.live for q in good) else set()
    queue = list(seen)
    for place in queue:  # grows
        require(place[0] not in good or place[1] in accs[place[0]], "an accumulator is missing")
        fresh = {lane.read(place, [symbol])[0] for symbol in range(OTHER + 1)} - seen
        queue += fresh
        seen |= fresh
    return len(vectors) + len(queue)


def check_marks(lane: Lane, encoder: Any, claim: Any, moves: Any, ends: Any) -> int:
    """From every unfinished escape the span makes the decoder fail, or finish before the span (unless a clean context is premised)."""
    (start,) = lane.fields["starts"]
    require(dict(claim["good"]) == {start: 0} and start not in lane.live, "not good at the start")
    todo = [(q, 0, True) for q in range(len(lane.ops)) if q != start] if encoder["context"] == "any" else []
    for q, e, fresh in todo:  # grows
        require(fresh or not ends[e], "an escape outlasts the span")
        for _, text, following in moves[e]:
            state, gave_way = q, False
            for place, symbol in enumerate(text):
                state, kind, flags = lane.ops[state][symbol][:3]
                gave_way = state == start and (kind == FAIL or (bool(flags & 2) and fresh and not place))
                if gave_way:
                    break
                require(kind == NONE and not flags & 3, "an escape swallows part of the span")
            if not gave_way and (state, following, False) not in todo:
                todo.append((state, following, False))
    return len(todo)


def check_leaf(lane: Lane, encoder: Any) -> int:
    """Where every choice is tried: what a move writes is its unit, or one whole escape for it."""
    require(lane.fields["lattice"], "the decoder's choices are not all tried")
    (start,) = lane.fields["starts"]
    for _, units, text, _ in encoder["moves"]:
        (state, _, _), made = lane.read((start, 0, None), [min(ord(c), OTHER) for c in text])
        require(units == [ord(c) for c in text] or (state == start and made == units), "not an escape for its unit")
    return len(encoder["moves"])
