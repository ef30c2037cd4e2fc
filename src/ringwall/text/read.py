"""Reading a text: raw, folded, mapped, decoded, and decoded again, until nothing new comes out or the budget is spent.

One node is one text (the raw one, or what decoders made of another node). A node is folded; the fold is scanned for phrases under every
alphabet and direction, and decoded under the decode readings; what comes out becomes nodes one layer deeper. What is always worth a
filter's look is materialised as a view; of the many other readings only those in which a phrase was found. Both interpreters run this
same exploration, so they can differ in primitives only.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections import deque
from collections.abc import Sequence
from functools import cache

import msgspec

from ringwall.errors import LimitExceeded
from ringwall.text.hits import is_written_out
from ringwall.text.interpreters import Decoded, Interpreter, Match, choose_interpreter
from ringwall.text.phrases import MATCHES_PER_TEXT, PhraseAutomaton
from ringwall.text.tables import Tables, load_tables
from ringwall.text.tokens import pig_latin
from ringwall.text.view import Chain, Mapped, PhraseHit, View, Views
from ringwall.vocabulary import Limits, Span

STRONG_RUN = 24  # characters from which a decoder's run is a view of its own; shorter ones, mostly chance, share one view per node
FOLDED_MOST = 18  # characters that one becomes: U+FDFA, the longest compatibility decomposition of Unicode
FOLDED_PIECE = 500_000  # characters folded at once to see how many they become
_ALWAYS_AT_ROOT = ("rot13", "atbash")
_NOT_ASCII = bytes(range(128, 256))


class _Node(msgspec.Struct, frozen=True):
    """A text to read. `made_from` maps it to the raw text; None is the raw text itself."""

    chain: Chain
    text: str
    made_from: Mapped | None
    layers_left: int
    parts: tuple[tuple[int, Chain], ...] = ()
    weak: bool = False  # joined from short runs, which are mostly chance


def read_views(
    text: str,
    *,
    automaton: PhraseAutomaton | None = None,
    limits: Limits | None = None,
    depth: int | None = None,
    interpreter: str | None = None,
    hits_only: bool = False,
) -> Views:
    """Read a text in every way that hides one from a filter.

    Args:
        text: any string, lone surrogates included; at most `limits.text_chars` characters.
        automaton: phrases to look for while reading; every reading in which one is found is among the views.
        depth: layers of encoding to peel off; `limits.decode_depth` if None; 0 reads the raw text and its folds.
        interpreter: "c" or "python"; the fastest that is there if None.
        hits_only: return no view but the raw one, where nobody asks for more than what was found and whether all was read. Less is held
            then, so that a text may be read to its end that takes too much room with views.

    Returns:
        the views, raw first. `exhausted` means that part of the text's readings was not read.

    Raises:
        LimitExceeded: the text is too long; nothing was read.
    Cost: linear in the characters read, which are bounded by the budget of `limits` (benchmarks/text.py).
    """
    limits = limits or Limits()
    if len(text) > limits.text_chars:
        raise LimitExceeded(f"a text of {len(text)} characters is longer than {limits.text_chars}", limit=limits.text_chars)
    reader = _Reader(text, automaton, limits, choose_interpreter(interpreter), hits_only=hits_only)
    reader.explore(limits.decode_depth if depth is None else depth)
    return reader.views()


class _Reader:
    """One reading of one text."""

    def __init__(self, text: str, automaton: PhraseAutomaton | None, limits: Limits, interpreter: Interpreter, *, hits_only: bool) -> None:
        self._tables: Tables = load_tables()
        self._interpreter = interpreter
        self._hits_only = hits_only
        self._automaton = automaton
        self._text = text
        self._budget = limits.decode_budget_factor * len(text) + limits.decode_budget_floor
        self._room = limits.view_chars
        self._read = 0
        self._exhausted = False
        self._views: dict[tuple[Chain, int], View | None] = {}  # None: read, but not asked for
        self._hits: dict[tuple[int, int, int, Chain], PhraseHit] = {}
        self._seen: set[str] = set()
        self._runs: set[tuple[str, int, int]] = set()
        self._escapable = escape_characters()
        self._queue: deque[_Node] = deque()

    def views(self) -> Views:
        """Return what was read."""
        views = tuple(view for view in self._views.values() if view is not None)
        return Views(views, tuple(self._hits.values()), self._exhausted, self._interpreter.name, self._read)

    def explore(self, depth: int) -> None:
        """Read the raw text and everything that is found in it, breadth first."""
        self._queue.append(_Node((), self._text, None, depth))
        while self._queue and self._room >= 0:
            self._visit(self._queue.popleft())
        if self._room < 0:
            self._exhausted = True

    def _visit(self, node: _Node) -> None:
        if node.chain and node.text in self._seen:
            return
        self._seen.add(node.text)
        if not self._has_room_to_fold(node.text):
            self._exhausted = True
            self._keep(node.chain, node.text, node.made_from, node.parts)
            return
        folded = self._interpreter.fold("characters", node.text)
        if not (node.weak and folded is not None):
            self._keep(node.chain, node.text, node.made_from, node.parts)
        if folded is None:
            base = node
        else:
            if folded.text in self._seen:
                return
            self._seen.add(folded.text)
            base = self._inside(node, ("fold",), folded, node.layers_left, weak=node.weak)
            self._keep(base.chain, base.text, base.made_from, _folded_parts(node.parts, folded))
        if not self._afford(len(base.text) * (1 + (len(self._tables.decode_readings) if base.layers_left > 0 else 0))):
            return
        self._scan(base, node, folded)
        self._read_mixtures(base)
        if not node.chain:
            self._read_root(base)
        self._read_tokens(base)
        if base.layers_left > 0:
            self._decode(base)

    def _has_room_to_fold(self, text: str) -> bool:
        """Say whether a text's fold may be held; a long text is folded in pieces to see (one character may become many)."""
        if len(text) * FOLDED_MOST <= self._room:
            return True
        size, changes = 0, False
        for start in range(0, len(text), FOLDED_PIECE):
            made = self._interpreter.fold("characters", text[start : start + FOLDED_PIECE])
            size += len(text[start : start + FOLDED_PIECE] if made is None else made.text)
            changes = changes or made is not None
        return not changes or size <= self._room

    def _afford(self, characters: int) -> bool:
        if self._read + characters > self._budget:
            self._exhausted = True
            return False
        self._read += characters
        return True

    def _keep(self, chain: Chain, text: str, made_from: Mapped | None, parts: tuple[tuple[int, Chain], ...]) -> None:
        starts, ends = _ranges(made_from, len(text)) if chain else ((), ())
        self._room -= len(text) if isinstance(starts, array) else 0
        view = None if self._hits_only and chain else View(chain, text, starts, ends, parts)
        self._views[chain, len(self._views) if parts else -1] = view

    def _inside(self, outer: _Node, chain: Chain, made: Mapped, layers_left: int, *, weak: bool = False) -> _Node:
        """Return the node of a text made from `outer`'s."""
        if outer.made_from is not None:
            starts, ends = self._interpreter.compose(outer.made_from, made.starts, made.ends)
            made = Mapped(made.text, starts, ends)
        return _Node(outer.chain + chain, made.text, made, layers_left, weak=weak)

    def _read_root(self, base: _Node) -> None:
        """Materialise the readings of the raw text that filters always see."""
        if self._hits_only:
            return
        for name in _ALWAYS_AT_ROOT:
            self._keep_mapped(base, self._tables.alphabets.index(name), backwards=False)
        self._keep_mapped(base, 0, backwards=True)
        self._keep_changed(base, "leet", _translated(base.text, self._tables.leet_map))
        if "_" in base.text:
            self._keep_changed(base, "underscores", base.text.replace("_", " "))

    def _keep_changed(self, base: _Node, name: str, text: str) -> None:
        if text != base.text:
            self._keep((*base.chain, name), text, base.made_from, ())

    def _mapped_chain(self, base: _Node, alphabet: int, *, backwards: bool) -> Chain:
        return base.chain + (("reversed",) if backwards else ()) + ((self._tables.alphabets[alphabet],) if alphabet else ())

    def _keep_mapped(self, base: _Node, alphabet: int, *, backwards: bool) -> None:
        """Materialise a text under another alphabet or direction, unless it is the same text."""
        chain = self._mapped_chain(base, alphabet, backwards=backwards)
        if self._hits_only or (chain, -1) in self._views:
            return
        text = _translated(base.text, self._tables.maps[alphabet]) if alphabet else base.text
        made_from = base.made_from
        if backwards:
            text = text[::-1]
            starts, ends = _ranges(made_from, len(text))
            made_from = Mapped(text, starts[::-1], ends[::-1])
        if text != base.text:
            self._keep(chain, text, made_from, ())

    def _scan(self, base: _Node, node: _Node, folded: Mapped | None) -> None:
        """Look for phrases; materialise the readings in which one is found."""
        if self._automaton is None:
            return
        matches = self._interpreter.scan(self._automaton, base.text)
        if len(matches) > MATCHES_PER_TEXT + len(base.text):
            self._exhausted = True
            return
        for match in sorted(matches):
            if match.bounded and not is_written_out(self._automaton, match, base.text):
                continue
            chain = self._mapped_chain(base, match.alphabet, backwards=match.backwards)
            if node.parts:
                place = folded.starts[match.start] if folded else match.start
                prefix = View(node.chain, node.text, parts=node.parts).chain_at(place)
                self._add_hit(base, match, prefix + chain[len(node.chain) :])
            else:
                self._add_hit(base, match, chain)
            if match.alphabet or match.backwards:
                self._keep_mapped(base, match.alphabet, backwards=match.backwards)

    def _add_hit(self, base: _Node, match: Match, chain: Chain) -> None:
        assert self._automaton is not None
        side = self._automaton.bounded if match.bounded else self._automaton.squashed
        assert side is not None
        phrase = side.patterns[match.pattern].phrase
        span = Span(match.start, match.end)
        if base.made_from is not None:
            starts, ends = base.made_from.starts, base.made_from.ends
            span = Span(min(starts[match.start : match.end]), max(ends[match.start : match.end]))
        self._hits.setdefault((phrase, span.start, span.end, chain), PhraseHit(phrase, span, chain))

    def _read_mixtures(self, base: _Node) -> None:
        """Read the mixtures of escapes and plain characters in which a phrase is found (the escapes decoder takes the first escape it
        can).
        """
        if self._automaton is None or not any(character in base.text for character in self._escapable) or not self._afford(len(base.text)):
            return
        mixtures, too_many = self._interpreter.mixtures(self._automaton, base.text)
        self._exhausted |= too_many
        for choices in mixtures:
            made = self._interpreter.replaced(base.text, choices)
            if made is not None and made.text not in self._seen:
                self._seen.add(made.text)
                inner = self._inside(base, ("mixed_escapes",), made, 0)
                self._keep(inner.chain, inner.text, inner.made_from, ())
                self._scan(inner, inner, None)

    def _read_tokens(self, base: _Node) -> None:
        """Read scrambled words and Pig Latin, and look for phrases there."""
        made_by_words = [("pig_latin", self._interpreter.replaced(base.text, pig_latin(base.text)))]
        if self._automaton is not None:
            made_by_words.append(("unscrambled", self._interpreter.unscrambled(self._automaton, base.text)))
        for name, made in made_by_words:
            if made is None or not self._afford(len(made.text)):
                continue
            inner = self._inside(base, (name,), made, 0)
            self._keep(inner.chain, inner.text, inner.made_from, ())
            self._scan(inner, inner, None)

    def _decode(self, base: _Node) -> None:
        """Queue what the decoders make of a folded text."""
        despecked = None if base.weak else self._interpreter.fold("specks", base.text)
        if despecked is not None:
            self._queue.append(self._inside(base, ("despecked",), despecked, base.layers_left - 1))
        strong: dict[tuple[int, int], list[Decoded]] = {}
        runs_found = self._interpreter.decode(base.text, mapped=base.layers_left > 1, sparse=not base.weak, limit=max(self._room, 0))
        if runs_found is None:
            self._exhausted = True
            return
        self._room -= sum(len(run.text) for run in runs_found)  # they wait in the queue
        for run in runs_found:
            strong.setdefault((run.reading, run.machine), []).append(run)
        weak: list[tuple[Chain, Mapped]] = []
        weak_layers = 0
        for (reading, machine), runs in strong.items():
            chain = self._decoder_chain(reading, machine)
            layers_left = base.layers_left - (2 if reading else 1)
            fresh = [made for run in runs if (made := self._new_run(base, run)) is not None]
            if max((len(made.text) for made in fresh), default=0) >= STRONG_RUN or self._tables.machines[machine].sink == "inplace":
                self._queue.extend(self._joined(base, [(chain, made) for made in fresh], layers_left))
            else:
                weak.extend((chain, made) for made in fresh)
                weak_layers = max(weak_layers, layers_left)
        self._queue.extend(msgspec.structs.replace(node, weak=True) for node in self._joined(base, weak, weak_layers))

    def _new_run(self, base: _Node, run: Decoded) -> Mapped | None:
        """Map a run to the raw text; None if some other decoder read the same characters at the same place."""
        if not run.text:  # a soft line break of quoted-printable, say, and nothing else
            return None
        made = Mapped(run.text, run.starts, run.ends)
        if base.made_from is not None:
            made = Mapped(run.text, *self._interpreter.compose(base.made_from, run.starts, run.ends))
        key = (run.text, min(made.starts[0], made.starts[-1]), max(made.ends[0], made.ends[-1]))
        if key in self._runs:
            return None
        self._runs.add(key)
        return made

    def _decoder_chain(self, reading: int, machine: int) -> Chain:
        alphabet, backwards = self._tables.decode_readings[reading]
        mapped = (("reversed",) if backwards else ()) + ((self._tables.alphabets[alphabet],) if alphabet else ())
        return (*mapped, self._tables.machines[machine].name)

    def _joined(self, base: _Node, runs: list[tuple[Chain, Mapped]], layers_left: int) -> list[_Node]:
        """Join runs into one node, a line each (no node if there is no run)."""
        if not runs:
            return []
        names = list(dict.fromkeys(chain for chain, _ in runs))
        if len(runs) == 1:
            return [_Node(base.chain + names[0], runs[0][1].text, runs[0][1], layers_left)]
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
        joined = Mapped("\n".join(made.text for _, made in runs), starts, ends)
        if len(names) == 1:
            return [_Node(base.chain + names[0], joined.text, joined, layers_left)]
        name = "|".join("/".join(chain) for chain in names)
        return [_Node((*base.chain, name), joined.text, joined, layers_left, tuple(parts))]


@cache
def escape_characters() -> frozenset[str]:
    """Return the characters without one of which no escape begins."""
    return frozenset(chr(c) for machine in load_tables().machines if machine.lattice for c in range(128) if machine.alphabet[c])


def _folded_parts(parts: tuple[tuple[int, Chain], ...], folded: Mapped) -> tuple[tuple[int, Chain], ...]:
    """Return where the runs of several decoders begin in the fold of the text that joins them."""
    return tuple((bisect_left(folded.starts, offset), (*chain, "fold")) for offset, chain in parts)


def _ranges(made_from: Mapped | None, length: int) -> tuple[Sequence[int], Sequence[int]]:
    return (made_from.starts, made_from.ends) if made_from is not None else (range(length), range(1, length + 1))


def _translated(text: str, ascii_map: bytes) -> str:
    """Map the ASCII characters of a text (in UTF-8 their bytes stand for nothing else)."""
    return text.encode("utf-8", "surrogatepass").translate(ascii_map + _NOT_ASCII).decode("utf-8", "surrogatepass")
