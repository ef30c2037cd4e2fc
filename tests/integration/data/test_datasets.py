"""Data sets behind the native API: versions, policies, growth, and what a client that lies is told."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import msgspec
import pyarrow as pa
import pytest

from ringwall.data.commitment import Column, Commitment, SaltKey, Schema, commit, commit_table, open_source, prove_growth
from ringwall.data.datasets import Datasets, Given
from ringwall.data.inspection import Inspection, inspect
from tests.integration.api.conftest import Home

pytestmark = [pytest.mark.anyio, pytest.mark.slow_on_postgresql]

TABLE = pa.table({"id": [1, 2, 3], "name": ["a", None, "c"]})
LONGER = pa.table({"id": [1, 2, 3, 4], "name": ["a", None, "c", "d"]})
SALTS = SaltKey(bytes(32))


def sent(table: pa.Table, **options: Any) -> dict[str, Any]:
    source = open_source(table)
    made = commit(source, **options)
    given = {"commitment": made.commitment, "columns": made.schema, "origin": source.origin, "inspection": inspect(source)}
    return json.loads(msgspec.json.encode(given))


async def put(home: Home, name: str = "credit-risk", **members: Any) -> None:
    assert (await home.native("PUT", f"/datasets/{name}", members)).status == 200


async def test_a_version_is_taken_in_listed_and_shown(home: Home) -> None:
    await put(home)
    answer = await home.native("POST", "/datasets/credit-risk/versions", sent(TABLE))
    assert answer.status == 201
    version = answer.json()
    assert (version["version"], version["digest"]) == (1, commit_table(TABLE).digest)
    assert version["receipt"]["log"] == "statements"
    assert (await home.native("GET", "/datasets/credit-risk/versions")).json()["versions"] == [version]
    assert (await home.native("GET", "/datasets/credit-risk/versions/1")).json() == version
    assert (await home.native("GET", "/datasets/credit-risk")).json()["versions"] == 1
    assert [each["name"] for each in (await home.native("GET", "/datasets")).json()["datasets"]] == ["credit-risk"]


async def test_the_same_table_again_is_the_same_version(home: Home) -> None:
    await put(home)
    first = (await home.native("POST", "/datasets/credit-risk/versions", sent(TABLE))).json()
    assert (await home.native("POST", "/datasets/credit-risk/versions", sent(TABLE))).json() == first
    second = (await home.native("POST", "/datasets/credit-risk/versions", sent(LONGER))).json()
    assert (second["version"], second["predecessor"], second["extends"]) == (2, first["digest"], None)


async def test_growth_is_verified_before_it_is_recorded(home: Home) -> None:
    await put(home)
    options: dict[str, Any] = {"mode": "rows", "salts": SALTS}
    await home.native("POST", "/datasets/credit-risk/versions", sent(TABLE, **options))
    proof = msgspec.to_builtins(prove_growth(commit_table(TABLE, **options), LONGER, salts=SALTS))
    broken = proof | {"tail": proof["tail"] | {"entry": "00" * 32 * 4}}
    refused = await home.native("POST", "/datasets/credit-risk/versions", sent(LONGER, **options) | {"growth": broken})
    assert refused.status == 400
    assert "the growth proof does not hold" in refused.json()["detail"]
    taken = await home.native("POST", "/datasets/credit-risk/versions", sent(LONGER, **options) | {"growth": proof})
    assert taken.json()["extends"] == 3


async def test_rows_in_a_growth_proof_are_refused(home: Home) -> None:
    await put(home)
    await home.native("POST", "/datasets/credit-risk/versions", sent(TABLE))
    proof = msgspec.to_builtins(prove_growth(commit_table(TABLE), LONGER, show_tail=True))
    refused = await home.native("POST", "/datasets/credit-risk/versions", sent(LONGER) | {"growth": proof})
    assert refused.status == 400
    assert "holds no rows" in refused.json()["detail"]


async def test_a_policy_is_enforced_whatever_the_client_did(home: Home) -> None:
    await put(home, forbidden=["EMAIL"])
    members = sent(pa.table({"id": [1], "mail": ["someone@example.com"]}))
    assert members["inspection"]["findings"] == [{"column": "mail", "type": "EMAIL", "cells": 1}]
    refused = await home.native("POST", "/datasets/credit-risk/versions", members)
    assert refused.status == 403
    assert refused.json()["detail"] == "the policy forbids what was found: EMAIL in `mail`"
    assert (await home.native("GET", "/datasets/credit-risk")).json()["versions"] == 0
    await put(home, forbidden=[])
    assert (await home.native("POST", "/datasets/credit-risk/versions", members)).status == 201


@pytest.mark.parametrize(
    ("change", "detail"),
    [
        ({"columns": {"columns": [{"name": "id", "type": "int64"}]}}, "the columns are not those of the commitment"),
        ({"inspection": {"rows": 4}}, "the inspection is of another table than the commitment"),
        ({"inspection": {"columnsRead": ["id"]}}, "the inspection does not account for every column"),
        ({"inspection": {"columnsRead": ["id"], "notRead": ["name"]}}, "the inspection did not look at the column `name`"),
        ({"inspection": {"rowsRead": 0}}, "the inspection read fewer rows than its bound needs"),
        ({"inspection": {"findings": [{"column": "name", "type": "email", "cells": 1}]}}, "found `email`, which is not looked for here"),
        ({"origin": {"kind": "a text of anybody's"}}, "invalid enum value"),
        ({"origin": {"sha256": "a text"}}, "at `origin.sha256`"),
        ({"origin": {"reader": "a text, with <more>"}}, "at `origin.reader`"),
        ({"commitment": {"root": "0"}}, "this is no commitment"),
        ({"commitment": {"mode": "files"}}, "invalid enum value 'files'"),
    ],
)
async def test_parts_that_do_not_fit_are_refused(home: Home, change: dict[str, Any], detail: str) -> None:
    await put(home)
    members = sent(TABLE)
    for name, changed in change.items():
        members[name] |= changed
    refused = await home.native("POST", "/datasets/credit-risk/versions", members)
    assert refused.status == 400
    assert detail in refused.json()["detail"]


async def test_a_commitment_under_salts_brings_no_digest_that_has_none(home: Home) -> None:
    await put(home)
    members = sent(TABLE, mode="rows", salts=SALTS)
    members["origin"] = {"kind": "csv", "sha256": "ab" * 32}
    refused = await home.native("POST", "/datasets/credit-risk/versions", members)
    assert refused.status == 400
    assert "names no digest of its file" in refused.json()["detail"]
    members["origin"].pop("sha256")
    assert (await home.native("POST", "/datasets/credit-risk/versions", members)).status == 201


async def test_what_is_not_there_is_not_found_and_a_type_that_nobody_looks_for_is_refused(home: Home) -> None:
    assert (await home.native("POST", "/datasets/nothing/versions", sent(TABLE))).status == 404
    assert (await home.native("GET", "/datasets/nothing/versions/1")).status == 404
    await put(home)
    assert (await home.native("GET", "/datasets/credit-risk/versions/1")).status == 404
    assert (await home.native("PUT", "/datasets/credit-risk", {"forbidden": ["SHOE_SIZE"]})).status == 400
    assert (await home.native("PUT", "/datasets/no%20name", {})).status == 400


async def test_the_ledger_has_a_signed_statement_of_each_version(home: Home) -> None:
    await put(home)
    first = (await home.native("POST", "/datasets/credit-risk/versions", sent(TABLE))).json()
    second = (await home.native("POST", "/datasets/credit-risk/versions", sent(LONGER))).json()
    assert second["receipt"]["index"] > first["receipt"]["index"]
    entry = (await home.native("GET", f"/audit-log/{second['receipt']['index']}")).json()
    assert entry["subjects"] == {"credit-risk": second["digest"]}
    said = entry["predicate"]
    assert (said["version"], said["predecessor"], said["commitment"]) == (2, first["digest"], second["commitment"])
    assert said["inspection"]["digest"] == second["inspectionDigest"]
    assert said["recordedBy"].startswith("arn:aws:iam::")
    assert "c2sp.org/tlog-proof@v1" in entry["tlogProof"]
    found = (await home.native("GET", f"/audit-log?digest={first['digest']}")).json()["entries"]
    assert [each["index"] for each in found] == [first["receipt"]["index"]]


async def test_a_version_that_the_ledger_has_not_is_sealed_by_committing_again(home: Home) -> None:
    await put(home)
    rooms = home.house.rooms
    account = (await home.house.operator(None)).account_id
    members = sent(TABLE)
    given = msgspec.convert(members, Given)
    broken_off = await Datasets(rooms.storage, rooms.clock).commit(account, "credit-risk", given)
    assert broken_off.receipt is None
    answers = await asyncio.gather(*(home.native("POST", "/datasets/credit-risk/versions", members) for _ in range(4)))
    assert [answer.status for answer in answers] == [201] * 4
    again = (await home.native("GET", "/datasets/credit-risk/versions/1")).json()
    assert (again["version"], again["digest"]) == (1, broken_off.digest)
    assert again["receipt"] is not None
    assert [answer.json() for answer in answers] == [again] * 4


async def test_the_record_holds_digests_and_no_column(home: Home) -> None:
    await put(home)
    version = (await home.native("POST", "/datasets/credit-risk/versions", sent(TABLE))).json()
    records = (await home.native("GET", "/records?eventName=CommitDataset")).json()["records"]
    recorded = records[0]["ringwall"]["commitment"]
    assert recorded["digest"] == version["digest"]
    assert recorded["inspection"]["digest"] == version["inspectionDigest"]
    assert "name" not in json.dumps(recorded["commitment"])


async def test_tenants_do_not_see_each_others_data_sets(home: Home) -> None:
    await put(home)
    await home.native("POST", "/datasets/credit-risk/versions", sent(TABLE))
    key = (await home.house.rooms.identity.create_administrator("tenant")).api_key.token
    assert (await home.native("GET", "/datasets", key=key)).json()["datasets"] == []
    for path in ("", "/versions", "/versions/1"):
        assert (await home.native("GET", f"/datasets/credit-risk{path}", key=key)).status == 404
    assert (await home.native("PUT", "/datasets/credit-risk", {}, key=key)).status == 200
    assert (await home.native("POST", "/datasets/credit-risk/versions", sent(TABLE), key=key)).json()["version"] == 1


async def test_who_may_commit_need_not_be_able_to_change_the_policy(home: Home) -> None:
    await put(home, forbidden=["EMAIL"])
    await put(home, "other")
    identity, account = home.house.rooms.identity, home.first.account_id
    await identity.users.create(account, "scientist")
    mine = f"arn:aws:ringwall:us-east-1:{account}:dataset/credit-risk"
    statements = [
        {"Effect": "Allow", "Action": ["ringwall:CommitDataset", "ringwall:GetDataset"], "Resource": mine},
        {"Effect": "Allow", "Action": "bedrock:CallWithBearerToken", "Resource": "*"},
    ]
    await identity.users.put_policy(account, "scientist", "p", json.dumps({"Version": "2012-10-17", "Statement": statements}))
    key = (await identity.create_api_key(account, "scientist")).token
    assert (await home.native("PUT", "/datasets/credit-risk", {"forbidden": []}, key=key)).status == 403
    assert (await home.native("POST", "/datasets/credit-risk/versions", sent(TABLE), key=key)).status == 201
    assert (await home.native("POST", "/datasets/other/versions", sent(TABLE), key=key)).status == 403
    assert (await home.native("GET", "/datasets/credit-risk/versions", key=key)).status == 403


async def test_versions_that_come_at_once_get_a_number_each_or_are_told_to_come_again(home: Home) -> None:
    await put(home)
    tables = [pa.table({"id": [number]}) for number in range(8)]
    answers = await asyncio.gather(*(home.native("POST", "/datasets/credit-risk/versions", sent(table)) for table in tables))
    taken = [answer.json() for answer in answers if answer.status == 201]
    assert {answer.status for answer in answers} <= {201, 409}
    assert sorted(each["version"] for each in taken) == list(range(1, len(taken) + 1))
    taken.append((await home.native("POST", "/datasets/credit-risk/versions", sent(TABLE))).json())
    first = (await home.native("GET", "/datasets/credit-risk/versions?limit=1")).json()
    assert first["next"] == 1
    rest = (await home.native("GET", f"/datasets/credit-risk/versions?after={first['next']}")).json()
    listed = [*first["versions"], *rest["versions"]]
    assert [each["digest"] for each in listed] == [each["digest"] for each in sorted(taken, key=lambda each: each["version"])]
    assert [each["predecessor"] for each in listed] == ["", *(each["digest"] for each in listed[:-1])]


async def test_a_page_of_the_history_ends_before_it_is_too_large_to_hold(home: Home) -> None:
    await put(home)
    wide = [Column(f"{number:0>900}", "int8") for number in range(1000)]
    for number in range(6):
        schema = Schema((*wide, Column(f"last {number}", "int8")))
        seen = Inspection(
            rows=0,
            rows_read=0,
            rate=1e-4,
            confidence=0.99,
            seed="",
            detectors="0" * 64,
            columns_read=(),
            not_read=tuple(column.name for column in schema.columns),
            findings=(),
        )
        commitment = Commitment(
            mode="columns",
            hash="sha256",
            rows=0,
            columns=1001,
            schema_digest=schema.digest().hex(),
            root="0" * 64,
        )
        members = {"commitment": commitment, "columns": schema, "origin": {"kind": "arrow"}, "inspection": seen}
        answer = await home.native("POST", "/datasets/credit-risk/versions", json.loads(msgspec.json.encode(members)))
        assert answer.status == 201
    first = (await home.native("GET", "/datasets/credit-risk/versions")).json()
    assert ([each["version"] for each in first["versions"]], first["next"]) == ([1, 2, 3, 4], 4)
    second = (await home.native("GET", "/datasets/credit-risk/versions?after=4")).json()
    assert ([each["version"] for each in second["versions"]], second["next"]) == ([5, 6], None)
    assert (await home.native("GET", "/datasets/credit-risk/versions?limit=1&after=5")).json()["next"] is None
