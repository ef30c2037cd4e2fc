"""Metrics: bounded, without a text, under OpenTelemetry's names, and as Prometheus reads them."""

from __future__ import annotations

import math
from collections.abc import Iterator

import pytest
from opentelemetry.semconv._incubating.attributes import gen_ai_attributes
from opentelemetry.semconv._incubating.metrics import gen_ai_metrics
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics
from prometheus_client.parser import text_string_to_metric_families as parse_text
from prometheus_client.samples import Sample

from ringwall.errors import DependencyError
from ringwall.inference.limits import errors as limit_errors
from ringwall.inference.upstreams import errors as upstream_errors
from ringwall.telemetry import instruments as are
from ringwall.telemetry.instruments import OTHER, SERIES, Reading, Store
from ringwall.telemetry.meters import LIMIT_CODES, UPSTREAM_CODES, Meters
from ringwall.telemetry.observed import CODE, CODE_POLICY, OTHER_POLICY, POLICIES, strongest_by_policy
from ringwall.telemetry.prometheus import prometheus_page
from ringwall.wire.dialects import errors as dialect_errors
from tests.unit.telemetry.samples import ACCOUNT, asked, judged, notes, observed

OPENMETRICS = "application/openmetrics-text; version=1.0.0"


def seen(store: Store, *, accept: str = "", readings: tuple[Reading, ...] = ()) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    """Return every sample, by its name and labels, as Prometheus's own parser reads the page."""
    page = prometheus_page(store, readings, version="1.2.3", accept=accept)
    parse = parse_openmetrics if "openmetrics" in page.content_type else parse_text
    return {(sample.name, tuple(sorted(sample.labels.items()))): sample.value for sample in _samples(parse(page.body.decode()))}


def _samples(families: Iterator[object]) -> Iterator[Sample]:
    for family in families:
        yield from family.samples


def counted(*many: object, accounts: bool = False) -> Store:
    meters = Meters(accounts=accounts)
    for each in many:
        meters.observe(each)
    return meters.store


MODEL = (("gen_ai_operation_name", "chat"), ("gen_ai_provider_name", "openai"), ("gen_ai_request_model", "gpt-4o-*"))


@pytest.mark.parametrize("accept", ["", "text/plain;version=0.0.4", OPENMETRICS])
def test_prometheus_reads_what_was_counted(accept: str) -> None:
    masked = judged("ANONYMIZE", (("pii/EMAIL", "ANONYMIZE"), ("regex/ticket", "ANONYMIZE"), ("regex/other", "ANONYMIZE")))
    store = counted(
        observed(judged=(masked, judged("NONE", (), source="OUTPUT")), notes=asked(attempts=3)),
        observed(judged=(judged(),), seconds=0.004, notes=notes(guardrail_s=0.0006)),
        observed(status=429, code="limit-reached", limit_kind="tokens", seconds=0.001),
        observed(status=504, code="upstream-timeout", seconds=0.3, notes=asked(first_token=0.0, upstream_ended=100.3, tokens_out=0)),
        observed(status=403, code="access-denied", account_id="", operation="Unrouted", face="aws"),
    )
    found = seen(store, accept=accept, readings=(Reading(are.UNSEALED, (), 17), Reading(are.CIRCUITS, ("open",), 2)))
    chat = (("face", "chat"), ("operation", "ChatCompletions"))
    expected = {
        ("ringwall_build_info", (("version", "1.2.3"),)): 1,
        ("ringwall_requests_total", (*chat, ("status", "2xx"))): 2,
        ("ringwall_requests_total", (*chat, ("status", "4xx"))): 1,
        ("ringwall_requests_total", (("face", "aws"), ("operation", "Unrouted"), ("status", "4xx"))): 1,
        ("ringwall_errors_total", (("code", "limit-reached"),)): 1,
        ("ringwall_limit_refusals_total", (("kind", "tokens"),)): 1,
        ("ringwall_guardrail_runs_total", (("action", "ANONYMIZE"), ("source", "INPUT"))): 1,
        ("ringwall_guardrail_runs_total", (("action", "NONE"), ("source", "OUTPUT"))): 1,
        (
            "ringwall_guardrail_policy_actions_total",
            (("action", "ANONYMIZE"), ("policy", "sensitiveInformationPolicy"), ("source", "INPUT")),
        ): 1,
        ("ringwall_guardrail_policy_actions_total", (("action", "BLOCK"), ("policy", "contentPolicy"), ("source", "INPUT"))): 1,
        ("ringwall_guardrail_rule_hits_total", (("action", "ANONYMIZE"), ("rule", "pii/EMAIL"))): 1,
        ("ringwall_guardrail_rule_hits_total", (("action", "ANONYMIZE"), ("rule", "regex/own"))): 1,
        ("ringwall_guardrail_duration_seconds_count", (("face", "chat"),)): 2,
        ("ringwall_guardrail_duration_seconds_bucket", (("face", "chat"), ("le", "0.001"))): 1,
        ("ringwall_request_duration_seconds_bucket", (("face", "chat"), ("le", "0.005"), ("operation", "ChatCompletions"))): 2,
        ("ringwall_request_duration_seconds_bucket", (("face", "chat"), ("le", "+Inf"), ("operation", "ChatCompletions"))): 4,
        ("gen_ai_server_time_to_first_token_seconds_count", MODEL): 1,
        ("gen_ai_client_operation_duration_seconds_count", (("error_type", ""), *MODEL)): 1,
        ("gen_ai_client_operation_duration_seconds_count", (("error_type", "upstream-timeout"), *MODEL)): 1,
        ("gen_ai_client_token_usage_sum", (*MODEL, ("gen_ai_token_type", "input"))): 24,
        ("gen_ai_client_token_usage_sum", (*MODEL, ("gen_ai_token_type", "output"))): 7,
        ("ringwall_upstream_errors_total", (("code", "upstream-timeout"), ("model", "gpt-4o-*"))): 1,
        ("ringwall_upstream_retries_total", (("model", "gpt-4o-*"),)): 2,
        ("ringwall_ledger_unsealed", ()): 17,
        ("ringwall_upstream_circuits", (("state", "open"),)): 2,
    }
    assert {name: found.get(name) for name in expected} == expected
    assert found["gen_ai_client_operation_duration_seconds_sum", (("error_type", ""), *MODEL)] == pytest.approx(0.08)
    assert not any(ACCOUNT in str(key) for key in found)
    assert ("process_resident_memory_bytes", ()) in found


def test_accounts_are_told_where_the_setting_says_so() -> None:
    found = seen(counted(observed(), observed(status=500, code="bug"), observed(account_id=""), accounts=True))
    assert found["ringwall_account_requests_total", (("account", ACCOUNT), ("status", "2xx"))] == 1
    assert found["ringwall_account_requests_total", (("account", ACCOUNT), ("status", "5xx"))] == 1


def test_a_question_that_was_blocked_asked_no_model() -> None:
    store = counted(observed(judged=(judged(),), notes=asked(upstream_began=0.0, upstream_ended=0.0)))
    names = {name for name, _ in seen(store)}
    assert "gen_ai_server_request_duration_seconds_count" in names
    assert not names & {"gen_ai_client_operation_duration_seconds_count", "gen_ai_server_time_to_first_token_seconds_count"}


def test_no_caller_can_grow_the_memory() -> None:
    store = counted(*(observed(operation=f"Operation{number}") for number in range(SERIES + 50)))
    series = dict(store.counters())[are.REQUESTS]
    assert len(series) == SERIES + 1
    assert series[OTHER, OTHER, OTHER] == 50
    histograms = dict(store.histograms())[are.DURATION]
    assert len(histograms) == SERIES + 1
    assert sum(histograms[OTHER, OTHER].counts) == 50


def test_a_value_on_a_bound_belongs_below_it() -> None:
    store = Store()
    for value in (0.001, 0.0011, 1e9):
        store.record(are.DURATION, ("chat", "x"), value)
    (found,) = dict(store.histograms())[are.DURATION].values()
    assert (found.counts[0], found.counts[1], found.counts[-1], found.least, found.most) == (1, 1, 1, 0.001, 1e9)


def test_the_conventions_names_are_theirs() -> None:
    """Source: opentelemetry-semantic-conventions, an independent list of the names."""
    metrics = {value for name, value in vars(gen_ai_metrics).items() if name.startswith("GEN_AI_")}
    attributes = {value for name, value in vars(gen_ai_attributes).items() if name.startswith("GEN_AI_")}
    ours = [each for each in are.INSTRUMENTS if each.name.startswith("gen_ai.")]
    assert {each.name for each in ours} <= metrics
    assert {label for each in ours for label in each.labels if label.startswith("gen_ai.")} <= attributes
    assert all(each.name.startswith(("gen_ai.", "ringwall.")) for each in are.INSTRUMENTS)
    assert len({each.name for each in are.INSTRUMENTS}) == len(are.INSTRUMENTS)
    for each in are.INSTRUMENTS:
        assert list(each.bounds) == sorted(set(each.bounds))
        assert not each.bounds or math.isfinite(each.bounds[-1])


def test_every_upstream_error_is_counted_as_one() -> None:
    classes = [*vars(upstream_errors).values(), *vars(dialect_errors).values()]
    failures = {
        each.code for each in classes if isinstance(each, type) and issubclass(each, DependencyError) and each is not DependencyError
    }
    assert failures <= UPSTREAM_CODES
    assert {limit_errors.LimitReached.code, limit_errors.AskTooLarge.code} == LIMIT_CODES


def test_what_judges_code_is_one_policy() -> None:
    run = judged("BLOCK", (("bandit/B605", "BLOCK"), ("code/unread", "BLOCK")), guardrail=CODE, source="OUTPUT")
    assert strongest_by_policy(run) == {CODE_POLICY: "BLOCK"}
    assert strongest_by_policy(judged("BLOCK", (("new/kind", "BLOCK"),))) == {OTHER_POLICY: "BLOCK"}


def test_every_rule_has_its_policy() -> None:
    from ringwall.guardrails.assessment import _RENDERERS

    assert {kind: policy for kind, (policy, _, _) in _RENDERERS.items()} == POLICIES


def test_a_copy_stands_still_while_the_store_goes_on() -> None:
    meters = Meters(accounts=False)
    meters.observe(observed())
    copy = meters.store.copy()
    before = seen(copy)
    meters.observe(observed(operation="Other"))
    meters.observe(observed(seconds=3.0))
    after = seen(copy)
    assert {key: value for key, value in after.items() if not key[0].startswith("process_")} == {
        key: value for key, value in before.items() if not key[0].startswith("process_")
    }
    assert seen(meters.store)["ringwall_requests_total", (("face", "chat"), ("operation", "Other"), ("status", "2xx"))] == 1
