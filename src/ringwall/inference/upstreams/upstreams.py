"""Asking models: one question, one answer as events, and everything that can go wrong on the way as a typed error.

A question goes through these steps:

1. its model's row is found; a model that no row names is refused (`models.py`);
2. the request is written in the upstream's dialect, with the row's credential (`doors.py`, `credentials.py`);
3. the circuit lets it through (`breaker.py`), the address is judged, the request is sent (`connections.py`);
4. what failed before the first byte of an answer is repeated where that may help and the budget pays (`retries.py`); later never;
5. the answer is read as fast as its events are taken (`reading.py`), and its tokens are counted (`counting.py`).

However the answer ends, with its last event, with an error, by `aclose` or by cancellation, its connection is given back or closed.
It leaves to others: who may ask (api), budgets (limits), and what may be released (guardrails).
"""

from __future__ import annotations

import asyncio
import itertools
import random
import time
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import aclosing, asynccontextmanager, contextmanager

import aiohttp
import msgspec

from ringwall.errors import Bug, RingwallError
from ringwall.inference.upstreams.answer import Answer
from ringwall.inference.upstreams.breaker import BreakerRules, Ticket
from ringwall.inference.upstreams.breaker import State as Circuit
from ringwall.inference.upstreams.connections import Connections
from ringwall.inference.upstreams.counting import Tally
from ringwall.inference.upstreams.credentials import Credentials
from ringwall.inference.upstreams.development import input_tokens, respond
from ringwall.inference.upstreams.doors import DOORS, Call, write_call
from ringwall.inference.upstreams.embeddings import developed, read_embedded, refuse_others, write_embedding_call
from ringwall.inference.upstreams.endpoints import BODY_BYTES, Invocation, Sent, Served, read_served, write_invocation
from ringwall.inference.upstreams.errors import CircuitOpen, UpstreamRefused, WrongKindOfModel
from ringwall.inference.upstreams.models import ModelTable, Route
from ringwall.inference.upstreams.reading import STREAM_BYTES, WHOLE_BYTES, Body, read_object, read_stream, read_whole
from ringwall.inference.upstreams.retries import RetryRules, may_repeat, pause_s
from ringwall.inference.upstreams.row import ModelRow
from ringwall.inference.upstreams.states import State, States
from ringwall.inference.upstreams.statuses import JSON_TYPE, OK, is_unhealthy, refusal, refuse_other_type, refuse_packed
from ringwall.inference.upstreams.token_counts import counter_of, read_count, write_count
from ringwall.vocabulary import Clock
from ringwall.wire.dialects.dialect import Dialect
from ringwall.wire.dialects.model import Ask, Event
from ringwall.wire.dialects.openai_embeddings import Embedded, EmbeddingQuestion


class UpstreamRules(msgspec.Struct, frozen=True, kw_only=True):
    """How upstreams are treated. in_flight: requests of one account alone under way to one server; more are refused, not queued.

    Of all accounts together there may be twice as many, shared fairly (`states.py`).
    """

    breaker: BreakerRules = BreakerRules()
    retries: RetryRules = RetryRules()
    in_flight: int = 256


class Upstreams:
    """Everything that answers questions. Make it where an event loop runs, and close it there."""

    def __init__(  # noqa: PLR0913 - everything a call stands on, each by its name
        self,
        models: ModelTable,
        *,
        dialects: Mapping[str, Dialect],
        credentials: Credentials,
        connections: Connections,
        clock: Clock,
        rules: UpstreamRules | None = None,
        timer: Callable[[], float] = time.monotonic,
        chance: Callable[[], float] = random.random,
    ) -> None:
        absent = {door.dialect for door in DOORS.values()} - dialects.keys()
        if absent:
            raise Bug(f"no dialect `{min(absent)}` for the upstreams that speak it")
        self.models = models
        self._dialects = dialects
        self._credentials = credentials
        self._connections = connections
        self._clock = clock
        self._rules = rules or UpstreamRules()
        self._timer = timer
        self._chance = chance
        self._states = States(self._rules.breaker, self._rules.retries)

    def ask(self, account_id: str, ask: Ask) -> Answer:
        """Ask the model that the question names, for an account.

        Raises (from the answer's first event on): ModelNotFound, and what `call` raises.
        """
        tally = Tally(ask)
        return Answer(self._asked(account_id, ask, tally), tally)

    def call(self, ask: Ask, route: Route) -> Answer:
        """Ask the model that a route leads to.

        Raises (from the answer's first event on):
            CredentialMissing: the row's credential cannot be used.
            Untranslatable: the question has a member that the upstream's dialect has no word for.
            AddressRefused, CircuitOpen, UpstreamBusy, UpstreamRefused, UpstreamTimeout, UpstreamUnreachable, UpstreamUnverified: no answer.
            MalformedAnswer, UpstreamBrokeOff, UpstreamFailed: none, or half of one.
        """
        tally = Tally(ask)
        return Answer(self._batches(ask, route, tally), tally)

    async def invoke(self, invocation: Invocation, route: Route) -> Served:
        """Ask the classic model that a route leads to.

        Raises:
            WrongKindOfModel: the route leads to a language model. CredentialMissing, and what `call` raises of connections and answers.
        """
        if route.address.kind != "sagemaker":
            raise WrongKindOfModel("the model is no endpoint of a classic model")

        async def writer() -> Callable[[], Call]:
            call = write_invocation(route.address, invocation, await self._credentials.read(route.owner, route.row.credential))
            return lambda: call

        async with self._answered(writer, route, Sent(), limit_bytes=BODY_BYTES) as (response, body):
            refuse_packed(response)
            return await read_served(body, response.headers)

    async def count_tokens(self, ask: Ask, route: Route) -> int:
        """Return how many tokens a question is to the model that a route leads to, as that model's upstream counts them.

        Raises:
            TokensUncounted: it does not count, or not all of it. CredentialMissing, Untranslatable, and what `call` raises.
        """
        if route.address.kind == "development":
            return input_tokens(ask)
        counter = counter_of(route.row, route.address)
        body = self._dialects[DOORS[route.address.kind].dialect].write_request(msgspec.structs.replace(ask, stream=False), model=route.name)

        async def writer() -> Callable[[], Call]:
            credential = await self._credentials.read(route.owner, route.row.credential)
            return lambda: write_count(counter, route.address, route.name, body, credential=credential, now=self._clock())

        async with self._answered(writer, route, Sent(), limit_bytes=WHOLE_BYTES) as (response, answer):
            refuse_other_type(response, JSON_TYPE)
            return read_count(counter, await read_object(answer))

    def circuit(self, account_id: str, owner: str, row: ModelRow) -> tuple[Circuit, int]:
        """Return how an account's circuit to a row's upstream stands in this process, and how many of its requests are under way there."""
        return self._states.look(account_id, owner, row, self._timer())

    def circuits(self) -> Counter[Circuit]:
        """Return how many circuits of this process stand open, half-open and closed."""
        return self._states.circuits(self._timer())

    @property
    def under_way(self) -> int:
        """Requests under way to all upstreams together."""
        return self._states.under_way

    async def embed(self, question: EmbeddingQuestion, route: Route, sent: Sent) -> Embedded:
        """Ask the model that a route leads to for vectors.

        Args:
            question: what vectors are wanted for.
            route: where the model is.
            sent: told when the question may have arrived, so that it costs something whatever becomes of it.

        Raises:
            EmbeddingsUnserved: its upstream is none that is asked for vectors. CredentialMissing, and what `call` raises of answers.
        """
        refuse_others(route.address)
        if route.address.kind == "development":
            sent.sent = True
            return await asyncio.to_thread(developed, question)  # a long text is a second of hashing

        async def writer() -> Callable[[], Call]:
            credential = await self._credentials.read(route.owner, route.row.credential)
            call = write_embedding_call(route.address, route.name, question, credential)
            return lambda: call

        async with self._answered(writer, route, sent, limit_bytes=WHOLE_BYTES) as (response, body):
            refuse_other_type(response, JSON_TYPE)
            return await read_embedded(body, question.inputs)

    async def close(self) -> None:
        """End every connection; answers under way break off."""
        await self._connections.close()

    async def _asked(self, account_id: str, ask: Ask, tally: Tally) -> AsyncGenerator[list[Event], None]:
        route = await self.models.find(account_id, ask.model)
        async with aclosing(self._batches(ask, route, tally)) as batches:
            async for batch in batches:
                yield batch

    async def _batches(self, ask: Ask, route: Route, tally: Tally) -> AsyncGenerator[list[Event], None]:
        if route.address.kind == "development":
            tally.sent = True
            for event in respond(ask, route.name):
                await asyncio.sleep(0)  # as a server's would, each event leaves the others room
                tally.note(event)
                yield [event]
            return
        if route.address.kind not in DOORS:
            raise WrongKindOfModel("the model is an endpoint of a classic model")
        door = DOORS[route.address.kind]
        dialect = self._dialects[door.dialect]
        limit_bytes = STREAM_BYTES if ask.stream else WHOLE_BYTES
        async with self._answered(lambda: self._writer(dialect, ask, route), route, tally, limit_bytes=limit_bytes) as (response, body):
            refuse_other_type(response, door.stream_type if ask.stream else JSON_TYPE)
            read = read_stream(body, dialect, tally.input_is) if ask.stream else read_whole(body, dialect)
            async with aclosing(read) as batches:
                async for batch in batches:
                    for event in batch:
                        tally.note(event)
                    yield batch

    @asynccontextmanager
    async def _answered(
        self, writer: Callable[[], Awaitable[Callable[[], Call]]], route: Route, sent: Tally | Sent, *, limit_bytes: int
    ) -> AsyncIterator[tuple[aiohttp.ClientResponse, Body]]:
        """Have a request answered: count it as under way, send it, hand out what came, and settle circuit and connection.

        Args:
            writer: prepares what makes the request; that is called again for a repetition.
            route: where it goes.
            sent: told when it may have arrived.
            limit_bytes: of the answer.
        """
        state, times = self._states.of(route), route.row.timeouts
        deadline = self._timer() + times.total_s
        with self._states.entered(state, route, self._rules.in_flight):
            response, ticket = await self._open(await writer(), route, sent, state, deadline)
            body = Body(response, times, deadline=deadline, timer=self._timer, limit_bytes=limit_bytes)
            with self._reading(state, ticket, response, body):
                yield response, body

    @contextmanager
    def _reading(self, state: State, ticket: Ticket, response: aiohttp.ClientResponse, body: Body) -> Iterator[None]:
        """Tell the circuit how an answer ended, and give its connection back or close it."""
        try:
            yield
        except RingwallError as error:
            if is_unhealthy(error):
                state.breaker.failed(self._timer(), ticket)
            raise
        finally:
            if body.whole:
                response.release()
            else:
                response.close()

    async def _writer(self, dialect: Dialect, ask: Ask, route: Route) -> Callable[[], Call]:
        """Return what makes the request; a repetition has a date of its own."""
        body = dialect.write_request(ask, model=route.name)
        credential = await self._credentials.read(route.owner, route.row.credential)
        return lambda: write_call(route.address, route.name, body, stream=ask.stream, credential=credential, now=self._clock())

    async def _open(
        self, write: Callable[[], Call], route: Route, tally: Tally | Sent, state: State, deadline: float
    ) -> tuple[aiohttp.ClientResponse, Ticket]:
        """Send the question until an answer begins, or until repeating it is of no use."""
        state.budget.requested()
        for repetition in itertools.count():
            ticket = state.breaker.admit(self._timer())
            if ticket is None:
                wait_s = state.breaker.retry_after_s(self._timer())
                raise CircuitOpen(f"the upstream of model `{route.row.id}` has failed too often", retry_after_s=wait_s)
            try:
                response = await self._attempt(write(), route, deadline)
            except RingwallError as error:
                self._learn(state, ticket, error)
                tally.sent = tally.sent or bool(error.facts.get("sent"))
                failure = error
            except BaseException:  # a cancellation or a bug: nothing was learned of the upstream, and the question may be at the model
                state.breaker.left(ticket)
                tally.sent = True
                raise
            else:
                state.breaker.succeeded(self._timer(), ticket)
                tally.sent = True
                return response, ticket
            await self._pause(failure, repetition, state, deadline)
        raise AssertionError  # the loop has no end of its own

    async def _attempt(self, call: Call, route: Route, deadline: float) -> aiohttp.ClientResponse:
        response = await self._connections.send(call, route.row, route.address, left_s=deadline - self._timer())
        if response.status == OK:
            return response
        response.release()  # unread: what a refusal says is nobody's to see
        raise refusal(response.status, response.headers.get("retry-after", ""), self._clock())

    def _learn(self, state: State, ticket: Ticket, error: RingwallError) -> None:
        """Tell the circuit what a failure says of the upstream."""
        if is_unhealthy(error):
            state.breaker.failed(self._timer(), ticket)
        elif isinstance(error, UpstreamRefused):
            state.breaker.succeeded(self._timer(), ticket)
        else:
            state.breaker.left(ticket)

    async def _pause(self, failure: RingwallError, repetition: int, state: State, deadline: float) -> None:
        """Wait until the question may be repeated; raise what failed where it may not."""
        rules = self._rules.retries
        if repetition + 1 < rules.attempts and may_repeat(failure):
            seconds = pause_s(failure, repetition, rules, self._chance)
            if seconds is not None and self._timer() + seconds < deadline and state.budget.take():
                await asyncio.sleep(seconds)
                return
        raise failure
