"""The feature store: feature groups, their records online, and their files offline; what the faces call.

Every method below takes the account and an AWS-shaped request (member names as in the service models) and returns an AWS-shaped answer.
It leaves to others: who may (identity), the audit record (a write returns what is to be recorded), and the wire.
"""

from __future__ import annotations

import logging
from pathlib import Path

from ringwall.data.feature_groups import FeatureGroups
from ringwall.data.offline_store import OfflineStore
from ringwall.data.online_store import OnlineStore
from ringwall.data.parquet import check_parquet
from ringwall.errors import RingwallError
from ringwall.keys import Digester, PageTokens
from ringwall.ledger.attestations import Attestor
from ringwall.storage import Storage
from ringwall.vocabulary import Clock

log = logging.getLogger("ringwall.data")

_BATCHES = 100  # batches of one group written in one round; the next group has its turn then
_BATCHES_AT_THE_END = 10


class FeatureStore:
    """The service. groups: resources; records: PutRecord and its kin; offline: files."""

    def __init__(self, storage: Storage, *, keys: Digester, clock: Clock, region: str, folder: Path, attestor: Attestor | None) -> None:
        """Stand on storage.

        Args:
            storage: where groups, records and waiting rows are.
            keys: for page tokens.
            clock: the time.
            region: in ARNs and paths.
            folder: where offline stores are written.
            attestor: states in the ledger what was written there; None: nothing is stated.
        """
        self.offline = OfflineStore(storage, clock=clock, region=region, folder=folder, attestor=attestor)
        self.groups = FeatureGroups(
            storage, clock=clock, region=region, pages=PageTokens(keys), check_offline=check_parquet, blocked=self.offline.blocked
        )
        self.records = OnlineStore(storage, self.groups, clock=clock)

    async def maintain(self) -> None:
        """Do what is due now and then: write waiting rows to files, empty deleted groups."""
        await self.offline.maintain(batches=_BATCHES)

    async def close(self) -> None:
        """Write out what waits, unless it is much: what is left waits durably for the next start."""
        try:
            await self.offline.maintain(batches=_BATCHES_AT_THE_END)
        except RingwallError as error:  # the end is not put off: rows that are not in a file are in the database
            log.warning("data.offline.unwritten %s", error.code)
