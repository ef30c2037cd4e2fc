"""The native API's model table: an account's own rows, the settings' beside them, and a first question to a model.

Whoever acts as the operator (the operator's token, the data directory) puts rows that may name private networks and variables. Where such
rows and the settings' lead is the operator's: others are shown their names only.
"""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from ringwall.api.aws.asking import guardrail_condition, model_resource, open_answer
from ringwall.api.aws.operation import Call, Operation
from ringwall.api.native.operation import NativeOperation
from ringwall.api.native.shapes import NoInput, Shape, anything, own_arn
from ringwall.identity.caller import is_operator
from ringwall.inference.gateway import Wanted
from ringwall.inference.gateway.batches import Batches
from ringwall.inference.upstreams.errors import ModelNotFound
from ringwall.inference.upstreams.models import StoredRow
from ringwall.inference.upstreams.row import ModelName, ModelPattern, ModelRow, Timeouts, parse_upstream
from ringwall.wire.dialects.model import Ask, BlockDelta, Event, MessageStop, Usage
from ringwall.wire.dialects.table import DIALECTS

TRIAL_TEXT = "Say hello in one short sentence."
TRIAL_TOKENS = 64
_SHOWN_CHARS = 2_000


class ModelInput(Shape, frozen=True, kw_only=True):
    """One row, by its id."""

    id: ModelPattern


def _in_camel_case(kind: type[msgspec.Struct], name: str, doc: str) -> type[msgspec.Struct]:
    """Return a struct with another's members, whatever they are, named as the native API names members; structs inside likewise."""
    members: list[Any] = []
    for each in msgspec.structs.fields(kind):
        type_, default = each.type, each.default
        if isinstance(type_, type) and issubclass(type_, msgspec.Struct):
            type_ = _in_camel_case(type_, type_.__name__, type_.__doc__ or "")
            default = type_()
        members.append((each.name, type_) if default is msgspec.NODEFAULT else (each.name, type_, default))
    made = msgspec.defstruct(name, members, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel", module=__name__)
    made.__doc__ = doc
    return made


PutModelInput: Any = _in_camel_case(ModelRow, "PutModelInput", "A row of the model table, whole: what is left out has its default.")


class TryModelInput(Shape, frozen=True, kw_only=True):
    """A question for a model; it is asked under the guardrail that is named, and under what the account enforces."""

    model: ModelName
    text: Annotated[str, Meta(min_length=1, max_length=10_000)] = TRIAL_TEXT
    guardrail_identifier: Annotated[str, Meta(min_length=1, max_length=2048)] | None = None
    guardrail_version: Annotated[str, Meta(pattern=r"^([1-9][0-9]{0,7}|DRAFT)\Z")] = "DRAFT"


class ModelOutput(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One row as the caller may see it.

    origin: `account`: the account's own; `operator`: in its table, put there by the operator; `settings`: every account has it.
    kind: what stands at the upstream.
    upstream, model, credential, timeouts: None where they are the operator's, and the caller is not. `credential` is a reference.
    circuit: of this account to the upstream, in this process; `none` for the built-in model. in_flight: its requests under way there.
    """

    id: str
    aliases: tuple[str, ...]
    origin: Literal["account", "operator", "settings"]
    kind: str
    upstream: str | None
    model: str | None
    credential: str | None
    allow_private: bool
    tokenize: bool
    timeouts: dict[str, float] | None
    circuit: Literal["closed", "open", "half-open", "none"]
    in_flight: int
    updated_at: datetime | None = None
    updated_by: str | None = None


class ModelsOutput(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The rows that the account's requests are looked up in: its own, which come first, and the settings'."""

    models: tuple[ModelOutput, ...]


class TryModelOutput(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The beginning of an answer, and when it came.

    first_token_ms: from the question to the first piece of text that left; None where none did. What the guardrails take is in the times.
    """

    model: str
    text: str
    stop_reason: str
    first_token_ms: float | None
    total_ms: float
    input_tokens: int
    output_tokens: int


async def _list(call: Call, given: NoInput) -> ModelsOutput:  # noqa: ARG001 - a handler's shape
    stored = await call.rooms.upstreams.models.rows(call.account_id)
    shows = await _shows_operators(call)
    own = tuple(_stored(call, each, shows=shows) for each in stored)
    settings = tuple(_shown(call, row, "settings", shows=shows) for row in call.rooms.upstreams.models.settings_rows)
    return ModelsOutput(models=(*own, *settings))


async def _get(call: Call, given: ModelInput) -> ModelOutput:
    table, shows = call.rooms.upstreams.models, await _shows_operators(call)
    stored = await table.row(call.account_id, given.id)
    if stored is not None:
        return _stored(call, stored, shows=shows)
    row = next((row for row in table.settings_rows if row.id == given.id), None)
    if row is None:
        raise ModelNotFound(f"no row `{given.id[:100]}` in this account's table or in the settings")
    return _shown(call, row, "settings", shows=shows)


async def _put(call: Call, given: Any) -> ModelOutput:
    row = msgspec.convert(_plain(given), ModelRow)
    by_operator = is_operator(call.principal)
    made = await call.rooms.upstreams.models.put(call.account_id, row, by=call.principal.arn, operator=by_operator)
    call.record["model"] = {"id": row.id, "kind": parse_upstream(row.upstream).kind, "byOperator": by_operator}
    return _stored(call, made, shows=await _shows_operators(call))


async def _delete(call: Call, given: ModelInput) -> None:
    await call.rooms.upstreams.models.delete(call.account_id, given.id)
    call.record["model"] = {"id": given.id}


async def _try(call: Call, given: TryModelInput) -> TryModelOutput:
    body = {"model": given.model, "messages": [{"role": "user", "content": given.text}], "max_tokens": TRIAL_TOKENS, "stream": True}
    ask: Ask = DIALECTS["openai_chat"].read_request(body)
    begun = time.monotonic()
    asked = await open_answer(call, ask, _wanted(given), route="native")
    first: float | None = None
    text, stop, usage = "", "", Usage(0, 0)
    async with aclosing(asked.streamed()) as batches:
        async for event in _each(batches):
            if isinstance(event, BlockDelta) and event.text:
                first = _since(begun) if first is None else first
                text += event.text[: max(0, _SHOWN_CHARS - len(text))]
            elif isinstance(event, MessageStop):
                stop = event.reason
            elif isinstance(event, Usage):
                usage = event
    return TryModelOutput(
        model=given.model,
        text=text,
        stop_reason=stop,
        first_token_ms=first,
        total_ms=_since(begun),
        input_tokens=usage.input_tokens,
        output_tokens=usage.output_tokens,
    )


async def _each(batches: Batches) -> AsyncGenerator[Event, None]:
    async for batch in batches:
        for event in batch:
            yield event


def _since(begun: float) -> float:
    return round((time.monotonic() - begun) * 1000, 1)


def _wanted(given: TryModelInput) -> Wanted | None:
    if given.guardrail_identifier is None:
        return None
    return Wanted(identifier=given.guardrail_identifier, version=given.guardrail_version)


def _plain(given: msgspec.Struct) -> dict[str, Any]:
    values = msgspec.structs.asdict(given)
    return {name: _plain(value) if isinstance(value, msgspec.Struct) else value for name, value in values.items()}


async def _shows_operators(call: Call) -> bool:
    """Say whether the caller may see where the operator's rows lead: it is the operator, or a principal of the operator's account."""
    return is_operator(call.principal) or (await call.rooms.identity.accounts.get(call.account_id)).operator


def _stored(call: Call, stored: StoredRow, *, shows: bool) -> ModelOutput:
    visible = shows or not stored.by_operator
    shown = _shown(call, stored.row, "operator" if stored.by_operator else "account", shows=visible)
    return msgspec.structs.replace(shown, updated_at=stored.updated_at, updated_by=stored.updated_by if visible else None)


def _shown(call: Call, row: ModelRow, origin: Literal["account", "operator", "settings"], *, shows: bool) -> ModelOutput:
    kind = parse_upstream(row.upstream).kind
    circuit, in_flight = call.rooms.upstreams.circuit(call.account_id, "" if origin == "settings" else call.account_id, row)
    return ModelOutput(
        id=row.id,
        aliases=row.aliases,
        origin=origin,
        kind=kind,
        upstream=row.upstream if shows else None,
        model=row.model if shows else None,
        credential=row.credential if shows else None,
        allow_private=row.allow_private and shows,
        tokenize=row.tokenize,
        timeouts=_in_camel(row.timeouts) if shows else None,
        circuit="none" if kind == "development" else circuit,
        in_flight=in_flight,
    )


def _in_camel(timeouts: Timeouts) -> dict[str, float]:
    named = msgspec.structs.fields(_in_camel_case(Timeouts, "Timeouts", ""))
    return {each.encode_name: getattr(timeouts, each.name) for each in named}


def _row_arn(call: Call, given: Any) -> Sequence[str]:
    return own_arn(call, f"model/{given.id}")


def _asked(call: Call, given: TryModelInput) -> Sequence[str]:
    return model_resource(call, given.model)


def _conditions(call: Call, given: TryModelInput) -> dict[str, Any]:
    return guardrail_condition(call, _wanted(given))


OPERATIONS = (
    NativeOperation(
        Operation("ringwall", "ListModels", "ringwall:ListModels", _list, anything, read_only=True),
        "GET",
        "/models",
        "List the account's rows of the model table, then the settings', with the state of their circuits.",
        NoInput,
        ModelsOutput,
    ),
    NativeOperation(
        Operation("ringwall", "GetModel", "ringwall:GetModel", _get, _row_arn, read_only=True),
        "GET",
        "/models/{id+}",
        "Show a row of the model table.",
        ModelInput,
        ModelOutput,
    ),
    NativeOperation(
        Operation("ringwall", "PutModel", "ringwall:PutModel", _put, _row_arn),
        "PUT",
        "/models/{id+}",
        "Put a row in the account's model table, in the place of the one with its id; secrets are references only.",
        PutModelInput,
        ModelOutput,
    ),
    NativeOperation(
        Operation("ringwall", "DeleteModel", "ringwall:DeleteModel", _delete, _row_arn),
        "DELETE",
        "/models/{id+}",
        "Delete a row of the account's model table.",
        ModelInput,
        None,
    ),
    NativeOperation(
        Operation("ringwall", "TryModel", "bedrock:InvokeModelWithResponseStream", _try, _asked, read_only=True, conditions=_conditions),
        "POST",
        "/model-trials",
        "Ask a model one short question, and say when the first token came.",
        TryModelInput,
        TryModelOutput,
    ),
)
