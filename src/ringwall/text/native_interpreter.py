"""The C interpreter, where it is built: the same tables, the same results, some hundred times faster."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from types import ModuleType

from ringwall.errors import Bug
from ringwall.text.phrases import MATCHES_PER_TEXT, PhraseAutomaton, Side
from ringwall.text.results import NO_LIMIT, Choices, Decoded, Match, without_twins
from ringwall.text.tables import Tables
from ringwall.text.tables.loader import CorruptTables
from ringwall.text.tables.machine import VERSION
from ringwall.text.tokens import Change, changed_length
from ringwall.text.view import Mapped

_extension: ModuleType | None
try:
    from ringwall.text import _interpreter as _extension  # type: ignore[attr-defined,no-redef,unused-ignore]
except ImportError:  # installed without a C compiler
    _extension = None

_FOLDS = ("characters", "letters", "specks")


def native_is_built() -> bool:
    """Say whether the C extension is there, for this version of the tables (32-bit array items are what it counts in)."""
    current = getattr(_extension, "TABLES_VERSION", None) == VERSION and hasattr(_extension, "begun")  # one that was built long ago is none
    return current and array("I").itemsize == 4


class NativeInterpreter:
    """Hands texts to the C extension and wraps what comes back."""

    name = "c"

    def __init__(self, tables: Tables) -> None:
        if _extension is None:
            raise Bug("the C interpreter is not built")
        self._c = _extension
        try:
            self._tables = self._c.tables(
                tuple((f.index, f.entries, f.pool) for f in (tables.folds[name] for name in _FOLDS)),
                tuple(
                    (
                        int(m.sink == "runs"), int(m.lattice), m.minimum, m.run_minimum, m.minimum_changes, m.state_count, m.class_count,
                        m.starts, m.classes, m.alphabet, m.transitions, m.ops, m.texts, m.readings,
                    )
                    for m in tables.machines
                ),
                b"".join(tables.maps),
                b"".join(tables.columns),
                tables.symbols,
                tables.decode_readings,
                tables.utf8_transitions,
                tables.utf8_leads,
                tables.symbol_count,
                tables.column_count,
                tables.first_leet,
                tables.marker,
            )  # fmt: skip
        except ValueError as error:
            raise CorruptTables(f"the C interpreter refuses the tables: {error}") from error

    def fold(self, name: str, text: str) -> Mapped | None:
        """Apply one character fold; None if it changes nothing."""
        made = self._c.fold(self._tables, _FOLDS.index(name), text)
        return None if made is None else Mapped(made[0], array("I", made[1]), array("I", made[2]))

    def decode(self, text: str, *, mapped: bool, sparse: bool, limit: int = NO_LIMIT) -> list[Decoded] | None:
        """Run every decoder over a folded text, and over its mapped readings if asked for; None where the runs cost more than the limit."""
        found = self._c.decode(self._tables, text, mapped, sparse, limit)
        if found is None:
            return None
        return [Decoded(reading, machine, made, array("I", starts), array("I", ends)) for reading, machine, (made, starts, ends) in found]

    def scan(self, automaton: PhraseAutomaton, text: str, *, plain: bool = False) -> list[Match]:
        """Find every phrase in every reading of a folded text, or only where it stands as it is spelled; one more than the limit if there
        are more.
        """
        squashed, bounded = self._sides(automaton)
        limit = MATCHES_PER_TEXT + len(text)
        return [*map(Match._make, self._c.scan(self._tables, squashed, bounded, text, limit, plain))]

    def mixtures(self, automaton: PhraseAutomaton, text: str) -> tuple[list[Choices], bool]:
        """Find phrases written in any mixture of plain characters and escapes; return the choices that show one, and whether there were
        too many.
        """
        found: list[Choices] = []
        for with_leet in (True, False):
            for bounded, side in enumerate(self._sides(automaton)):
                if side is None:
                    continue
                choices = self._c.lattice(self._tables, side, text, bounded, with_leet)
                if choices is None:
                    return [], True
                found.extend(made for made in choices if made not in found)
        return found, False

    def compose(self, outer: Mapped, starts: Sequence[int], ends: Sequence[int]) -> tuple[array[int], array[int]]:
        """Map ranges of `outer.text` to ranges of the text that `outer` was made from (no range is empty)."""
        first, last = self._c.compose(outer.starts, outer.ends, starts, ends)
        return array("I", first), array("I", last)

    def scan_changed(self, automaton: PhraseAutomaton, text: str, changes: list[Change]) -> list[Match]:
        """Find every phrase that reaches into a replaced span of a folded text; one more than the limit if there are more."""
        squashed, bounded = self._sides(automaton)
        limit = 2 * (MATCHES_PER_TEXT + changed_length(text, changes)) + 1  # half of them may be twins
        return without_twins([*map(Match._make, self._c.scan_changed(self._tables, squashed, bounded, text, limit, changes))])

    def quiet(self, automaton: PhraseAutomaton, text: str, layers: int) -> str | None:
        """Return the fold of a text in which nothing is found; None where something is, or the text is not known to be so."""
        quiet: str | None = self._c.quiet(self._tables, *self._sides(automaton), self._words(automaton), text, layers)
        return quiet

    def open_from(self, text: str, *, every: bool) -> int:
        """Return from where on the end of a folded text may be part of a run that is not closed; its length if nowhere."""
        found: int = self._c.open_from(self._tables, text, every)
        return found

    def begun(self, automaton: PhraseAutomaton, text: str, *, turned: bool = True) -> int:
        """Return from where on the end of a folded text may be the beginning of a phrase; its length if nowhere."""
        found: int = self._c.begun(self._tables, *self._sides(automaton), text, False, turned)
        if not turned:
            return found
        mirrored: int = self._c.begun(self._tables, *self._sides(automaton.mirrored), text, True, True)
        return min(found, mirrored)

    def scrambled(self, automaton: PhraseAutomaton, text: str) -> list[Change]:
        """Find the scrambled forms of the phrases' words, and which word each stands for."""
        places = self._c.scrambled(self._words(automaton), text)
        changes = []
        for start, end in zip(places[::2], places[1::2], strict=True):
            word = automaton.lexicon.meant(text[start:end])
            if word is not None:
                changes.append((start, end, word))
        return changes

    def replaced(self, text: str, changes: list[Change]) -> Mapped | None:
        """Replace spans of a text; None if there is none. Each new character is made from the whole span."""
        if not changes:
            return None
        made, starts, ends = self._c.replaced(text, changes)
        return Mapped(made, array("I", starts), array("I", ends))

    def _words(self, automaton: PhraseAutomaton) -> object:
        lexicon = automaton.lexicon
        if lexicon.native is None:
            lexicon.native = self._c.lexicon(" ".join(lexicon.words).encode())
        return lexicon.native

    def _sides(self, automaton: PhraseAutomaton) -> tuple[object, object]:
        if automaton.native is None:
            automaton.native = (self._automaton(automaton.squashed), self._automaton(automaton.bounded))
        return automaton.native

    def _automaton(self, side: Side | None) -> object:
        if side is None:
            return None
        table = side.table
        lengths = array("I", (len(pattern.columns) for pattern in side.patterns))
        where = bytes(pattern.where for pattern in side.patterns)
        return self._c.automaton(
            self._tables,
            table.columns,
            table.states,
            table.first_accepting,
            _bytes_under(table.transitions),
            table.output_starts,
            table.outputs,
            table.links,
            lengths,
            where,
            b"".join(pattern.columns for pattern in side.patterns),
        )


def _bytes_under(view: memoryview) -> object:
    """Return what a view shows, of which it must show all, from the first to the last: the C interpreter reads that, not the view.

    Raises:
        Bug: it shows something else.
    """
    if not view.c_contiguous or view.nbytes != memoryview(view.obj).nbytes:
        raise Bug("a phrase table shows other numbers than stand in its bytes")
    return view.obj
