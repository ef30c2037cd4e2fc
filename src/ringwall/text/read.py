"""Reading a text: raw, folded, mapped, decoded, and decoded again, until nothing new comes out or the budget is spent.

One node is one text (the raw one, or what decoders made of another node). A node is folded; the fold is scanned for phrases under every
alphabet and direction, and decoded under the decode readings; what comes out becomes nodes one layer deeper. What is always worth a
filter's look is materialised as a view; of the many other readings only those in which a phrase was found. Both interpreters run this
same exploration, so they can differ in primitives only.
"""

from __future__ import annotations

from collections import deque
from functools import cache

from ringwall.errors import LimitExceeded
from ringwall.text.budget import Budget
from ringwall.text.hits import is_written_out
from ringwall.text.interpreters import Decoded, Interpreter, Match, choose_interpreter
from ringwall.text.kept import Kept
from ringwall.text.nodes import Chance, Node, decoder_chain, folded_parts, joined
from ringwall.text.phrases import MATCHES_PER_TEXT, PhraseAutomaton
from ringwall.text.tables import Tables, load_tables
from ringwall.text.tokens import Change, changed_length, pig_latin
from ringwall.text.view import Chain, Mapped, PhraseHit, View, Views
from ringwall.vocabulary import Limits, Span

STRONG_RUN = 24  # characters from which a decoder's run is a view of its own; shorter ones, mostly chance, share one view per node
FOLDED_MOST = 18  # characters that one becomes: U+FDFA, the longest compatibility decomposition of Unicode
FOLDED_PIECE = 500_000  # characters folded at once to see how many they become
_LIMITS = Limits()


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
            then, so that a text may be read to its end that takes too much room with views. A phrase that reaches into no scrambled word
            is not told again for the text in which these are put right.

    Returns:
        the views, raw first. `exhausted` means that part of the text's readings was not read.

    Raises:
        LimitExceeded: the text is too long; nothing was read.
    Cost: linear in the characters read, which are bounded by the budget of `limits` (benchmarks/text.py).
    """
    limits = limits or _LIMITS
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
        self._budget = Budget(limits, len(text))
        self._kept = Kept(self._tables, self._budget, hits_only=hits_only)
        self._hits: dict[tuple[int, int, int, Chain], PhraseHit] = {}
        self._seen: set[str] = set()
        self._runs: set[tuple[str, int, int]] = set()
        self._escapable = escape_characters()
        self._queue: deque[tuple[int, Node | Chance]] = deque()  # with the room that each takes while it waits

    def views(self) -> Views:
        """Return what was read."""
        return Views(self._kept.views(), tuple(self._hits.values()), self._budget.exhausted, self._interpreter.name, self._budget.read)

    def explore(self, depth: int) -> None:
        """Read the raw text and everything that is found in it, breadth first."""
        self._queue.append((0, Node((), self._text, None, depth)))
        while self._queue and self._budget.has_room:
            held, item = self._queue.popleft()
            self._budget.let_go(held)  # what of it becomes a view takes its room again
            if isinstance(item, Node):
                self._visit(item)
            elif not self._pass_over(item):
                self._visit(joined(item.base, item.runs, item.layers_left, weak=True))
        if not self._budget.has_room:
            self._budget.exhausted = True

    def _visit(self, node: Node) -> None:
        if node.chain and node.text in self._seen:
            return
        self._seen.add(node.text)
        if not self._has_room_to_fold(node.text):
            self._budget.exhausted = True
            self._kept.keep(node.chain, node.text, node.made_from, node.parts)
            return
        folded = self._interpreter.fold("characters", node.text)
        if not (node.weak and folded is not None):
            self._kept.keep(node.chain, node.text, node.made_from, node.parts)
        if folded is None:
            base = node
        else:
            if folded.text in self._seen:
                return
            self._seen.add(folded.text)
            base = self._inside(node, ("fold",), folded, node.layers_left, weak=node.weak)
            self._kept.keep(base.chain, base.text, base.made_from, folded_parts(node.parts, folded))
        if not self._budget.afford(len(base.text) * self._times_read(base.layers_left)):
            return
        self._scan(base, node, folded)
        self._read_mixtures(base)
        if not node.chain:
            self._kept.keep_root(base)
        self._read_tokens(base)
        if base.layers_left > 0:
            self._decode(base)

    def _pass_over(self, chance: Chance) -> bool:
        """Say whether nothing is found in runs that nobody asks to see, without making a node of them; note what reading one would."""
        if not self._hits_only or self._automaton is None:
            return False
        text = "\n".join(made.text for _, made in chance.runs)
        if text in self._seen:
            return True
        if len(text) * FOLDED_MOST > self._budget.room:
            return False
        folded = self._interpreter.quiet(self._automaton, text, chance.layers_left)
        if folded is None:
            return False
        self._seen.add(text)
        if folded != text:
            if folded in self._seen:
                return True
            self._seen.add(folded)
        self._budget.hold(len(folded))
        if self._budget.afford(len(folded) * self._times_read(chance.layers_left)) and self._may_escape(folded):
            self._budget.afford(len(folded))
        return True

    def _times_read(self, layers_left: int) -> int:
        return 1 + (len(self._tables.decode_readings) if layers_left > 0 else 0)

    def _may_escape(self, text: str) -> bool:
        for character in self._escapable:  # noqa: SIM110 - a generator costs more than what it asks
            if character in text:
                return True
        return False

    def _has_room_to_fold(self, text: str) -> bool:
        """Say whether a text's fold may be held; a long text is folded in pieces to see (one character may become many)."""
        if len(text) * FOLDED_MOST <= self._budget.room:
            return True
        size, changes = 0, False
        for start in range(0, len(text), FOLDED_PIECE):
            made = self._interpreter.fold("characters", text[start : start + FOLDED_PIECE])
            size += len(text[start : start + FOLDED_PIECE] if made is None else made.text)
            changes = changes or made is not None
        return not changes or size <= self._budget.room

    def _inside(self, outer: Node, chain: Chain, made: Mapped, layers_left: int, *, weak: bool = False) -> Node:
        """Return the node of a text made from `outer`'s."""
        if outer.made_from is not None:
            starts, ends = self._interpreter.compose(outer.made_from, made.starts, made.ends)
            made = Mapped(made.text, starts, ends)
        return Node(outer.chain + chain, made.text, made, layers_left, weak=weak)

    def _scan(self, base: Node, node: Node, folded: Mapped | None) -> None:
        """Look for phrases; materialise the readings in which one is found."""
        if self._automaton is not None:
            self._take(self._interpreter.scan(self._automaton, base.text), base, node, folded)

    def _take(self, matches: list[Match], base: Node, node: Node, folded: Mapped | None) -> None:
        assert self._automaton is not None
        if len(matches) > MATCHES_PER_TEXT + len(base.text):
            self._budget.exhausted = True
            return
        for match in sorted(matches):
            if match.bounded and not is_written_out(self._automaton, match, base.text):
                continue
            chain = self._kept.mapped_chain(base, match.alphabet, backwards=match.backwards)
            if node.parts:
                place = folded.starts[match.start] if folded else match.start
                prefix = View(node.chain, node.text, parts=node.parts).chain_at(place)
                self._add_hit(base, match, prefix + chain[len(node.chain) :])
            else:
                self._add_hit(base, match, chain)
            if match.alphabet or match.backwards:
                self._kept.keep_mapped(base, match.alphabet, backwards=match.backwards)

    def _add_hit(self, base: Node, match: Match, chain: Chain) -> None:
        assert self._automaton is not None
        side = self._automaton.bounded if match.bounded else self._automaton.squashed
        assert side is not None
        phrase = side.patterns[match.pattern].phrase
        span = Span(match.start, match.end)
        if base.made_from is not None:
            starts, ends = base.made_from.starts, base.made_from.ends
            span = Span(min(starts[match.start : match.end]), max(ends[match.start : match.end]))
        self._hits.setdefault((phrase, span.start, span.end, chain), PhraseHit(phrase, span, chain))

    def _read_mixtures(self, base: Node) -> None:
        """Read the mixtures of escapes and plain characters in which a phrase is found (the escapes decoder takes the first escape it
        can).
        """
        if self._automaton is None or not self._may_escape(base.text) or not self._budget.afford(len(base.text)):
            return
        mixtures, too_many = self._interpreter.mixtures(self._automaton, base.text)
        self._budget.exhausted |= too_many
        for choices in mixtures:
            made = self._interpreter.replaced(base.text, choices)
            if made is not None and made.text not in self._seen:
                self._seen.add(made.text)
                inner = self._inside(base, ("mixed_escapes",), made, 0)
                self._kept.keep(inner.chain, inner.text, inner.made_from, ())
                self._scan(inner, inner, None)

    def _read_tokens(self, base: Node) -> None:
        """Read scrambled words and Pig Latin, and look for phrases there."""
        self._read_changed(base, "pig_latin", pig_latin(base.text))
        if self._automaton is not None:
            self._read_changed(base, "unscrambled", self._interpreter.scrambled(self._automaton, base.text))

    def _read_changed(self, base: Node, name: str, changes: list[Change]) -> None:
        if not changes or not self._budget.afford(changed_length(base.text, changes)):
            return
        matches: list[Match] | None = None
        if self._hits_only and self._automaton is not None:  # what reaches into no changed word was found where that was not changed
            matches = self._interpreter.scan_changed(self._automaton, base.text, changes)
            if not matches:
                return
        made = self._interpreter.replaced(base.text, changes)
        assert made is not None
        inner = self._inside(base, (name,), made, 0)
        self._kept.keep(inner.chain, inner.text, inner.made_from, ())
        if matches is None:
            self._scan(inner, inner, None)
        else:
            self._take(matches, inner, inner, None)

    def _wait(self, held: int, item: Node | Chance) -> None:
        self._budget.hold(held)
        self._queue.append((held, item))

    def _decode(self, base: Node) -> None:
        """Queue what the decoders make of a folded text."""
        despecked = None if base.weak else self._interpreter.fold("specks", base.text)
        if despecked is not None:
            self._wait(len(despecked.text), self._inside(base, ("despecked",), despecked, base.layers_left - 1))
        runs_found = self._interpreter.decode(base.text, mapped=base.layers_left > 1, sparse=not base.weak, limit=max(self._budget.room, 0))
        if runs_found is None:
            self._budget.exhausted = True
            return
        found: dict[tuple[int, int], list[tuple[Chain, Mapped]]] = {}
        strong: set[tuple[int, int]] = set()
        for run in runs_found:
            made = self._new_run(base, run)
            if made is None:
                continue
            decoder = (run.reading, run.machine)
            found.setdefault(decoder, []).append((decoder_chain(*decoder), made))
            if len(run.text) >= STRONG_RUN or self._tables.machines[run.machine].sink == "inplace":
                strong.add(decoder)
        weak: list[tuple[Chain, Mapped]] = []
        weak_layers = 0
        for decoder, runs in found.items():
            layers_left = base.layers_left - (2 if decoder[0] else 1)
            if decoder in strong:
                self._wait(_size(runs), joined(base, runs, layers_left))
            else:
                weak += runs
                weak_layers = max(weak_layers, layers_left)
        if weak:
            self._wait(_size(weak), Chance(base, weak, weak_layers))

    def _new_run(self, base: Node, run: Decoded) -> Mapped | None:
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


def _size(runs: list[tuple[Chain, Mapped]]) -> int:
    return sum(len(made.text) for _, made in runs)


@cache
def escape_characters() -> frozenset[str]:
    """Return the characters without one of which no escape begins."""
    return frozenset(chr(c) for machine in load_tables().machines if machine.lattice for c in range(128) if machine.alphabet[c])
