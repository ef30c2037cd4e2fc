"""Other languages, read by semgrep with rules of ours: no registry, no metrics, no network.

semgrep pins versions of its own of much that ringwall uses and takes some 400 MB, so it is installed in an environment of its own and named
by its path. It reads files only: the code stands in a folder that only this user may open, for as long as the scan takes.
"""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
from contextlib import suppress
from functools import cache
from pathlib import Path

import msgspec

from ringwall.guardrails.code import CodeDoesNotParse, CodeFinding, ScannerAbsent, ScannerFailed, Severity, whole
from ringwall.vocabulary import Span

TIMEOUT_S = 60.0
"""For one piece of code; about three seconds of it is semgrep's own start."""

MEMORY_MB = 1_500
OUTPUT_BYTES = 8 << 20
RULES = Path(__file__).with_name("semgrep_rules.json")

_EXTENSIONS: dict[str, tuple[str, ...]] = {
    "javascript": ("jsx",),
    "typescript": ("ts", "tsx"),  # each has programs that are none in the other
    "go": ("go",),
    "java": ("java",),
    "bash": ("sh",),
    "php": ("php",),
    "ruby": ("rb",),
    "c": ("c",),
    "cpp": ("cpp",),
}
_UNPARSED = frozenset({"PartialParsing", "Lexical error", "Syntax error", "Other syntax error", "AST builder error"})
"""What semgrep calls code that it cannot read; any other problem (a timeout, no memory) is a failure."""

_SEVERITIES: dict[str, Severity] = {"INFO": "LOW", "WARNING": "MEDIUM", "ERROR": "HIGH"}
_NO_NETWORK = "http://127.0.0.1:9"  # the discard port: whatever semgrep might ask for, it is refused at once


class _Rule(msgspec.Struct):
    id: str
    severity: str
    message: str
    metadata: dict[str, int]


class _Rules(msgspec.Struct):
    rules: list[_Rule]


class _Place(msgspec.Struct):
    line: int


class _Result(msgspec.Struct):
    check_id: str
    start: _Place
    end: _Place


class _Problem(msgspec.Struct):
    type: str | list[object]
    spans: list[dict[str, object]] | None = None

    @property
    def name(self) -> str:
        """What kind it is; semgrep writes `"Timeout"`, or `["PartialParsing", [...]]`."""
        return self.type if isinstance(self.type, str) else str(self.type[0]) if self.type else ""


class _Paths(msgspec.Struct):
    scanned: list[str]


class _Output(msgspec.Struct):
    results: list[_Result]
    errors: list[_Problem]
    paths: _Paths


@cache
def _rules() -> dict[str, _Rule]:
    return {rule.id: rule for rule in msgspec.json.decode(RULES.read_bytes(), type=_Rules).rules}


class SemgrepScanner:
    """semgrep, behind the port `CodeScanner`: a process for each piece of code."""

    name = "semgrep"
    languages = frozenset(_EXTENSIONS)

    def __init__(self, program: Path, *, timeout_s: float = TIMEOUT_S) -> None:
        """Make a scanner of the program `semgrep` at a path.

        Raises:
            ScannerAbsent: there is no such program.
        """
        if not os.access(program, os.X_OK) or program.is_dir():
            raise ScannerAbsent(
                "there is no semgrep at the path that is named", remedy="install it apart (docs/filters/code.md), and name its path"
            )
        self._program = program.absolute()
        self._timeout_s = timeout_s

    def scan(self, text: str, language: str) -> tuple[CodeFinding, ...]:
        """Return what our rules find.

        Raises:
            CodeDoesNotParse: a part of it could not be read; the error holds what was found in the rest.
            ScannerFailed: as the port says.
        """
        if language not in self.languages:
            raise ScannerFailed("the scanner was asked for a language it does not read")
        try:
            data = text.encode()
        except UnicodeEncodeError as error:
            raise CodeDoesNotParse("the code holds a lone surrogate") from error
        for extension in _EXTENSIONS[language][:-1]:
            with suppress(CodeDoesNotParse):
                return self._scan_file(data, text, extension)
        return self._scan_file(data, text, _EXTENSIONS[language][-1])

    def _scan_file(self, data: bytes, text: str, extension: str) -> tuple[CodeFinding, ...]:
        with tempfile.TemporaryDirectory(prefix="ringwall-code-") as folder:
            target = Path(folder) / f"code.{extension}"
            with os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(data)
            output = self._run(Path(folder), target)
        if not output.paths.scanned or any(problem.name not in _UNPARSED for problem in output.errors):
            raise ScannerFailed("semgrep did not read the code")
        found = tuple(_finding(result, text) for result in output.results)
        if output.errors:
            raise CodeDoesNotParse("a part of the code could not be read", line=_first_line(output.errors), found=found)
        return found

    def _run(self, folder: Path, target: Path) -> _Output:
        said = folder / "said.json"
        with said.open("wb") as out:
            self._wait(
                subprocess.Popen(  # noqa: S603 - the owner's program, no shell
                    [self._program, "scan", "--config", RULES, *_OPTIONS, target.name],
                    cwd=folder,
                    env=_environment(self._program, folder),
                    stdin=subprocess.DEVNULL,
                    stdout=out,
                    stderr=subprocess.DEVNULL,
                    start_new_session=True,
                )
            )
        with said.open("rb") as written:
            read = written.read(OUTPUT_BYTES + 1)
        if len(read) > OUTPUT_BYTES:
            raise ScannerFailed("a code scanner said too much")
        try:
            return msgspec.json.decode(read, type=_Output)
        except msgspec.DecodeError as error:
            raise ScannerFailed("the answer of a code scanner cannot be read") from error

    def _wait(self, process: subprocess.Popen[bytes]) -> None:
        try:
            code = process.wait(self._timeout_s)
        except subprocess.TimeoutExpired as error:
            raise ScannerFailed("a code scanner did not answer in time") from error
        finally:
            if process.returncode is None:
                os.killpg(process.pid, signal.SIGKILL)  # semgrep starts others
                process.wait()
        if code != 0:
            raise ScannerFailed("a code scanner ended with an error", exit_code=code)

    def close(self) -> None:
        """Nothing outlives a scan."""


_OPTIONS = (
    *("--metrics=off", "--disable-version-check", "--disable-nosem", "--no-git-ignore", "--json", "--quiet", "--jobs", "1"),
    *("--timeout", "20", "--timeout-threshold", "1", "--max-memory", str(MEMORY_MB)),
)


def _environment(program: Path, folder: Path) -> dict[str, str]:
    """Return semgrep's whole environment: its home is the private folder, and no proxy leads anywhere."""
    return {
        "PATH": f"{program.parent}:/usr/bin:/bin",
        "HOME": str(folder),
        "XDG_CONFIG_HOME": str(folder),
        "LC_ALL": "C.UTF-8",
        "SEMGREP_SEND_METRICS": "off",
        "SEMGREP_ENABLE_VERSION_CHECK": "0",
        "HTTP_PROXY": _NO_NETWORK,
        "HTTPS_PROXY": _NO_NETWORK,
        "ALL_PROXY": _NO_NETWORK,
    }


def _finding(result: _Result, text: str) -> CodeFinding:
    rule = _rules().get(result.check_id.rpartition(".")[2])
    if rule is None:
        raise ScannerFailed("semgrep named a rule that is not ours")
    starts = [begin for begin, _ in whole(text, "").lines] or [0]
    line = min(max(result.start.line, 1), len(starts))
    last = min(max(result.end.line, line), len(starts))
    begin, end = starts[line - 1], starts[last] if last < len(starts) else len(text)
    return CodeFinding(
        rule_id=f"semgrep/{rule.id}",
        cwe=rule.metadata["cwe"],
        severity=_SEVERITIES[rule.severity],
        line=line,
        span=Span(begin, begin + len(text[begin:end].rstrip("\r\n"))),
        message=rule.message,
    )


def _first_line(problems: list[_Problem]) -> int:
    lines = []
    for problem in problems:
        for span in problem.spans or ():
            start = span.get("start")
            line = start.get("line") if isinstance(start, dict) else None
            lines += [line] if isinstance(line, int) else []
    return min(lines, default=1)
