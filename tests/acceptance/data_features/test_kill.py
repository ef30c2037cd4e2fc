"""kill -9 while the offline store is written: what was acknowledged is in exactly one file after the next clean stop."""

from __future__ import annotations

import signal
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import monotonic

import pyarrow.parquet as pq
import pytest

from tests.acceptance.api.test_boto3 import client
from tests.acceptance.data_features.test_boto3_features import KEYS, OFFLINE, ONLINE, record
from tests.integration.storage.places import DATABASES, fresh_place
from tests.live import Live, start

RECORDS = 60
PATIENCE_S = 60


def put_all(server: Live, number: int, key: dict[str, str]) -> list[str]:
    """Put records of one round from several threads, over the hours of a day; return what was acknowledged."""
    runtime = client(server, "sagemaker-featurestore-runtime", **key)

    def put(each: int) -> str:
        name = f"{number}-{each}"
        runtime.put_record(FeatureGroupName="k", Record=record(customer=name, moment=f"2026-03-0{number + 1}T{each % 24:02d}:00:00Z"))
        return name

    with ThreadPoolExecutor(4) as pool:
        return list(pool.map(put, range(RECORDS)))


def files_in(data_dir: Path) -> list[Path]:
    return list((data_dir / "feature-store").rglob("*.parquet"))


def kill_when_written(server: Live, more: int) -> None:
    """Ask the server to end, so that it writes what waits, and kill it when so many more files are there, in place or not."""
    before = len(files_in(server.data_dir))
    server.process.send_signal(signal.SIGTERM)
    give_up = monotonic() + PATIENCE_S
    while len(files_in(server.data_dir)) < before + more and server.process.poll() is None:
        assert monotonic() < give_up
    server.process.kill()
    server.process.communicate()


@pytest.fixture(params=DATABASES)
def database(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Every server of the test is on this database."""
    with fresh_place(request.param, tmp_path) as place:
        if request.param != "sqlite":
            monkeypatch.setenv("RINGWALL_STORAGE_URL", place)
        yield


@pytest.mark.usefixtures("database")
@pytest.mark.parametrize(
    "files_before_death",  # how far the last writing of each life has come; there are 24 files each time
    [
        pytest.param((1, 17), id="two lives"),
        pytest.param((1, 2, 5, 9, 13, 17, 21, 23), id="eight lives", marks=pytest.mark.slow),
    ],
)
def test_no_acknowledged_record_is_lost_or_doubled(tmp_path: Path, files_before_death: tuple[int, ...]) -> None:
    acknowledged: list[str] = []
    key: dict[str, str] = {}
    for number, files in enumerate(files_before_death):
        server = start(tmp_path / "var")
        if number == 0:  # the secret is shown once
            key = {"aws_access_key_id": server.ready["accessKeyId"], "aws_secret_access_key": server.ready["secretAccessKey"]}
            client(server, "sagemaker").create_feature_group(FeatureGroupName="k", **KEYS, **ONLINE, **OFFLINE)
        acknowledged += put_all(server, number, key)
        kill_when_written(server, files)
    server = start(tmp_path / "var")
    assert server.stop() == 0
    placed = [path for path in files_in(tmp_path / "var") if "data" in path.parts]
    found = Counter(row["customer"] for path in placed for row in pq.ParquetFile(path).read().to_pylist())
    assert found == Counter(acknowledged)
