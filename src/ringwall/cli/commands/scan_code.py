"""`ringwall scan-code`: look for weaknesses and secrets in code, or in an answer that holds code, here, without a server or a record."""

from __future__ import annotations

from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from ringwall.cli.context import Context, decode_text
from ringwall.cli.exit_codes import FOUND, OK, UNKNOWN
from ringwall.cli.output import complain, printable
from ringwall.errors import InvalidRequest
from ringwall.guardrails.code import (
    DOES_NOT_PARSE,
    CodeBlock,
    CodePolicy,
    CodeReport,
    CodeScanner,
    CodeVerdict,
    ScannerAbsent,
    canonical,
    find_code,
    judge,
    language_by_signs,
    language_of_file,
    report_on,
    whole,
)
from ringwall.inference.code_scanners import PythonScanner, SemgrepScanner
from ringwall.vocabulary import Span

_MARKDOWN = frozenset({"markdown", "md", "mdx"})


def add_to(group: Any) -> None:
    """Describe the command."""
    scan = group.command(
        "scan-code", "look for weaknesses in code on this machine, stored nowhere; exit code 1 if there are, 3 if not all was scanned"
    )
    scan.add_argument(
        "files", metavar="FILE", nargs="*", default=["-"], help="code, or Markdown that holds some; - for standard input (the default)"
    )
    scan.add_argument(
        "--language", metavar="L", help="the language of all of it (markdown: its blocks); default: by file name, else by what it holds"
    )
    scan.add_argument(
        "--fail-on", choices=("LOW", "MEDIUM", "HIGH"), default="MEDIUM", help="the severity that exit code 1 begins at (default: MEDIUM)"
    )
    scan.add_argument("--semgrep", metavar="PATH", type=Path, help="the program semgrep, for languages other than Python")
    scan.set_defaults(run=_scan)


def _scan(context: Context) -> int:
    given = context.arguments
    policy = CodePolicy(severity=given.fail_on, unparsed="MEDIUM")
    documents, outcomes = [], []
    with ExitStack() as stack:
        scanners = _scanners(stack, given.semgrep)
        for name in given.files:
            text = decode_text(context.read_file(name), context.settings)
            blocks = _blocks(name, text, given.language)
            verdict = judge(report_on(blocks, policy, scanners, limits=context.settings.limits), policy)
            documents.append(_document(name, text, verdict))
            outcomes.append(_outcome(verdict))
    code = FOUND if FOUND in outcomes else UNKNOWN if UNKNOWN in outcomes else OK
    said = {OK: "clean", FOUND: "findings", UNKNOWN: "unknown"}[code]
    context.show({"outcome": said, "failOn": given.fail_on, "files": documents}, "\n".join(_readable(documents, said)))
    return code


def _scanners(stack: ExitStack, semgrep: Path | None) -> list[CodeScanner]:
    scanners: list[CodeScanner] = []
    try:
        scanners.append(stack.enter_context(closing(PythonScanner())))
    except ScannerAbsent as error:
        complain(f"warning: {error.message}", error.how_to_mend)
    if semgrep is not None:
        scanners.append(stack.enter_context(closing(SemgrepScanner(semgrep))))
    return scanners


def _blocks(name: str, text: str, asked: str | None) -> tuple[CodeBlock, ...]:
    """Take a text as code, or as Markdown that holds code. What is neither by its name nor by its signs is code of no known language.

    A text without a name that has fences may be an answer, or a program with fences in a comment: it is read both ways.
    """
    language = language_of_file(name) if asked is None else canonical(asked)
    if asked is not None and not language:
        raise InvalidRequest(
            f"`{asked[:40]}` is no language that ringwall knows", remedy="name a language as a Markdown fence does: python, go, sh"
        )
    if language in _MARKDOWN:
        return find_code(text)
    if not text.strip():
        return ()
    if not language:
        blocks = find_code(text)
        if any(block.kind == "fenced" for block in blocks):
            return (replace(whole(text, ""), kind="between"), *blocks)
        language = language_by_signs(text)
    return (whole(text, language),)


def _outcome(verdict: CodeVerdict) -> int:
    report = verdict.report
    if any(finding.rule_id != DOES_NOT_PARSE for finding in verdict.counted):
        return FOUND
    unread = report.unscanned or report.failures or any(finding.rule_id == DOES_NOT_PARSE for finding in report.findings)
    return UNKNOWN if unread else OK


def _document(name: str, text: str, verdict: CodeVerdict) -> dict[str, Any]:
    report: CodeReport = verdict.report
    lines = whole(text, "")

    def at(span: Span) -> dict[str, int]:
        return {"line": lines.line_at(span.start), "start": span.start, "end": span.end}

    return {
        "file": name,
        "blocks": report.blocks,
        "scanned": report.scanned,
        "findings": [
            {"rule": each.rule_id, "cwe": each.cwe or None, "severity": each.severity, **at(each.span), "message": each.message}
            for each in report.findings
        ],
        "notScanned": [{"language": each.language or None, **at(each.span), "reason": each.reason} for each in report.unscanned],
        "failures": [{"scanner": each.scanner, **at(each.span), "reason": each.reason} for each in report.failures],
    }


def _readable(documents: list[dict[str, Any]], outcome: str) -> list[str]:
    lines: list[str] = []
    for document in documents:
        name = "standard input" if document["file"] == "-" else printable(document["file"])
        for each in document["findings"]:
            weakness = f" CWE-{each['cwe']}" if each["cwe"] else ""
            lines.append(f"{name}:{each['line']}: {each['severity']}{weakness} {each['message']} ({each['rule']})")
        lines += [
            f"{name}:{each['line']}: not scanned: {each['language'] or 'unknown language'}: {each['reason']}"
            for each in document["notScanned"]
        ]
        lines += [f"{name}:{each['line']}: {each['scanner']} did not finish: {each['reason']}" for each in document["failures"]]
    blocks = sum(document["blocks"] for document in documents)
    scanned = sum(document["scanned"] for document in documents)
    words = {"clean": "nothing found at this level", "findings": "weaknesses found", "unknown": "not all of it was scanned"}[outcome]
    return [*lines, f"{words}: {scanned} of {blocks} {'piece' if blocks == 1 else 'pieces'} of code scanned"]
