"""The grammar of the command line, and the manual that describes it."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

import pytest

from ringwall.cli.parser import build_parser, parser_for

ROOT = Path(__file__).resolve().parents[3]


def commands(parser: argparse.ArgumentParser, before: str = "") -> Iterator[tuple[str, argparse.ArgumentParser]]:
    groups = [action for action in parser._actions if isinstance(action, argparse._SubParsersAction)]
    if not groups:
        yield before.strip(), parser
    for group in groups:
        for name, child in group.choices.items():
            yield from commands(child, f"{before} {name}")


def test_every_command_runs_something_and_takes_the_common_options_on_either_side() -> None:
    found = dict(commands(build_parser()))
    assert len(found) >= 16
    for name, parser in found.items():
        assert parser.get_default("run") is not None, name
        options = {option for action in parser._actions for option in action.option_strings}
        assert {"--data-dir", "--account", "--json"} <= options, name


@pytest.mark.parametrize(
    "line",
    [
        ["--data-dir", "d", "--json", "guardrail", "list"],
        ["guardrail", "list", "--data-dir", "d", "--json"],
        ["--json", "guardrail", "list", "--data-dir=d"],
    ],
)
def test_common_options_stand_where_they_like(line: list[str]) -> None:
    given = parser_for(line).parse_args(line)
    assert (given.data_dir, given.json, given.account) == ("d", True, None)


@pytest.mark.parametrize("line", [["guardrail"], ["nothing"], ["guardrail", "apply", "x"], ["up", "--port", "x"]])
def test_what_is_no_command_is_a_usage_error(line: list[str]) -> None:
    with pytest.raises(SystemExit) as refused:
        parser_for(line).parse_args(line)
    assert refused.value.code == 2


def test_the_manual_has_every_command() -> None:
    manual = (ROOT / "docs" / "operations" / "cli.md").read_text("utf-8")
    for name, _ in commands(build_parser()):
        assert f"`ringwall {name}" in manual, name
