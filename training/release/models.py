"""Which weights files make which model, and where its card, its code and its figures are: every file that is read at run time, once."""

from __future__ import annotations

from dataclasses import dataclass

LICENCE = "Apache-2.0"


class ReleaseError(Exception):
    """What is to be released is not in order; the message says how to mend it."""


@dataclass(frozen=True)
class Model:
    """One model. figures: members of its card that are the evaluation. code: what trains it, below the repository's root."""

    name: str
    version: str
    files: tuple[str, ...]
    card: str
    code: tuple[str, ...]
    figures: tuple[str, ...]


MODELS = (
    Model(
        name="ringwall-content-linear",
        version="1",
        files=("content-v1.bin",),
        card="content-v1.card.json",
        code=("training/content",),
        figures=("metrics", "harmless_flagged"),
    ),
    Model(
        name="ringwall-lexical",
        version="1",
        files=("frequencies-v1.json", "lexical-v1.json"),
        card="lexical-v1.card.json",
        code=("training/lexical",),
        figures=("topics", "grounding", "relevance"),
    ),
    Model(
        name="ringwall-content-cascade",
        version="1",
        files=("content-cascade-v1.json", "content-encoder-v1.onnx"),
        card="content-cascade-v1.card.json",
        code=("training/content", "training/encoder"),
        figures=("metrics", "prompt_attack", "harmless_flagged"),
    ),
    Model(
        name="ringwall-grounding",
        version="1",
        files=("grounding-v1.json",),
        card="grounding-v1.card.json",
        code=("training/grounding", "training/encoder"),
        figures=("grounding",),
    ),
    Model(
        name="ringwall-names",
        version="1",
        files=("names-v1.json", "names-v1.onnx"),
        card="names-v1.card.json",
        code=("training/names", "training/encoder"),
        figures=("measured",),
    ),
    Model(
        name="ringwall-topics",
        version="1",
        files=("sentences-v1.onnx", "topics-v1.json"),
        card="topics-v1.card.json",
        code=("training/topics", "training/encoder"),
        figures=("ten", "held"),
    ),
    Model(
        name="ringwall-relevance",
        version="1",
        files=("relevance-v1.json",),
        card="relevance-v1.card.json",
        code=("training/grounding",),
        figures=("relevance",),
    ),
    Model(
        name="ringwall-words",
        version="1",
        files=("words-v1.bin", "words-v1.txt"),
        card="words-v1.card.json",
        code=("training/encoder",),
        figures=("metrics",),
    ),
)


def model_of(file: str) -> Model:
    """Return the model that a file belongs to.

    Raises:
        ReleaseError: none, so nothing could be said of it.
    """
    found = [model for model in MODELS if file in model.files]
    if len(found) != 1:
        raise ReleaseError(f"`{file}` is pinned and belongs to {len(found)} models: give it its place in training/release/models.py")
    return found[0]
