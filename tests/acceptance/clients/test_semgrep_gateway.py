"""The gateway with a real semgrep and our rules, cut off from every network: what it finds in an answer is noted or withheld before it leaves."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.acceptance.chat_upstream import Said, chat_upstream
from tests.acceptance.clients.planted_code import HARMLESS, WEAK
from tests.acceptance.gateway.test_boto3_converse import client as aws
from tests.acceptance.gateway.test_boto3_converse import said, streamed
from tests.acceptance.gateway.test_chat import records
from tests.acceptance.gateway.test_code import MESSAGE, put
from tests.live import Live, start

pytestmark = [pytest.mark.clients, pytest.mark.timeout(900)]

FIRST = {language: WEAK[language][0] for language in ("javascript", "java")} | {"go": WEAK["go"][1]}
WHOLE = {"go": "package main\n\nfunc f() {{\n{}\n}}\n"}


def answer(language: str, code: str) -> str:
    return f"Like this:\n\n```{language}\n{code.rstrip()}\n```\n\nThat is all.\n"


def planted(language: str) -> str:
    return answer(language, WHOLE.get(language, "{}\n").format(FIRST[language][3]))


@pytest.fixture(scope="module")
def gateway(client: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """A server whose model answers planted code, and whose semgrep has no network."""
    semgrep = client("semgrep") / "bin" / "semgrep"
    unshare = shutil.which("unshare")
    program = semgrep
    if unshare is not None and not subprocess.run([unshare, "-n", "true"], check=False, capture_output=True).returncode:
        program = tmp_path_factory.mktemp("offline") / "semgrep"
        program.write_text(f'#!/bin/sh\nPATH="{semgrep.parent}:$PATH" exec {unshare} -n {semgrep} "$@"\n')
        program.chmod(0o755)
    answers = {f"weak {language}": planted(language) for language in FIRST}
    answers |= {f"harmless {language}": answer(language, HARMLESS[language]) for language in FIRST}
    with chat_upstream(lambda asked: Said(answers[asked])) as upstream, pytest.MonkeyPatch.context() as patch:
        patch.setenv("RINGWALL_MODELS", json.dumps([upstream.row("coder")]))
        patch.setenv("RINGWALL_CODE_SEMGREP", str(program))
        live = start(tmp_path_factory.mktemp("semgrep") / "var")
        yield live
        assert live.stop() == 0


@pytest.mark.parametrize("language", FIRST)
def test_a_planted_weakness_is_withheld(gateway: Live, language: str) -> None:
    put(gateway, {"blockedMessage": MESSAGE})
    rule, cwe, severity, _ = FIRST[language]
    runtime = aws(gateway, "bedrock-runtime")
    text, reason, _, _ = streamed(runtime.converse_stream(modelId="coder", messages=said(f"weak {language}")))
    assert (text, reason) == ("Like this:\n\n" + MESSAGE, "guardrail_intervened")
    whole = runtime.converse(modelId="coder", messages=said(f"weak {language}"))
    assert whole["output"]["message"]["content"] == [{"text": MESSAGE}]
    found = json.dumps(records(gateway, "Converse")[0])
    assert all(
        f'"{name}": {json.dumps(value)}' in found for name, value in {"rule": f"semgrep/{rule}", "cwe": cwe, "severity": severity}.items()
    )


@pytest.mark.parametrize("language", FIRST)
def test_a_planted_weakness_is_noted_under_its_block(gateway: Live, language: str) -> None:
    put(gateway, {"action": "ANNOTATE"})
    rule, cwe, severity, _ = FIRST[language]
    text, reason, _, _ = streamed(aws(gateway, "bedrock-runtime").converse_stream(modelId="coder", messages=said(f"weak {language}")))
    code, note, rest = text.partition("\n\nCode in this answer was scanned:\n\n")
    assert (reason, bool(note)) == ("end_turn", True)
    assert code + "\n" in planted(language)
    assert rest.startswith(f"- {severity} CWE-{cwe} (semgrep/{rule}), line ")
    assert rest.endswith("That is all.\n")


@pytest.mark.parametrize("language", FIRST)
def test_harmless_code_leaves_as_it_came(gateway: Live, language: str) -> None:
    put(gateway, {"blockedMessage": MESSAGE})
    text, reason, _, _ = streamed(aws(gateway, "bedrock-runtime").converse_stream(modelId="coder", messages=said(f"harmless {language}")))
    assert (text, reason) == (answer(language, HARMLESS[language]), "end_turn")
