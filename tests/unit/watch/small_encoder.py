"""An encoder that a test can foretell, made when it is needed: each output hears one word, wherever it stands in a run.

The ONNX file is written field by field (onnx.proto, version 1.16; protocol buffers' wire format), so that no writer of such files is needed.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from ringwall.watch import load_content_scorer, shipped
from ringwall.watch.cascade_file import CONTENT_CASCADE
from ringwall.watch.encoder import load_encoder

FILE = "content-encoder-v1.onnx"
LOUD = 10.0  # the logit of a word that is heard
HEARD = {
    "HATE": "hate",
    "INSULTS": "idiot",
    "SEXUAL": "naked",
    "VIOLENCE": "stab",
    "MISCONDUCT": "smuggling",
    "PROMPT_ATTACK": "ignore",
    "JAILBREAK": "pretend",
    "PROMPT_INJECTION": "document",
    "PROMPT_LEAKAGE": "reveal",
}
KINDS = ("JAILBREAK", "PROMPT_INJECTION", "PROMPT_LEAKAGE")
WIDE = {"low": -1e6, "high": 1e6}
_FLOAT, _INT64 = 1, 7


def _number(value: int) -> bytes:
    out = bytearray()
    while True:
        value, low = value >> 7, value & 0x7F
        out.append(low | (0x80 if value else 0))
        if not value:
            return bytes(out)


def _field(number: int, value: int | str | bytes) -> bytes:
    if isinstance(value, int):
        return _number(number << 3) + _number(value)
    data = value.encode() if isinstance(value, str) else value
    return _number(number << 3 | 2) + _number(len(data)) + data


def _tensor(name: str, value: np.ndarray) -> bytes:
    kind = _FLOAT if value.dtype == np.float32 else _INT64
    return b"".join(_field(1, size) for size in value.shape) + _field(2, kind) + _field(8, name) + _field(9, value.tobytes())


def _value(name: str, kind: int, shape: Sequence[str | int]) -> bytes:
    sizes = b"".join(_field(1, _field(2, size) if isinstance(size, str) else _field(1, size)) for size in shape)
    return _field(1, name) + _field(2, _field(1, _field(1, kind) + _field(2, sizes)))


def _node(operator: str, inputs: Sequence[str], output: str, **attributes: int) -> bytes:
    made = b"".join(_field(1, name) for name in inputs) + _field(2, output) + _field(4, operator)
    return made + b"".join(_field(5, _field(1, name) + _field(3, value) + _field(20, 2)) for name, value in attributes.items())


def model(words: Sequence[str]) -> bytes:
    """Return the file of an encoder with one output per word."""
    encoder = load_encoder()
    vectors = np.concatenate([encoder.table.vectors(encoder.pieces.pieces(word).ids) for word in words])
    assert len(vectors) == len(words), "each word is one piece"
    columns = (LOUD * vectors / (vectors**2).sum(1, keepdims=True)).T.astype(np.float32)
    one, two = np.array([1], np.int64), np.array([2], np.int64)
    nodes = (
        _node("MatMul", ("words", "columns"), "heard"),
        _node("Sub", ("mask", "one"), "padding"),
        _node("Mul", ("padding", "far"), "away"),
        _node("Unsqueeze", ("away", "last"), "aside"),
        _node("Add", ("heard", "aside"), "kept"),
        _node("ReduceMax", ("kept", "first"), "logits", keepdims=0),
    )
    tensors = {"columns": columns, "one": np.ones(1, np.float32), "far": np.full(1, 1e4, np.float32), "first": one, "last": two}
    graph = b"".join(_field(1, node) for node in nodes) + _field(2, "small")
    graph += b"".join(_field(5, _tensor(name, value)) for name, value in tensors.items())
    graph += _field(11, _value("words", _FLOAT, ("batch", "tokens", columns.shape[0])))
    graph += _field(11, _value("mask", _FLOAT, ("batch", "tokens"))) + _field(11, _value("segments", _INT64, ("batch", "tokens")))
    graph += _field(12, _value("logits", _FLOAT, ("batch", len(words))))
    return _field(1, 10) + _field(7, graph) + _field(8, _field(2, 20))


def cascade(encoder: bytes, *, gates: Mapping[str, Mapping[str, float] | None] | None = None, **changes: object) -> dict[str, object]:
    """Return a cascade's file: unsure of everything, and the encoder alone decides; its logit's tenth is the score."""
    curve = {"margins": [0.0, LOUD], "scores": [0.0, 1.0]}
    sure = {"margins": [-20.0, 20.0], "scores": [0.0, 1.0]}
    heads = [
        {
            "name": name,
            "index": index,
            "gate": None if name in KINDS else (gates or {}).get(name, WIDE),
            "linear": 0.0,
            "encoder": 1.0,
            "bias": 0.0,
            "sure": None if name in KINDS else sure,
            "calibration": curve,
            "thresholds": [0.7, 0.8, 0.9],
        }
        for index, name in enumerate(HEARD)
    ]
    return {
        "format": 1,
        "name": "ringwall-content-cascade",
        "version": "1",
        "linear_sha256": load_content_scorer().sha256,
        "encoder": FILE,
        "encoder_sha256": hashlib.sha256(encoder).hexdigest(),
        "pieces": 94,
        "stride": 72,
        "heads": heads,
        **changes,
    }


def write(folder: Path, *, gates: Mapping[str, Mapping[str, float] | None] | None = None, **changes: object) -> Path:
    """Write and pin an encoder and its cascade."""
    encoder = model(tuple(HEARD.values()))
    files = {FILE: encoder, CONTENT_CASCADE: json.dumps(cascade(encoder, gates=gates, **changes)).encode()}
    for name, data in files.items():
        (folder / name).write_bytes(data)
    pins = "".join(f"{hashlib.sha256(data).hexdigest()}  {name}\n" for name, data in files.items())
    (folder / shipped.PINS).write_text(pins)
    return folder
