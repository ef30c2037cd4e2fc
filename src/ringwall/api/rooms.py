"""The rooms below, as the faces receive them from bootstrap."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ringwall.vocabulary import Clock, Limits

if TYPE_CHECKING:
    from ringwall.inference import Guardrails


@dataclass(frozen=True, slots=True)
class Rooms:
    """Everything an operation may call. Concrete objects are made in bootstrap only."""

    clock: Clock
    limits: Limits
    region: str
    guardrails: Guardrails
    # identity: ringwall.identity.Identity
    # ledger: ringwall.ledger.Ledger
    # keys: ringwall.keys.Keys
    # storage: ringwall.storage.Storage
