"""`ringwall ledger ...`: the transparency logs."""

from __future__ import annotations

from typing import Any

from ringwall.cli.commands import ledger_erase, ledger_files, ledger_timestamp, ledger_verify, ledger_witness


def add_to(group: Any) -> None:
    """Describe the commands."""
    ledgers = group.group("ledger", "verify and export the transparency logs, prove their entries, have them witnessed and dated")
    ledger_verify.add_to(ledgers)
    ledger_files.add_to(ledgers)
    ledger_witness.add_to(ledgers)
    ledger_timestamp.add_to(ledgers)
    ledger_erase.add_to(ledgers)
