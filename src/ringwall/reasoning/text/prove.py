"""The proof that no encoding of a listed phrase gets past the wall: one pure function from phrases to a report."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from ringwall.errors import IntegrityError, InvalidRequest
from ringwall.reasoning.text.certificate import Counterexample
from ringwall.reasoning.text.code_points import code_point_theorem
from ringwall.reasoning.text.encoder import Encoder
from ringwall.reasoning.text.encoders.registry import ENCODERS
from ringwall.reasoning.text.folding import Folding, Theorem
from ringwall.reasoning.text.leaf_search import leaf_candidates
from ringwall.reasoning.text.lemmas import Laboratory, Lemma
from ringwall.reasoning.text.matrix import CHARACTERS, REVERSED, ROTATIONS, Cell, Row, matrix, row_of
from ringwall.reasoning.text.positional import positional_theorems
from ringwall.reasoning.text.replay import Replay, passes
from ringwall.reasoning.text.report import Phrases, Report
from ringwall.reasoning.text.utf8 import utf8_theorem
from ringwall.text import PhraseAutomaton, interpreter_name
from ringwall.text.tables import Tables, load_tables
from ringwall.text.tables.loader import table_bytes

LONG = 12  # letters that the decoders with the longest runs wait for
_NEEDED = {
    CHARACTERS: (
        "fold-closed",
        "fold-ordered",
        "fold-stable",
        "fold-letters",
        "fold-invisible",
        "fold-compatible",
        "scan-symbols",
        "scan-leet",
    ),
    ROTATIONS: ("fold-ordered", "scan-symbols", "scan-rotations", "decode-readings"),
    REVERSED: ("fold-ordered", "decode-readings"),
}
_WORD = "the last group is whole (a multiple of four bytes), or the span stands as a word of its own"
Status = Literal["proved", "refuted", "unknown"]


def prove_bypass(
    automaton: PhraseAutomaton | None = None,
    *,
    encodings: Sequence[str] | None = None,
    depth: int = 2,
    replay: Replay | None = passes,
    check_again: bool = True,
) -> Report:
    """Prove that no chain of encodings hides a listed phrase, or say where that fails.

    Args:
        automaton: the compiled phrases; None proves the classes only (they hold for any list).
        encodings: ids of classes (`class_names()`); all if None.
        depth: 1 or 2 layers.
        replay: the filter that counterexamples are tried on; None reports none.
        check_again: run the re-checker over every invariant.

    Returns:
        the report; `refuted` only with a text that passes the filter, `unknown` where neither proof nor such a text was found.

    Raises:
        InvalidRequest: an unknown class, or another depth.
    Cost: 25 s of one core for everything, whatever the phrases but for the check of their automaton (benchmarks/proofs.py).
    """
    return prove_tables(
        load_tables(), table_bytes(), automaton, chosen(encodings, depth), depth=depth, replay=replay, check_again=check_again
    )


def class_names() -> tuple[str, ...]:
    """Return the ids of all classes."""
    return tuple(define().id for define in ENCODERS)


def chosen(encodings: Sequence[str] | None, depth: int) -> list[Encoder]:
    """Return the classes of those ids.

    Raises:
        InvalidRequest: an unknown class, or a depth other than 1 and 2.
    """
    if depth not in (1, 2):
        raise InvalidRequest(f"depth {depth} is not claimed", remedy="ask for depth 1 or 2")
    known = {encoder.id: encoder for encoder in (define() for define in ENCODERS)}
    for name in encodings or ():
        if name not in known:
            raise InvalidRequest(f"there is no class `{name[:40]}`", remedy="choose from: " + ", ".join(known))
    return list(known.values()) if encodings is None else [known[name] for name in dict.fromkeys(encodings)]


def prove_tables(  # noqa: PLR0913 - the whole proof's inputs
    tables: Tables,
    data: bytes,
    automaton: PhraseAutomaton | None,
    encoders: Sequence[Encoder],
    *,
    depth: int = 2,
    replay: Replay | None = passes,
    check_again: bool = True,
) -> Report:
    """Prove over any tables: what `prove_bypass` does over the shipped ones. `data` are the tables' bytes, for the re-checker."""
    laboratory = Laboratory(tables, data, replay)
    lemmas = tuple(laboratory.lemma(encoder, check_again=check_again) for encoder in encoders)
    theorems = all_theorems(tables)
    rows = [row_of(encoder, lemma) for encoder, lemma in zip(encoders, lemmas, strict=True)] + _positional_rows(theorems)
    holds = {theorem.id: theorem.holds for theorem in theorems}
    cells = matrix(rows, {name: all(holds[needed] for needed in names) for name, names in _NEEDED.items()}, depth)
    phrases = _phrases(automaton)
    passing = () if all(holds.values()) else _passing(theorems, replay)
    return Report(
        status="refuted" if passing else _status(lemmas, theorems, cells, phrases),
        passing=passing,
        tables_sha256=tables.digest,
        tables_version=tables.version,
        interpreter=interpreter_name(),
        depth=depth,
        phrases=phrases,
        theorems=theorems,
        lemmas=lemmas,
        cells=cells,
    )


def _passing(theorems: Sequence[Theorem], replay: Replay | None) -> tuple[Counterexample, ...]:
    """Return the first text that passes, of those that the theorems say cannot."""
    why = "; ".join(f"{theorem.id}: {theorem.witness}" for theorem in theorems if not theorem.holds)
    for candidate in leaf_candidates() if replay else ():
        if replay is not None and replay(candidate.payload, candidate.text):
            return (
                Counterexample(
                    replayed="passes",
                    encoder=CHARACTERS,
                    decoder="",
                    why=why,
                    phrase=candidate.payload,
                    before="",
                    span=candidate.span,
                    after="",
                ),
            )
    return ()


def all_theorems(tables: Tables) -> tuple[Theorem, ...]:
    """Check the finite theorems about folds, scanning, UTF-8, base85 and escapes beyond ASCII."""
    return (*Folding(tables).theorems(), utf8_theorem(tables), code_point_theorem(tables), *positional_theorems(tables))


def _positional_rows(theorems: Sequence[Theorem]) -> list[Row]:
    found = {theorem.id: theorem.holds for theorem in theorems}
    return [
        Row(name, "premised" if found[f"{name}-positional"] else "unknown", (_WORD,), "bytes", "any", name)
        for name in ("base85", "ascii85")
    ]


def _phrases(automaton: PhraseAutomaton | None) -> Phrases:
    if automaton is None:
        return Phrases(count=0, anywhere=0, long=0, digest="", valid=True)
    anywhere = {pattern.phrase for pattern in automaton.squashed.patterns} if automaton.squashed else set()
    long = {p for p in anywhere if sum(character.isalnum() for character in automaton.phrases[p]) >= LONG}
    why = ""
    try:
        automaton.validate()
    except IntegrityError as error:
        why = error.message
    return Phrases(count=len(automaton.phrases), anywhere=len(anywhere), long=len(long), digest=automaton.digest, valid=not why, why=why)


def _status(lemmas: Sequence[Lemma], theorems: Sequence[Theorem], cells: Sequence[Cell], phrases: Phrases) -> Status:
    """Return the worst outcome: a text that passes, then anything without a proof."""
    if any(lemma.status == "refuted" for lemma in lemmas):
        return "refuted"
    whole = all(lemma.status in ("proved", "premised") for lemma in lemmas) and all(theorem.holds for theorem in theorems)
    return "proved" if whole and phrases.valid and not any(cell.status == "unknown" for cell in cells) else "unknown"
