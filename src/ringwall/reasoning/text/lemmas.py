"""One lemma from its class to its certificate or counterexample."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Literal

import msgspec

from ringwall.errors import LimitExceeded
from ringwall.reasoning.text.certificate import Certificate, Counterexample, certify, encoder_bytes, invariant_bytes
from ringwall.reasoning.text.cover import Prover, Uncovered
from ringwall.reasoning.text.encoder import Encoder, EncoderTable, tabulate
from ringwall.reasoning.text.notice import unnoticed
from ringwall.reasoning.text.recheck import recheck
from ringwall.reasoning.text.replay import Replay
from ringwall.reasoning.text.search import Candidate, Search
from ringwall.reasoning.text.transducer import Transducer, UnsupportedMachine
from ringwall.text.tables import Tables

_SHORTEST_PHRASE = 12
_LETTERS = re.compile(r"[^a-z0-9]")


class Lemma(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one class: a certificate, a counterexample that passes the filter, or neither (unknown, which claims nothing).

    rechecked: how many steps the re-checker walked; 0 if it was not asked.
    """

    encoder: str
    decoder: str
    says: str
    status: Literal["proved", "premised", "refuted", "unknown"]
    why: str = ""
    certificate: Certificate | None = None
    counterexample: Counterexample | None = None
    rechecked: int = 0


class Laboratory:
    """The decoders of some tables, each made ready for the prover once."""

    def __init__(self, tables: Tables, data: bytes, replay: Replay | None) -> None:
        self.tables = tables
        self._data = data
        self._replay = replay
        self._machines = {machine.name: machine for machine in tables.machines}
        self._lanes: dict[str, Transducer] = {}

    def lane(self, name: str) -> Transducer:
        """Return a decoder.

        Raises:
            UnsupportedMachine: the tables have none of that name.
        """
        if name not in self._machines:
            raise UnsupportedMachine(f"there is no decoder `{name}`")
        if name not in self._lanes:
            self._lanes[name] = Transducer(self._machines[name])
        return self._lanes[name]

    def lemma(self, encoder: Encoder, *, check_again: bool = True) -> Lemma:
        """Prove or refute one class over these tables."""
        table = tabulate(encoder)
        try:
            lane = self.lane(encoder.machine)
        except UnsupportedMachine as error:
            return self._refuted(encoder, error.message, _blind(table))
        try:
            unseen = unnoticed(table, lane)
            proof = Prover(table, lane).prove()
            if isinstance(proof, Uncovered):
                return self._refuted(encoder, proof.why, Search(table, lane).candidates(proof.contexts))
        except (UnsupportedMachine, LimitExceeded) as error:
            return self._lemma(encoder, "unknown", error.message)
        if unseen:
            return self._refuted(encoder, unseen, _blind(table))
        steps = recheck(self._data, encoder_bytes(table), invariant_bytes(proof)) if check_again else 0
        certificate = certify(encoder, table, proof, (self.tables.digest, self.tables.version), lane.machine.run_minimum)
        status: Literal["proved", "premised"] = "premised" if encoder.premises else "proved"
        return Lemma(
            encoder=encoder.id, decoder=encoder.machine, says=encoder.says, status=status, certificate=certificate, rechecked=steps
        )

    def _refuted(self, encoder: Encoder, why: str, candidates: Iterable[Candidate]) -> Lemma:
        """Replay candidates until one passes; a lemma that fails without one is unknown, not refuted."""
        for candidate in candidates:
            if self._replay is None or len(_LETTERS.sub("", candidate.payload)) < _SHORTEST_PHRASE:
                continue
            if self._replay(candidate.payload, candidate.text):
                found = Counterexample(
                    encoder=encoder.id,
                    decoder=encoder.machine,
                    why=why,
                    phrase=candidate.payload,
                    before=candidate.before,
                    span=candidate.span,
                    after=candidate.after,
                    replayed="passes",
                )
                return Lemma(
                    encoder=encoder.id, decoder=encoder.machine, says=encoder.says, status="refuted", why=why, counterexample=found
                )
        return self._lemma(encoder, "unknown", why)

    def _lemma(self, encoder: Encoder, status: Literal["unknown"], why: str) -> Lemma:
        return Lemma(encoder=encoder.id, decoder=encoder.machine, says=encoder.says, status=status, why=why)


_SAMPLES = ("wallaroundevil", "ignoretherules", "aaaaaaaaaaaaaa")


def _blind(table: EncoderTable) -> Iterable[Candidate]:
    """Write some payloads, each unit the first way, the last way, and every way in turn: enough where no decoder looks at all."""
    moves, endings = table.by_state(), table.endings()
    for sample in _SAMPLES:
        for stride in (0, -1, 1, 7, 13):
            state, span = 0, ""
            for place, character in enumerate(sample):
                options = _writings(moves, state, ord(character))
                text, state = options[stride * (1 if stride < 0 else place) % len(options)]
                span += text
            if endings[state]:
                yield Candidate("", sample, span + endings[state][0], "")


def _writings(moves: list[list[tuple[tuple[int, ...], str, int]]], state: int, unit: int) -> list[tuple[str, int]]:
    """Return the ways to write one unit, over a move that reads none if there is no other."""
    options = [(text, following) for units, text, following in moves[state] if units == (unit,)]
    if options:
        return options
    gaps = [(text, after) for units, text, after in moves[state] if not units][:40]
    return [(text + more, following) for text, after in gaps for units, more, following in moves[after] if units == (unit,)]
