"""Secrets by issuer: what is found, and what only has the shape of a sentence about one. The values are made up."""

from __future__ import annotations

import pytest

from ringwall.text.detectors import DetectorConfig, compile_detectors
from ringwall.text.detectors.registry import SECRETS

DETECTORS = compile_detectors(DetectorConfig(secrets=True))

A = "aB3dE5gH7jK9mN1pQ2rS4tU6vW8xY0zAbCdEfGh"
KEY_BLOCK = "-----BEGIN RSA PRIVATE KEY-----\nMIIEpAIBAAKCAQEA7\n-----END RSA PRIVATE KEY-----"

FOUND = {
    "ANTHROPIC_KEY": [f"sk-ant-api03-{A}"],
    "AWS_KEY_ID": ["AKIAIOSFODNN7EXAMPLE", "ASIAIOSFODNN7EXAMPLE"],
    "AZURE_KEY": [f"AccountKey={A}{A[:9]}=="],
    "CONNECTION_STRING": ["postgres://app:s3cr3tpw@db.example.net:5432/main", "Server=db;Database=x;User Id=sa;Password=s3cr3tpw;"],
    "GITHUB_TOKEN": ["ghp_" + A[:36], "github_pat_" + A + A],
    "GITLAB_TOKEN": ["glpat-" + A[:20]],
    "GOOGLE_KEY": ["AIza" + A[:35]],
    "HUGGINGFACE_TOKEN": ["hf_" + A[:34]],
    "JSON_WEB_TOKEN": ["eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N"],
    "MAIL_SERVICE_KEY": ["SG." + A[:22] + "." + (A + A)[:43]],
    "OPENAI_KEY": ["sk-proj-" + A, "sk-" + A + A[:9]],
    "PRIVATE_KEY": [KEY_BLOCK, "-----BEGIN PRIVATE KEY-----", "-----BEGIN OPENSSH PRIVATE KEY-----"],
    "REGISTRY_TOKEN": ["npm_" + A[:36]],
    "SECRET_ASSIGNMENT": ['api_key = "Zk83jQp0Lx92mVbT"', "Authorization: Bearer Zk83jQp0Lx92mVbTq7Wd"],
    "SLACK_TOKEN": ["xoxb-123456789012-abcdefABCDEF", "https://hooks.slack.com/services/T000/B000/XXXXXXXXXXXXXXXX"],
    "STRIPE_KEY": ["sk_live_" + A[:24], "rk_test_" + A[:24]],
    "TELEGRAM_TOKEN": ["123456789:AA" + A[:33]],
    "TWILIO_KEY": ["AC0123456789abcdef0123456789abcdef"],
}

REFUSED = [
    "the secret of a good pump is maintenance",
    "your token will expire",
    "sk-learn and scikit-learn",
    "a password=password in the docs",
    "api_key = os.environ['API_KEY']",
    "token = aaaaaaaaaaaaaaaaaaaa",
    "https://user:password@example.com",
    "https://user:${PASSWORD}@example.com",
    "eyJhbGciOiJ.notjson.here",
    "-----BEGIN PUBLIC KEY-----",
    "-----BEGIN CERTIFICATE-----",
    "ghp_tooshort",
    "AKIA1234",
    "xoxo-hugs-and-kisses",
    "commit da39a3ee5e6b4b0d3255bfef95601890afd80709",
]


@pytest.mark.parametrize(("type_", "value"), [(t, value) for t, values in FOUND.items() for value in values])
def test_a_secret_is_found_inside_a_sentence(type_: str, value: str) -> None:
    findings = DETECTORS.scan(f"please keep {value} to yourself", readings="raw").findings
    mine = [finding for finding in findings if finding.type == type_]
    assert mine
    assert all(finding.kind == "secret" and finding.rule_id == f"secret/{type_}" for finding in mine)


@pytest.mark.parametrize("text", REFUSED)
def test_talk_about_secrets_is_left_alone(text: str) -> None:
    assert DETECTORS.scan(text, readings="raw").findings == ()


def test_the_whole_of_a_private_key_is_covered() -> None:
    (finding,) = DETECTORS.scan(f"a {KEY_BLOCK} b", readings="raw").findings
    assert finding.match == KEY_BLOCK


def test_every_detector_has_cases() -> None:
    assert {detector.type for detector in SECRETS} == set(FOUND)
