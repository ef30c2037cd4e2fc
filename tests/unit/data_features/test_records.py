"""Records and their event times, feature definitions, and pages of listings."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from ringwall.data.feature_errors import RecordRefused
from ringwall.data.feature_group import Definition, FeatureGroup, OnlineConfig, Ttl, check_keys, read_definitions, read_offline, read_online
from ringwall.data.feature_record import RECORD_BYTES, read_event_time, read_record, read_value
from ringwall.data.listing import page
from ringwall.errors import InvalidRequest

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def group(event_type: str = "String", *more: Definition) -> FeatureGroup:
    definitions = (Definition("id", "String"), Definition("at", event_type), *more)
    return FeatureGroup(
        name="g", generation="x" * 16, record_identifier="id", event_time="at", definitions=definitions, created_at=NOW, modified_at=NOW
    )


@pytest.mark.parametrize(
    ("event_type", "text", "nanoseconds"),
    [
        pytest.param("String", "1970-01-01T00:00:00Z", 0, id="the first moment"),
        pytest.param("String", "2026-03-01T10:00:00Z", 1_772_359_200 * 10**9, id="whole seconds"),
        pytest.param("String", "2026-03-01T10:00:00.123Z", 1_772_359_200_123 * 10**6, id="milliseconds"),
        pytest.param("String", "2026-03-01T10:00:00.000000001Z", 1_772_359_200 * 10**9 + 1, id="a nanosecond"),
        pytest.param("Fractional", "1772359200", 1_772_359_200 * 10**9, id="Unix seconds"),
        pytest.param("Fractional", "1772359200.123", 1_772_359_200_123 * 10**6, id="Unix milliseconds, exactly"),
        pytest.param("Fractional", "1.7723592e9", 1_772_359_200 * 10**9, id="as a float is written"),
    ],
)
def test_event_times_are_compared_in_nanoseconds(event_type: str, text: str, nanoseconds: int) -> None:
    assert read_event_time(group(event_type), text) == nanoseconds


@pytest.mark.parametrize(
    ("event_type", "text"),
    [
        pytest.param("String", "2026-03-01T10:00:00", id="no zone"),
        pytest.param("String", "2026-03-01T10:00:00+01:00", id="another zone"),
        pytest.param("String", "2026-02-30T10:00:00Z", id="no such day"),
        pytest.param("String", "1969-12-31T23:59:59Z", id="before 1970"),
        pytest.param("String", "1772359200", id="seconds for a text"),
        pytest.param("String", "2026-03-01T10:00:00\u0660Z", id="a digit of another script"),
        pytest.param("Fractional", "2026-03-01T10:00:00Z", id="a text for seconds"),
        pytest.param("Fractional", "-1", id="before 1970, in seconds"),
        pytest.param("Fractional", "1e99", id="after 9999"),
        pytest.param("Fractional", "nan", id="no number"),
        pytest.param("Fractional", "", id="nothing"),
    ],
)
def test_what_is_no_event_time_is_refused_without_repeating_it(event_type: str, text: str) -> None:
    with pytest.raises(RecordRefused) as refused:
        read_event_time(group(event_type), text)
    assert len(text) < 2 or text not in refused.value.message


@pytest.mark.parametrize(
    ("definition", "given", "value"),
    [
        pytest.param(Definition("f", "Integral"), {"ValueAsString": "-9223372036854775808"}, "-9223372036854775808", id="the smallest"),
        pytest.param(Definition("f", "Fractional"), {"ValueAsString": ".5"}, ".5", id="half"),
        pytest.param(Definition("f", "String"), {"ValueAsString": ""}, "", id="an empty text is a value"),
        pytest.param(Definition("f", "String"), {}, None, id="no value"),
        pytest.param(Definition("f", "Integral", "List"), {"ValueAsStringList": ["1", "1"]}, ("1", "1"), id="a list may repeat itself"),
        pytest.param(Definition("f", "Fractional", "Vector", 2), {"ValueAsStringList": ["1", "0.5"]}, ("1", "0.5"), id="a vector"),
        pytest.param(Definition("f", "String", "Set"), {"ValueAsStringList": []}, (), id="an empty set"),
    ],
)
def test_values_of_each_type(definition: Definition, given: dict, value: object) -> None:
    assert read_value(definition, given) == value


@pytest.mark.parametrize(
    ("definition", "given"),
    [
        pytest.param(Definition("f", "Integral"), {"ValueAsString": "9223372036854775808"}, id="beyond 64 bits"),
        pytest.param(Definition("f", "Integral"), {"ValueAsString": "1.0"}, id="a fraction for an integer"),
        pytest.param(Definition("f", "Integral"), {"ValueAsString": "1_000"}, id="Python's own notation"),
        pytest.param(Definition("f", "Fractional"), {"ValueAsString": "inf"}, id="infinity"),
        pytest.param(Definition("f", "Fractional"), {"ValueAsString": "1e999"}, id="a number that floats call infinite"),
        pytest.param(Definition("f", "String"), {"ValueAsStringList": ["a"]}, id="a list for a value"),
        pytest.param(Definition("f", "String"), {"ValueAsString": "a", "ValueAsStringList": ["a"]}, id="both"),
        pytest.param(Definition("f", "String", "List"), {"ValueAsString": "a"}, id="a value for a list"),
        pytest.param(Definition("f", "String", "Set"), {"ValueAsStringList": ["a", "a"]}, id="a set with an element twice"),
        pytest.param(Definition("f", "Integral", "List"), {"ValueAsStringList": ["1", "x"]}, id="an element of another type"),
        pytest.param(Definition("f", "Fractional", "Vector", 2), {"ValueAsStringList": ["1"]}, id="a vector that is too short"),
    ],
)
def test_values_that_are_not_of_their_type_are_refused(definition: Definition, given: dict) -> None:
    with pytest.raises(RecordRefused):
        read_value(definition, given)


def features(**values: str) -> list[dict[str, str]]:
    return [{"FeatureName": name, "ValueAsString": value} for name, value in values.items()]


def test_a_record_has_a_limit_in_bytes_not_in_characters() -> None:
    long = group("String", Definition("text", "String"))
    fixed = {"id": "1", "at": "2026-03-01T10:00:00Z"}
    room = RECORD_BYTES - sum(len(name) + len(value) for name, value in fixed.items()) - len("text")
    assert read_record(long, features(**fixed, text="a" * room)).values["text"] == "a" * room
    with pytest.raises(RecordRefused):
        read_record(long, features(**fixed, text="é" * room))
    with pytest.raises(RecordRefused):
        read_record(group(), features(id="a" * 2049, at="2026-03-01T10:00:00Z"))
    with pytest.raises(RecordRefused):
        read_record(group(), [*features(**fixed), *features(id="2")])


@pytest.mark.parametrize(
    "definitions",
    [
        pytest.param([("id", "String"), ("ID", "String")], id="a name twice, in another case"),
        pytest.param([("id", "String"), ("write_time", "String")], id="a column of the offline store"),
    ],
)
def test_definitions_that_a_table_could_not_have_are_refused(definitions: list[tuple[str, str]]) -> None:
    with pytest.raises(InvalidRequest):
        read_definitions({"FeatureName": name, "FeatureType": kind} for name, kind in definitions)


@pytest.mark.parametrize(
    ("identifier", "moment"),
    [
        pytest.param("id", "id", id="one feature for both"),
        pytest.param("id", "nothing", id="an event time that is not defined"),
        pytest.param("id", "number", id="an integer for an event time"),
        pytest.param("list", "at", id="a list for an identifier"),
    ],
)
def test_a_group_whose_records_cannot_be_told_apart_is_refused(identifier: str, moment: str) -> None:
    definitions = (*group().definitions, Definition("number", "Integral"), Definition("list", "String", "List"))
    check_keys(definitions, "id", "at")
    with pytest.raises(InvalidRequest):
        check_keys(definitions, identifier, moment)


@pytest.mark.parametrize(
    "config",
    [
        pytest.param({"SecurityConfig": {"KmsKeyId": "k"}}, id="a key"),
        pytest.param({"TtlDuration": {"Unit": "Weeks", "Value": 2**31}}, id="for ever and a day"),
        pytest.param({"TtlDuration": {"Unit": "Weeks"}}, id="half a duration"),
    ],
)
def test_an_online_store_that_would_not_do_what_it_says_is_refused(config: dict) -> None:
    with pytest.raises(InvalidRequest):
        read_online({"EnableOnlineStore": True, **config})


def test_an_online_store_that_is_not_enabled_is_none() -> None:
    assert read_online({"TtlDuration": {"Unit": "Days", "Value": 1}}) is None
    asked = {"EnableOnlineStore": True, "StorageType": "InMemory", "TtlDuration": {"Unit": "Days", "Value": 1}}
    assert read_online(asked) == OnlineConfig("InMemory", Ttl("Days", 1))


@pytest.mark.parametrize(
    "config",
    [
        pytest.param({"TableFormat": "Iceberg"}, id="Iceberg"),
        pytest.param({"S3StorageConfig": {"S3Uri": "s3://b/" + "p" * 800}}, id="a path with no room for what follows"),
        pytest.param({"DataCatalogConfig": {"TableName": "t", "Catalog": "c", "Database": "d"}}, id="a catalogue"),
        pytest.param({"S3StorageConfig": {"S3Uri": "s3://b", "KmsKeyId": "k"}}, id="a key"),
    ],
)
def test_an_offline_store_that_would_not_do_what_it_says_is_refused(config: dict) -> None:
    plain = {"S3StorageConfig": {"S3Uri": "s3://b"}}
    assert read_offline(plain) is not None
    with pytest.raises(InvalidRequest):
        read_offline({**plain, **config})


@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize("limit", [1, 2, 3, 7, 100])
def test_pages_join_to_the_whole_listing_even_where_keys_repeat(descending: bool, limit: int) -> None:
    items = [("b", "1"), ("a", "2"), ("b", "3"), ("a", "1"), ("c", "1"), ("a", "3"), ("b", "2")]
    joined, after = [], ""
    while True:
        shown, after = page(items, lambda item: item, descending=descending, after=after, limit=limit)
        joined += shown
        if not after:
            break
    assert joined == sorted(items, reverse=descending)
