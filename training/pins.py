"""Pin the digests of the files that the watch room reads at run time."""

from __future__ import annotations

import hashlib
from pathlib import Path

from ringwall.watch.shipped import PINS

READ_AT_RUN_TIME = (
    "content-cascade-v1.json",
    "content-encoder-v1.onnx",
    "content-v1.bin",
    "frequencies-v1.json",
    "grounding-v1.json",
    "lexical-v1.json",
    "names-v1.json",
    "names-v1.onnx",
    "relevance-v1.json",
    "sentences-v1.onnx",
    "topics-v1.json",
    "words-v1.bin",
    "words-v1.txt",
)


def pin(folder: Path) -> None:
    """Write sha256sums.txt over those of the files that are there."""
    there = [name for name in READ_AT_RUN_TIME if (folder / name).is_file()]
    lines = [f"{hashlib.sha256((folder / name).read_bytes()).hexdigest()}  {name}\n" for name in there]
    (folder / PINS).write_text("".join(lines), "ascii")
