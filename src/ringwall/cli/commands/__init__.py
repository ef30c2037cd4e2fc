"""The commands, a module each; `add_to` describes its arguments, and sets `run`."""

from __future__ import annotations

from types import ModuleType

from ringwall.cli.commands import (
    account,
    backup,
    check,
    dataset,
    doctor,
    feature_group,
    guardrail,
    key,
    ledger,
    prove,
    record,
    scan_code,
    settings,
    up,
)

REGISTRY: tuple[ModuleType, ...] = (
    up,
    guardrail,
    check,
    scan_code,
    prove,
    dataset,
    feature_group,
    account,
    key,
    record,
    ledger,
    settings,
    doctor,
    backup,
)
"""Every command module, in the order of the help."""
