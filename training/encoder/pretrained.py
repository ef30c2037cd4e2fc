"""The base model: all-MiniLM-L6-v2 (Apache-2.0), read from the Python package that ships it, by digest."""

from __future__ import annotations

import hashlib
import importlib.util
import io
import zipfile
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors.torch import load
from torch import Tensor

from training.encoder.body import Body

PACKAGE = "all_minilm_l6_v2"
ARCHIVE = "model.zip"
SHA256 = "0872f5d7d0e806c443e588b6dd6b933e9200cf589b0e757e85e3afd57539c592"


class BaseRefused(Exception):
    """The package's archive is not the one that this training was written for."""


@dataclass(frozen=True)
class Base:
    """The tokenizer's file, the word embeddings (vocabulary, width), and every other weight by its name in the archive."""

    tokenizer: bytes
    words: Tensor
    weights: dict[str, Tensor]

    def body(self, layers: int, dropout: float = 0.1) -> Body:
        """Return a body that starts from the first `layers` layers of the base model."""
        body = Body(layers, dropout)
        body.load_state_dict({name: self.weights[theirs] for name, theirs in _names(layers).items()})
        return body


def load_base() -> Base:
    """Read the archive of the installed package.

    Raises:
        BaseRefused: the package is absent, or its archive has another digest.
    """
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        raise BaseRefused(f"the package `{PACKAGE}` is not installed: see requirements/training-encoder.in")
    data = (Path(spec.origin).parent / ARCHIVE).read_bytes()
    if hashlib.sha256(data).hexdigest() != SHA256:
        raise BaseRefused(f"`{ARCHIVE}` of `{PACKAGE}` does not have the pinned digest")
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        files = {Path(name).name: name for name in archive.namelist()}
        weights = load(archive.read(files["model.safetensors"]))
        tokenizer = archive.read(files["tokenizer.json"])
    weights = {name.removeprefix("bert."): tensor.to(torch.float32) for name, tensor in weights.items() if tensor.is_floating_point()}
    return Base(tokenizer=tokenizer, words=weights["embeddings.word_embeddings.weight"], weights=weights)


def _names(layers: int) -> dict[str, str]:
    """Return what the archive calls each of the body's weights."""
    names = {"positions.weight": "embeddings.position_embeddings.weight", "segments.weight": "embeddings.token_type_embeddings.weight"}
    parts = {
        "query": "attention.self.query",
        "key": "attention.self.key",
        "value": "attention.self.value",
        "output": "attention.output.dense",
        "attended": "attention.output.LayerNorm",
        "widen": "intermediate.dense",
        "narrow": "output.dense",
        "finished": "output.LayerNorm",
    }
    for kind in ("weight", "bias"):
        names[f"entered.{kind}"] = f"embeddings.LayerNorm.{kind}"
        for index in range(layers):
            for ours, theirs in parts.items():
                names[f"layers.{index}.{ours}.{kind}"] = f"encoder.layer.{index}.{theirs}.{kind}"
    return names
