"""OpenAI embeddings: texts in, vectors out, as applications ask for them and as OpenAI, vLLM and Ollama answer.

A question's texts are those of one user's turn, so that they are judged as any question is. Token ids are no text: nobody can judge them.
Of an answer the vectors are read and what they cost; they are written anew, in the encoding that was asked for.

Source: OpenAI API reference, "Embeddings"; vLLM and Ollama answer with numbers where base64 was asked for and they do not know it.
"""

from __future__ import annotations

import base64
import binascii
import math
import struct
from contextlib import suppress
from typing import Any, Literal

import msgspec

from ringwall.errors import LimitExceeded
from ringwall.wire.dialects.errors import MalformedAnswer
from ringwall.wire.dialects.gather import Gather
from ringwall.wire.dialects.members import REQUEST
from ringwall.wire.dialects.model import Ask, Path, Text, Turn, Unjudged

NAME = "openai_embeddings"
MOST_INPUTS = 2_048
MOST_DIMENSIONS = 16_384
TOKENS = "tokens"
"""The kind of content that token ids are."""

Encoding = Literal["float", "base64"]
Vector = list[float] | bytes
"""Numbers, or the same as little-endian 32-bit floats."""

_KNOWN = ("model", "input", "encoding_format", "dimensions")
_FLOAT_BYTES = 4


class EmbeddingQuestion(msgspec.Struct, frozen=True, kw_only=True):
    """What an application wants vectors for.

    ask: the texts, in one turn; or token ids, as content that is not judged. inputs: how many vectors are wanted.
    tokens: how many ids came, 0 for texts. dimensions: None: as many as the model is used to.
    """

    ask: Ask
    inputs: int
    tokens: int = 0
    encoding: Encoding = "float"
    dimensions: int | None = None


class Embedded(msgspec.Struct, frozen=True):
    """Vectors, in the order of the inputs, and what they cost; None where the upstream does not say."""

    vectors: tuple[Vector, ...]
    input_tokens: int | None = None


def read_question(body: dict[str, Any]) -> EmbeddingQuestion:
    """Read a request.

    Raises:
        MalformedRequest: members that are missing, or of another type. LimitExceeded: more than `MOST_INPUTS` inputs.
    """
    gather = Gather()
    gather.rest(body, _KNOWN, ())
    encoding, dimensions = body.get("encoding_format"), body.get("dimensions")
    if encoding not in (None, "float", "base64"):
        raise REQUEST.fail(("encoding_format",), "must be `float` or `base64`")
    if dimensions is not None and REQUEST.whole(dimensions, ("dimensions",), 1) > MOST_DIMENSIONS:
        raise REQUEST.fail(("dimensions",), f"must be at most {MOST_DIMENSIONS}")
    parts, inputs, tokens = _read_input(body.get("input"))
    ask = Ask(
        model=REQUEST.text(body.get("model"), ("model",)),
        turns=(Turn("user", parts),),
        beyond=gather.beyond,
        elsewhere=tuple(gather.elsewhere),
        dialect=NAME,
        body=body,
    )
    return EmbeddingQuestion(ask=ask, inputs=inputs, tokens=tokens, encoding=encoding or "float", dimensions=dimensions)


def _read_input(value: Any) -> tuple[tuple[Text | Unjudged, ...], int, int]:
    """Return the parts of the turn, how many vectors are wanted, and how many token ids came."""
    path: Path = ("input",)
    if type(value) is str:
        return (_text(value, path),), 1, 0
    items = REQUEST.list(value, path)
    if not items:
        raise REQUEST.fail(path, "must not be empty")
    if type(items[0]) is int:
        return (Unjudged(TOKENS, path),), 1, _count_ids(items, path)
    if len(items) > MOST_INPUTS:
        raise LimitExceeded(f"`input` has more than {MOST_INPUTS} members")
    if type(items[0]) is list:
        ids = sum(_count_ids(REQUEST.list(item, (*path, number)), (*path, number)) for number, item in enumerate(items))
        return (Unjudged(TOKENS, path),), len(items), ids
    return tuple(_text(item, (*path, number)) for number, item in enumerate(items)), len(items), 0


def _text(value: Any, path: Path) -> Text:
    if not REQUEST.text(value, path):
        raise REQUEST.fail(path, "must not be empty")
    return Text(value, "user", frozenset(), path)


def _count_ids(ids: list[Any], path: Path) -> int:
    if not ids:
        raise REQUEST.fail(path, "must not be empty")
    for number, item in enumerate(ids):
        REQUEST.whole(item, (*path, number))
    return len(ids)


def write_question(question: EmbeddingQuestion, model: str) -> dict[str, Any]:
    """Write a request for an upstream that knows the model as `model`: the body that came, with the texts of the question."""
    return {**question.ask.body, "model": model}


class _Item(msgspec.Struct):
    embedding: list[float] | str
    index: int


class _Usage(msgspec.Struct):
    prompt_tokens: int | None = None


class _Body(msgspec.Struct):
    data: list[_Item]
    usage: _Usage | None = None


_DECODER = msgspec.json.Decoder(_Body)


def read_vectors(data: bytes, inputs: int) -> Embedded:
    """Read an upstream's answer.

    Raises:
        MalformedAnswer: it is none, or not one vector for each input, each of as many finite numbers as the others.
    """
    body: _Body | None = None
    with suppress(
        msgspec.DecodeError, UnicodeDecodeError, RecursionError
    ):  # the refusal is made apart from an error that quotes what was read
        body = _DECODER.decode(data)
    if body is None:
        raise MalformedAnswer("the upstream's answer holds no vectors")
    items = sorted(body.data, key=lambda item: item.index)
    if [item.index for item in items] != list(range(inputs)):
        raise MalformedAnswer("the upstream's answer has not one vector for each input")
    vectors = tuple(item.embedding if isinstance(item.embedding, list) else _bytes_of(item.embedding) for item in items)
    if len({_size(vector) for vector in vectors}) != 1 or not _size(vectors[0]):
        raise MalformedAnswer("the upstream's vectors are empty, or not of one length")
    for vector in vectors:
        if not all(map(math.isfinite, _numbers(vector))):
            raise MalformedAnswer("the upstream's vectors hold what is no number")
    tokens = body.usage.prompt_tokens if body.usage is not None else None
    return Embedded(vectors, tokens if tokens is not None and 0 <= tokens <= 1 << 53 else None)


def _bytes_of(text: str) -> bytes:
    failure = MalformedAnswer("the upstream's vectors are not base64 of 32-bit numbers")
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise failure from None
    if len(raw) % _FLOAT_BYTES:
        raise failure
    return raw


def _size(vector: Vector) -> int:
    return len(vector) // _FLOAT_BYTES if isinstance(vector, bytes) else len(vector)


def _numbers(vector: Vector) -> list[float]:
    return list(struct.unpack(f"<{_size(vector)}f", vector)) if isinstance(vector, bytes) else vector


def _packed(vector: Vector) -> bytes:
    """Return a vector as 32-bit numbers.

    Raises:
        MalformedAnswer: one of them is too large for that.
    """
    if isinstance(vector, bytes):
        return vector
    try:
        return struct.pack(f"<{len(vector)}f", *vector)
    except OverflowError:
        raise MalformedAnswer("the upstream's vectors hold numbers that are too large for 32 bits") from None


def write_vectors(embedded: Embedded, question: EmbeddingQuestion, input_tokens: int) -> dict[str, Any]:
    """Write an answer in the encoding that was asked for.

    Raises:
        MalformedAnswer: a number does not fit that encoding.
    """
    wants_numbers = question.encoding == "float"
    data = [
        {
            "object": "embedding",
            "index": index,
            "embedding": _numbers(vector) if wants_numbers else base64.b64encode(_packed(vector)).decode(),
        }
        for index, vector in enumerate(embedded.vectors)
    ]
    usage = {"prompt_tokens": input_tokens, "total_tokens": input_tokens}
    return {"object": "list", "data": data, "model": question.ask.model, "usage": usage}
