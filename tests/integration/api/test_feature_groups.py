"""A feature group's offline files, verified over HTTP and from the command line: what was exchanged is named."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from ringwall.bootstrap.house import open_house
from ringwall.bootstrap.settings import load_settings
from tests.integration.api.conftest import Home
from tests.integration.api.test_ledger_api import tenant

pytest.importorskip("pyarrow")
pytestmark = pytest.mark.anyio

GROUP = {
    "FeatureGroupName": "risk",
    "RecordIdentifierFeatureName": "id",
    "EventTimeFeatureName": "at",
    "FeatureDefinitions": [{"FeatureName": "id", "FeatureType": "String"}, {"FeatureName": "at", "FeatureType": "Fractional"}],
    "OfflineStoreConfig": {"S3StorageConfig": {"S3Uri": "s3://bucket/prefix"}},
    "RoleArn": "arn:aws:iam::000000000000:role/any",
}


async def test_files_are_verified_and_an_exchanged_one_is_named(home: Home, tmp_path: Path) -> None:
    key = await tenant(home)
    made = await home.native("POST", "/feature-groups", GROUP)
    assert made.status == 201, made.body
    for number in range(3):
        record = [{"FeatureName": "id", "ValueAsString": f"r{number}"}, {"FeatureName": "at", "ValueAsString": f"{number}.5"}]
        assert (await home.native("POST", "/feature-groups/risk/records", {"Record": record})).status == 200
    empty = (await home.native("GET", "/feature-groups/risk/verification")).json()
    assert empty == {"Files": 0, "Rows": 0, "Bytes": 0, "Statements": []}
    await home.house.rooms.features.maintain()
    files = [path for path in (tmp_path / "var" / "feature-store").rglob("*.parquet") if "data" in path.parts]
    found = (await home.native("GET", "/feature-groups/risk/verification")).json()
    assert (found["Files"], found["Rows"], found["Bytes"]) == (len(files), 3, sum(path.stat().st_size for path in files))
    for index in found["Statements"]:
        stated = (await home.native("GET", f"/audit-log/{index}")).json()
        assert stated["predicateType"] == "urn:ringwall:predicate:offline-store-files:v1"
    assert len(found["Statements"]) == 1
    assert (await home.native("GET", "/feature-groups/risk/verification", key=key)).status in {400, 404}
    files[0].write_bytes(files[0].read_bytes() + b" ")
    wrong = await home.native("GET", "/feature-groups/risk/verification")
    assert wrong.status == 500
    assert files[0].name in wrong.json()["detail"]


async def test_the_command_line_verifies_them(tmp_path: Path) -> None:
    settings = load_settings({}, directory=tmp_path, flags={"data_dir": str(tmp_path / "var")}).settings
    house = await open_house(settings)
    first = await house.first_start()
    home = Home(house, first)
    try:
        assert (await home.native("POST", "/feature-groups", GROUP)).status == 201
        record = [{"FeatureName": "id", "ValueAsString": "a"}, {"FeatureName": "at", "ValueAsString": "1.5"}]
        assert (await home.native("POST", "/feature-groups/risk/records", {"Record": record})).status == 200
        await house.rooms.features.maintain()
        erased = (await home.native("GET", "/records")).json()["records"][0]["index"]
    finally:
        await house.close()

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        line = [sys.executable, "-m", "ringwall", *arguments, "--data-dir", str(tmp_path / "var")]
        return subprocess.run(line, capture_output=True, text=True, timeout=120, check=False)

    done = run("feature-group", "verify", "risk")
    assert done.returncode == 0, done.stderr
    assert "files as written  1" in done.stdout
    assert "statements/0" in done.stdout
    assert run("ledger", "erase", str(erased)).returncode == 0
    assert run("ledger", "erase", "999999").returncode == 3
    file = next(path for path in (tmp_path / "var" / "feature-store").rglob("*.parquet"))
    file.write_bytes(b"another")
    done = run("feature-group", "verify", "risk")
    assert (done.returncode, file.name in done.stderr) == (3, True)
