"""The native API's behavioural monitors: which models an account watches, by what numbers, and what was seen of its use."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from ringwall.api.aws.operation import Call, Operation
from ringwall.api.native.operation import NativeOperation
from ringwall.api.native.shapes import NoInput, Shape, anything, own_arn
from ringwall.inference.monitors.actions import ROWS_MAX, ActionRow, ActionTable
from ringwall.inference.monitors.calibration import PRIVATE_MAX, SALT_BYTES, VECTORS_MAX, Calibration, Terms, calibrate
from ringwall.inference.monitors.errors import MonitorNotCalibrated, MonitorPolicyNotFound
from ringwall.inference.monitors.policies import EVERY_MODEL
from ringwall.inference.upstreams.row import NAME_PATTERN

_Model = Annotated[str, Meta(max_length=512, pattern=rf"^(?:{NAME_PATTERN}|\*)\Z")]


class MonitorInput(Shape, frozen=True, kw_only=True):
    """One model, by its id or an alias; `*` stands for every model that has no policy of its own."""

    model: _Model


class PutMonitorPolicyInput(Shape, frozen=True, kw_only=True):
    """What is done about signals; no rows: everything is recorded, and nothing is done."""

    model: _Model
    rows: Annotated[tuple[ActionRow, ...], Meta(max_length=ROWS_MAX)] = ()


class PrivateExample(Shape, frozen=True, kw_only=True):
    """A vector that no account is given, and the class that the model gives it."""

    vector: Annotated[tuple[float, ...], Meta(max_length=4096)]
    label: Annotated[int, Meta(ge=0, lt=2**31)]


class CalibrateMonitorInput(Shape, frozen=True, kw_only=True):
    """Honest traffic. shared_scale: all numbers are in one unit; false_alarms: the share of honest queries that may be flagged."""

    model: _Model
    vectors: Annotated[tuple[Annotated[tuple[float, ...], Meta(max_length=4096)], ...], Meta(min_length=1, max_length=VECTORS_MAX)]
    private: Annotated[tuple[PrivateExample, ...], Meta(max_length=PRIVATE_MAX)] = ()
    shared_scale: bool = False
    false_alarms: Annotated[float, Meta(ge=0, le=0.2)] = 0.002


class MonitorPolicy(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A model that is watched. calibrated: its vectors are, too."""

    model: str
    rows: tuple[ActionRow, ...]
    calibrated: bool


class MonitorPolicies(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """All of an account."""

    policies: tuple[MonitorPolicy, ...]


class MonitorSignal(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """How many of the account's last 1,000 queries a monitor flagged, and the number of the first it ever did."""

    kind: str
    count: int
    first_query: int


class MonitorSignals(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What was seen of the account's use of a model; of other workers as they last wrote it."""

    model: str
    queries: int
    signals: tuple[MonitorSignal, ...]


class MonitorCalibration(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What is known of a calibration without giving its secrets away. silent: monitors that can tell nothing of this model."""

    model: str
    version: int
    components: int
    vectors: int
    private: int
    false_alarms: float
    silent: tuple[str, ...]


async def _list(call: Call, given: NoInput) -> MonitorPolicies:  # noqa: ARG001 - a handler's shape
    found = await call.rooms.monitors.policies.policies(call.account_id)
    return MonitorPolicies(policies=tuple([await _shown(call, model, table) for model, table in sorted(found.items())]))


async def _get(call: Call, given: MonitorInput) -> MonitorPolicy:
    model = await _model_of(call, given.model)
    table = (await call.rooms.monitors.policies.policies(call.account_id)).get(model)
    if table is None:
        raise MonitorPolicyNotFound("the account has no monitor policy for this model")
    return await _shown(call, model, table)


async def _put(call: Call, given: PutMonitorPolicyInput) -> MonitorPolicy:
    model, table = await _model_of(call, given.model), ActionTable(given.rows)
    await call.rooms.monitors.policies.put(call.account_id, model, table)
    call.record["monitorPolicy"] = {"model": model, "rows": len(table.rows)}
    return await _shown(call, model, table)


async def _remove(call: Call, given: MonitorInput) -> None:
    model = await _model_of(call, given.model)
    await call.rooms.monitors.policies.remove(call.account_id, model)
    call.record["monitorPolicy"] = {"model": model}


async def _signals(call: Call, given: MonitorInput) -> MonitorSignals:
    model = await _model_of(call, given.model)
    seen = await call.rooms.monitors.stored.seen_everywhere(call.account_id, model, call.now)
    signals = tuple(MonitorSignal(kind=kind, count=count, first_query=seen.first[kind]) for kind, count in sorted(seen.counts.items()))
    return MonitorSignals(model=model, queries=seen.queries, signals=signals)


async def _forget(call: Call, given: MonitorInput) -> None:
    model = await _model_of(call, given.model)
    await call.rooms.monitors.stored.forget(call.account_id, model)
    call.record["monitors"] = {"forgotten": model}


async def _calibrate(call: Call, given: CalibrateMonitorInput) -> MonitorCalibration:
    monitors, model = call.rooms.monitors, await _model_of(call, given.model)
    held = await monitors.stored.calibration(call.account_id, model)
    terms = Terms(
        model_id=model,
        version=1 if held is None else held.version + 1,
        salt=secrets.token_bytes(SALT_BYTES),
        shared_scale=given.shared_scale,
        false_alarms=given.false_alarms,
        private=tuple((each.vector, each.label) for each in given.private),
    )
    made = await monitors.workers.apart(lambda: calibrate(given.vectors, terms))
    await monitors.stored.set_calibration(call.account_id, made)
    call.record["monitorCalibration"] = {"model": model, "version": made.version, "vectors": made.vectors}
    return _told(made)


async def _calibration(call: Call, given: MonitorInput) -> MonitorCalibration:
    held = await call.rooms.monitors.stored.calibration(call.account_id, await _model_of(call, given.model))
    if held is None:
        raise MonitorNotCalibrated("the account has not calibrated the monitors for this model")
    return _told(held)


async def _model_of(call: Call, name: str) -> str:
    """Return the id under which a model is watched, whichever of its names is given; ModelNotFound where no row has it."""
    if name == EVERY_MODEL:
        return name
    row = (await call.rooms.upstreams.models.find(call.account_id, name)).row
    return name if row.is_pattern else row.id


async def _shown(call: Call, model: str, table: ActionTable) -> MonitorPolicy:
    is_calibrated = await call.rooms.monitors.stored.calibration(call.account_id, model) is not None
    return MonitorPolicy(model=model, rows=table.rows, calibrated=is_calibrated)


def _told(calibration: Calibration) -> MonitorCalibration:
    return MonitorCalibration(
        model=calibration.model_id,
        version=calibration.version,
        components=calibration.shape.components,
        vectors=calibration.vectors,
        private=len(calibration.private),
        false_alarms=calibration.false_alarms,
        silent=calibration.silent,
    )


def _arn(call: Call, given: Any) -> Sequence[str]:
    return own_arn(call, f"monitor/{given.model}")


def _row(name: str, handle: Any, *, read_only: bool = False) -> Operation:
    resources = anything if name == "ListMonitorPolicies" else _arn
    return Operation("ringwall", name, f"ringwall:{name}", handle, resources, read_only=read_only)


_POLICY, _SEEN, _NUMBERS = "/monitors/policies/{model+}", "/monitors/signals/{model+}", "/monitors/calibration/{model+}"

OPERATIONS = (
    NativeOperation(
        _row("ListMonitorPolicies", _list, read_only=True),
        "GET",
        "/monitors",
        "List the models whose use the account watches.",
        NoInput,
        MonitorPolicies,
    ),
    NativeOperation(
        _row("GetMonitorPolicy", _get, read_only=True),
        "GET",
        _POLICY,
        "Show what is done about signals of a model's use.",
        MonitorInput,
        MonitorPolicy,
    ),
    NativeOperation(
        _row("PutMonitorPolicy", _put),
        "PUT",
        _POLICY,
        "Watch a model, and say what is done about signals.",
        PutMonitorPolicyInput,
        MonitorPolicy,
    ),
    NativeOperation(
        _row("DeleteMonitorPolicy", _remove),
        "DELETE",
        _POLICY,
        "Watch a model no more.",
        MonitorInput,
        None,
    ),
    NativeOperation(
        _row("GetMonitorSignals", _signals, read_only=True),
        "GET",
        _SEEN,
        "Show what the monitors saw of the account's last 1,000 queries to a model.",
        MonitorInput,
        MonitorSignals,
    ),
    NativeOperation(
        _row("ForgetMonitorSignals", _forget),
        "DELETE",
        _SEEN,
        "Forget what the monitors know of the account's use of a model.",
        MonitorInput,
        None,
    ),
    NativeOperation(
        _row("CalibrateMonitor", _calibrate),
        "PUT",
        _NUMBERS,
        "Measure honest traffic, so that a model's vectors are watched by it.",
        CalibrateMonitorInput,
        MonitorCalibration,
    ),
    NativeOperation(
        _row("GetMonitorCalibration", _calibration, read_only=True),
        "GET",
        _NUMBERS,
        "Show what is known of a model's calibration; its secrets are not told.",
        MonitorInput,
        MonitorCalibration,
    ),
)
