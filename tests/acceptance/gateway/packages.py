"""Vendors' packages, unmodified and in an environment of their own, asked to use a live server."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

from tests.acceptance.api.test_boto3 import client
from tests.environments import environment, install_python
from tests.live import Live

HERE = Path(__file__).parent
LOCK = HERE.parent / "dialects" / "sdks" / "requirements.txt"


def told_by(name: str, live: Live) -> dict[str, Any]:
    """Run `NAME/script.py` beside the packages, with a guardrail that masks and one that blocks `heliotrope`; return what it prints."""
    made = client(live, "bedrock").create_guardrail(
        name=f"no-heliotrope-for-{name.replace('_', '-')}",
        blockedInputMessaging="Not that word.",
        blockedOutputsMessaging="Not that word.",
        wordPolicyConfig={"wordsConfig": [{"text": "heliotrope"}]},
    )
    python = environment(LOCK, install_python) / "bin" / "python"
    arguments = [live.url, live.ready["apiKey"], live.ready["guardrailId"], made["guardrailId"]]
    done = subprocess.run([python, HERE / name / "script.py", *arguments], capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found
