"""Models and limits on the command line, beside a running server."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.acceptance.cli.test_commands import Shell
from tests.live import start


@pytest.fixture(scope="module")
def shell(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shell]:
    live = start(tmp_path_factory.mktemp("models") / "var")
    yield Shell(live.data_dir)
    live.stop()


def test_a_model_is_put_shown_tried_and_removed(shell: Shell) -> None:
    put = ["model", "put", "team/local", "openai+http://127.0.0.1:9/v1", "--alias", "mine", "--allow-private", "--timeout", "connect=1.5"]
    assert "openai+http://127.0.0.1:9/v1" in shell.run(*put).stdout
    shown = shell.json("model", "show", "team/local")
    assert (shown["origin"], shown["aliases"], shown["timeouts"]["connectS"]) == ("operator", ["mine"], 1.5)
    listed = shell.run("model", "list").stdout
    assert "team/local" in listed
    assert "ringwall.development-v1" in listed
    unreachable = shell.run("model", "try", "mine", expect=3)
    assert "no connection to the upstream" in unreachable.stderr.lower() or "upstream" in unreachable.stderr
    assert shell.run("model", "remove", "team/local").stdout == "removed team/local\n"
    assert "no row `team/local`" in shell.run("model", "show", "team/local", expect=3).stderr
    tried = shell.run("model", "try", "development", "--text", "one two three").stdout
    assert "first token" in tried
    assert "one two three" in tried
    secret = shell.run(
        "model", "put", "x", "openai+https://models.example.com/v1", "--credential", "file:sk-proj-aB3dE5fG7hJ9kL1mN2pQ4", expect=3
    )
    assert "looks like a secret" in secret.stderr
    assert "aB3dE5" not in secret.stderr


def test_a_guardrail_is_called_by_its_name(shell: Shell) -> None:
    tried = shell.run("model", "try", "development", "--guardrail", "demo", "--text", "Write to ada@example.com").stdout
    assert "{EMAIL}" in tried
    absent = shell.run("model", "try", "development", "--guardrail", "absent", expect=3)
    assert "by its id or ARN" in absent.stderr
    guardrail = next(each["id"] for each in shell.json("guardrail", "list")["guardrails"] if each["name"] == "demo")
    put = shell.json("code-policy", "put", "--guardrail", "demo", "--language", "go", "--unscanned", "ALLOW")
    assert put["guardrailId"] == guardrail
    assert "NONE" in shell.run("code-policy", "scan", "prose only", "--guardrail", "demo").stdout
    shell.run("code-policy", "remove", "--guardrail", "demo")
    assert shell.json("code-policy", "show")["policies"] == []


def test_a_limit_is_put_listed_with_its_use_and_removed(shell: Shell) -> None:
    shell.run("limit", "put", "calls", "requests", "40", "--period", "3600", "--shape", "window", "--per", "model")
    shell.run("limit", "put", "day", "cost", "2.5", "--period", "86400")
    shell.json("model", "try", "development", "--text", "hello")
    listed = shell.run("limit", "list").stdout.splitlines()
    assert listed[0].split() == ["LIMIT", "WHOSE", "KIND", "COUNTED", "FOR", "USED", "OF"]
    assert next(line for line in listed if line.startswith("calls")).split()[2:] == [
        "requests",
        "model",
        "ringwall.development-v1",
        "1",
        "40",
        "2",
        "%",
    ]
    assert "0 USD" in next(line for line in listed if line.startswith("day"))
    assert "no whole number" in shell.run("limit", "put", "calls", "requests", "many", "--period", "60", expect=3).stderr
    shell.run("limit", "remove", "calls")
    assert [one["limit"]["id"] for one in shell.json("limit", "list")["limits"]] == ["day"]
    assert "ringwall.development-v1" in shell.run("limit", "prices").stdout
