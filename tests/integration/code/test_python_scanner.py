"""bandit in its process: what it is given, what it may cost, and what happens when it does not answer."""

from __future__ import annotations

import json
import logging
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringwall.guardrails.code import CodeDoesNotParse, CodePolicy, ScannerFailed, judge_code
from ringwall.guardrails.code.judging import CODE_CHARS
from ringwall.inference.code_scanners import PythonScanner, child
from ringwall.inference.code_scanners.child import Child
from ringwall.inference.code_scanners.python_rules import MESSAGES

WORKER = Path(child.__file__).with_name("python_worker.py")


@pytest.fixture(scope="module")
def scanner() -> Iterator[PythonScanner]:
    made = PythonScanner()
    yield made
    made.close()


def rules(scanner: PythonScanner, text: str) -> list[tuple[str, int]]:
    return [(finding.rule_id, finding.line) for finding in scanner.scan(text, "python")]


def test_every_rule_of_bandit_has_words_of_ours():
    asked = "from bandit.core.extension_loader import MANAGER as m; import json; print(json.dumps([*m.plugins_by_id, *m.blacklist_by_id]))"
    said = subprocess.run([sys.executable, "-I", "-c", asked], check=True, capture_output=True, text=True).stdout
    assert set(MESSAGES) == set(json.loads(said))


def test_no_comment_silences_a_finding(scanner: PythonScanner):
    assert rules(scanner, "eval(x)  # nosec\neval(y)  # nosec B307\n# nosec\n") == [("bandit/B307", 1), ("bandit/B307", 2)]


def test_an_indented_passage_is_read(scanner: PythonScanner):
    text = "    x = 1\n    eval(x)\n"
    (finding,) = scanner.scan(text, "python")
    assert finding.line == 2
    assert text[finding.span.start : finding.span.end] == "    eval(x)"


@pytest.mark.parametrize(
    "text",
    [
        "def f(:\n",
        "x = 1\0",
        "print 'Python 2'",
        "  x\n y\n",
        "\ud800",
        "# coding: utf-7\nx = 1\n",
        "\n# vim: set fileencoding=zorb :\n",
        "($" * 9,
    ],
)
def test_what_is_no_python_is_said_to_be_none(scanner: PythonScanner, text: str):
    with pytest.raises(CodeDoesNotParse):
        scanner.scan(text, "python")


@pytest.mark.parametrize("cookie", ["utf-8", "utf8", "ascii", "latin-1"])
def test_an_encoding_in_which_the_text_is_the_same_is_taken(scanner: PythonScanner, cookie: str):
    assert rules(scanner, f"# -*- coding: {cookie} -*-\neval(x)\n") == [("bandit/B307", 2)]


@pytest.mark.parametrize(
    "text", ["-" * 100_000 + "1", "a" + ".b" * 60_000, "lambda:" * 20_000 + "1", "f(" * 190 + ")" * 190 + "\n" + "x" + "()" * 5000]
)
def test_what_nests_too_deeply_fails_and_the_next_is_read(scanner: PythonScanner, text: str):
    assert len(text) <= CODE_CHARS
    with pytest.raises((ScannerFailed, CodeDoesNotParse)):
        scanner.scan(text, "python")
    assert rules(scanner, "eval(x)") == [("bandit/B307", 1)]


RULE_THAT_RAISES = """
import json, runpy, sys
worker = runpy.run_path(sys.argv[1])
def boom(context):
    raise ValueError("canary")
boom._test_id = "B000"
class Rules:
    def get_tests(self, kind):
        return [boom] if kind == "Call" else []
print(json.dumps([worker["_answer"](text, Rules()) for text in ("f(canary)", "canary")]))
"""


def test_a_rule_that_raises_fails_and_is_not_taken_for_one_that_saw_nothing():
    line = [sys.executable, "-I", "-c", RULE_THAT_RAISES, str(WORKER)]
    said = subprocess.run(line, check=True, capture_output=True, text=True).stdout
    assert json.loads(said) == [{"failed": "_RuleFailed"}, {"found": []}]


def test_findings_hold_nothing_of_the_code_and_nothing_is_logged(scanner: PythonScanner, caplog: pytest.LogCaptureFixture):
    with caplog.at_level(logging.DEBUG):
        found = scanner.scan("password = 'canary'\nimport canary.telnetlib\nexec('canary')\n", "python")
    assert found
    assert "canary" not in "".join(finding.message + finding.rule_id for finding in found)
    assert "canary" not in caplog.text


def test_a_late_answer_fails_and_a_new_process_reads_the_next():
    scanner = PythonScanner(timeout_s=10.0)
    assert rules(scanner, "eval(x)") == [("bandit/B307", 1)]
    process = scanner._child._process
    os.kill(process.pid, signal.SIGSTOP)
    scanner._child._timeout_s = 0.2
    with pytest.raises(ScannerFailed):
        scanner.scan("x", "python")
    assert process.poll() is not None
    scanner._child._timeout_s = 10.0
    assert rules(scanner, "eval(x)") == [("bandit/B307", 1)]
    scanner.close()


def test_a_process_that_died_fails_once(scanner: PythonScanner):
    rules(scanner, "x")
    process = scanner._child._process
    process.kill()
    process.wait()
    assert judge_code("```python\nx\n```", CodePolicy(action="NONE"), (scanner,)).action == "BLOCK"
    assert judge_code("```python\nx\n```", CodePolicy(action="NONE"), (scanner,)).action == "NONE"


@pytest.mark.parametrize(
    "program",
    ["print('no json', flush=True); input()", "print('{\"found\": 3}', flush=True); input()", "print('{}', flush=True); input()", ""],
)
def test_a_process_that_answers_otherwise_fails(program: str):
    scanner = PythonScanner()
    scanner._child = Child([sys.executable, "-I", "-c", program], timeout_s=10.0, start_timeout_s=10.0)
    with pytest.raises(ScannerFailed):
        scanner.scan("x", "python")
    scanner.close()


def test_a_process_that_cannot_begin_fails(tmp_path):
    absent = Child([str(tmp_path / "absent")], timeout_s=1.0, start_timeout_s=1.0)
    with pytest.raises(ScannerFailed):
        absent.ask(b"x\n")


def test_a_process_that_says_too_much_fails():
    talker = Child([sys.executable, "-I", "-c", "while True: print('x' * 100000, end='')"], timeout_s=60.0, start_timeout_s=10.0)
    with pytest.raises(ScannerFailed):
        talker.ask(b"x\n")


def test_many_threads_get_their_own_answers(scanner: PythonScanner):
    def ask(count: int) -> int:
        return len(scanner.scan("eval(x)\n" * count, "python"))

    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(ask, range(40))) == list(range(40))


def test_an_answer_is_judged_from_end_to_end(scanner: PythonScanner):
    answer = "Use this:\n\n> ```python\n> import os\n> os.system(command)\n> ```\n\nor `eval(text)`.\n"
    judged = judge_code(answer, CodePolicy(), (scanner,))
    assert judged.action == "BLOCK"
    assert [(finding.rule_id, finding.cwe, answer[finding.span.start : finding.span.end]) for finding in judged.counted] == [
        ("bandit/B605", 78, "os.system(command)"),
        ("bandit/B307", 78, "eval(text)"),
    ]


@given(
    st.lists(
        st.sampled_from(["eval(x)", "if x:", "    ", "\n", "\r", "é", "'", '"""', "(", ")", "#", "\\", "\t", "pass", "\x0c", "lambda: "]),
        max_size=30,
    ).map("".join)
)
def test_any_text_is_read_or_refused(scanner: PythonScanner, text: str):
    try:
        found = scanner.scan(text, "python")
    except CodeDoesNotParse:
        return
    for finding in found:
        assert 0 <= finding.span.start <= finding.span.end <= len(text)
        assert "eval(x)" in text[finding.span.start : finding.span.end]
