"""What becomes of an answer for what is found in its code, left unscanned, or failed."""

from __future__ import annotations

import pytest

from ringwall.guardrails.code import (
    CodeDoesNotParse,
    CodeFinding,
    CodePolicy,
    CodeReport,
    ScannerFailed,
    Unscanned,
    annotation,
    judge,
    judge_code,
)
from ringwall.guardrails.code.judging import CODE_BLOCKS, CODE_CHARS
from ringwall.vocabulary import Limits, Span

TOKEN = "ghp_" + "0123456789abcdefghijABCDEFGHIJ012345"


class Evaluations:
    """A scanner of one rule: `eval(` is HIGH. Code with `(((` does not parse."""

    name = "evaluations 1"
    languages = frozenset({"python", "javascript"})

    def __init__(self) -> None:
        self.read: list[tuple[str, str]] = []

    def scan(self, text: str, language: str) -> tuple[CodeFinding, ...]:
        self.read.append((text, language))
        if "(((" in text:
            raise CodeDoesNotParse("nested", line=text[: text.index("(((")].count("\n") + 1)
        at = text.find("eval(")
        if at < 0:
            return ()
        line = text[:at].count("\n") + 1
        return (CodeFinding(rule_id="own/eval", cwe=95, severity="HIGH", line=line, span=Span(at, at + 5), message="evaluates"),)


class Raising:
    """A scanner that raises what it was made with."""

    name = "raising"
    languages = frozenset({"python"})

    def __init__(self, error: Exception) -> None:
        self._error = error

    def scan(self, text: str, language: str) -> tuple[CodeFinding, ...]:
        raise self._error


def verdict(answer: str, *scanners: object, **policy: object):
    return judge_code(answer, CodePolicy(**policy), scanners or (Evaluations(),))


DECISIONS = {
    # answer, policy -> action, reasons
    "clean code passes": ("```py\nx\n```", {}, "NONE", ()),
    "no code passes": ("words", {}, "NONE", ()),
    "a finding blocks": ("```py\neval(x)\n```", {}, "BLOCK", ("findings",)),
    "a finding is noted where the policy annotates": ("```py\neval(x)\n```", {"action": "ANNOTATE"}, "ANNOTATE", ("findings",)),
    "a finding is only reported where the policy says NONE": ("```py\neval(x)\n```", {"action": "NONE"}, "NONE", ()),
    "another language blocks": ("```go\nx\n```", {}, "BLOCK", ("unscanned",)),
    "another language blocks even where findings do nothing": ("```go\nx\n```", {"action": "NONE"}, "BLOCK", ("unscanned",)),
    "another language may be allowed": ("```go\nx\n```", {"unscanned": "ALLOW"}, "NONE", ()),
    "what was allowed unscanned is noted": ("```go\nx\n```", {"unscanned": "ALLOW", "action": "ANNOTATE"}, "ANNOTATE", ("unscanned",)),
    "a language that is of no concern": ("```go\nx\n```", {"languages": ("python",)}, "NONE", ()),
    "a scanned language that is of no concern": ("```js\neval(x)\n```", {"languages": ("python",)}, "NONE", ()),
    "no language": ("```\n[1,\n```", {}, "BLOCK", ("unscanned",)),
    "no language, whatever languages are named": ("```\n[1,\n```", {"languages": ("python",)}, "BLOCK", ("unscanned",)),
    "data are no code": ("```json\n[1]\n```", {}, "NONE", ()),
    "what does not parse blocks": ("```py\nf(((\n```", {}, "BLOCK", ("findings",)),
    "what does not parse may count little": ("```py\nf(((\n```", {"unparsed": "LOW"}, "NONE", ()),
    "a code span that calls is read as Python": ("do `eval(x)`", {}, "BLOCK", ("findings",)),
    "a code span that is no Python says nothing": ("do `f(((`", {}, "NONE", ()),
    "a code span is a mention": ("the `name`", {}, "NONE", ()),
    "Python under a word for something else": ("```output\neval(x)\n```", {}, "BLOCK", ("findings",)),
    "Python under a word of no language": ("```zorb\neval(x)\n```", {"unscanned": "ALLOW"}, "BLOCK", ("findings",)),
    "Python between fences that another reader pairs": ("  ```\n\n```\neval(x)\n```\n", {"unscanned": "ALLOW"}, "BLOCK", ("findings",)),
    "Python under another language's word": ("```go\nimport os\neval(x)\n```", {"unscanned": "ALLOW"}, "BLOCK", ("findings",)),
    "Python under the word of a language of no concern": (
        "```go\nimport os\neval(x)\n```",
        {"languages": ("python",)},
        "BLOCK",
        ("findings",),
    ),
    "Python below what was typed at a prompt": ("```\n>>> 1\neval(x)\n```", {}, "BLOCK", ("findings",)),
    "a secret in code": (f"```json\n'{TOKEN}'\n```", {}, "BLOCK", ("findings",)),
    "a secret in a language of no concern": (f"```go\n'{TOKEN}'\n```", {"languages": ("python",)}, "BLOCK", ("findings",)),
    "a secret in a code span": (f"use `{TOKEN}`", {}, "BLOCK", ("findings",)),
    "code that is too long": ("```py\n" + "x\n" * (CODE_CHARS // 2) + "x\n```", {"action": "NONE"}, "BLOCK", ("failures",)),
    "code in too many pieces": ("`a` " * (CODE_BLOCKS + 1), {"action": "NONE"}, "BLOCK", ("failures",)),
}


@pytest.mark.parametrize("case", DECISIONS)
def test_an_answer_is_decided_about(case: str):
    answer, policy, action, reasons = DECISIONS[case]
    judged = verdict(answer, **policy)
    assert (judged.action, judged.reasons) == (action, reasons)


@pytest.mark.parametrize("action", ["NONE", "ANNOTATE", "BLOCK"])
@pytest.mark.parametrize("error", [ScannerFailed("late"), ValueError("secret words of the code"), RecursionError(), KeyError(3)])
def test_a_scanner_that_raises_blocks(error: Exception, action: str):
    judged = verdict("```py\nx\n```", Raising(error), action=action, unscanned="ALLOW")
    assert (judged.action, judged.reasons) == ("BLOCK", ("failures",))
    assert judged.report.scanned == 0
    assert "secret words" not in annotation(judged)


def test_one_scanner_that_raises_blocks_beside_one_that_does_not():
    judged = verdict("```py\neval(x)\n```", Evaluations(), Raising(OSError()), action="ANNOTATE")
    assert (judged.action, judged.reasons) == ("BLOCK", ("findings", "failures"))
    assert judged.report.scanned == 0


def test_readings_of_code_that_outgrow_their_budget_block():
    import base64

    nested = "x" * 2000
    for _ in range(4):
        nested = base64.b64encode(nested.encode()).decode()
    judged = judge_code(f"```json\n{nested}\n```", CodePolicy(), (), limits=Limits(decode_budget_factor=1, decode_budget_floor=1))
    assert judged.action == "BLOCK"
    assert [failure.scanner for failure in judged.report.failures] == ["secrets"]


def test_what_is_left_when_time_is_over_blocks():
    turns = iter([False, True])
    answer = "```py\nx\n```\n```py\neval(x)\n```\n```py\ny\n```\n"
    judged = judge_code(answer, CodePolicy(action="NONE"), (Evaluations(),), expired=lambda: next(turns))
    assert (judged.action, judged.reasons, judged.report.scanned) == ("BLOCK", ("failures",), 1)
    (failure,) = judged.report.failures
    assert failure.reason == "out of time"
    assert answer[failure.span.start : failure.span.end] == "eval(x)\n```\n```py\ny\n"


def test_findings_stand_where_they_are_in_the_answer():
    answer = "a\n> ```python\n> x\n> eval(y)\n> ```\n"
    (finding,) = verdict(answer).counted
    assert answer[finding.span.start : finding.span.end] == "eval("
    assert finding.line == 2


def test_code_that_does_not_parse_is_shown_at_its_line():
    answer = "```python\nx\nf(((\ny\n```\n"
    (finding,) = verdict(answer, unparsed="HIGH").counted
    assert (finding.rule_id, finding.severity, finding.line, finding.cwe) == ("code/does-not-parse", "HIGH", 2, 0)
    assert answer[finding.span.start : finding.span.end] == "f(((\n"


def test_a_secret_is_a_weakness_with_a_number_and_a_line():
    (finding,) = verdict(f"```js\nx\nconst k = '{TOKEN}'\n```").counted
    assert (finding.rule_id, finding.cwe, finding.severity, finding.line) == ("secret/GITHUB_TOKEN", 798, "HIGH", 2)


def test_each_weakness_is_told_once_where_stretches_overlap():
    answer = "````md\n```python\neval(x)\n```\n````\n"
    assert [finding.rule_id for finding in verdict(answer).counted] == ["own/eval"]


def test_severity_decides_from_its_level_upwards():
    found = tuple(
        CodeFinding(rule_id=f"r/{level}", cwe=1, severity=level, line=1, span=Span(0, 1), message="m")
        for level in ("LOW", "MEDIUM", "HIGH")
    )
    report = CodeReport(blocks=1, scanned=1, findings=found)
    for count, level in ((3, "LOW"), (2, "MEDIUM"), (1, "HIGH")):
        assert len(judge(report, CodePolicy(severity=level)).counted) == count


def test_the_note_holds_nothing_of_the_answer():
    judged = verdict("```python\neval(canary)\n```\n```canary\ncanary\n```\n", action="ANNOTATE", unscanned="ALLOW")
    note = annotation(judged)
    assert "HIGH CWE-95 (own/eval), line 1 of the code: evaluates" in note
    assert "not scanned: code in no known language" in note
    assert "canary" not in note


def test_where_nothing_reads_python_a_code_span_that_calls_is_not_scanned():
    assert judge_code("call `f(x)`", CodePolicy(), ()).reasons == ("unscanned",)
    assert judge_code("the `name`", CodePolicy(), ()).reasons == ()


def test_there_is_no_note_where_there_is_nothing_to_say():
    assert annotation(verdict("```python\nx\n```")) == ""


def test_code_of_another_concern_is_reported_as_not_scanned():
    report = verdict("```go\nx\n```", languages=("python",)).report
    assert report.unscanned == ()
    assert report.waived == (Unscanned(language="go", span=Span(6, 8), reason="the policy does not name the language"),)
    assert report.scanned == 0


def test_mentions_do_not_cost_a_scanner_anything():
    scanner = Evaluations()
    verdict("the `name` of `x.y`", scanner)
    assert scanner.read == []
