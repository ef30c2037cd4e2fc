"""Lineage: artifacts, actions, contexts, and what came of what; what the faces call.

Every method below takes the account and an AWS-shaped request (member names as in SageMaker's model) and returns an AWS-shaped answer.
It leaves to others: who may (identity), the audit record, and the wire.
"""

from __future__ import annotations

from ringwall.data.associations import Associations
from ringwall.data.lineage_entities import LineageEntities
from ringwall.data.lineage_graph import LineageGraphs
from ringwall.data.lineage_store import LineageStore
from ringwall.keys import Digester
from ringwall.storage import Storage
from ringwall.vocabulary import Clock


class Lineage:
    """The service. entities: artifacts, actions, contexts; associations: between them, and queries; graphs: what surrounds one thing."""

    def __init__(self, storage: Storage, *, keys: Digester, clock: Clock, region: str) -> None:
        store = LineageStore(storage, keys=keys, clock=clock, region=region)
        self.entities = LineageEntities(store)
        self.associations = Associations(store)
        self.graphs = LineageGraphs(store)
