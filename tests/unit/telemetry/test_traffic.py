"""The last hour of an account: complete, its own, and in fixed memory."""

from __future__ import annotations

import msgspec
import pytest

from ringwall.telemetry import RuleSeen
from ringwall.telemetry import traffic as module
from ringwall.telemetry.traffic import LATEST, NAMES, OTHER, RULES, Traffic
from tests.unit.telemetry.samples import ACCOUNT, GUARDRAIL, asked, judged, notes, observed

NOW = 1_000_000.0


def test_a_request_is_seen_from_every_side() -> None:
    traffic = Traffic()
    masked = judged("ANONYMIZE", (("pii/EMAIL", "ANONYMIZE"), ("regex/ticket", "NONE")))
    traffic.observe(observed(judged=(masked, judged("NONE", (), source="OUTPUT")), notes=asked()))
    traffic.observe(observed(judged=(judged(),), notes=notes(model="gpt-4o-mini", guardrail_s=0.001)))
    traffic.observe(observed(status=403, code="access-denied"))
    report = traffic.report(ACCOUNT, NOW)
    assert (report.requests, report.minutes[0].requests, report.minutes[0].intervened) == (3, 3, 2)
    assert report.answer.count == 2  # what was refused before a model or a guardrail was asked says nothing of them
    assert report.answer.p50 == pytest.approx(100, rel=0.1)
    assert (report.first_token.count, report.first_token.p50) == (1, pytest.approx(30, rel=0.1))
    assert (report.guardrail.count, report.guardrail.p99) == (2, pytest.approx(2, rel=0.1))
    assert {(each.name, each.seen, each.masked, each.blocked) for each in report.policies} == {
        ("sensitiveInformationPolicy", 1, 1, 0),
        ("contentPolicy", 1, 0, 1),
    }
    assert {(each.name, each.masked, each.blocked) for each in report.rules} == {
        ("pii/EMAIL", 1, 0),
        ("regex/ticket", 0, 0),
        ("content/PROMPT_ATTACK", 0, 1),
    }
    assert [(each.name, each.seen) for each in report.guardrails] == [(f"{GUARDRAIL}:1", 3)]
    assert [(each.model, each.requests, each.input_tokens, each.output_tokens) for each in report.models] == [("gpt-4o-mini", 2, 12, 7)]
    newest = report.latest[0]
    assert (newest.number, newest.code, newest.action, newest.rules, newest.digests) == (3, "access-denied", "", (), ())
    assert (report.latest[2].rules, report.latest[2].first_token_milliseconds) == (("pii/EMAIL", "regex/ticket"), pytest.approx(30))


def test_a_rule_that_failed_counts_as_a_block() -> None:
    traffic = Traffic()
    run = msgspec.structs.replace(judged(), rules=(RuleSeen("topic/x", "NONE", failed=True),))
    traffic.observe(observed(judged=(run,)))
    report = traffic.report(ACCOUNT, NOW)
    assert [(each.name, each.blocked) for each in report.policies + report.rules] == [("topicPolicy", 1), ("topic/x", 1)]


@pytest.mark.parametrize(
    "left_out",
    [{"account_id": ""}, {"watched": False}, {"face": "console"}, {"face": "cli"}],
    ids=["an unknown caller", "reads that repeat", "the console", "the command line without a server"],
)
def test_what_is_no_ones_traffic_is_left_out(left_out: dict[str, object]) -> None:
    traffic = Traffic()
    traffic.observe(observed(**left_out))
    assert traffic.report(ACCOUNT, NOW).requests == 0


def test_an_account_sees_itself_only() -> None:
    traffic = Traffic()
    traffic.observe(observed(account_id="222222222222", judged=(judged(),)))
    assert traffic.report(ACCOUNT, NOW) == Traffic().report(ACCOUNT, NOW)


def test_what_is_older_than_an_hour_is_gone() -> None:
    traffic = Traffic()
    traffic.observe(observed(judged=(judged(),)))
    assert traffic.report(ACCOUNT, NOW + 3500).requests == 1
    later = traffic.report(ACCOUNT, NOW + 3700)
    assert (later.requests, later.rules, later.answer.count, len(later.latest)) == (0, (), 0, 1)
    for minute in range(200):
        traffic.observe(observed(at=NOW + 60 * minute, judged=(judged(),)))
    assert len(traffic._accounts[ACCOUNT].minutes) <= module.MINUTES
    assert len(traffic._accounts[ACCOUNT].slices) <= module.SLICES


def test_only_what_is_new_is_told_again() -> None:
    traffic = Traffic()
    for _ in range(5):
        traffic.observe(observed())
    assert [each.number for each in traffic.report(ACCOUNT, NOW, after=3).latest] == [5, 4]
    assert [each.number for each in traffic.report(ACCOUNT, NOW, after=3, latest=1).latest] == [5]
    assert len(traffic.report(ACCOUNT, NOW, after=99).latest) == 5  # that number is from before a restart


def test_memory_does_not_grow_with_names_requests_or_accounts() -> None:
    traffic = Traffic()
    for number in range(500):
        run = judged("BLOCK", ((f"regex/r{number}", "BLOCK"),), guardrail=f"arn:aws:bedrock:us-east-1:{ACCOUNT}:guardrail/g{number}")
        traffic.observe(observed(judged=(run,), notes=notes(model=f"model-{number}")))
    (slice_,) = traffic._accounts[ACCOUNT].slices.values()
    assert (len(slice_.rules), len(slice_.guardrails), len(slice_.models)) == (RULES + 1, NAMES + 1, NAMES + 1)
    assert slice_.rules[OTHER][0] == 500 - RULES
    assert len(traffic.report(ACCOUNT, NOW).latest) == LATEST
    for number in range(module.ACCOUNTS + 20):
        traffic.observe(observed(account_id=f"{number:012d}"))
    assert len(traffic._accounts) == module.ACCOUNTS
    assert traffic.report(ACCOUNT, NOW).requests == 0  # the one that was quiet longest made room
