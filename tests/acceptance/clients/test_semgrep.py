"""semgrep as our scanner of other languages, cut off from every network where the machine lets us."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from ringwall.guardrails.code import CodeDoesNotParse, ScannerAbsent, ScannerFailed
from ringwall.inference.code_scanners import SemgrepScanner
from tests.acceptance.clients.planted_code import HARMLESS, WEAK

pytestmark = [pytest.mark.clients]


@pytest.fixture(scope="module")
def semgrep(client: Callable[[str], Path]) -> Path:
    return client("semgrep") / "bin" / "semgrep"


@pytest.fixture(scope="module")
def without_network(semgrep: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A program that runs semgrep where there is no network at all."""
    unshare = shutil.which("unshare")
    if unshare is None or subprocess.run([unshare, "-n", "true"], check=False, capture_output=True).returncode:
        pytest.skip("unshare: this machine makes no network namespaces for us")
    program = tmp_path_factory.mktemp("offline") / "semgrep"
    program.write_text(f'#!/bin/sh\nPATH="{semgrep.parent}:$PATH" exec {unshare} -n {semgrep} "$@"\n')
    program.chmod(0o755)
    return program


@pytest.mark.parametrize("language", WEAK)
def test_planted_weaknesses_are_found_with_their_number_and_line(without_network: Path, language: str):
    """All of a language's cases in one program, a line each, so that semgrep starts once."""
    cases = WEAK[language]
    lines = [code.removeprefix("<?php ") for *_, code in cases]
    head = {"php": "<?php\n", "go": "package main\n\nfunc f() {\n"}.get(language, "")
    tail = {"go": "\n}\n"}.get(language, "\n")
    if language == "java":
        lines = [line.replace("class A", f"class A{index}") for index, line in enumerate(lines)]
    if language in {"c", "cpp"}:
        lines = [line.replace("void f(", f"void f{index}(") for index, line in enumerate(lines)]
    text = head + "\n".join(lines) + tail
    found = SemgrepScanner(without_network).scan(text, language)
    above = head.count("\n")
    expected = {(f"semgrep/{rule}", cwe, severity, above + number) for number, (rule, cwe, severity, _) in enumerate(cases, start=1)}
    assert {(each.rule_id, each.cwe, each.severity, each.line) for each in found} == expected
    for each in found:
        assert text[each.span.start : each.span.end] == text.split("\n")[each.line - 1]


@pytest.mark.parametrize("language", HARMLESS)
def test_harmless_code_is_let_be(without_network: Path, language: str):
    assert SemgrepScanner(without_network).scan(HARMLESS[language], language) == ()


def test_a_comment_silences_nothing_and_a_broken_rest_hides_nothing(semgrep: Path):
    scanner = SemgrepScanner(semgrep)
    assert [each.line for each in scanner.scan("f()\neval(x) // nosemgrep\n", "javascript")] == [2]
    with pytest.raises(CodeDoesNotParse) as caught:
        scanner.scan("function g() {\n  eval(x)\n}\n\nfunction f() {\n  foo(((\n}\n", "javascript")
    assert [each.rule_id for each in caught.value.found] == ["semgrep/js-eval"]
    assert caught.value.line == 6
    with pytest.raises(CodeDoesNotParse):
        scanner.scan("eval(x)\n\nfoo(((\n", "javascript")


@pytest.mark.parametrize("code", ["const a = <any>f(x)\neval(y)\n", "const a = <p>{x}</p>\neval(y)\n"])
def test_both_kinds_of_typescript_are_read(semgrep: Path, code: str):
    assert [(each.rule_id, each.line) for each in SemgrepScanner(semgrep).scan(code, "typescript")] == [("semgrep/js-eval", 2)]


def test_nothing_stays_behind(semgrep: Path, tmp_path: Path):
    before = set(Path(tempfile.gettempdir()).glob("ringwall-code-*"))
    SemgrepScanner(semgrep).scan("f()\n", "javascript")
    assert set(Path(tempfile.gettempdir()).glob("ringwall-code-*")) == before


def test_a_scan_that_takes_too_long_is_killed_with_all_it_started(tmp_path: Path):
    program = tmp_path / "semgrep"
    program.write_text(f"#!/bin/sh\nsleep 300 &\necho $! > {tmp_path}/pid\nwait\n")
    program.chmod(0o755)
    with pytest.raises(ScannerFailed):
        SemgrepScanner(program, timeout_s=1.0).scan("f()\n", "javascript")
    number = int((tmp_path / "pid").read_text())
    for _ in range(600):  # a killed process is gone when the machine next runs it, which may be a while
        if not lives(number):
            break
        time.sleep(0.1)
    assert not lives(number)
    assert os.getpid() != number


def lives(number: int) -> bool:
    try:
        return Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0] not in {"Z", "X"}
    except (FileNotFoundError, ProcessLookupError):
        return False


ANSWERS = {
    "an error": "exit 2",
    "an object of another kind": "echo '{}'",
    "no JSON": "echo no json",
    "nothing read": """echo '{"results": [], "errors": [], "paths": {"scanned": []}}'""",
    "out of time": """echo '{"results": [], "errors": [{"type": "Timeout"}], "paths": {"scanned": ["code.jsx"]}}'""",
    "a rule of somebody else": """echo '{"results": [{"check_id": "x", "start": {"line": 1}, "end": {"line": 1}}], "errors": [], "paths": {"scanned": ["c"]}}'""",
}


@pytest.mark.parametrize("script", ANSWERS.values(), ids=ANSWERS)
def test_a_program_that_does_not_answer_as_semgrep_fails(tmp_path: Path, script: str):
    program = tmp_path / "semgrep"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    with pytest.raises(ScannerFailed):
        SemgrepScanner(program).scan("f()\n", "javascript")


def test_a_path_without_a_program_is_refused(tmp_path: Path):
    with pytest.raises(ScannerAbsent):
        SemgrepScanner(tmp_path / "semgrep")
