"""What a reading explores: texts, and short runs that may become one."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Sequence
from functools import cache

import msgspec

from ringwall.text.tables import load_tables
from ringwall.text.view import Chain, Mapped


class Node(msgspec.Struct, frozen=True):
    """A text to read. `made_from` maps it to the raw text; None is the raw text itself."""

    chain: Chain
    text: str
    made_from: Mapped | None
    layers_left: int
    parts: tuple[tuple[int, Chain], ...] = ()
    weak: bool = False  # joined from short runs, which are mostly chance


class Chance(msgspec.Struct, frozen=True):
    """Short runs of a text's decoders, most of which are chance: a node once they are joined."""

    base: Node
    runs: list[tuple[Chain, Mapped]]
    layers_left: int


@cache
def decoder_chain(reading: int, machine: int) -> Chain:
    """Return what a decoder's runs of one reading are called."""
    tables = load_tables()
    alphabet, backwards = tables.decode_readings[reading]
    mapped = (("reversed",) if backwards else ()) + ((tables.alphabets[alphabet],) if alphabet else ())
    return (*mapped, tables.machines[machine].name)


def joined(base: Node, runs: list[tuple[Chain, Mapped]], layers_left: int, *, weak: bool = False) -> Node:
    """Join runs (at least one) into one node, a line each."""
    names = list(dict.fromkeys(chain for chain, _ in runs))
    if len(runs) == 1:
        return Node(base.chain + names[0], runs[0][1].text, runs[0][1], layers_left, weak=weak)
    starts, ends, offset = array("I"), array("I"), 0
    parts: list[tuple[int, Chain]] = []
    for chain, made in runs:
        if parts:
            starts.append(made.starts[0])
            ends.append(made.ends[0])
            offset += 1
        parts.append((offset, base.chain + chain))
        starts.extend(made.starts)
        ends.extend(made.ends)
        offset += len(made.text)
    text = "\n".join(made.text for _, made in runs)
    if len(names) == 1:
        return Node(base.chain + names[0], text, Mapped(text, starts, ends), layers_left, weak=weak)
    name = "|".join("/".join(chain) for chain in names)
    return Node((*base.chain, name), text, Mapped(text, starts, ends), layers_left, tuple(parts), weak)


def folded_parts(parts: tuple[tuple[int, Chain], ...], folded: Mapped) -> tuple[tuple[int, Chain], ...]:
    """Return where the runs of several decoders begin in the fold of the text that joins them."""
    return tuple((bisect_left(folded.starts, offset), (*chain, "fold")) for offset, chain in parts)


def ranges(made_from: Mapped | None, length: int) -> tuple[Sequence[int], Sequence[int]]:
    """Return the ranges of the raw text that each character of a text was made from."""
    return (made_from.starts, made_from.ends) if made_from is not None else (range(length), range(1, length + 1))
