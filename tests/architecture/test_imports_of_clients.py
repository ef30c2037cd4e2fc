"""A client of a running ringwall loads no database and no upstream client: each command would pay for them."""

from __future__ import annotations

import subprocess
import sys

import pytest


@pytest.mark.parametrize("module", ["ringwall.sdk", "ringwall.cli.client", "ringwall.cli.commands.guardrail", "ringwall.cli.commands.key"])
def test_a_client_loads_no_server(module: str) -> None:
    code = f"import sys, {module}; print(*sorted({{'sqlalchemy', 'aiohttp', 'granian', 'alembic', 'ringwall.bootstrap.house'}} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.split() == []


def test_a_command_line_imports_the_command_it_names_only() -> None:
    code = (
        "import sys; from ringwall.cli.parser import parser_for; parser_for(['--data-dir', 'up', 'guardrail', 'list', '--json']); "
        "print(*[name for name in sys.modules if name.startswith('ringwall.cli.commands.')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.split() == ["ringwall.cli.commands.guardrail"]
