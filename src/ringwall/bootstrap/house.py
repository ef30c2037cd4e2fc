"""Settings to concrete rooms, wired; the only module that constructs them."""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import get_args

import msgspec

from ringwall import __version__
from ringwall.api.application import Application, Faces
from ringwall.api.asgi import Intake
from ringwall.api.aws.registry import SERVED as AWS_OPERATIONS
from ringwall.api.counters import Counters
from ringwall.api.faces.aws import AwsFace
from ringwall.api.faces.chat import ChatFace
from ringwall.api.faces.native import NativeFace, Operator
from ringwall.api.hosts import Hosts
from ringwall.api.in_process import InProcess
from ringwall.api.logs import locate
from ringwall.api.native.openapi import openapi
from ringwall.api.native.registry import SERVED as NATIVE_OPERATIONS
from ringwall.api.rooms import Rooms
from ringwall.api.strangers import Strangers
from ringwall.bootstrap.budgets import open_limits, open_rates
from ringwall.bootstrap.customer_keys import open_customer_keys
from ringwall.bootstrap.first_start import FirstStart, first_start, operator_account
from ringwall.bootstrap.judging import judged, judged_versions, open_judging
from ringwall.bootstrap.monitors import open_monitors
from ringwall.bootstrap.releases import check_releases
from ringwall.bootstrap.settings import Settings, read_root_environment, read_variable
from ringwall.bootstrap.tls import TlsFiles, development_files, given_files, trusted_authorities
from ringwall.bootstrap.watchers import Watchers, open_watchers
from ringwall.console import Console
from ringwall.data.features import FeatureStore
from ringwall.data.lineage import Lineage
from ringwall.errors import Conflict, RingwallError, SettingsError
from ringwall.guardrails import Scorers
from ringwall.identity import Identity
from ringwall.identity.caller import root_of
from ringwall.inference.code_policies import CodePolicies
from ringwall.inference.code_scanners.scanning import open_scanning
from ringwall.inference.gateway import Gateway
from ringwall.inference.gateway.code_guards import CodeGuards
from ringwall.inference.guardrails import Guardrails
from ringwall.inference.prompts.prompts import SealedPrompts
from ringwall.inference.under_way import UnderWay
from ringwall.inference.upstreams.breaker import State as Circuit
from ringwall.inference.upstreams.connections import Connections
from ringwall.inference.upstreams.credentials import Credentials
from ringwall.inference.upstreams.models import ModelTable
from ringwall.inference.upstreams.upstreams import Upstreams
from ringwall.inference.waf import Waf
from ringwall.inference.workers import INLINE_CHARACTERS, Workers
from ringwall.keys import LogKeyStore, open_keys
from ringwall.keys.root import DEFAULT_REFERENCE
from ringwall.ledger import AUDIT_LOG, Ledger
from ringwall.ledger.attestations import Attestor
from ringwall.ledger.audit_log import AuditLog
from ringwall.ledger.trail import Trail
from ringwall.storage import Storage
from ringwall.storage.database import open_storage
from ringwall.telemetry import instruments
from ringwall.telemetry.instruments import Reading
from ringwall.text import interpreter_name
from ringwall.vocabulary import Clock, Principal, system_clock
from ringwall.watch.levels import Levels, load_grounding_scorer, load_name_finder, load_topic_scorer, load_watch
from ringwall.wire.dialects.table import DIALECTS

log = logging.getLogger("ringwall.bootstrap")

LEDGER_FOLDER = "ledger"
MAINTENANCE_S = 60.0


class NotStarted(SettingsError, code="not-started"):
    """This data directory has never been started."""

    remedy = "run `ringwall up` once, or name another --data-dir"


@dataclass(slots=True)
class House:
    """Every room open and wired. Close it when done.

    operator_token: opens the native API as the operator, from this machine, for as long as the process lives.
    instance: tells this process from any other, for whoever asks `/health`.
    """

    settings: Settings
    rooms: Rooms
    local: InProcess
    application: Application
    tls: TlsFiles | None
    operator_token: str = field(repr=False)
    instance: str
    watchers: Watchers

    async def first_start(self, *, new_key: bool = False) -> FirstStart:
        """Make what a first start makes, where it is missing."""
        return await first_start(self.rooms, new_key=new_key)

    async def operator(self, account: str | None) -> Principal:
        """Return the root of an account (None: the operator's own), for whoever holds the data directory.

        Raises:
            NotStarted: there is no account yet. NoSuchEntity: there is no such account.
        """
        return await _operator(self.rooms, account)

    async def maintain(self) -> None:
        """Do what is due now and then, until cancelled.

        Note when keys were last used, write offline stores, end sealed prompts whose time is over, freeze old audit records; renew
        the leases of calls under way; tell the collector of telemetry, if there is one.
        """
        collecting = [] if self.watchers.collector is None else [self.watchers.collector.run()]
        await asyncio.gather(self._maintain_rooms(), self.rooms.budgets.keep_renewing(), *collecting)

    async def _maintain_rooms(self) -> None:
        while True:
            await asyncio.sleep(MAINTENANCE_S)
            try:
                await self.rooms.identity.access_keys.save_uses()
                await self.rooms.features.maintain()
                await self.rooms.monitors.save(self.rooms.clock())
                await self.rooms.prompts.maintain()
                await self._freeze()
            except RingwallError as error:
                log.warning("bootstrap.maintenance.failed %s", locate(error))

    async def _freeze(self) -> None:
        """Move the oldest audit records out of the database, where the settings say so and this process has the lease."""
        if self.settings.ledger_hot_entries:
            with suppress(Conflict):
                await self.rooms.ledger.freeze(AUDIT_LOG, keep=self.settings.ledger_hot_entries)

    async def close(self) -> None:
        """Close every room, the lowest last."""
        await self.rooms.settling.ended()
        if self.watchers.collector is not None:
            await self.watchers.collector.close()
        await self.rooms.identity.close()
        await self.rooms.upstreams.close()
        await self.rooms.budgets.close()
        await self.rooms.waf.close()
        await self.rooms.prompts.close()
        self.rooms.guardrails.close()
        if self.rooms.gateway.code is not None:
            await asyncio.to_thread(self.rooms.gateway.code.close)
        await self.rooms.features.close()
        await self.rooms.monitors.close(self.rooms.clock())
        await self.rooms.ledger.close()
        await self.rooms.storage.close()


async def open_house(settings: Settings, *, clock: Clock = system_clock) -> House:
    """Open every room.

    Raises:
        SettingsError: the settings, the storage or the root key cannot be used.
        IntegrityError: a log of the ledger is not what was signed of it.
        DependencyError: the database does not answer.
    """
    directory, instance = settings.directory, secrets.token_hex(8)
    watchers = await asyncio.to_thread(open_watchers, settings, instance=instance)
    storage: Storage = await asyncio.to_thread(open_storage, settings.storage_url or directory, clock=clock)
    try:
        rooms = await _open_rooms(settings, storage, clock, watchers)
        tls = await asyncio.to_thread(_tls, settings, directory, clock)
        key_store = LogKeyStore(storage, rooms.keys, clock, base=settings.ledger_origin)
        await rooms.ledger.open(clock=clock, key_store=key_store, directory=directory / LEDGER_FOLDER)
    except BaseException:  # whatever stops the start, a cancellation too: the database is not left open
        await storage.close()
        raise
    local = InProcess(rooms)
    token = secrets.token_urlsafe(32)

    async def operator(account: str | None) -> Principal:
        return await _operator(rooms, account)

    hosts = Hosts(settings.host, settings.allowed_hosts)
    faces = Faces(
        aws=AwsFace(AWS_OPERATIONS, settings.limits),
        native=NativeFace(NATIVE_OPERATIONS, Operator(token, operator), _openapi),
        chat=ChatFace(settings.limits),
        console=Console(rooms, local, secure=settings.serves_tls),
        metrics=watchers.metrics(hosts),
    )
    intake = Intake(settings.limits, in_flight_bytes=settings.in_flight_bytes, timeout_s=settings.receive_timeout_s)
    application = Application(rooms, faces, intake=intake, hosts=hosts, instance=instance)
    watchers.gauges.add(lambda: _gauges(rooms, intake))
    return House(settings, rooms, local, application, tls, token, instance, watchers)


async def _gauges(rooms: Rooms, intake: Intake) -> Sequence[Reading]:
    head = await rooms.storage.trees.head(AUDIT_LOG)
    circuits = rooms.upstreams.circuits()
    return (
        *(Reading(instruments.CIRCUITS, (state,), circuits[state]) for state in get_args(Circuit)),
        Reading(instruments.UNDER_WAY, (), rooms.upstreams.under_way),
        Reading(instruments.BODIES, (), intake.in_flight_bytes),
        Reading(instruments.WAITING, (), rooms.guardrails.waiting_characters),
        Reading(instruments.UNSEALED, (), head.entries - head.size),
    )


async def _open_rooms(settings: Settings, storage: Storage, clock: Clock, watchers: Watchers) -> Rooms:
    environ = read_root_environment(settings.root_key)
    keys = await open_keys(storage, data_dir=settings.directory, environ=environ, reference=settings.root_key or DEFAULT_REFERENCE)
    await asyncio.to_thread(check_releases)
    above = await asyncio.to_thread(open_judging, settings)
    scorers = judged(await asyncio.to_thread(load_scorers, settings.watch), above)
    ledger = Ledger(storage, keys)
    attestor = Attestor(storage, keys, ledger)
    workers = Workers(inline_characters=INLINE_CHARACTERS[interpreter_name()])
    upstreams = Upstreams(
        ModelTable(storage, clock, settings.models),
        dialects=DIALECTS,
        credentials=Credentials(settings.directory, read_variable),
        connections=Connections(tls=await asyncio.to_thread(trusted_authorities, settings.upstream_ca_file)),
        clock=clock,
    )
    return Rooms(
        clock=clock,
        limits=settings.limits,
        region=settings.region,
        storage=storage,
        keys=keys,
        ledger=ledger,
        attestor=attestor,
        audit_log=AuditLog(storage, attestor),
        identity=Identity(storage, keys, clock, settings.region),
        guardrails=Guardrails(
            storage,
            keys=keys,
            clock=clock,
            region=settings.region,
            scorers=scorers,
            limits=settings.limits,
            workers=workers,
            versions=judged_versions(scorers.content, above),
        ),
        upstreams=upstreams,
        gateway=Gateway(
            upstreams,
            workers=workers,
            keys=keys,
            limits=settings.limits,
            code=CodeGuards(CodePolicies(storage, clock), open_scanning(settings.code_semgrep), settings.limits),
        ),
        scorers=scorers,
        counters=Counters(clock().isoformat(timespec="seconds")),
        strangers=_strangers(settings),
        watching=watchers.watching,
        features=FeatureStore(
            storage, keys=keys, clock=clock, region=settings.region, folder=settings.directory / "feature-store", attestor=attestor
        ),
        lineage=Lineage(storage, keys=keys, clock=clock, region=settings.region),
        trail=Trail(ledger, keys=keys, clock=clock),
        waf=Waf(
            storage,
            keys=keys,
            clock=clock,
            region=settings.region,
            workers=workers,
            rates=await asyncio.to_thread(open_rates, settings),
        ),
        budgets=await asyncio.to_thread(open_limits, settings, storage, clock),
        monitors=await open_monitors(settings, storage, keys, workers),
        prompts=SealedPrompts(storage, open_customer_keys(settings, storage, keys), clock),
        settling=UnderWay(),
    )


def _strangers(settings: Settings) -> Strangers:
    try:
        return Strangers(settings.failed_authentications_per_minute, settings.shared_networks)
    except ValueError as error:
        raise SettingsError(f"setting `shared_networks` names no network: {error}", remedy="write it as 10.0.0.0/8") from None


def load_scorers(levels: Levels = "cascade") -> Scorers:
    """Load the learned detectors that this installation has.

    Raises:
        WatchLibraryMissing, WeightsRefused: a model cannot be loaded.
    """
    return Scorers(
        content=load_watch(levels),
        topics=load_topic_scorer(),
        grounding=load_grounding_scorer(),
        names=load_name_finder() if levels == "cascade" else None,
    )


async def _operator(rooms: Rooms, account: str | None) -> Principal:
    if account is not None:
        return root_of((await rooms.identity.accounts.get(account)).account_id)
    own = await operator_account(rooms)
    if own is None:
        raise NotStarted("there is no account yet")
    return root_of(own)


def _tls(settings: Settings, directory: Path, clock: Clock) -> TlsFiles | None:
    if settings.tls_dev_ca:
        return development_files(directory / "tls", settings.host, clock())
    if settings.tls_certificate:
        return given_files(settings.tls_certificate, settings.tls_private_key)
    return None


@cache
def _openapi() -> bytes:
    return msgspec.json.encode(openapi(NATIVE_OPERATIONS, version=__version__))
