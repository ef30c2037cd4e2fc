"""What the published theorems say about one guardrail: which of them hold for its listed words, and for how many.

The certificates that ship are about any list of words. What is left to check of one guardrail is its own: that the phrase automaton is that
of its words, which words act, and which are long enough for a theorem (eight normalised characters to be found anywhere; as many letters as
the decoder's shortest run, and as a hit in such a reading needs).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Literal

import msgspec

from ringwall.errors import IntegrityError
from ringwall.guardrails import Guardrail
from ringwall.guardrails.guardrail import Plan
from ringwall.guardrails.policy import Source
from ringwall.reasoning.text.matrix import CHARACTERS, LEAVES, Cell
from ringwall.reasoning.text.published import Published, published
from ringwall.text.detectors.profanity import profane_words
from ringwall.text.detectors.readings import least_letters
from ringwall.text.finding import Kind
from ringwall.text.phrases import PhraseAutomaton
from ringwall.text.tables import load_tables

Status = Literal["proved", "premised", "in part", "not claimed", "not applicable", "unknown"]
"""`premised`: proved under the premises that are named. `in part`: for some of the words; of the others nothing is claimed."""

CUSTOM = "word/custom"
UNREAD = "the guardrail reads texts as they are written, and no encoding"
_MANAGED = "managed-words/"
_SOURCES: tuple[Source, Source] = ("INPUT", "OUTPUT")


class Chains(msgspec.Struct, frozen=True, kw_only=True):
    """Cells of the matrix with something written over the class, by status."""

    proved: int = 0
    premised: int = 0
    unknown: int = 0
    not_claimed: int = 0


class TheoremStatus(msgspec.Struct, frozen=True, kw_only=True):
    """One class of encodings (`published`'s cell at depth 1), for the words of one rule.

    words: how many words that act it is about. premises: besides those of every theorem.
    """

    id: str
    status: Status
    words: int
    premises: tuple[str, ...]
    chains: Chains


class WallStatus(msgspec.Struct, frozen=True, kw_only=True):
    """The wall of one rule's words on one source.

    listed: words of the rule. acting: of these, the ones that block or mask; the rest only report. anywhere: of the acting ones, those with
    eight normalised characters or more; the others are found at word boundaries only. automaton_digest: of the phrase automaton that was
    held against its phrases.
    """

    source: Source
    rule: str
    status: Status
    why: str
    listed: int
    acting: int
    anywhere: int
    automaton_digest: str
    theorems: tuple[TheoremStatus, ...]


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """The proof status of one compiled guardrail.

    policy_digest: the guardrail's. tables_digest: of the tables that the certificates are about; current: whether these are in use.
    premises: of every theorem. walls: one per source and rule of listed words; none where the guardrail lists no words.
    """

    policy_digest: str
    tables_digest: str
    current: bool
    premises: tuple[str, ...]
    walls: tuple[WallStatus, ...]


def proof_status(guardrail: Guardrail, theorems: Published | None = None) -> Standing:
    """Say what is proved of a guardrail's words.

    Args:
        guardrail: compiled.
        theorems: what is published; what ships if None.

    Cost: less than compiling it; holding an automaton of 10,000 words against its phrases took 2.8 s of one core, the demo's 0.06 s.
    """
    found = theorems or published()
    checked: dict[int, str] = {}
    walls = [wall for source in _SOURCES for wall in _walls(guardrail.plans[source], source, found, checked)]
    return Standing(
        policy_digest=guardrail.digest,
        tables_digest=found.tables_sha256,
        current=found.current,
        premises=found.premises,
        walls=tuple(walls),
    )


def words_anywhere(plan: Plan, rule: str) -> frozenset[str]:
    """Return the acting words of a rule that the theorems are about: long enough to be found without word boundaries, however they fold."""
    detectors = plan.detectors
    if detectors is None or detectors.automaton is None or detectors.automaton.squashed is None:
        return frozenset()
    automaton = detectors.automaton
    bounded = {pattern.phrase for pattern in automaton.bounded.patterns} if automaton.bounded else set()
    anywhere = {pattern.phrase for pattern in detectors.automaton.squashed.patterns} - bounded
    return frozenset(automaton.phrases[index] for index in _listed(plan).get(rule, ()) if index in anywhere and _acts(plan, rule, index))


def _listed(plan: Plan) -> dict[str, range]:
    """Return the phrases of each rule of listed words, by their indices in the automaton."""
    if plan.detectors is None:
        return {}
    config = plan.detectors.config
    found = {CUSTOM: range(len(config.words))} if config.words else {}
    if config.profanity:
        listed = range(len(config.words), len(config.words) + len(profane_words()))
        found |= {rule: listed for rule in plan.clean if rule.startswith(_MANAGED)}
    return found


def _acts(plan: Plan, rule: str, index: int) -> bool:
    assert plan.detectors is not None
    key = ("word", plan.detectors.config.words[index]) if rule == CUSTOM else ("profanity", rule.removeprefix(_MANAGED))
    return plan.actions[key][1] != "NONE"


def _walls(plan: Plan, source: Source, found: Published, checked: dict[int, str]) -> list[WallStatus]:
    """Return the walls of one source; `checked` keeps what was wrong with an automaton, so that sources that share it check it once."""
    listed = _listed(plan)
    if not listed or plan.detectors is None or plan.detectors.automaton is None:
        return []
    automaton = plan.detectors.automaton
    if id(automaton) not in checked:
        checked[id(automaton)] = _wrong(automaton) if plan.detectors.config.readings == "all" else UNREAD
    return [_wall(plan, source, found, rule, automaton, checked[id(automaton)]) for rule in listed]


def _wrong(automaton: PhraseAutomaton) -> str:
    """Hold the automaton against its phrases; say what is wrong with it, if anything."""
    try:
        automaton.validate()
    except IntegrityError as error:
        return error.message
    return ""


def _wall(plan: Plan, source: Source, found: Published, rule: str, automaton: PhraseAutomaton, wrong: str) -> WallStatus:
    listed = _listed(plan)[rule]
    acting = [automaton.phrases[index] for index in listed if _acts(plan, rule, index)]
    anywhere = words_anywhere(plan, rule)
    kind: Kind = "word" if rule == CUSTOM else "profanity"
    letters = [_letters(word) for word in acting if word in anywhere]
    theorems = tuple(_theorem(cell, found, letters, len(acting), kind, wrong) for cell in found.cells if cell.depth == 1)
    status = _together(theorems, len(acting))
    return WallStatus(
        source=source,
        rule=rule,
        status=status,
        why=_why(status, found, len(acting), len(letters), wrong),
        listed=len(listed),
        acting=len(acting),
        anywhere=len(letters),
        automaton_digest=automaton.digest,
        theorems=theorems,
    )


def _theorem(cell: Cell, found: Published, letters: Sequence[int], acting: int, kind: Kind, wrong: str) -> TheoremStatus:
    needed = _needed(cell.inner, found, kind)
    covered = sum(count >= needed for count in letters)
    status: Status
    if not acting:
        status = "not applicable"
    elif wrong or cell.status in ("unknown", "refuted"):
        status = "unknown"
    elif cell.status == "not claimed" or not covered:
        status = "not claimed"
    else:
        status = "in part" if covered < acting else "premised" if cell.status == "premised" else "proved"
    holds = status in ("proved", "premised", "in part")
    counted = Counter(each.status for each in found.cells if holds and each.depth == 2 and each.inner == cell.inner)
    return TheoremStatus(
        id=cell.inner,
        status=status,
        words=covered if holds else 0,
        premises=cell.premises if holds else (),
        chains=Chains(
            proved=counted["proved"],
            premised=counted["premised"],
            unknown=counted["unknown"] + counted["refuted"],
            not_claimed=counted["not claimed"],
        ),
    )


def _needed(name: str, found: Published, kind: Kind) -> int:
    """Return how many letters or digits a word needs for a theorem: its decoder's shortest run, and what a hit in its readings needs."""
    if name == CHARACTERS:
        return 1
    guess = least_letters(("rot13",), kind)
    if name in LEAVES:
        return guess
    return max(guess, _runs(found).get(name, 0))


def _runs(found: Published) -> Mapping[str, int]:
    shipped = {machine.name: machine.run_minimum for machine in load_tables().machines}
    return shipped | {lemma.encoder: lemma.run_minimum for lemma in found.lemmas}


def _letters(word: str) -> int:
    return sum(map(str.isalnum, word))


def _together(theorems: Sequence[TheoremStatus], acting: int) -> Status:
    """Return the status of all classes taken together: `proved` only where each is, for every word that acts."""
    if not acting:
        return "not applicable"
    statuses = {theorem.status for theorem in theorems}
    if "unknown" in statuses or not statuses:
        return "unknown"
    if statuses == {"not claimed"}:
        return "not claimed"
    if statuses & {"in part", "not claimed"}:
        return "in part"
    return "premised" if "premised" in statuses else "proved"


def _why(status: Status, found: Published, acting: int, anywhere: int, wrong: str) -> str:
    if not acting:
        return "no listed word blocks here"
    if wrong:
        return f"the phrase automaton is wrong: {wrong}"
    if not found.current:
        return "the tables in use are not the ones that were proved"
    if status == "unknown":
        return "a published theorem is without a proof"
    short = acting - anywhere
    if short:
        return (
            f"{anywhere} of {acting} words are found anywhere; {short} have fewer than eight normalised characters and are found at word "
            "boundaries only, of which nothing is proved"
        )
    longer = "" if status != "in part" else "; some are shorter than the runs that some decoders wait for"
    return f"{'its one word is' if acting == 1 else f'all {acting} words are'} found anywhere{longer}"
