"""The example hook of a coding assistant: what its tools would write or run is scanned, and refused with exit code 2."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

HOOK = Path(__file__).parents[3] / "examples" / "hooks" / "pre_tool_scan.py"
WEAK = "import os\nos.system(command)\n"
TOKEN = "ghp_" + "0123456789abcdefghijABCDEFGHIJ012345"


def judge(call: Any, *options: str, folder: Path) -> subprocess.CompletedProcess[str]:
    line = [sys.executable, str(HOOK), "--ringwall", f"'{sys.executable}' -m ringwall", *options]
    stdin = call if isinstance(call, str) else json.dumps(call)
    return subprocess.run(line, input=stdin, capture_output=True, text=True, cwd=folder, timeout=120, check=False)


CALLS: dict[str, tuple[Any, tuple[str, ...], int]] = {
    "a harmless file": ({"tool_input": {"file_path": "a.py", "content": "x = 1\n"}}, (), 0),
    "a weak file": ({"tool_input": {"file_path": "a.py", "content": WEAK}}, (), 2),
    "a weak file below the level": ({"tool_input": {"file_path": "a.py", "content": "import pickle\n"}}, (), 0),
    "a file that is no Python": ({"tool_input": {"file_path": "a.py", "content": "def f(:\n"}}, (), 2),
    "an edit of a file that is there": ({"tool_input": {"file_path": "old.py", "old_string": "pass", "new_string": "os.system(x)"}}, (), 2),
    "a harmless edit that is a piece": ({"tool_input": {"file_path": "old.py", "old_string": "pass", "new_string": "g(\n    1)"}}, (), 0),
    "edits together": (
        {
            "tool_input": {
                "file_path": "old.py",
                "edits": [{"old_string": "pass", "new_string": "run(x)"}, {"old_string": "import os", "new_string": WEAK}],
            }
        },
        (),
        2,
    ),
    "a cell": ({"tool_input": {"notebook_path": "a.ipynb", "new_source": WEAK}}, (), 2),
    "a shell command without a scanner": ({"tool_input": {"command": "ls"}}, (), 2),
    "a shell command without a scanner, allowed": ({"tool_input": {"command": "ls"}}, ("--allow-unscanned",), 0),
    "a shell command with a secret": ({"tool_input": {"command": f"export TOKEN={TOKEN}"}}, ("--allow-unscanned",), 2),
    "prose": ({"tool_input": {"file_path": "a.md", "content": "words\n"}}, (), 0),
    "code in prose": ({"tool_input": {"file_path": "a.md", "content": f"```python\n{WEAK}```\n"}}, (), 2),
    "a file of no known language": ({"tool_input": {"file_path": "a.zorb", "content": "words\n"}}, (), 2),
    "a call that only reads": ({"tool_input": {"file_path": "a.py"}}, (), 0),
    "no JSON": ("{", (), 2),
    "no call": ([], (), 2),
    "an input that is no object": ({"tool_input": "words"}, (), 2),
    "content that is no text": ({"tool_input": {"file_path": "a.py", "content": 3}}, (), 2),
    "a scanner that is not there": ({"tool_input": {"file_path": "a.py", "content": "x = 1\n"}}, ("--semgrep", "absent"), 2),
    "no ringwall": ({"tool_input": {"file_path": "a.py", "content": "x = 1\n"}}, ("--ringwall", "absent-command"), 2),
}


@pytest.mark.parametrize("case", CALLS)
def test_a_tool_call_is_judged(case: str, tmp_path: Path):
    (tmp_path / "old.py").write_text("import os\n\ndef f(x):\n    pass\n")
    call, options, code = CALLS[case]
    done = judge(call, *options, folder=tmp_path)
    assert done.returncode == code, done.stderr
    assert bool(done.stderr) == (code == 2)
    assert "Traceback" not in done.stderr
    assert TOKEN not in done.stderr


def test_the_reason_names_file_line_and_weakness(tmp_path: Path):
    done = judge({"tool_name": "Write", "tool_input": {"file_path": "a.py", "content": WEAK}}, folder=tmp_path)
    assert done.stderr == "ringwall: a.py:2: HIGH CWE-78 a command is run by a shell (bandit/B605)\n"
