"""The native API's learned watch: the account's content model, its thresholds and how they were fitted, and scores to fit others on."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
from msgspec import Meta

from ringwall.api.aws.operation import Call, Operation
from ringwall.api.native.operation import NativeOperation
from ringwall.api.native.shapes import NoInput, Shape, own_arn
from ringwall.errors import LimitExceeded
from ringwall.inference.watch_wishes import Category, Fitted, Level, Sample

if TYPE_CHECKING:  # clients read this table, and need no models
    from ringwall.inference.watch_thresholds import Watch

TEXTS = 256
CHARACTERS = 1_000_000
"""Of all texts that are scored in one request."""

Levels = tuple[Level, Level, Level]
Categories = Annotated[dict[Category, Levels], Meta(min_length=1, max_length=32)]


class ScoreTextsInput(Shape, frozen=True, kw_only=True):
    """Texts to score by the account's content model, as its guardrails read them; none is stored."""

    texts: Annotated[tuple[str, ...], Meta(min_length=1, max_length=TEXTS)]


class PutWatchThresholdsInput(Shape, frozen=True, kw_only=True):
    """Thresholds to use, and what they were fitted on.

    model: the id of the model whose scores they were fitted on. allow_weaker: that they may detect less than the model card's.
    """

    model: Annotated[str, Meta(min_length=1, max_length=256)]
    thresholds: Categories
    sample: Sample
    allow_weaker: bool = False


class PutWatchPinInput(Shape, frozen=True, kw_only=True):
    """The version of the content model that the account is to use, whatever the installation's is."""

    version: Annotated[str, Meta(min_length=1, max_length=100)]


class WatchOutput(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The content model that the account's guardrails use, and the thresholds that hold.

    version, model: None where none is there; `problem` says why. pin: the version that is pinned. versions: those that can be.
    shipped: per category the model card's scores of LOW, MEDIUM and HIGH; thresholds: those that hold.
    fitted: the account's own; `stale` where they do not hold, since they were fitted with another model.
    """

    version: str | None
    model: str | None
    problem: str
    pin: str | None
    pinned_at: datetime | None
    pinned_by: str | None
    versions: tuple[str, ...]
    shipped: dict[str, tuple[float, float, float]]
    thresholds: dict[str, tuple[float, float, float]]
    fitted: Fitted | None
    stale: bool


class ScoreTextsOutput(msgspec.Struct, frozen=True, kw_only=True):
    """One of `scores` per text, in their order; see `ringwall.guardrails.scoring`."""

    model: str
    scores: tuple[dict[str, Any], ...]


def _shown(watch: Watch, versions: tuple[str, ...]) -> WatchOutput:
    content, wishes = watch.scorers.content, watch.wishes
    shipped = dict(content.thresholds) if content is not None else {}
    return WatchOutput(
        version=watch.version if content is not None else None,
        model=content.model_id if content is not None else None,
        problem=watch.problem,
        pin=wishes.pin or None,
        pinned_at=wishes.pinned_at,
        pinned_by=wishes.pinned_by or None,
        versions=versions,
        shipped=shipped,
        thresholds={**shipped, **watch.thresholds},
        fitted=wishes.fitted,
        stale=watch.is_stale,
    )


async def _get(call: Call, given: NoInput | None = None) -> WatchOutput:  # noqa: ARG001 - a handler's shape
    watches = call.rooms.guardrails.watches
    return _shown(await watches.get(call.account_id), watches.versions())


async def _score(call: Call, given: ScoreTextsInput) -> ScoreTextsOutput:
    characters = sum(map(len, given.texts))
    call.record["watch"] = {"texts": len(given.texts), "characters": characters}
    if characters > CHARACTERS:
        raise LimitExceeded(f"the texts have more than {CHARACTERS} characters together", remedy="send them in several requests")
    model, scores = await call.rooms.guardrails.score_texts(call.account_id, given.texts)
    call.record["watch"]["model"] = model
    return ScoreTextsOutput(model=model, scores=tuple(msgspec.to_builtins(each) for each in scores))


async def _put(call: Call, given: PutWatchThresholdsInput) -> WatchOutput:
    fitted = Fitted(
        model=given.model, thresholds=given.thresholds, sample=given.sample, weaker={}, fitted_at=call.now, fitted_by=call.principal.arn
    )
    made = await call.rooms.guardrails.watches.put_thresholds(call.account_id, fitted, allow_weaker=given.allow_weaker)
    call.record["watch"] = {
        "model": made.model,
        "thresholds": made.thresholds,
        "weaker": made.weaker,
        "texts": made.sample.texts,
        "rates": made.sample.rates,
    }
    return await _get(call)


async def _remove(call: Call, given: NoInput) -> WatchOutput:  # noqa: ARG001 - a handler's shape
    await call.rooms.guardrails.watches.remove_thresholds(call.account_id)
    call.record["watch"] = {"thresholds": None}
    return await _get(call)


async def _pin(call: Call, given: PutWatchPinInput) -> WatchOutput:
    version = await call.rooms.guardrails.watches.pin(call.account_id, given.version, by=call.principal.arn)
    call.record["watch"] = {"pin": version}
    return await _get(call)


async def _unpin(call: Call, given: NoInput) -> WatchOutput:  # noqa: ARG001 - a handler's shape
    await call.rooms.guardrails.watches.unpin(call.account_id)
    call.record["watch"] = {"pin": None}
    return await _get(call)


def _watch_arn(call: Call, given: Any) -> Sequence[str]:  # noqa: ARG001 - a row's shape
    return own_arn(call, "watch/account")


OPERATIONS = (
    NativeOperation(
        Operation("ringwall", "GetWatch", "ringwall:GetWatch", _get, _watch_arn, read_only=True),
        "GET",
        "/watch",
        "Show the content model that the account uses, and the scores at which it is confident.",
        NoInput,
        WatchOutput,
    ),
    NativeOperation(
        Operation("ringwall", "ScoreTexts", "ringwall:ScoreTexts", _score, _watch_arn, read_only=True),
        "POST",
        "/watch/scores",
        "Score texts by the account's content model, to fit thresholds on; nothing is stored.",
        ScoreTextsInput,
        ScoreTextsOutput,
    ),
    NativeOperation(
        Operation("ringwall", "PutWatchThresholds", "ringwall:PutWatchThresholds", _put, _watch_arn),
        "PUT",
        "/watch/thresholds",
        "Have the account's guardrails use thresholds that were fitted on its own harmless texts.",
        PutWatchThresholdsInput,
        WatchOutput,
    ),
    NativeOperation(
        Operation("ringwall", "DeleteWatchThresholds", "ringwall:DeleteWatchThresholds", _remove, _watch_arn),
        "DELETE",
        "/watch/thresholds",
        "Go back to the model card's thresholds.",
        NoInput,
        WatchOutput,
    ),
    NativeOperation(
        Operation("ringwall", "PutWatchPin", "ringwall:PutWatchPin", _pin, _watch_arn),
        "PUT",
        "/watch/pin",
        "Pin a version of the content model for the account.",
        PutWatchPinInput,
        WatchOutput,
    ),
    NativeOperation(
        Operation("ringwall", "DeleteWatchPin", "ringwall:DeleteWatchPin", _unpin, _watch_arn),
        "DELETE",
        "/watch/pin",
        "Use the installation's version of the content model again.",
        NoInput,
        WatchOutput,
    ),
)
