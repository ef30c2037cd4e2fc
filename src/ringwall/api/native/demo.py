"""The demo guardrail: what a first start creates, and what `check` judges by where no policy is given."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Any

import msgspec


@cache
def _text() -> bytes:
    return files("ringwall.api.native").joinpath("demo_guardrail.json").read_bytes()


def demo_guardrail() -> dict[str, Any]:
    """Return the demo's configuration, as CreateGuardrail takes it; each call returns a fresh one."""
    config: dict[str, Any] = msgspec.json.decode(_text())
    return config
