"""Every member of every vector of the dialects, left out or of another type: it is read, or refused with the error of its side."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from ringwall.errors import CallerError, DependencyError
from ringwall.wire.dialects.answer import answer_of
from ringwall.wire.dialects.errors import Untranslatable
from ringwall.wire.dialects.model import Ask
from ringwall.wire.dialects.table import APPLICATION_DIALECTS, DIALECTS
from ringwall.wire.dialects.texts import judged_texts, replace_texts
from tests.conformance.wire.dialect_cases import FILES, NAMES, VECTORS, framed

JUNK: tuple[Any, ...] = (
    None,
    True,
    0,
    -1,
    1.5,
    1 << 60,
    "",
    "x",
    "text",
    [],
    ["x"],
    [[]],
    {},
    {"a": 1},
    [{"type": "text", "text": "x"}],
    [{"text": "x"}],
)
GONE = object()
Path = tuple[str | int, ...]


def nodes(value: Any, path: Path = ()) -> Iterator[Path]:
    if path:
        yield path
    if isinstance(value, dict | list):
        for step, item in value.items() if isinstance(value, dict) else enumerate(value):
            yield from nodes(item, (*path, step))


def mutants(body: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The body with one node changed, for every node and every kind of junk."""
    text = json.dumps(body)
    for path in nodes(body):
        for junk in (*JUNK, GONE):
            copy = json.loads(text)
            here: Any = copy
            for step in path[:-1]:
                here = here[step]
            if junk is GONE:
                del here[path[-1]]
            else:
                here[path[-1]] = junk
            yield copy


@pytest.mark.parametrize("name", NAMES)
def test_requests(name: str) -> None:
    read = refused = 0
    for case in FILES[name]["requests"]:
        for body in mutants(case["body"]):
            try:
                ask = DIALECTS[name].read_request(body)
            except CallerError as refusal:
                assert refusal.message  # noqa: PT017 -- both ends are right; anything else raised is what we look for
                refused += 1
                continue
            read += 1
            same = DIALECTS[name].write_request(ask, model=body.get("model", "m"))
            assert all(
                same[member] == value
                for member, value in body.items()
                if member not in {"modelId", "guardrailConfig", "stream_options", "stream"}
            )
            assert replace_texts(ask, {}) is ask
            assert all(text.path for text in judged_texts(ask))
            for other in NAMES:
                _translated(ask, other)
    assert read > 100
    assert refused > 100


def test_requests_of_responses() -> None:
    responses = APPLICATION_DIALECTS["openai_responses"]
    vectors = json.loads((VECTORS / "openai_responses.json").read_text(encoding="utf-8"))
    read = refused = 0
    for case in vectors["requests"]:
        for body in mutants(case["body"]):
            try:
                ask = responses.read_request(body)
            except CallerError as refusal:
                assert refusal.message  # noqa: PT017 -- as above
                refused += 1
                continue
            read += 1
            assert replace_texts(ask, {}) is ask
            assert all(text.path for text in judged_texts(ask))
            for other in NAMES:
                _translated(ask, other)
    assert read > 500
    assert refused > 500


def _translated(ask: Ask, other: str) -> None:
    if other != ask.dialect:
        try:
            body = DIALECTS[other].write_request(ask, model="m")
        except Untranslatable:
            return
        DIALECTS[other].read_request(body, model="m")


@pytest.mark.parametrize("name", NAMES)
def test_answers(name: str) -> None:
    read = refused = 0
    for case in FILES[name]["answers"]:
        for body in mutants(case["body"]):
            try:
                events = DIALECTS[name].read_answer(body)
            except DependencyError:
                refused += 1
                continue
            read += 1
            written = DIALECTS[name].write_answer(events, Ask(model="m"), answer_id="i", created=1)
            assert answer_of(DIALECTS[name].read_answer(written)).reason == answer_of(events).reason
    assert read > 50
    assert refused > 50


@pytest.mark.parametrize("name", NAMES)
def test_events_of_streams(name: str) -> None:
    read = refused = 0
    for case in FILES[name]["streams"]:
        for stream in streams(case):
            reader = DIALECTS[name].stream_reader()
            try:
                events = [*reader.feed(stream), *reader.end()]
            except DependencyError:
                refused += 1
                continue
            read += 1
            answer_of(events)  # raises where they are out of order
    assert read > 50
    assert refused > 50


def streams(case: dict[str, Any]) -> Iterator[bytes]:
    """The streamed vector with one node of one event changed, and with one event twice or not at all."""
    if "frames" in case:
        pieces = [framed(event, payload) for event, payload in case["frames"]]
        bodies = [
            (number, payload, lambda body, event=event: framed(event, body)) for number, (event, payload) in enumerate(case["frames"])
        ]
    else:
        lines = [line.encode() for line in case["lines"] if line.startswith("data: ")]
        pieces = [line + b"\n\n" for line in lines]
        bodies = [
            (number, json.loads(line[6:]), lambda body: b"data: " + json.dumps(body).encode() + b"\n\n")
            for number, line in enumerate(lines)
            if line.startswith(b"data: {")
        ]
    for number in range(len(pieces)):
        yield b"".join([*pieces[:number], *pieces[number + 1 :]])
        yield b"".join([*pieces[: number + 1], *pieces[number:]])
    for number, payload, write in bodies:
        for body in mutants(payload):
            yield b"".join([*pieces[:number], write(body), *pieces[number + 1 :]])
