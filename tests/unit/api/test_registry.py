"""The tables of operations: whole, distinct, and written down."""

from __future__ import annotations

from pathlib import Path

from ringwall.api.aws.registry import BY_NAME, SERVED
from ringwall.api.native.registry import SERVED as NATIVE
from ringwall.wire import load_service

UNDER_ANOTHER = {"Converse": "InvokeModel", "ConverseStream": "InvokeModelWithResponseStream"}
"""Operations that AWS checks under another's action (service authorization reference, Amazon Bedrock)."""

PREFIXES = {"bedrock-runtime": "bedrock", "sagemaker-featurestore-runtime": "sagemaker", "sagemaker-runtime": "sagemaker"}

DOCS = Path(__file__).resolve().parents[3] / "docs" / "wire"


def test_every_served_operation_exists_in_its_model_and_stands_once() -> None:
    assert len(BY_NAME) == len(SERVED)
    for row in SERVED:
        assert load_service(row.service).operation(row.name).name == row.name


def test_every_operation_is_checked_under_its_own_action() -> None:
    for row in SERVED:
        prefix, _, name = row.action.partition(":")
        assert prefix == PREFIXES.get(row.service, row.service)
        assert name == UNDER_ANOTHER.get(row.name, row.name)
    assert [row.name for row in SERVED if not row.authorized] == ["GetCallerIdentity", "GetSessionToken"]  # AWS asks no permission for them


def test_the_manual_lists_exactly_what_is_served() -> None:
    lines = (DOCS / "operations.md").read_text("utf-8").splitlines()
    listed = [line.split("|")[1].strip() for line in lines if line.startswith("| ") and not line.startswith("| operation")]
    assert sorted(listed) == sorted(row.name for row in SERVED)


def test_the_native_manual_names_every_path() -> None:
    manual = (DOCS / "native.md").read_text("utf-8")
    for row in NATIVE:
        path = row.path.removesuffix("/{keyId}")
        assert f"{path}`" in manual or f"{path} " in manual, path


def test_only_live_counters_and_the_ledgers_own_hashes_leave_no_record() -> None:
    hashes = {"ListLogs", "GetCheckpoint", "GetLedgerTile", "GetLedgerConsistency", "ListCheckpoints"}
    assert {row.row.name for row in NATIVE if not row.row.recorded} == {"GetStats", "GetTraffic", *hashes}
    assert all(row.recorded for row in SERVED)
