"""The way of a request: every step, in order, in one visible list.

What the pipeline promises:

1. Nothing is handled that was not routed, authenticated, screened by the account's web ACL, decoded and authorized, in this order.
2. A step that raises ends the walk: a `RingwallError` becomes the answer's error; anything else becomes an internal failure, whose place
   (never its message, which may quote a text) goes to the log under the request id, and nothing of it into the answer.
3. Every request whose caller is known makes exactly one audit record, refused or not, and the answer leaves only after that record is
   durable (the exceptions are written in the operations' rows: live counters, and the ledger's own hashes). A record that cannot be
   written takes the answer's place with a 503. An answer that streams makes a second one when it ends, before its last event leaves.

What it leaves to others: who may do what (identity), what an operation does (the operation tables), bytes (the faces).
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec

from ringwall.api.aws.operation import Call
from ringwall.api.conditions import request_context
from ringwall.api.counting import observe
from ringwall.api.exchange import Exchange
from ringwall.api.logs import locate
from ringwall.api.recording import audit_record
from ringwall.api.strangers import Strangers, TooManyFailures, claim_of, mark_of
from ringwall.errors import AccessDenied, Bug, DependencyError, NotAuthenticated, RingwallError
from ringwall.inference.waf import request_view
from ringwall.policies.waf.actions import Response
from ringwall.telemetry import noting
from ringwall.wire import HttpResponse, MissingAuthenticationToken

log = logging.getLogger("ringwall.api")

Step = Callable[[Exchange], Awaitable[None]]


class BlockedByWebAcl(AccessDenied, code="blocked-by-web-acl"):
    """A web ACL of the account blocks the request."""

    def __init__(self, message: str, response: Response | None) -> None:
        super().__init__(message)
        self.response = response


class RecordUnavailable(DependencyError, code="record-unavailable"):
    """The audit record could not be written, so the answer is withheld."""

    remedy = "see the server's log for the storage error; no answer leaves ringwall unrecorded"


async def route(exchange: Exchange) -> None:
    """Find the operation that is asked for; one that is not served is refused after the caller is known."""
    exchange.face.route(exchange)


async def authenticate(exchange: Exchange) -> None:
    """Find out who asks.

    Raises:
        NotAuthenticated: nobody that is known. TooManyFailures: nor were too many others from the same address.
    """
    strangers = exchange.rooms.strangers
    if strangers.watches(exchange.source_ip):
        await _authenticate_watched(exchange, strangers)
    else:
        try:
            await exchange.face.authenticate(exchange)
        except NotAuthenticated as error:
            _note_failure(exchange, strangers, error)
            raise
    if exchange.unserved is not None:
        raise exchange.unserved()


async def _authenticate_watched(exchange: Exchange, strangers: Strangers) -> None:
    """Find out who asks, where somebody has failed lately: an address that fails too often is refused before its keys are looked at."""
    claim = claim_of(exchange.request)
    mark = mark_of(claim)
    if claim is not None:
        try:
            strangers.admit(exchange.source_ip, mark, exchange.now.timestamp())
        except TooManyFailures:
            strangers.refuse_as_slowly(claim, exchange.request, exchange.now)
            raise
    try:
        await exchange.face.authenticate(exchange)
    except NotAuthenticated as error:
        _note_failure(exchange, strangers, error)
        raise
    strangers.held(exchange.source_ip, mark)


def _note_failure(exchange: Exchange, strangers: Strangers, error: NotAuthenticated) -> None:
    if not isinstance(error, MissingAuthenticationToken):  # who shows nothing guesses nothing, and costs nothing
        strangers.failed(exchange.source_ip, exchange.now.timestamp())


async def screen(exchange: Exchange) -> None:
    """Have the web ACL judge the request that the account put before this endpoint, if it put one there.

    Raises:
        BlockedByWebAcl: it says no. Whatever keeps it from judging keeps the request from going on.
    """
    assert exchange.principal is not None
    endpoint = exchange.face.endpoint(exchange)
    account_id, waf = exchange.principal.account_id, exchange.rooms.waf
    if endpoint is None or not await waf.stands_before(account_id, endpoint):
        return
    decision = await waf.judge(account_id, endpoint, request_view(exchange.request, exchange.source_ip))
    if decision is None:
        return
    exchange.screened = {"action": decision.action, "rule": decision.rule, "counted": decision.counted, "labels": decision.labels}
    if decision.action == "BLOCK":
        raise BlockedByWebAcl("the request was blocked by a web ACL", decision.response)
    if decision.inserted:
        exchange.request = msgspec.structs.replace(exchange.request, headers=(*exchange.request.headers, *decision.inserted))


async def decode(exchange: Exchange) -> None:
    """Turn the request's bytes into the operation's input, and check it against the model."""
    exchange.face.decode(exchange)


async def authorize(exchange: Exchange) -> None:
    """Ask identity whether this principal may do this, to these resources, under these conditions."""
    operation, principal = exchange.operation, exchange.principal
    assert operation is not None
    assert principal is not None
    call = exchange.call = Call(
        principal=principal,
        region=exchange.rooms.region,
        request_id=exchange.request_id,
        now=exchange.now,
        source_ip=exchange.source_ip,
        user_agent=exchange.header("user-agent")[:1000],
        rooms=exchange.rooms,
        settle=lambda details: _settle(exchange, details),
        authorize=lambda resources, action="": exchange.rooms.identity.authorize(
            principal, action or operation.action, resources, request_context(exchange)
        ),
    )
    exchange.resources = tuple(operation.resources(call, exchange.input))
    if operation.authorized:
        await exchange.rooms.identity.authorize(principal, operation.action, exchange.resources, request_context(exchange))


async def handle(exchange: Exchange) -> None:
    """Do what is asked."""
    assert exchange.operation is not None
    assert exchange.call is not None
    exchange.output = await exchange.operation.handle(exchange.call, exchange.input)


STEPS: tuple[Step, ...] = (route, authenticate, screen, decode, authorize, handle)
"""From bytes to an outcome. After them, always: record, then encode."""

STEPS_IN_PROCESS: tuple[Step, ...] = (decode, authorize, handle)
"""For a caller inside this process (the console), whose operation and principal are already known."""


async def answer(exchange: Exchange) -> HttpResponse:
    """Walk every step and return what to send."""
    await walk(exchange, STEPS)
    response = _rendered(exchange)
    if response.stream is None and exchange.call is not None:
        exchange.call.let_go()  # a stream still has a record to write
    return response


def _rendered(exchange: Exchange) -> HttpResponse:
    try:
        if exchange.error is None:
            return exchange.face.encode(exchange)
    except Exception as error:  # noqa: BLE001 - the request rim: an output that does not encode is our fault, and is told so
        exchange.error = _as_bug(exchange, error)
    if isinstance(exchange.error, BlockedByWebAcl) and exchange.error.response is not None:
        return HttpResponse(*exchange.error.response)
    return exchange.face.refuse(exchange, exchange.error)


async def walk(exchange: Exchange, steps: tuple[Step, ...]) -> None:
    """Run steps until one refuses, then write the record; the outcome is in `exchange.output` or `exchange.error`."""
    noting.set(exchange.notes)
    try:
        for step in steps:
            await step(exchange)
    except RingwallError as error:
        if error.status >= 500 and error.status != 501:
            log.warning("api.request.failed %s %s %s", exchange.request_id, error.code, locate(error))
        exchange.error = error.with_traceback(None)  # its frames lead back to the exchange: see `Call.let_go`
    except Exception as error:  # noqa: BLE001 - the request rim: nothing that a handler raises may reach the server, or leave the record out
        exchange.error = _as_bug(exchange, error)
    await _record(exchange)


async def _record(exchange: Exchange) -> None:
    """Append the audit record and wait for its commit; failing to is the request's failure."""
    if exchange.principal is None or (exchange.operation is not None and not exchange.operation.recorded):
        return
    try:
        await exchange.rooms.ledger.record(audit_record(exchange))
    except Exception as error:  # noqa: BLE001 - the request rim: whatever kept the record from being written withholds the answer
        log.error("api.record.failed %s %s", exchange.request_id, locate(error))  # noqa: TRY400 - a traceback would quote texts
        exchange.output = None
        exchange.error = RecordUnavailable("the audit record could not be written")


async def _settle(exchange: Exchange, details: dict[str, Any]) -> None:
    """Write the record of how a streamed answer ended, and tell who watches; failing to withholds its last event.

    Raises:
        RecordUnavailable: it was not written.
    """
    assert exchange.call is not None
    exchange.call.record = {"continues": exchange.request_id, **details}
    try:
        await exchange.rooms.ledger.record(audit_record(exchange))
    except Exception as error:  # noqa: BLE001 - the request rim, as in `_record`
        log.error("api.record.failed %s %s", exchange.request_id, locate(error))  # noqa: TRY400 - a traceback would quote texts
        raise RecordUnavailable("the audit record of the answer's end could not be written") from None
    finally:
        observe(exchange, 200)
        exchange.call.let_go()


async def release(exchange: Exchange) -> None:
    """Give back what a finished request held: its answer was sent, or nobody will send it."""
    for give_back in exchange.call.give_back if exchange.call is not None else ():
        await give_back()


def _as_bug(exchange: Exchange, error: Exception) -> Bug:
    log.error("api.request.bug %s %s", exchange.request_id, locate(error))
    exchange.output = None
    return Bug("an internal failure; the server's log has it under this request id")
