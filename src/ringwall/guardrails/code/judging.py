"""From an answer to a verdict about its code: find it, have it scanned, look for secrets in it, decide.

`judge_code` takes a whole text; the gateway has pieces judged by `report_on` as they end: code can be judged when its block has ended, not
before. Both compute and wait for scanners, so an event loop gives them to a worker thread.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache

from msgspec.structs import replace

from ringwall.errors import LimitExceeded, RingwallError
from ringwall.guardrails.code.block import CodeBlock, whole
from ringwall.guardrails.code.errors import CodeDoesNotParse
from ringwall.guardrails.code.fences import find_code
from ringwall.guardrails.code.finding import CodeFinding, Failure, Severity, Unscanned
from ringwall.guardrails.code.languages import ALIASES, INERT, language_by_signs
from ringwall.guardrails.code.policy import CodePolicy, CodeReport, CodeVerdict, judge
from ringwall.guardrails.code.ports import CodeScanner
from ringwall.text.detectors import DetectorConfig, Detectors, compile_detectors
from ringwall.vocabulary import Limits, Span

CODE_CHARS = 200_000
"""Characters of one piece of code; a longer one counts as a failure, which blocks."""

CODE_BLOCKS = 2_000
"""Pieces of code in one answer; the same."""

GUESSED = "python"
"""What is tried where no language is known: findings count, and that it does not parse does not."""

DOES_NOT_PARSE = "code/does-not-parse"
"""The rule id of code that its language's parser refuses."""

SECRETS = "secrets"
"""The name under which the secret detectors report."""

_KNOWN = frozenset(ALIASES.values())
_CWE_HARD_CODED_CREDENTIALS = 798
_LIMITS = Limits()


def judge_code(
    answer_text: str,
    policy: CodePolicy,
    scanners: Sequence[CodeScanner],
    *,
    limits: Limits = _LIMITS,
    expired: Callable[[], bool] = lambda: False,
) -> CodeVerdict:
    """Judge the code in an answer.

    Args:
        answer_text: all of it.
        policy: the owner's.
        scanners: any number; a language that none of them reads is reported as not scanned.
        limits: of the readings in which secrets are looked for.
        expired: says that the caller's time is over; asked before each piece of code, and what is left then counts as a failure.
    """
    return judge(report_on(find_code(answer_text), policy, scanners, limits=limits, expired=expired), policy)


def report_on(
    blocks: Sequence[CodeBlock],
    policy: CodePolicy,
    scanners: Sequence[CodeScanner],
    *,
    limits: Limits = _LIMITS,
    expired: Callable[[], bool] = lambda: False,
) -> CodeReport:
    """Have pieces of code scanned, and say what was found, what was not scanned and what failed. Raises nothing that a scanner raises."""
    gathered = _Gathered(policy, scanners, limits)
    for index, block in enumerate(blocks):
        if index == CODE_BLOCKS or expired():
            reason = "too many pieces" if index == CODE_BLOCKS else "out of time"
            gathered.failures.append(
                Failure(scanner="code", span=Span(block.span.start, max(each.span.end for each in blocks)), reason=reason)
            )
            break
        gathered.read(block)
    unique = {(finding.span, finding.rule_id, finding.severity): finding for finding in reversed(gathered.findings)}
    return CodeReport(
        blocks=len(blocks),
        scanned=gathered.scanned,
        findings=tuple(unique[key] for key in sorted(unique)),
        unscanned=tuple(gathered.unscanned),
        waived=tuple(gathered.waived),
        failures=tuple(gathered.failures),
    )


class _Gathered:
    """What is known of an answer's code so far."""

    def __init__(self, policy: CodePolicy, scanners: Sequence[CodeScanner], limits: Limits) -> None:
        self._policy = policy
        self._scanners = scanners
        self._limits = limits
        self.findings: list[CodeFinding] = []
        self.unscanned: list[Unscanned] = []
        self.waived: list[Unscanned] = []
        self.failures: list[Failure] = []
        self.scanned = 0

    def read(self, block: CodeBlock) -> None:
        """Look for secrets in one piece of code, and have it scanned."""
        if len(block.text) > CODE_CHARS:
            self.failures.append(Failure(scanner="code", span=block.span, reason="too long"))
            return
        self._attempt(block, SECRETS, lambda: secrets_in(block.text, self._limits))
        if block.language not in _KNOWN:
            self._guess(block)
            return
        if block.language != GUESSED and language_by_signs(block.text) == GUESSED:
            self._try_guessed(block)  # a word on a fence is a claim
        if self._policy.languages and block.language not in self._policy.languages:
            self.waived.append(Unscanned(language=block.language, span=block.span, reason="the policy does not name the language"))
        else:
            self._scan(block)

    def _scan(self, block: CodeBlock) -> None:
        scanners = [scanner for scanner in self._scanners if block.language in scanner.languages]
        if not scanners:
            self.unscanned.append(Unscanned(language=block.language, span=block.span, reason="no scanner reads the language"))
        unparsed = self._policy.unparsed if block.kind != "between" or block.basis == "label" else None
        read = [self._try(block, scanner, block.language, unparsed=unparsed) for scanner in scanners]
        self.scanned += bool(read) and all(read)

    def _guess(self, block: CodeBlock) -> None:
        """Try code of no known language; a fenced block of it stays unscanned in the report, whatever the guess found."""
        acts = _may_do_something(block)
        if acts:
            self._try_guessed(block)
        if block.kind in {"fenced", "file"} and block.language not in INERT:
            self.unscanned.append(Unscanned(language="", span=block.span, reason="its language is not known"))
        elif block.kind == "inline" and acts and not any(GUESSED in scanner.languages for scanner in self._scanners):
            self.unscanned.append(Unscanned(language="", span=block.span, reason="its language is not known, and nothing reads Python"))

    def _try_guessed(self, block: CodeBlock) -> None:
        if self._policy.languages and GUESSED not in self._policy.languages:
            return
        for scanner in self._scanners:
            if GUESSED in scanner.languages:
                self._try(block, scanner, GUESSED, unparsed=None)

    def _try(self, block: CodeBlock, scanner: CodeScanner, language: str, *, unparsed: Severity | None) -> bool:
        """Have one scanner read a block; say whether it read it to the end."""

        def scan() -> tuple[CodeFinding, ...]:
            try:
                return scanner.scan(block.text, language)
            except CodeDoesNotParse as error:
                return error.found if unparsed is None else (*error.found, _does_not_parse(error, block, unparsed))

        before = len(self.findings)
        done = self._attempt(block, scanner.name, scan)
        return done and all(finding.rule_id != DOES_NOT_PARSE for finding in self.findings[before:])

    def _attempt(self, block: CodeBlock, name: str, work: Callable[[], tuple[CodeFinding, ...]]) -> bool:
        try:
            found = work()
        except RingwallError as error:
            self.failures.append(Failure(scanner=name, span=block.span, reason=error.code))
            return False
        except Exception as error:  # noqa: BLE001 - the rim around a scanner: whatever it raises is a failure, and blocks
            self.failures.append(Failure(scanner=name, span=block.span, reason=type(error).__name__))
            return False
        self.findings.extend(replace(finding, span=block.place(finding.span)) for finding in found)
        return True


def _does_not_parse(error: CodeDoesNotParse, block: CodeBlock, severity: Severity) -> CodeFinding:
    number = min(max(error.line, 1), max(len(block.lines), 1))
    begin = block.lines[number - 1][0] if block.lines else 0
    end = block.lines[number][0] if number < len(block.lines) else len(block.text)
    message = f"this is no {block.language or GUESSED} that can be read, so it was not scanned"
    return CodeFinding(rule_id=DOES_NOT_PARSE, cwe=0, severity=severity, line=number, span=Span(begin, end), message=message)


def _may_do_something(block: CodeBlock) -> bool:
    """Say whether a guess is worth a scanner's time: an expression that calls and imports nothing does nothing."""
    return block.kind != "inline" or "(" in block.text or "import" in block.text


def secrets_in(text: str, limits: Limits = _LIMITS) -> tuple[CodeFinding, ...]:
    """Find secrets in a text, in all readings.

    Raises:
        LimitExceeded, EngineFailed: as `Detectors.scan`; LimitExceeded also where the readings outgrew their budget.
    """
    scan = _secret_detectors().scan(text, limits=limits)
    lines = whole(text, "")
    findings = tuple(
        CodeFinding(
            rule_id=finding.rule_id,
            cwe=_CWE_HARD_CODED_CREDENTIALS,
            severity="HIGH",
            line=lines.line_at(finding.span.start),
            span=finding.span,
            message=f"a secret stands in the code ({finding.type})",
        )
        for finding in scan.findings
    )
    if scan.exhausted:
        raise LimitExceeded("the readings of the code outgrew their budget")
    return findings


@lru_cache(maxsize=1)
def _secret_detectors() -> Detectors:
    return compile_detectors(DetectorConfig(secrets=True))
