"""The streaming session: what it holds, when it refuses, that it ends."""

from __future__ import annotations

import pytest

from ringwall.errors import LimitExceeded
from ringwall.guardrails import ContentRefused, Held, Session, compile_guardrail, parse_config
from ringwall.guardrails.session import SessionOver
from ringwall.vocabulary import Limits
from tests.unit.guardrails.scorers import SCORERS, config

GUARDRAIL = compile_guardrail(parse_config(config(wordPolicyConfig={"wordsConfig": [{"text": "nightingale"}]})), SCORERS)


def test_feeding_holds_everything_and_releases_nothing() -> None:
    session = Session(GUARDRAIL, "INPUT", Limits())
    assert session.feed("night") == (Held(5),)
    assert session.feed("ingale") == (Held(11),)
    assert session.finish().outcome.action == "BLOCK"


def test_blocks_keep_their_qualifiers() -> None:
    session = Session(GUARDRAIL, "INPUT", Limits())
    session.begin()
    session.feed("nightingale")
    session.begin(["guard_content"])
    session.feed("clean")
    evaluation = session.finish()
    assert (evaluation.outcome.action, evaluation.guarded) == ("NONE", (1,))


def test_the_chunk_that_passes_the_limit_is_refused_and_ends_the_session() -> None:
    session = Session(GUARDRAIL, "INPUT", Limits(text_chars=10))
    session.feed("0123456789")
    with pytest.raises(LimitExceeded):
        session.feed("x")
    with pytest.raises(SessionOver):
        session.finish()


def test_too_many_blocks_are_refused() -> None:
    session = Session(GUARDRAIL, "INPUT", Limits(content_blocks=2))
    session.begin()
    session.begin()
    with pytest.raises(LimitExceeded):
        session.begin()


def test_a_finished_session_takes_no_more() -> None:
    session = Session(GUARDRAIL, "INPUT", Limits())
    session.feed("text")
    session.finish()
    for again in (lambda: session.feed("more"), session.finish, session.begin):
        with pytest.raises(SessionOver):
            again()


def test_a_session_that_was_never_fed_is_refused() -> None:
    with pytest.raises(ContentRefused):
        Session(GUARDRAIL, "INPUT", Limits()).finish()
