"""Every operation of the native API, in one visible tuple."""

from __future__ import annotations

from ringwall.api.native import (
    accounts,
    audit_log,
    code_policy,
    datasets,
    feature_groups,
    guardrails,
    key_guardrails,
    ledger,
    limits,
    lineage,
    models,
    monitors,
    prompts,
    proofs,
    records,
    traffic,
    watch,
)
from ringwall.api.native.operation import NativeOperation

SERVED: tuple[NativeOperation, ...] = (
    *guardrails.OPERATIONS,
    *records.OPERATIONS,
    *traffic.OPERATIONS,
    *proofs.OPERATIONS,
    *datasets.OPERATIONS,
    *feature_groups.OPERATIONS,
    *lineage.OPERATIONS,
    *audit_log.OPERATIONS,
    *ledger.OPERATIONS,
    *monitors.OPERATIONS,
    *code_policy.OPERATIONS,
    *models.OPERATIONS,
    *limits.OPERATIONS,
    *prompts.OPERATIONS,
    *accounts.OPERATIONS,
    *key_guardrails.OPERATIONS,
    *watch.OPERATIONS,
)

BY_NAME: dict[str, NativeOperation] = {row.row.name: row for row in SERVED}
