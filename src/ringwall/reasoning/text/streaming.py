"""What is proved of a text that arrives in chunks: the chunked verdict is the whole one, and what would have to be held back.

One pure function from phrases to a report. The shipped session holds everything until its verdict (`guardrails/session.py`), so nothing
it releases can be part of a later hit; the second half says what any earlier release would have to hold back, reading by reading, and for
which readings no number is enough.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Literal

import msgspec

from ringwall.guardrails import Block, Guardrail, Scorers, Session, compile_guardrail, evaluate, parse_config
from ringwall.reasoning.text.folding import CODE_POINTS, Theorem
from ringwall.reasoning.text.streaming_gaps import Gaps, Pump, decoder_pump, later_witnesses, scan_pump
from ringwall.reasoning.text.streaming_release import Rule, first_in_order, leak_of, rule_of, slack_of
from ringwall.reasoning.text.streaming_session import session_theorems
from ringwall.text import PhraseAutomaton
from ringwall.text.tables import Tables, load_tables
from ringwall.vocabulary import Limits

REFERENCE = ("ignore the previous rules", "wallaroundevilthings", "bomb")
_PIECES = ("b", "o", "m", "\u200b", " ")
_LONGEST = 4
NOT_PROVED = (
    "learned rules, regular expressions and personal data: their verdict is on whole texts; nothing is said about an earlier release",
    "the verdict that the readings' budget is spent: it is about the whole text and comes as late as the text",
    "scrambled words and Pig Latin, which are read by token folds",
)


class Held(msgspec.Struct, frozen=True, kw_only=True):
    """What one reading needs.

    counted: the least number of characters that count for this reading which have to be held back. pumps: what shows that no number of all
    characters is enough, and (a second one) that no number of those that count is. status: "proved", or "unknown", which claims nothing.
    """

    reading: str
    counted: int | None
    status: Literal["proved", "unknown"]
    pumps: tuple[Pump, ...]
    why: str


class StreamingReport(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that is said about streaming. `unknown` is never rendered as proved."""

    status: Literal["proved", "refuted", "unknown"]
    tables_sha256: str
    phrases_digest: str
    phrases: int
    theorems: tuple[Theorem, ...]
    readings: tuple[Held, ...]
    not_proved: tuple[str, ...] = NOT_PROVED

    def to_json(self) -> bytes:
        """Render for programs."""
        return msgspec.json.encode(self)

    def to_markdown(self) -> str:
        """Render for people."""
        lines = [
            f"# Streaming: {self.status}",
            "",
            f"Tables SHA-256 `{self.tables_sha256}`; {self.phrases} phrases (`{self.phrases_digest[:16]}`).",
            "",
            "| theorem | says | places checked | holds |",
            "|---|---|---|---|",
            *(f"| {t.id} | {_cell(t.says)} | {t.checked} | {'yes' if t.holds else 'no: ' + _cell(t.witness)} |" for t in self.theorems),
            "",
            "| reading | hold back, of the characters that count | of all characters | why |",
            "|---|---|---|---|",
            *(f"| {r.reading} | {_counted(r)} | {_raw(r)} | {_cell(r.why)} |" for r in self.readings),
            "",
            "Not proved:",
            "",
            *(f"- {what}" for what in self.not_proved),
        ]
        return "\n".join(lines) + "\n"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def _counted(held: Held) -> str:
    if held.counted is not None:
        return str(held.counted)
    return "no number is enough" if len(held.pumps) > 1 else "not computed"


def _raw(held: Held) -> str:
    return "no number is enough" if held.status == "proved" else "unknown"


def prove_streaming(automaton: PhraseAutomaton | None = None) -> StreamingReport:
    """Prove what holds of a text that arrives in chunks, over the tables in use and one list of phrases.

    Args:
        automaton: the compiled phrases; None takes three of our own, with which everything but the numbers is the same.

    Returns:
        the report; `refuted` with the witness of a theorem that does not hold.
    Cost: 4 s of one core for the shipped tables, and one look at each transition of the phrases' tables.
    """
    tables = load_tables()
    automaton = automaton or PhraseAutomaton.compile(REFERENCE)
    guardrail = _guardrail()
    theorems = [
        *session_theorems(
            lambda: Session(guardrail, "INPUT", Limits()),
            lambda blocks: evaluate(guardrail, "INPUT", [Block(text) for text in blocks], Limits()),
            pieces=_PIECES,
            longest=_LONGEST,
            limited=lambda most: Session(guardrail, "INPUT", Limits(text_chars=most)),
        ),
        *release_theorems(automaton),
        *release_theorems(PhraseAutomaton.compile([phrase[::-1] for phrase in automaton.phrases]), order="-backwards"),
    ]
    gaps = Gaps(tables)
    readings = readings_of(tables, gaps, automaton)
    theorems += [_gap_theorem(gaps), *(_pump_theorem(tables, held) for held in readings if held.status == "proved")]
    unknown = any(reading.status == "unknown" for reading in readings)
    refuted = any(not theorem.holds for theorem in theorems)
    return StreamingReport(
        status="refuted" if refuted else "unknown" if unknown else "proved",
        tables_sha256=tables.digest,
        phrases_digest=automaton.digest,
        phrases=len(automaton.phrases),
        theorems=tuple(theorems),
        readings=readings,
    )


def _guardrail() -> Guardrail:
    """Return a guardrail whose one short word lies across cuts of the small alphabet."""
    words = {"wordsConfig": [{"text": "bomb"}]}
    config = {"name": "streaming", "wordPolicyConfig": words, "blockedInputMessaging": "no", "blockedOutputsMessaging": "no"}
    return compile_guardrail(parse_config(config), Scorers())


def release_theorems(automaton: PhraseAutomaton, rules: Sequence[Rule] | None = None, *, order: str = "") -> tuple[Theorem, ...]:
    """Check that a rule of release is sound and least over each table of an automaton: the least rule if none is given."""
    made: list[Theorem] = []
    for bounded, side in ((False, automaton.squashed), (True, automaton.bounded)):
        if side is None:
            continue
        name = "words" if bounded else "squashed"
        (rule,) = [r for r in rules if r.bounded == bounded] if rules else [rule_of(side, bounded=bounded)]
        leak, slack = leak_of(side, rule), slack_of(side, rule)
        checked = len(side.table.transitions)
        says = f"{name}: what is held back in each state covers every hit that still can end, and is never taken back ({rule.digest[:16]})"
        witness = "" if leak is None else f"columns {leak.columns.hex()}: {leak.released} are released, {leak.why} at {leak.begins}"
        made.append(_theorem(f"stream-release-{name}{order}", says, checked, witness, automaton.digest))
        says = f"{name}: in no state is one column less enough; at most {rule.most} are held while a phrase can still end"
        made.append(
            _theorem(
                f"stream-least-{name}{order}", says, checked, "" if slack is None else f"state {slack} holds too much", automaton.digest
            )
        )
    return tuple(made)


def readings_of(tables: Tables, gaps: Gaps, automaton: PhraseAutomaton) -> tuple[Held, ...]:
    """Return what each reading of the wall needs."""
    readings: list[Held] = []
    for bounded, side in ((False, automaton.squashed), (True, automaton.bounded)):
        index = -1 if side is None else first_in_order(side)
        if side is not None and index >= 0:
            pump = scan_pump(gaps, automaton.phrases[index], bounded=bounded)
            name = "words" if bounded else "text without separators"
            readings.append(_held(name, rule_of(side, bounded=bounded).most, (pump,), "what makes no column may stand inside"))
    for machine in tables.machines:
        phrases = REFERENCE[2:] if machine.name in ("spaced", "dotted") else REFERENCE[1:2]  # these two are for words of their own
        pumps = [decoder_pump(tables, gaps, machine.name, phrases, in_code=in_code) for in_code in (False, True)]
        readings.append(_held(machine.name, None, pumps, "the decoder comes back to the same configuration"))
    why = "the hit lies in the first text and counts only once the last one is there"
    readings += [_held(pump.reading, None, (pump, pump), why) for pump in later_witnesses(tables, REFERENCE[0], REFERENCE[2])]
    return tuple(readings)


def _held(reading: str, counted: int | None, pumps: Sequence[Pump | None], why: str) -> Held:
    """Claim what the pumps show; without the first one the reading is unknown."""
    if not pumps or pumps[0] is None:
        return Held(reading=reading, counted=None, status="unknown", pumps=(), why="no family of texts was found, nothing is claimed")
    found = tuple(pump for pump in pumps if pump is not None)
    shown = "; ".join(f"{pump.before!r} + {pump.gap!r} * k + {pump.after!r}" for pump in dict.fromkeys(found))
    return Held(reading=reading, counted=counted, status="proved", pumps=found, why=f"{why}: {shown}")


def _pump_theorem(tables: Tables, held: Held) -> Theorem:
    name = held.reading.replace(", ", "-").replace(" ", "-")
    says = f"of all characters no number is enough, of those that count: {_counted(held)}; {held.why}"
    return _theorem(f"stream-hold-{name}", says, len(held.pumps), "", tables.digest)


def _gap_theorem(gaps: Gaps) -> Theorem:
    says = (
        f"{len(gaps.separators):,} characters are separators and {len(gaps.invisible):,} vanish: those make no column but between words, "
        "these nowhere"
    )
    both = gaps.separators & gaps.invisible
    return _theorem("stream-gaps", says, CODE_POINTS, f"U+{min(both):04X}" if both else "", gaps.tables.digest)


def _theorem(name: str, says: str, checked: int, witness: str, about: str) -> Theorem:
    return Theorem(name, says, checked, witness, hashlib.sha256(f"{name}\n{says}\n{checked}\n{witness}\n{about}".encode()).hexdigest())
