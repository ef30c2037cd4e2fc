"""A sequence classifier of the Prompt Guard class, from a folder with what such models are published as."""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import onnxruntime
from numpy.typing import NDArray

from ringwall.crypto import sha256
from ringwall.errors import SettingsError
from ringwall.watch.judges.judge import JudgeFailed, Labels

MODEL, TOKENIZER, CONFIG = "model.onnx", "tokenizer.json", "config.json"
LONGEST = 512  # tokens read at a time, special ones included
OVERLAP = 64  # tokens that neighbouring parts of a longer text share
MOST_BYTES = {MODEL: 2_000_000_000, TOKENIZER: 64_000_000, CONFIG: 1_000_000}

onnxruntime.disable_telemetry_events()


class Config(msgspec.Struct, frozen=True):
    """What is read of config.json; it holds much more."""

    id2label: dict[str, str]
    problem_type: str | None = None
    pad_token_id: int | None = None
    max_position_embeddings: int | None = None


class OnnxClassifier:
    """A `Judge`: the likelihood of a category is the sum of its labels' (the highest one, where labels do not exclude each other)."""

    def __init__(self, folder: Path, labels: Labels) -> None:
        """Load the model; nothing is fetched, no code of the folder is run.

        Raises:
            SettingsError: a file is missing or unreadable, a label has no category, or the package `tokenizers` is not installed.
        """
        config = _decoded(_bytes(folder, CONFIG))
        unknown = sorted({*config.id2label.values()} - {*labels})
        if unknown:
            raise SettingsError(f"the judge's label `{unknown[0]}` has no category", remedy='add it to `labels`; "" stands for none')
        data = _bytes(folder, MODEL)
        self._session = _session(data)
        self._names = [each.name for each in self._session.get_inputs()]
        if "input_ids" not in self._names or not {*self._names} <= {"input_ids", "attention_mask", "token_type_ids"}:
            raise SettingsError("the judge's model is not a classifier of tokens", remedy="export it with input_ids and attention_mask")
        self._tokenizer = _tokenizer(_bytes(folder, TOKENIZER), min(LONGEST, config.max_position_embeddings or LONGEST))
        self._categories = [labels[config.id2label[str(at)]] for at in range(len(config.id2label))]
        self._pad = config.pad_token_id or 0
        self._exclusive = config.problem_type != "multi_label_classification"
        self._id = f"onnx:{folder.name}@sha256:{sha256(data).hex()[:16]}"

    @property
    def model_id(self) -> str:
        """The folder's name, and the digest of the model's file (weights kept in a second file are not in it)."""
        return self._id

    def judge(self, text: str) -> Mapping[str, float]:
        """Return the likelihood of each category; of a text in several parts, the highest.

        Raises:
            JudgeFailed: the model fails, or answers with something that is not one number a label.
        """
        whole = self._tokenizer.encode(text)
        try:
            rows = self._run([list(part.ids) for part in (whole, *whole.overflowing)])
        except Exception as error:  # noqa: BLE001 - rim: onnxruntime's errors share no class but this one, and whatever it raises is a block
            raise JudgeFailed("the judge's model failed", reason=type(error).__name__) from None
        if rows.ndim != 2 or rows.shape[1] != len(self._categories) or not np.isfinite(rows).all():
            raise JudgeFailed("the judge's model did not answer with one number a label")
        return self._by_category(_softmax(rows) if self._exclusive else 1.0 / (1.0 + np.exp(-np.clip(rows, -60, 60))))

    def _run(self, parts: Sequence[Sequence[int]]) -> NDArray[np.float64]:
        longest = max(map(len, parts))
        ids = np.full((len(parts), longest), self._pad, np.int64)
        mask = np.zeros((len(parts), longest), np.int64)
        for row, part in enumerate(parts):
            ids[row, : len(part)] = part
            mask[row, : len(part)] = 1
        given = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
        made: NDArray[np.float64] = np.asarray(self._session.run(None, {name: given[name] for name in self._names})[0], np.float64)
        return made

    def _by_category(self, rows: NDArray[np.float64]) -> dict[str, float]:
        out: dict[str, float] = {}
        for name in {*self._categories} - {""}:
            own = rows[:, [at for at, category in enumerate(self._categories) if category == name]]
            out[name] = min(1.0, float((own.sum(1) if self._exclusive else own.max(1)).max()))
        return out


def _softmax(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    raised = np.exp(rows - rows.max(1, keepdims=True))
    made: NDArray[np.float64] = raised / raised.sum(1, keepdims=True)
    return made


def _session(data: bytes) -> Any:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 4
    try:
        return onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime's errors share no class but this one
        raise SettingsError(f"onnxruntime cannot read the judge's `{MODEL}`: {type(error).__name__}") from error


def _tokenizer(data: bytes, longest: int) -> Any:
    try:
        package = importlib.import_module("tokenizers")
    except ImportError:
        raise SettingsError("the judge's tokenizer needs the package `tokenizers`", remedy="pip install 'ringwall[judge]'") from None
    try:
        made = package.Tokenizer.from_str(data.decode("utf-8"))
    except Exception as error:  # the package raises Exception itself
        raise SettingsError(f"the judge's `{TOKENIZER}` cannot be read") from error
    made.no_padding()
    made.enable_truncation(longest, stride=min(OVERLAP, longest // 4))
    return made


def _decoded(data: bytes) -> Config:
    try:
        config = msgspec.json.decode(data, type=Config)
    except msgspec.DecodeError as error:
        raise SettingsError(f"the judge's `{CONFIG}` cannot be read: {error}") from error
    if [*config.id2label] != [str(at) for at in range(len(config.id2label))] or not config.id2label:
        raise SettingsError(f"the labels in the judge's `{CONFIG}` are not numbered from 0")
    return config


def _bytes(folder: Path, name: str) -> bytes:
    path = folder / name
    try:
        if path.stat().st_size > MOST_BYTES[name]:
            raise SettingsError(f"the judge's `{name}` is larger than {MOST_BYTES[name]} bytes")
        return path.read_bytes()
    except OSError as error:
        remedy = f"put {MODEL}, {TOKENIZER} and {CONFIG} into the folder that the judge's file names"
        raise SettingsError(f"the judge's `{name}` cannot be read", remedy=remedy) from error
