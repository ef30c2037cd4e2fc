"""The rooms below, as the faces receive them from bootstrap."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # the operation tables name the rooms, and clients read the tables
    from ringwall.api.counters import Counters
    from ringwall.api.strangers import Strangers
    from ringwall.data.features import FeatureStore
    from ringwall.data.lineage import Lineage
    from ringwall.guardrails import Scorers
    from ringwall.identity import Identity
    from ringwall.inference.gateway import Gateway
    from ringwall.inference.guardrails import Guardrails
    from ringwall.inference.limits import Limits as Budgets
    from ringwall.inference.monitors import BehaviourMonitors
    from ringwall.inference.prompts.prompts import SealedPrompts
    from ringwall.inference.under_way import UnderWay
    from ringwall.inference.upstreams.upstreams import Upstreams
    from ringwall.inference.waf import Waf
    from ringwall.keys import Keys
    from ringwall.ledger import Ledger
    from ringwall.ledger.attestations import Attestor
    from ringwall.ledger.audit_log import AuditLog
    from ringwall.ledger.trail import Trail
    from ringwall.storage import Storage
    from ringwall.telemetry import Watching
    from ringwall.vocabulary import Clock, Limits


@dataclass(frozen=True, slots=True)
class Rooms:
    """Everything an operation may call. Concrete objects are made in bootstrap only.

    settling: the ends of streamed answers that are being recorded.
    """

    clock: Clock
    limits: Limits
    region: str
    storage: Storage
    keys: Keys
    ledger: Ledger
    attestor: Attestor
    audit_log: AuditLog
    identity: Identity
    guardrails: Guardrails
    upstreams: Upstreams
    gateway: Gateway
    scorers: Scorers
    counters: Counters
    strangers: Strangers
    watching: Watching
    features: FeatureStore
    lineage: Lineage
    trail: Trail
    waf: Waf
    budgets: Budgets
    monitors: BehaviourMonitors
    prompts: SealedPrompts
    settling: UnderWay
