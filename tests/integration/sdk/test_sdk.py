"""The sdk against a running ringwall: commitments, proofs, policies, and data that never travel."""

from __future__ import annotations

import hashlib
import json
import socket
import threading
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from urllib.parse import urlsplit

import boto3
import msgspec
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ringwall.errors import IntegrityError, InvalidRequest
from ringwall.sdk import Client, DataForbidden, FeatureGroup, Hashing, NoServer, Refused, SaltKey, ServerAway, verify_growth, verify_row
from tests.live import Live

FRAME = pd.DataFrame({"applicant": [1, 2, 3], "income": [10.5, None, 3.0], "remark": ["a", "b", "c"]})
_numbers = count()


@pytest.fixture
def client(live: Live) -> Client:
    return Client(data_dir=live.data_dir)


@pytest.fixture
def group(client: Client) -> FeatureGroup:
    made = FeatureGroup(f"group-{next(_numbers)}", client=client)
    made.create()
    return made


def test_a_frame_is_committed_to_verified_and_found_in_the_history(group: FeatureGroup, tmp_path: Path) -> None:
    digest = group.commit(FRAME)
    assert [each.digest for each in group.history()] == [digest]
    assert group.verify(pl.from_pandas(FRAME)).version == 1
    pq.write_table(pa.Table.from_pandas(FRAME, preserve_index=False), tmp_path / "frame.parquet", row_group_size=1)
    assert group.verify(tmp_path / "frame.parquet").digest == digest


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        (FRAME.assign(income=[10.5, None, 3.25]), "some cell differs"),
        (FRAME.head(2), "it has 2 rows instead of 3"),
        (FRAME.assign(applicant=FRAME["applicant"].astype("int32")), "column `applicant` is another"),
        (FRAME[["income", "applicant", "remark"]], "the columns stand in another order"),
    ],
)
def test_another_table_is_told_in_what_it_differs(group: FeatureGroup, changed: pd.DataFrame, why: str) -> None:
    group.commit(FRAME)
    with pytest.raises(IntegrityError, match=why):
        group.verify(changed)


def test_a_row_is_proved_without_the_others(group: FeatureGroup) -> None:
    salts = SaltKey.generate()
    digest = group.commit(FRAME, hashing=Hashing(mode="rows", salts=salts))
    assert verify_row(group.prove(1), digest) == {"applicant": 2, "income": None, "remark": "b"}
    again = FeatureGroup(group.name, client=group._client).prove(2, FRAME, salts=salts)
    assert verify_row(again, digest)["remark"] == "c"
    with pytest.raises(InvalidRequest, match="from the data and the salt key"):
        FeatureGroup(group.name, client=group._client).prove(2)


def test_no_digest_without_salts_is_recorded_of_a_table_under_salts(group: FeatureGroup, client: Client, tmp_path: Path) -> None:
    file = tmp_path / "table.csv"
    file.write_text("id,name\n1,a\n")
    plain = hashlib.sha256(file.read_bytes()).hexdigest()
    group.commit(file)
    assert client.version(group.name).origin.sha256 == plain
    salts = SaltKey.generate()
    group.commit(file, hashing=Hashing(mode="rows", salts=salts))
    salted = client.version(group.name)
    assert salted.receipt is not None
    assert salted.origin.options is not None
    assert plain not in json.dumps([msgspec.to_builtins(salted), client.call("GetAuditEntry", {"index": salted.receipt.index})])
    assert verify_row(group.prove(0), salted.digest) == {"id": 1, "name": "a"}


def test_growth_is_proved_and_what_did_not_grow_is_refused(group: FeatureGroup, client: Client) -> None:
    hashing = Hashing(mode="rows", salts=SaltKey.generate())
    first = group.commit(FRAME, hashing=hashing)
    longer = pd.concat([FRAME, FRAME.tail(1)], ignore_index=True)
    second = group.commit(longer, hashing=hashing, extends=True)
    assert [each.extends for each in group.history()] == [None, 3]
    assert verify_growth(client.prove_growth(group.name, longer, since=1, hashing=hashing), first, second) == 3
    with pytest.raises(IntegrityError, match="does not begin with the rows"):
        group.commit(longer.assign(remark="z"), hashing=hashing, extends=True)


def test_what_the_policy_forbids_is_refused_before_anything_is_sent(client: Client) -> None:
    group = FeatureGroup(f"group-{next(_numbers)}", client=client)
    group.create(forbidden=["EMAIL"])
    with pytest.raises(DataForbidden, match="EMAIL in `contact`"):
        group.commit(pd.DataFrame({"contact": ["someone@example.com"]}))
    assert group.history() == []


def test_what_is_not_there_is_refused_with_a_remedy(client: Client) -> None:
    with pytest.raises(Refused) as refused:
        FeatureGroup("never-created", client=client).commit(FRAME)
    assert (refused.value.problem, refused.value.answered) == ("no-such-dataset", 404)
    assert "create it first" in refused.value.how_to_mend


def test_an_api_key_opens_as_the_operators_token_does(live: Live) -> None:
    group = FeatureGroup(f"group-{next(_numbers)}", client=Client(live.url, live.ready["apiKey"]))
    group.create()
    assert group.commit(FRAME) == group.history()[0].digest
    with pytest.raises(Refused):
        Client(live.url, "ABSKnothing").dataset("group-0")


def test_no_server_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(NoServer, match="no server runs on"):
        Client(data_dir=tmp_path).dataset("x")
    with pytest.raises(NoServer, match="goes with an API key"):
        Client("http://127.0.0.1:1", data_dir=tmp_path).dataset("x")
    with pytest.raises(ServerAway, match="no answer from"):
        Client("http://127.0.0.1:1", "key").dataset("x")


@pytest.fixture
def overheard(live: Live) -> Iterator[tuple[str, bytearray]]:
    """A wire tap: forwards to the server and keeps every byte that the client sent."""
    kept = bytearray()
    target = urlsplit(live.url)
    listener = socket.create_server(("127.0.0.1", 0))

    def pump(source: socket.socket, sink: socket.socket, keep: bool) -> None:
        while data := source.recv(65536):
            if keep:
                kept.extend(data)
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)

    def serve() -> None:
        while True:
            try:
                near, _ = listener.accept()
            except OSError:
                return
            far = socket.create_connection((target.hostname or "", target.port or 0))
            back = threading.Thread(target=pump, args=(far, near, False))
            back.start()
            pump(near, far, True)
            back.join()
            near.close()
            far.close()

    thread = threading.Thread(target=serve)
    thread.start()
    yield f"http://127.0.0.1:{listener.getsockname()[1]}", kept
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()
    thread.join()


def test_no_value_of_the_data_is_sent(live: Live, overheard: tuple[str, bytearray]) -> None:
    url, sent = overheard
    client = Client(url, live.ready["apiKey"])
    values = ["Gwendolyn-canary@example.com", "canary-4539578763621486", "plain canary"]
    client.put_dataset("canaries")
    for hashing in (Hashing(), Hashing(mode="rows", salts=SaltKey.generate())):
        version = client.commit("canaries", pd.DataFrame({"text": values}), hashing=hashing)
        assert {finding.type for finding in version.inspection.findings} >= {"EMAIL"}
    assert b'"EMAIL"' in sent
    assert not [value for value in [*values, "Gwendolyn", "4539578763621486", "canary@", "canary-"] if value.encode() in sent]
    if hashing.salts is not None:
        assert hashing.salts.hex().encode() not in sent
    assert len(json.dumps(sent.decode("latin-1"))) < 20_000


def test_a_feature_store_is_made_filled_and_read_in_sagemakers_words(client: Client) -> None:
    frame = pd.DataFrame(
        {
            "applicant": ["a-1", "a-2"],
            "income": [10.5, None],
            "age": [41, 30],
            "at": pd.to_datetime(["2026-01-02T03:04:05Z", "2026-01-02T03:04:05.250Z"], format="ISO8601"),
        }
    )
    group = FeatureGroup(f"group-{next(_numbers)}", client=client)
    with pytest.raises(InvalidRequest, match="features are not known"):
        group.create(record_identifier_name="applicant", event_time_feature_name="at", enable_online_store=True)
    group.load_feature_definitions(frame)
    with pytest.raises(InvalidRequest, match="`colour` is no option"):
        group.create(record_identifier_name="applicant", event_time_feature_name="at", colour="red")
    group.create(record_identifier_name="applicant", event_time_feature_name="at", enable_online_store=True, tags={"team": "risk"})
    described = group.describe()
    assert described["FeatureGroupStatus"] == "Created"
    assert [each["FeatureType"] for each in described["FeatureDefinitions"]] == ["String", "Fractional", "Integral", "String"]
    assert described["Dataset"]["versions"] == 0
    assert group.ingest(frame) == 2
    assert group.get_record("a-2") == {"applicant": "a-2", "age": "30", "at": "2026-01-02T03:04:05.250Z"}
    assert group.get_record("a-3") is None
    assert group.commit(frame) == group.history()[0].digest


@pytest.mark.parametrize("value", [b"raw", ["a", "b"], {"a": 1}])
def test_a_value_that_a_record_cannot_hold_is_refused_and_not_put_as_python_writes_it(group: FeatureGroup, value: object) -> None:
    with pytest.raises(InvalidRequest, match="the feature `blob` holds a value of type"):
        group.ingest(pa.table({"id": [1], "blob": [value]}))


def test_a_collection_that_another_program_put_is_read_as_a_list(live: Live, client: Client) -> None:
    text, moment = {"FeatureType": "String"}, {"FeatureName": "at", "FeatureType": "Fractional"}
    words = {name.lower(): value for name, value in live.credentials.items() if name.startswith("AWS_") and "KEY" in name}
    session = boto3.Session(**words, region_name="us-east-1")
    session.client("sagemaker", endpoint_url=live.url).create_feature_group(
        FeatureGroupName="tagged",
        RecordIdentifierFeatureName="id",
        EventTimeFeatureName="at",
        FeatureDefinitions=[{"FeatureName": "id", **text}, moment, {"FeatureName": "tags", "CollectionType": "List", **text}],
        OnlineStoreConfig={"EnableOnlineStore": True},
    )
    values = [{"FeatureName": "id", "ValueAsString": "a"}, {"FeatureName": "at", "ValueAsString": "1"}]
    record = [*values, {"FeatureName": "tags", "ValueAsStringList": ["x", "y"]}]
    runtime = session.client("sagemaker-featurestore-runtime", endpoint_url=live.url)
    runtime.put_record(FeatureGroupName="tagged", Record=record)
    assert FeatureGroup("tagged", client=client).get_record("a") == {"id": "a", "at": "1", "tags": ["x", "y"]}


def test_options_that_make_no_sense_are_refused(client: Client) -> None:
    group = FeatureGroup("nothing", client=client)
    with pytest.raises(InvalidRequest, match="has a `record_identifier_name`"):
        group.create(enable_online_store=True)
    with pytest.raises(InvalidRequest, match="given by name"):
        group.create("s3://bucket")  # type: ignore[arg-type]
