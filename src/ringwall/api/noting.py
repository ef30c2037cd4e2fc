"""What the faces note of a question for a model, for those who watch (`ringwall.telemetry`); where nobody does, nothing."""

from __future__ import annotations

import time
from collections.abc import Mapping

from ringwall.inference.upstreams.counting import Counted
from ringwall.inference.upstreams.models import Route
from ringwall.telemetry import Notes, noting
from ringwall.wire.dialects.model import Ask

OWN = "own"
"""The label of every model that an account added itself: metrics name the operator's models only."""

PROVIDERS: Mapping[str, str] = {"anthropic": "anthropic", "bedrock": "aws.bedrock", "development": "ringwall", "openai": "openai"}
"""Source: OpenTelemetry semantic conventions, `gen_ai.provider.name`: by the API that is spoken, whoever serves it."""


def note_model(ask: Ask, place: Route) -> None:
    """Note which model is asked."""
    notes = noting.get()
    if notes is not None:
        notes.model, notes.stream = ask.model, ask.stream
        notes.label = OWN if place.owner else place.row.id
        notes.provider = PROVIDERS.get(place.address.kind, place.address.kind)


def note_task(task: str) -> None:
    """Note what the model is asked for, where that is no conversation."""
    notes = noting.get()
    if notes is not None:
        notes.task = task


def note_answer(counted: Counted | None) -> Notes:
    """Note that an answer is asked for now, if it is asked of a model at all; return the notes to go on with."""
    notes = noting.get() or Notes()
    if counted is not None:
        notes.upstream_began = time.monotonic()
    return notes


def note_usage(counted: Counted) -> None:
    """Note what an answer cost."""
    notes = noting.get()
    if notes is not None:
        notes.tokens_in, notes.tokens_out, notes.estimated = counted.input_tokens, counted.output_tokens, counted.estimated
