"""A request as spans: who stands below whom, when, under which names, and nothing that could be a text."""

from __future__ import annotations

from random import Random
from typing import Any

import msgspec
from opentelemetry.semconv._incubating.attributes import gen_ai_attributes

from ringwall.telemetry.spans import SpanData, spans_of
from ringwall.telemetry.trace_context import trace_context
from tests.unit.telemetry.samples import ACCOUNT, GUARDRAIL, asked, judged, observed

PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
TRACE = trace_context([PARENT], [], ratio=1, draw=Random(3).getrandbits)


def spans(*, accounts: bool = False, **members: Any) -> list[SpanData]:
    return list(spans_of(observed(**members), TRACE, Random(5).getrandbits, accounts=accounts))


def test_an_answered_question_is_a_tree_of_spans() -> None:
    whole, judged_question, judged_answer, question = spans(
        judged=(judged("ANONYMIZE", (("pii/EMAIL", "ANONYMIZE"),)), judged("NONE", (), source="OUTPUT")), notes=asked()
    )
    assert (whole.name, whole.kind, whole.span_id, whole.parent_id) == ("ChatCompletions", "server", TRACE.server_id, 0xB7AD6B7169203331)
    assert (whole.begins_ns, whole.ends_ns - whole.begins_ns) == (10**15, 10**8)
    assert (question.name, question.kind, question.span_id, question.parent_id) == (
        "chat gpt-4o-mini",
        "client",
        TRACE.client_id,
        TRACE.server_id,
    )
    assert (round((question.begins_ns - whole.begins_ns) / 1e6), round((question.ends_ns - whole.begins_ns) / 1e6)) == (20, 100)
    assert {judged_question.parent_id, judged_answer.parent_id} == {TRACE.server_id}
    assert len({each.span_id for each in (whole, question, judged_question, judged_answer)}) == 4
    assert judged_question.attributes == {
        "ringwall.guardrail.id": GUARDRAIL,
        "ringwall.guardrail.version": "1",
        "ringwall.guardrail.source": "INPUT",
        "ringwall.guardrail.action": "ANONYMIZE",
        "ringwall.guardrail.rules": ["pii/EMAIL"],
        "ringwall.guardrail.characters": 40,
    }
    assert question.attributes == {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "openai",
        "gen_ai.request.model": "gpt-4o-mini",
        "gen_ai.request.stream": True,
        "gen_ai.response.finish_reasons": ["end_turn"],
        "gen_ai.usage.input_tokens": 12,
        "gen_ai.usage.output_tokens": 7,
        "ringwall.usage.estimated": False,
        "ringwall.upstream.attempts": 1,
    }
    known = {value for name, value in vars(gen_ai_attributes).items() if name.startswith("GEN_AI_")}
    assert {name for name in question.attributes if name.startswith("gen_ai.")} <= known


def test_a_blocked_question_has_no_client_span_and_is_no_error() -> None:
    whole, run = spans(judged=(judged(),), notes=asked(upstream_began=0.0))
    assert (whole.error, whole.attributes["ringwall.guardrail.action"], run.kind) == ("", "BLOCK", "internal")


def test_a_refusal_is_named_and_only_failures_are_errors() -> None:
    (refused,) = spans(status=403, code="access-denied")
    assert (refused.error, refused.attributes["error.type"], refused.attributes["http.response.status_code"]) == ("", "access-denied", 403)
    failed, question = spans(status=504, code="upstream-timeout", notes=asked())
    assert (failed.error, question.error, question.attributes["error.type"]) == ("upstream-timeout",) * 3
    broken, _ = spans(status=200, code="upstream-broke-off", notes=asked(ended="upstream-broke-off"))
    assert broken.error == "upstream-broke-off"


def test_accounts_are_told_where_the_setting_says_so() -> None:
    assert ACCOUNT not in str(msgspec.to_builtins(spans()))
    assert spans(accounts=True)[0].attributes["ringwall.account"] == ACCOUNT


def test_a_method_that_nobody_knows_is_not_repeated() -> None:
    """Source: OpenTelemetry semantic conventions, `http.request.method`: `_OTHER`."""
    assert spans(method="X" * 500)[0].attributes["http.request.method"] == "_OTHER"
