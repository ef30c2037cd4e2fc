"""`ringwall check`: judge a text here, by the demo policy or one of your own, without a server, an account or a record."""

from __future__ import annotations

from typing import Any

import msgspec

from ringwall.api.native.demo import demo_guardrail
from ringwall.api.native.judgement import judgement
from ringwall.api.native.operation import parse_object
from ringwall.bootstrap.house import load_scorers
from ringwall.cli.context import Context
from ringwall.cli.exit_codes import FOUND, OK
from ringwall.cli.output import complain
from ringwall.cli.reading import intervention, reading
from ringwall.guardrails import Block, ContentRefused, compile_guardrail, evaluate, normalise, parse_config


def add_to(group: Any) -> None:
    """Describe the command."""
    check = group.command("check", "judge a text on this machine, stored nowhere; exit code 1 if it would be blocked or masked")
    check.add_argument("text", metavar="TEXT", help="the text, or - for standard input")
    check.add_argument("--policy", metavar="FILE", help="a guardrail as JSON (default: the demo's policy, which has every kind of filter)")
    check.add_argument("--source", choices=("INPUT", "OUTPUT"), default="INPUT", help="a prompt or an answer (default: INPUT)")
    check.add_argument("--origin", choices=("TOOL_RESULT", "DOCUMENT"), help="who says it in the prompt, if a tool or a document does")
    check.set_defaults(run=_check)


def _check(context: Context) -> int:
    given = context.arguments
    document = demo_guardrail() if given.policy is None else parse_object(context.read_file(given.policy))
    read = normalise(document, generated_name="check")
    for warning in read.warnings:
        complain(f"warning: {warning}")
    guardrail = compile_guardrail(parse_config(read.config), load_scorers(context.settings.watch))
    if given.origin and given.source == "OUTPUT":
        raise ContentRefused("an answer is the model's own words", remedy="leave `--origin` out, or judge the text as INPUT")
    block = Block(context.read_text(given.text), frozenset(), given.origin or "")
    evaluation = evaluate(guardrail, given.source, (block,), context.settings.limits)
    found: dict[str, Any] = msgspec.to_builtins(judgement(evaluation))
    context.show(found, reading(found))
    return FOUND if intervention(found) else OK
