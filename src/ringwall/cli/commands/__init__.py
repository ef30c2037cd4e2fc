"""The commands, a module each; `add_to` describes its arguments, and sets `run`.

A command imports what it needs, which may be the whole house; so only the module of the command that is asked for is imported.
"""

from __future__ import annotations

from collections.abc import Mapping

REGISTRY: Mapping[str, str] = {
    "up": "up",
    "guardrail": "guardrail",
    "check": "check",
    "scan-code": "scan_code",
    "code-policy": "code_policy",
    "prove": "prove",
    "dataset": "dataset",
    "feature-group": "feature_group",
    "model": "model",
    "limit": "limit",
    "account": "account",
    "key": "key",
    "traffic": "traffic",
    "record": "record",
    "prompts": "prompts",
    "ledger": "ledger",
    "monitor": "monitor",
    "watch": "watch",
    "settings": "settings",
    "doctor": "doctor",
    "backup": "backup",
    "restore": "backup",
}
"""Every command and the module that has it, in the order of the help."""
