"""Code in answers: where it stands, what scanners say of it, and what the owner wants done about it. Text in, values out."""

from ringwall.guardrails.code.block import CodeBlock, whole
from ringwall.guardrails.code.errors import CodeDoesNotParse, ScannerAbsent, ScannerFailed
from ringwall.guardrails.code.fences import find_code
from ringwall.guardrails.code.finding import RANK, CodeFinding, Failure, Severity, Unscanned
from ringwall.guardrails.code.judging import DOES_NOT_PARSE, judge_code, report_on
from ringwall.guardrails.code.languages import canonical, language_by_signs, language_of_file
from ringwall.guardrails.code.policy import CodePolicy, CodeReport, CodeVerdict, annotation, judge
from ringwall.guardrails.code.ports import CodeScanner
from ringwall.guardrails.code.splitter import CodeSplitter, Piece, code_of

__all__ = [
    "DOES_NOT_PARSE",
    "RANK",
    "CodeBlock",
    "CodeDoesNotParse",
    "CodeFinding",
    "CodePolicy",
    "CodeReport",
    "CodeScanner",
    "CodeSplitter",
    "CodeVerdict",
    "Failure",
    "Piece",
    "ScannerAbsent",
    "ScannerFailed",
    "Severity",
    "Unscanned",
    "annotation",
    "canonical",
    "code_of",
    "find_code",
    "judge",
    "judge_code",
    "language_by_signs",
    "language_of_file",
    "report_on",
    "whole",
]
