"""The labelled sets, read by their digests, with their types in our words."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path

from training.content.corpus import CorpusError, manifest
from training.names.labelled import Span, Text, merged

TRAIN = ("presidio_synth_v2", "wnut17")
MEASURE = ("wikigold", "restaurant8k")
_TYPES = {
    "PERSON": "NAME",
    "STREET_ADDRESS": "ADDRESS",
    "AGE": "AGE",
    "ORGANIZATION": "ORG",
    "GPE": "PLACE",
    "LOCATION": "PLACE",
    "ZIP_CODE": "ADDRESS",
}
_UNIT = re.compile(r"[ -]?(?:(?:year|yr)s?[ -](?:old|of age)|y/o|yo)\b")
_HANDLE = re.compile(r"@ ?\w+(?: _ \w+)*")


def rows(datasets: Path, name: str, *, training: bool) -> list[dict]:
    """Return the rows of one set.

    Raises:
        CorpusError: it may not be trained on, or its bytes are not those of the manifest.
    """
    entry = manifest(datasets)[name]
    if training and not (entry["role"] == "train" and entry["ship_weights"] and entry["commercial_use"]):
        raise CorpusError(f"`{name}` may not be trained on")
    data = (datasets / entry["file"]).read_bytes()
    if hashlib.sha256(data).hexdigest() != entry["sha256"]:
        raise CorpusError(f"`{entry['file']}` is not the file of the manifest")
    return [json.loads(line) for line in data.splitlines()]


def labelled(datasets: Path, name: str, *, training: bool) -> list[Text]:
    """Return one labelled set in our types: whole addresses, ages with their unit, first and last name as one."""
    return [_READERS[name](row) for row in rows(datasets, name, training=training)]


def _spans(row: dict) -> list[Span]:
    return [Span(span["start"], span["end"], _TYPES[span["type"]]) for span in row["spans"] if span["type"] in _TYPES]


def _presidio(row: dict) -> Text:
    """Join the parts of an address; a town beside a street belongs to it, a town alone is a place."""
    text = row["text"]
    parts = [Span(span.start, span.end, "ADDRESS") if span.type == "PLACE" else span for span in _spans(row)]
    streets = {(span["start"], span["end"]) for span in row["spans"] if span["type"] in ("STREET_ADDRESS", "ZIP_CODE")}
    spans = []
    for span in merged(text, parts, " ,\n.-"):
        kind, end = span.type, span.end
        if kind == "ADDRESS" and not any(span.start <= start and stop <= span.end for start, stop in streets):
            kind = "PLACE"
        if kind == "AGE" and (unit := _UNIT.match(text, end)):
            end = unit.end()
        spans.append(Span(span.start, end, kind))
    known = [(span["start"], span["end"]) for span in row["spans"] if span["type"] not in _TYPES]
    return Text(
        text,
        (*spans, *(Span(start, end, "ANY") for start, end in known if not any(s.start < end and start < s.end for s in spans))),
        row["source"],
    )


def _wnut(row: dict) -> Text:
    """Handles are user names to us, and are not labelled there: unknown."""
    spans = merged(row["text"], _spans(row), " ")
    handles = (Span(match.start(), match.end(), "ANY") for match in _HANDLE.finditer(row["text"]))
    return Text(
        row["text"],
        (*spans, *(each for each in handles if not any(s.start < each.end and each.start < s.end for s in spans))),
        row["source"],
        plain=False,
    )


def _other(row: dict) -> Text:
    return Text(row["text"], tuple(merged(row["text"], _spans(row), " ")), row["source"])


_READERS = {"presidio_synth_v2": _presidio, "wnut17": _wnut, "wikigold": _other, "restaurant8k": _other}
