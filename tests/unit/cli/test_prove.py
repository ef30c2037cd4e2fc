"""`ringwall prove`: exit codes, both forms of the report, and counterexamples that can be pasted."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from ringwall.api.native.demo import demo_guardrail
from ringwall.cli import main
from ringwall.cli.commands.prove import _configuration
from ringwall.errors import InvalidRequest
from ringwall.guardrails import parse_config


def write(path: Path, value: Any) -> str:
    path.write_text(json.dumps(value))
    return str(path)


def prove(tmp_path: Path, *arguments: str) -> int:
    return main(["prove", *arguments, "--data-dir", str(tmp_path / "var")])


@pytest.fixture
def old(tmp_path: Path) -> str:
    return write(tmp_path / "old.json", demo_guardrail())


@pytest.fixture
def weaker(tmp_path: Path) -> str:
    document = demo_guardrail()
    document["sensitiveInformationPolicyConfig"]["piiEntitiesConfig"].pop(0)
    return write(tmp_path / "weaker.json", document)


def test_an_upgrade_that_loses_nothing_is_proved(tmp_path: Path, old: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert prove(tmp_path, "upgrade", old, old) == 0
    assert capsys.readouterr().out.startswith("PROVED in ")


def test_an_upgrade_that_loses_something_is_refuted_with_a_text(
    tmp_path: Path, old: str, weaker: str, capsys: pytest.CaptureFixture[str]
) -> None:
    whole = tmp_path / "report.md"
    assert prove(tmp_path, "upgrade", old, weaker, "--json", "--markdown", str(whole)) == 1
    raw = capsys.readouterr().out
    shown = json.loads(raw)
    (proof,) = shown["proofs"]
    assert (shown["outcome"], proof["kind"]) == ("refuted", "upgrade")
    lost = [claim for claim in proof["report"]["claims"] if claim["outcome"] == "refuted"]
    assert {claim["witness"]["text"] for claim in lost} == {"mail maria.gonzalez@example.com now"}
    assert "mail maria.gonzalez@example.com now" in whole.read_text()
    report = raw[raw.index('"report":') + len('"report":') :].removesuffix("}]}\n")
    assert hashlib.sha256(report.encode()).hexdigest() == proof["digest"]


def test_what_is_not_known_has_an_exit_code_of_its_own(tmp_path: Path, old: str, capsys: pytest.CaptureFixture[str]) -> None:
    document = demo_guardrail()
    document["topicPolicyConfig"]["topicsConfig"][0]["definition"] = "Telling people what to buy."
    assert prove(tmp_path, "upgrade", old, write(tmp_path / "new.json", document)) == 3
    assert "UNKNOWN (not a proof)" in capsys.readouterr().out


ALLOW_ALL = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "bedrock:*", "Resource": "*"}]}
WITH_MFA = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Action": "bedrock:*", "Resource": "*", "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}},
    ],
}
QUESTIONS = {
    "never": (ALLOW_ALL, ["--can", "iam:*", "*"], 0),
    "sometimes": (ALLOW_ALL, ["--can", "bedrock:InvokeModel", "*"], 1),
    "without the condition": (ALLOW_ALL, ["--requires", "aws:MultiFactorAuthPresent=true", "bedrock:InvokeModel"], 1),
    "only with the condition": (WITH_MFA, ["--requires", "aws:MultiFactorAuthPresent=true", "bedrock:InvokeModel"], 0),
    "no dead statement": (ALLOW_ALL, ["--dead"], 0),
    "a dead statement, asked for by default": ({**ALLOW_ALL, "Statement": ALLOW_ALL["Statement"] * 2}, [], 1),
    "the worst of two answers": (ALLOW_ALL, ["--can", "iam:*", "*", "--can", "bedrock:*", "*"], 1),
}  # fmt: skip


@pytest.mark.parametrize(("document", "question", "code"), QUESTIONS.values(), ids=QUESTIONS.keys())
def test_policies_are_asked(tmp_path: Path, document: Any, question: list[str], code: int, capsys: pytest.CaptureFixture[str]) -> None:
    assert prove(tmp_path, "policy", write(tmp_path / "policy.json", document), *question) == code
    assert capsys.readouterr().out.startswith("PROVED" if code == 0 else "REFUTED")


def test_a_narrower_policy_allows_no_more_and_a_wider_one_does(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    wide, narrow = write(tmp_path / "wide.json", ALLOW_ALL), write(tmp_path / "narrow.json", WITH_MFA)
    assert prove(tmp_path, "policy", narrow, "--no-more-permissive", wide) == 0
    assert prove(tmp_path, "policy", wide, "--no-more-permissive", narrow) == 1
    assert "counterexample, replayed" in capsys.readouterr().out


def test_encodings_are_proved_for_a_guardrail_and_what_only_reports_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    document = demo_guardrail()
    document["wordPolicyConfig"]["wordsConfig"].append({"text": "project owlet", "inputAction": "NONE"})
    guardrail = write(tmp_path / "g.json", document)
    assert prove(tmp_path, "bypass", "--guardrail", guardrail, "--encodings", "hex", "--depth", "1") == 0
    shown = capsys.readouterr().out
    assert shown.startswith("PROVED")
    assert "1 listed words only report" in shown
    assert "Premises" in shown


def test_streaming_is_proved_for_a_guardrail(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    guardrail = write(tmp_path / "g.json", demo_guardrail())
    report = tmp_path / "report.md"
    assert prove(tmp_path, "streaming", "--guardrail", guardrail, "--markdown", str(report)) == 0
    assert capsys.readouterr().out.startswith("PROVED")
    assert "stream-chunks" in report.read_text("utf-8")


@pytest.mark.parametrize(
    "arguments",
    [
        ["bypass", "--encodings", "rot99"],
        ["upgrade", "absent.json", "absent.json"],
        ["policy", "absent.json"],
        ["policy", "POLICY", "--requires", "no-equals-sign", "s3:GetObject"],
        ["policy", "POLICY", "--can", "not an action", "*"],
        ["policy", "POLICY", "--markdown", "/absent/folder/report.md"],
    ],
    ids=" ".join,
)
def test_what_cannot_be_done_is_a_failure_and_no_proof(tmp_path: Path, arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    policy = write(tmp_path / "policy.json", ALLOW_ALL)
    assert prove(tmp_path, *(policy if argument == "POLICY" else argument for argument in arguments)) == 3
    assert capsys.readouterr().err.startswith("ringwall: ")


@pytest.mark.parametrize("arguments", [["bypass", "--depth", "3"], ["upgrade", "one"], ["policy"], []])
def test_usage_is_two(tmp_path: Path, arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as refused:
        prove(tmp_path, *arguments)
    assert refused.value.code == 2


def test_a_stored_guardrail_reads_as_its_configuration() -> None:
    shown = {
        "name": "g",
        "guardrailId": "abc",
        "status": "READY",
        "blockedInputMessaging": "no",
        "blockedOutputsMessaging": "no",
        "wordPolicy": {"words": [{"text": "owlet", "inputAction": "BLOCK"}], "managedWordLists": [{"type": "PROFANITY"}]},
        "contentPolicy": {"filters": [{"type": "HATE", "inputStrength": "LOW", "outputStrength": "LOW"}], "tier": {"tierName": "CLASSIC"}},
    }
    config = parse_config(_configuration(shown))
    assert (config.words[0].text, config.managed_words[0].type, config.content_filters[0].type) == ("owlet", "PROFANITY", "HATE")
    with pytest.raises(InvalidRequest):
        parse_config(_configuration({**shown, "wordPolicy": {}}))
