"""The circuit: when it opens, whom it lets through, and what closes it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ringwall.inference.upstreams.breaker import Breaker, BreakerRules, Ticket

RULES = BreakerRules(window_s=30, slices=10, least=4, rate=0.5, open_s=15)


def admitted(breaker: Breaker, now: float) -> Ticket:
    ticket = breaker.admit(now)
    assert ticket is not None
    return ticket


def opened(now: float = 0.0) -> Breaker:
    breaker = Breaker(RULES)
    for _ in range(4):
        breaker.failed(now, admitted(breaker, now))
    assert breaker.state(now) == "open"
    return breaker


def test_few_failures_do_not_open_it() -> None:
    breaker = Breaker(RULES)
    for _ in range(3):
        breaker.failed(0, admitted(breaker, 0))
    assert breaker.state(0) == "closed"


def test_failures_among_more_answers_do_not_open_it() -> None:
    breaker = Breaker(RULES)
    for at in range(100):
        ticket = admitted(breaker, at)
        breaker.failed(at, ticket) if at % 3 == 2 else breaker.succeeded(at, ticket)
    assert breaker.state(100) == "closed"


def test_failures_are_forgotten_when_the_window_has_passed() -> None:
    breaker = Breaker(RULES)
    for _ in range(3):
        breaker.failed(0, admitted(breaker, 0))
    breaker.failed(33, admitted(breaker, 33))
    assert breaker.state(33) == "closed"


def test_an_answer_that_breaks_off_is_one_call_and_one_failure() -> None:
    breaker = Breaker(RULES)
    for _ in range(4):
        ticket = admitted(breaker, 0)
        breaker.succeeded(0, ticket)
        breaker.failed(0, ticket)
    assert breaker.state(0) == "open"


def test_an_open_circuit_lets_nobody_through_and_says_for_how_long() -> None:
    breaker = opened()
    assert breaker.admit(5) is None
    assert breaker.retry_after_s(5) == 10


def test_one_request_is_let_through_after_the_pause_and_closes_it() -> None:
    breaker = opened()
    assert breaker.state(15) == "half-open"
    probe = admitted(breaker, 15)
    assert breaker.admit(15) is None
    breaker.succeeded(15, probe)
    assert breaker.state(15) == "closed"
    breaker.failed(16, admitted(breaker, 16))
    assert breaker.state(16) == "closed"


def test_the_request_let_through_fails_and_the_pause_begins_anew() -> None:
    breaker = opened()
    breaker.failed(20, admitted(breaker, 20))
    assert breaker.state(34) == "open"
    assert breaker.state(35) == "half-open"


def test_a_caller_who_leaves_makes_room_for_the_next() -> None:
    breaker = opened()
    breaker.left(admitted(breaker, 15))
    assert breaker.admit(15) is not None


def test_requests_that_were_under_way_when_it_opened_say_nothing() -> None:
    breaker = Breaker(RULES)
    late = [admitted(breaker, 0) for _ in range(3)]
    for _ in range(4):
        breaker.failed(0, admitted(breaker, 0))
    breaker.succeeded(1, late[0])
    assert breaker.state(1) == "open"
    probe = admitted(breaker, 15)
    breaker.failed(16, late[1])
    breaker.left(late[2])
    assert breaker.admit(16) is None
    breaker.succeeded(17, probe)
    assert breaker.state(17) == "closed"


@given(st.lists(st.tuples(st.floats(0, 20), st.sampled_from(["succeeded", "failed", "left"])), max_size=300))
def test_its_memory_is_bounded_and_it_never_stays_shut(steps: list[tuple[float, str]]) -> None:
    """Whatever happens, few slices are kept, and after the pause somebody is let through."""
    breaker = Breaker(RULES)
    now = 0.0
    for passed, outcome in steps:
        now += passed
        ticket = breaker.admit(now)
        if ticket is None:
            assert 0 < breaker.retry_after_s(now) <= RULES.open_s
        elif outcome == "left":
            breaker.left(ticket)
        else:
            getattr(breaker, outcome)(now, ticket)
        assert len(breaker._slices) <= RULES.slices + 1
    assert breaker.admit(now + RULES.open_s) is not None
