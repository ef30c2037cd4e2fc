"""The two interpreters of the tables behind one port, and the choice between them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Protocol

from ringwall.errors import InvalidRequest
from ringwall.text.native_interpreter import NativeInterpreter, native_is_built
from ringwall.text.phrases import PhraseAutomaton
from ringwall.text.python_interpreter import PythonInterpreter
from ringwall.text.results import NO_LIMIT, Choices, Decoded, Match
from ringwall.text.tables import load_tables
from ringwall.text.tokens import Change
from ringwall.text.view import Mapped

__all__ = ["Decoded", "Interpreter", "Match", "choose_interpreter", "interpreter_name"]


class Interpreter(Protocol):
    """Runs the tables over a text. Every result is the same whichever interpreter runs."""

    name: str

    def fold(self, name: str, text: str) -> Mapped | None:
        """Apply one character fold; None if it changes nothing."""
        ...

    def decode(self, text: str, *, mapped: bool, sparse: bool, limit: int = NO_LIMIT) -> list[Decoded] | None:
        """Run every decoder over a folded text, and over its mapped readings (backwards, rot13, atbash) if asked for.

        limit: what the runs may cost, a run its characters and RUN_COST; None is returned where they cost more.
        """
        ...

    def scan(self, automaton: PhraseAutomaton, text: str, *, plain: bool = False) -> list[Match]:
        """Find every phrase in every reading of a folded text, or only where it stands as it is spelled."""
        ...

    def mixtures(self, automaton: PhraseAutomaton, text: str) -> tuple[list[Choices], bool]:
        """Find phrases written in any mixture of plain characters and escapes; return the choices that show one, and whether there were
        too many.
        """
        ...

    def scan_changed(self, automaton: PhraseAutomaton, text: str, changes: list[Change]) -> list[Match]:
        """Replace spans of a folded text, and find every phrase that reaches into a replaced one: all others stand in the text itself.

        Matches stand where they do once the spans are replaced, none of them by nothing.
        """
        ...

    def quiet(self, automaton: PhraseAutomaton, text: str, layers: int) -> str | None:
        """Return the fold of a text in which, and in what decoders make of it (where there are layers left), nothing is found: no phrase,
        no mixture, no words to change, no run. None where something is, or that is not known without reading it.
        """
        ...

    def open_from(self, text: str, *, every: bool) -> int:
        """Return from where on the end of a folded text may be part of a run of a block code that is not closed; its length if nowhere.

        every: the text was cut out of a longer one, not behind a blank.
        """
        ...

    def begun(self, automaton: PhraseAutomaton, text: str, *, turned: bool = True) -> int:
        """Return from where on the end of a folded text may be the beginning of a phrase, in either direction; its length if nowhere.

        turned: in rotated alphabets and backwards too.
        """
        ...

    def scrambled(self, automaton: PhraseAutomaton, text: str) -> list[Change]:
        """Find the scrambled forms of the phrases' words, and which word each stands for."""
        ...

    def replaced(self, text: str, changes: list[Change]) -> Mapped | None:
        """Replace spans of a text; None if there is none. Each new character is made from the whole span."""
        ...

    def compose(self, outer: Mapped, starts: Sequence[int], ends: Sequence[int]) -> tuple[Sequence[int], Sequence[int]]:
        """Map ranges of `outer.text` to ranges of the text that `outer` was made from."""
        ...


def interpreter_name() -> str:
    """Return which interpreter reads by default: "c" or "python"."""
    return "c" if native_is_built() else "python"


def choose_interpreter(name: str | None = None) -> Interpreter:
    """Return the interpreter of that name, or the fastest that is there.

    Raises:
        InvalidRequest: an unknown name, or "c" where the extension is not built.
    """
    name = name or interpreter_name()
    if name == "python":
        return _python()
    if name == "c" and native_is_built():
        return _native()
    raise InvalidRequest(f"there is no interpreter `{name[:40]}` here", remedy="use `python`, or install with a C compiler")


@lru_cache(maxsize=1)
def _python() -> PythonInterpreter:
    return PythonInterpreter(load_tables())


@lru_cache(maxsize=1)
def _native() -> NativeInterpreter:
    return NativeInterpreter(load_tables())
