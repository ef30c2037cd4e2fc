"""A process that reads Python by bandit: one JSON document a line in, one a line out.

Run as a script, so that it holds bandit and nothing of ringwall: a parser of hostile text may exhaust its stack, and dies here alone. Code
comes in over a pipe and is never written anywhere. In: `{"text": ...}`. Out: `{"found": [[rule, cwe, severity, line, start, end], ...]}`
with characters of the text, `{"unparsed": line}`, or `{"failed": class name}`. Nothing that comes out holds code: bandit's own messages do.
"""

from __future__ import annotations

import ast
import codecs
import io
import json
import logging
import re
import resource
import sys
import warnings
from typing import Any, NoReturn

from bandit.core.config import BanditConfig
from bandit.core.meta_ast import BanditMetaAst
from bandit.core.metrics import Metrics
from bandit.core.node_visitor import BanditNodeVisitor
from bandit.core.test_set import BanditTestSet

MEMORY_BYTES = 1 << 30
_COOKIE = re.compile(r"[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)")  # PEP 263
_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n|\Z)")
_READ_AS_WRITTEN = frozenset({"utf-8", "ascii", "iso8859-1"})
_WRAPPER = "if True:\n"


class Unparsed(Exception):
    """The text is no Python that this interpreter reads; its argument is the line."""


class _RuleFailed(Exception):
    """A rule of bandit raised. bandit itself would log the code and go on as if the rule had seen nothing."""


def main() -> None:
    """Answer line by line until the input ends."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    logging.disable(logging.CRITICAL)  # bandit logs what it reads
    warnings.simplefilter("ignore")  # so does the parser
    rules = BanditTestSet(BanditConfig())
    for line in sys.stdin:
        sys.stdout.write(json.dumps(_answer(json.loads(line)["text"], rules)) + "\n")
        sys.stdout.flush()


def _answer(text: str, rules: BanditTestSet) -> dict[str, Any]:
    try:
        return {"found": scan(text, rules)}
    except Unparsed as error:
        return {"unparsed": error.args[0]}
    except Exception as error:  # noqa: BLE001 - the rim of the process: what a rule raises is an answer, and blocks
        return {"failed": type(error).__name__}


def scan(text: str, rules: BanditTestSet) -> list[list[Any]]:
    """Return what bandit finds in a program; `# nosec` comments silence nothing.

    Raises:
        Unparsed: it is no Python. RecursionError, MemoryError: it may be, but it nests too deeply to be read here.
    """
    program, shift = _parsed(text)
    data = io.BytesIO(program.encode("utf-8"))
    visitor = BanditNodeVisitor("program.py", data, BanditMetaAst(), rules, False, {}, Metrics())
    visitor.tester.report_error = _raise
    visitor.process(program)
    starts = [match.start() for match in _LINE.finditer(text)]
    return [_row(issue, text, starts, shift) for issue in visitor.tester.results]


def _raise(*_: object) -> NoReturn:
    raise _RuleFailed


def _parsed(text: str) -> tuple[str, int]:
    """Return the program, and by how many lines it is longer than the text: an indented passage is parsed under an `if`."""
    _check_encoding(text)
    try:
        ast.parse(text)
    except IndentationError as error:
        try:
            ast.parse(_WRAPPER + text)
        except (SyntaxError, ValueError):
            raise Unparsed(error.lineno or 1) from None
        return _WRAPPER + text, 1
    except SyntaxError as error:
        raise Unparsed(error.lineno or 1) from None
    except ValueError:  # null bytes
        raise Unparsed(1) from None
    return text, 0


def _check_encoding(text: str) -> None:
    """Refuse a program whose own first lines ask to be read in an encoding in which it is another program (UTF-7 for one)."""
    for number, line in enumerate(_LINE.findall(text)[:2], start=1):
        if cookie := _COOKIE.match(line):
            try:
                name = codecs.lookup(cookie[1]).name
            except LookupError:
                raise Unparsed(number) from None
            if name not in _READ_AS_WRITTEN:
                raise Unparsed(number)


def _row(issue: Any, text: str, starts: list[int], shift: int) -> list[Any]:
    line = min(max((issue.lineno or 1) - shift, 1), len(starts))
    last = min(max((issue.linerange or [line + shift])[-1] - shift, line), len(starts))
    begin = starts[line - 1]
    end = starts[last] if last < len(starts) else len(text)
    return [issue.test_id, int(issue.cwe.id), issue.severity, line, begin, begin + len(text[begin:end].rstrip("\r\n"))]


if __name__ == "__main__":
    main()
