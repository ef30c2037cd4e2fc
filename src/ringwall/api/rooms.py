"""The rooms below, as the faces receive them from bootstrap."""

from __future__ import annotations

from dataclasses import dataclass

from ringwall.vocabulary import Clock, Limits


@dataclass(frozen=True, slots=True)
class Rooms:
    """Everything an operation may call. Concrete objects are made in bootstrap only."""

    clock: Clock
    limits: Limits
    region: str
    # identity: ringwall.identity.Identity
    # guardrails: ringwall.inference.Guardrails
    # ledger: ringwall.ledger.Ledger
    # keys: ringwall.keys.Keys
    # storage: ringwall.storage.Storage
