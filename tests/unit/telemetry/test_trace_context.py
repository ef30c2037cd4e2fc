"""W3C trace context: well-formed headers are gone on with, everything else begins a trace of its own."""

from __future__ import annotations

from random import Random

import pytest

from ringwall.telemetry.trace_context import TraceContext, trace_context

TRACE, SPAN = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
WELL = f"00-{TRACE}-{SPAN}-01"


def read(parents: list[str], states: list[str] = [], ratio: float = 1.0) -> TraceContext:  # noqa: B006 - never changed
    return trace_context(parents, states, ratio=ratio, draw=Random(7).getrandbits)


def test_a_well_formed_parent_is_gone_on_with() -> None:
    found = read([WELL])
    assert (f"{found.trace_id:032x}", f"{found.parent_id:016x}", found.sampled) == (TRACE, SPAN, True)
    assert found.server_id not in {0, found.client_id, found.parent_id}
    assert found.outbound() == (("traceparent", f"00-{TRACE}-{found.client_id:016x}-01"),)


def test_the_caller_decides_whether_its_trace_is_kept() -> None:
    assert not read([f"00-{TRACE}-{SPAN}-00"], ratio=1.0).sampled
    assert read([f"00-{TRACE}-{SPAN}-03"], ratio=0.0).sampled  # other flags are not ours to judge
    assert read([f"00-{TRACE}-{SPAN}-00"]).outbound()[0][1].endswith("-00")


def test_a_later_version_may_have_more() -> None:
    assert f"{read([f'cc-{TRACE}-{SPAN}-01-what-the-future-brings']).trace_id:032x}" == TRACE


@pytest.mark.parametrize(
    "parents",
    {
        "none": [],
        "empty": [""],
        "two": [WELL, WELL],
        "short": [WELL[:-1]],
        "upper case": [WELL.upper()],
        "version ff": [f"ff-{TRACE}-{SPAN}-01"],
        "version 00 with more": [f"{WELL}-more"],
        "zero trace": [f"00-{'0' * 32}-{SPAN}-01"],
        "zero span": [f"00-{TRACE}-{'0' * 16}-01"],
        "not hexadecimal": [f"00-{TRACE[:-1]}g-{SPAN}-01"],
        "digits of another script": [f"00-{TRACE[:-1]}\u0663-{SPAN}-01"],
        "a line end": [WELL + "\n"],
        "spaces": [f" {WELL}"],
    }.items(),
    ids=lambda case: case[0],
)
def test_what_is_not_well_formed_begins_a_trace(parents: tuple[str, list[str]]) -> None:
    found = read(parents[1], ["vendor=1"])
    assert found.parent_id == 0
    assert f"{found.trace_id:032x}" != TRACE
    assert found.trace_id
    assert found.state == ""  # a state without its parent says nothing


@pytest.mark.parametrize(
    ("states", "kept"),
    [
        (["rojo=00f067aa0ba902b7,congo=t61rcWkgMzE"], "rojo=00f067aa0ba902b7,congo=t61rcWkgMzE"),
        (["a=1", " b=2 ,, c=3"], "a=1,b=2,c=3"),
        (["tenant@vendor=x"], "tenant@vendor=x"),
        (["a=1,a=2"], ""),
        (["a"], ""),
        (["A=1"], ""),
        (["a=\x7f"], ""),
        (["a=b=c"], ""),
        ([",".join(f"k{number}=1" for number in range(33))], ""),
        (["a=" + "x" * 256 + ",b=" + "x" * 256], ""),
        (["a=1\r\nx-evil: 1"], ""),
    ],
)
def test_the_state_is_passed_on_whole_or_not_at_all(states: list[str], kept: str) -> None:
    found = read([WELL], states)
    assert found.state == kept
    assert dict(found.outbound()).get("tracestate", "") == kept


def test_of_the_traces_that_begin_here_as_many_are_kept_as_are_wanted() -> None:
    draw = Random(11).getrandbits
    kept = sum(trace_context([], [], ratio=0.25, draw=draw).sampled for _ in range(4000))
    assert 900 < kept < 1100
    assert not any(trace_context([], [], ratio=0.0, draw=draw).sampled for _ in range(200))
    assert all(trace_context([], [], ratio=1.0, draw=draw).sampled for _ in range(200))
