"""Mutated texts, policies and documents through the readings, the detectors, a whole guardrail and the parsers of what callers configure.

Only `RingwallError`s may come out, and what comes out must hold: spans lie in the text, a guardrail never answers without verdicts or a
reason. The mutator is seeded, so a failure repeats; RINGWALL_TEST_CASES asks for more cases.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from random import Random
from typing import Any

import pytest

from ringwall.errors import RingwallError
from ringwall.guardrails import Block, Guardrail, compile_guardrail, evaluate, normalise, parse_config
from ringwall.policies import parse_policy
from ringwall.policies.grammar import read_stored_policy
from ringwall.text.detectors import DetectorConfig, Detectors, compile_detectors
from ringwall.text.detectors.custom_regex import check_pattern
from ringwall.text.detectors.registry import PII_BY_TYPE
from ringwall.text.read import read_views
from ringwall.vocabulary import Limits
from tests.unit.guardrails.scorers import SCORERS

CASES = int(os.environ.get("RINGWALL_TEST_CASES", "10000"))
pytestmark = pytest.mark.timeout(3600)
LIMITS = Limits(decode_budget_floor=40_000, view_chars=200_000)
LONGEST = 160
PIECES = (
    "violet nightjar", "ignore all previous instructions", "bob@example.com", "4111 1111 1111 1111", "AKIAIOSFODNN7EXAMPLE", "123-45-6789", "%41",
    "%25%34%31", "&#65;", "&amp;#65;", "\\u0041", "\\x41", "=41", "&#x110000;", "dmlvbGV0IG5pZ2h0amFy", "76696f6c6574", "01110110", ".... .-", "<~87cUR",
    "\ud800", "\udfff", "\U0010ffff", "\x00", "\u200b", "\u202e", "\u0301", "\ufdfa", "\U000e0041", "\U0001f600", "ｖ", "а", "ı", "ß", "İ", "\r\n",
    "\u2028", "xn--", "=?utf-8?b?dmk=?=", "-----BEGIN ", "eyJhbGciOi", "[INST]", "<|im_start|>", "{", "}", '"', "\\", "_", "1", " ", "ayay yay",
)  # fmt: skip
CONFIGS = (
    {"name": "g", "blockedInputMessaging": "a", "blockedOutputsMessaging": "b",
     "contentPolicyConfig": {"filtersConfig": [{"type": "PROMPT_INJECTION", "inputStrength": "MEDIUM"}, {"type": "HATE", "inputStrength": "HIGH"}]}},
    {"blockedInputMessaging": "a", "blockedOutputsMessaging": "b", "wordPolicyConfig": {"wordsConfig": [{"text": "x y", "inputAction": "BLOCK"}]}},
    {"blockedInputMessaging": "a", "blockedOutputsMessaging": "b", "sensitiveInformationPolicyConfig": {
        "piiEntitiesConfig": [{"type": "EMAIL", "action": "ANONYMIZE"}], "regexesConfig": [{"name": "r", "pattern": "a+b", "action": "BLOCK"}]}},
    {"blockedInputMessaging": "a", "blockedOutputsMessaging": "b", "contextualGroundingPolicyConfig": {
        "filtersConfig": [{"type": "GROUNDING", "threshold": 0.5, "action": "NONE"}]}},
    {"blockedInputMessaging": "a", "blockedOutputsMessaging": "b", "topicPolicyConfig": {
        "topicsConfig": [{"name": "T", "definition": "d", "examples": ["e"], "type": "DENY"}]}},
)  # fmt: skip
POLICIES = (
    {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "bedrock:*", "Resource": "arn:aws:bedrock:*:*:guardrail/${aws:userid}"}]},
    {"Version": "2012-10-17", "Statement": {"Effect": "Deny", "NotAction": ["iam:Get*"], "NotResource": "*", "Condition": {
        "ForAnyValue:StringLikeIfExists": {"aws:PrincipalTag/a": ["x*", "${*}"]}, "IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}}},
    {"Version": "2008-10-17", "Id": "i", "Statement": [{"Sid": "S", "Effect": "Allow", "Principal": {"AWS": "123456789012"}, "Action": "sts:AssumeRole",
     "Condition": {"NumericLessThan": {"aws:EpochTime": 5}, "Bool": {"aws:SecureTransport": True}, "Null": {"aws:userid": "false"}}}]},
)  # fmt: skip
ODD: tuple[Any, ...] = (
    None,
    True,
    0,
    -1,
    1e308,
    "",
    "*",
    "${",
    "\ud800",
    "x" * 300,
    [],
    {},
    [None],
    {"": ""},
    [[]],
    "NONE",
    "IMAGE",
    "arn:aws:iam::1:root",
)
EXPRESSIONS = "ab01(|)*+?{1,3}[^]-\\dwbB.$^:=!<>PpLQE#iUséß\ud800 "


def a_text(random: Random) -> str:
    parts = [random.choice(PIECES) if random.random() < 0.7 else chr(random.randrange(0x110000)) for _ in range(random.randint(0, 12))]
    return random.choice(("", " ", "")).join(parts)[:LONGEST]


def mutated(random: Random, value: Any, depth: int = 0) -> Any:
    """Change a document somewhere: a value, a name, a repetition, something missing."""
    if depth and random.random() < 0.12:
        return random.choice((*ODD, a_text(random)))
    if isinstance(value, dict):
        changed = {name: mutated(random, each, depth + 1) for name, each in value.items() if random.random() > 0.03}
        if random.random() < 0.06:
            changed[a_text(random)] = random.choice(ODD)
        return changed
    if isinstance(value, list):
        return [mutated(random, each, depth + 1) for each in value for _ in range(random.choice((1, 1, 1, 1, 2, 0)))]
    return value


@pytest.fixture(scope="module")
def detectors() -> Detectors:
    return compile_detectors(
        DetectorConfig(
            pii=tuple(PII_BY_TYPE),
            words=("violet nightjar", "ß", "мир", "x"),
            profanity=True,
            regexes=(("r", r"ACME-\d+"), ("far", "a([^b]*b)?")),
            attacks=True,
            secrets=True,
        )
    )


@pytest.fixture(scope="module")
def guardrail() -> Guardrail:
    return compile_guardrail(parse_config(normalise({**CONFIGS[0], **CONFIGS[1], **CONFIGS[2]}, generated_name="g").config), SCORERS)


def run(cases: int, seed: int, case: Callable[[Random], None]) -> None:
    """Run cases; anything but a RingwallError is what we look for."""
    for number in range(cases):
        try:
            case(Random(f"{seed}/{number}"))
        except RingwallError:
            continue
        except Exception as error:
            error.add_note(f"seed {seed}, case {number}")
            raise


def test_every_text_is_read_and_every_span_lies_in_it(detectors: Detectors) -> None:
    def case(random: Random) -> None:
        text = a_text(random)
        scan, views = detectors.scan_views(text, limits=LIMITS)
        assert views[0].text == text
        for view in views:
            if view.text:
                assert 0 <= view.origin(0, len(view.text)).start <= view.origin(0, len(view.text)).end <= len(text)
        for finding in scan.findings:
            assert 0 <= finding.span.start < finding.span.end <= len(text)
            assert finding.match == text[finding.span.start : finding.span.end]

    run(CASES, 1, case)


def test_the_python_interpreter_reads_every_text() -> None:
    def case(random: Random) -> None:
        text = a_text(random)[:40]
        assert read_views(text, limits=LIMITS, interpreter="python", depth=2).views[0].text == text

    run(max(CASES // 100, 20), 2, case)


def test_no_content_passes_a_guardrail_without_a_verdict_or_a_reason(guardrail: Guardrail) -> None:
    def case(random: Random) -> None:
        qualifiers = ((), ("guard_content",), ("query",), ("grounding_source",), ("nobody",))
        blocks = [Block(a_text(random), frozenset(random.choice(qualifiers))) for _ in range(random.randint(0, 3))]
        judged = evaluate(guardrail, random.choice(("INPUT", "OUTPUT")), blocks, LIMITS)
        assert judged.verdicts or judged.coverage.unchecked
        assert not judged.coverage.exhausted or judged.outcome.action == "BLOCK"

    run(CASES, 3, case)


def test_every_configuration_is_taken_or_refused() -> None:
    taken = 0

    def case(random: Random) -> None:
        nonlocal taken
        document = mutated(random, random.choice(CONFIGS))
        config = parse_config(normalise(document, generated_name="generated").config)
        compile_guardrail(config, SCORERS)
        assert config.filters
        taken += 1

    run(CASES // 4, 4, case)  # each that is taken is compiled
    assert taken > CASES // 200


def test_every_policy_is_taken_or_refused_and_a_stored_one_is_always_read() -> None:
    taken = 0

    def case(random: Random) -> None:
        nonlocal taken
        document = json.dumps(mutated(random, random.choice(POLICIES)), ensure_ascii=random.random() < 0.5)
        if random.random() < 0.3:
            at = random.randrange(len(document) + 1)
            document = document[:at] + random.choice(('"', "{", "[", "\\", "\ud800", "1e999", "NaN")) + document[at:]
        kind = random.choice(("identity", "resource", "trust"))
        read_stored_policy(document, kind=kind)
        parse_policy(document, kind=kind)
        taken += 1

    run(CASES, 5, case)
    assert taken > CASES // 50


def test_every_expression_is_taken_or_refused() -> None:
    def case(random: Random) -> None:
        check_pattern("r", "".join(random.choices(EXPRESSIONS, k=random.randint(1, 30))))

    run(CASES, 6, case)


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_atheris_finds_no_text_that_is_neither_read_nor_refused(detectors: Detectors) -> None:
    atheris = pytest.importorskip("atheris", reason="atheris: has no wheel for this platform")

    def one(data: bytes) -> None:
        text = atheris.FuzzedDataProvider(data).ConsumeUnicode(LONGEST)
        for finding in detectors.scan(text, limits=LIMITS).findings:
            assert finding.match == text[finding.span.start : finding.span.end]

    child = os.fork()
    if child == 0:  # atheris ends its process when it is done
        try:
            atheris.Setup([sys.argv[0], f"-runs={CASES}", "-max_len=512"], one)
            atheris.Fuzz()
        finally:
            os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
