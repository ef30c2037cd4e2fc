"""Vectors from upstreams: OpenAI-compatible servers (`/embeddings` beside `/chat/completions`), and the built-in model.

Anthropic has no embeddings; Bedrock's models each have a body of their own, which ringwall does not write.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from ringwall.errors import LimitExceeded
from ringwall.inference.upstreams.counting import TOKEN_BYTES
from ringwall.inference.upstreams.development_vectors import DIMENSIONS, vector_of, words_of
from ringwall.inference.upstreams.doors import Call, Headers
from ringwall.inference.upstreams.errors import EmbeddingsUnserved
from ringwall.inference.upstreams.row import Address
from ringwall.wire.dialects.model import Text
from ringwall.wire.dialects.openai_embeddings import Embedded, EmbeddingQuestion, read_vectors, write_question

if TYPE_CHECKING:  # whoever asks needs no HTTP client loaded
    from ringwall.inference.upstreams.reading import Body

MOST_NUMBERS = 1 << 20
"""What the built-in model makes at once: a million numbers are some 30 MB."""
_JSON_TYPE = "application/json"


def refuse_others(address: Address) -> None:
    """Refuse upstreams that are not asked for vectors.

    Raises:
        EmbeddingsUnserved: this one is not.
    """
    if address.kind not in ("openai", "development"):
        raise EmbeddingsUnserved(f"ringwall asks upstreams of the kind `{address.kind}` for no embeddings")


def write_embedding_call(address: Address, name: str, question: EmbeddingQuestion, credential: str) -> Call:
    """Make an upstream's request; a credential is a bearer key. `name`: the model, as the upstream knows it."""
    headers: Headers = (
        ("host", address.authority),
        ("content-type", _JSON_TYPE),
        ("accept", _JSON_TYPE),
        ("accept-encoding", "identity"),
    )
    if credential:
        headers = (*headers, ("authorization", f"Bearer {credential}"))
    url = f"{'https' if address.secure else 'http'}://{address.authority}{address.path}/embeddings"
    return Call(url, headers, msgspec.json.encode(write_question(question, name)))


async def read_embedded(body: Body, inputs: int) -> Embedded:
    """Read a whole answer.

    Raises:
        UpstreamTimeout, UpstreamBrokeOff: see `Body.read`. MalformedAnswer: it holds no vectors, or not those that were asked for.
    """
    pieces = []
    while not body.whole:
        pieces.append(await body.read())
    return read_vectors(b"".join(pieces), inputs)


def developed(question: EmbeddingQuestion) -> Embedded:
    """Return the built-in model's vectors; token ids are words to it, each one its digits.

    Raises:
        LimitExceeded: more than `MOST_NUMBERS` in all.
    """
    dimensions = question.dimensions or DIMENSIONS
    if question.inputs * dimensions > MOST_NUMBERS:
        raise LimitExceeded(
            f"the built-in model makes at most {MOST_NUMBERS} numbers at once", remedy="send fewer inputs, or ask for fewer dimensions"
        )
    texts = _texts(question)
    return Embedded(tuple(vector_of(text, dimensions) for text in texts), sum(map(words_of, texts)))


def _texts(question: EmbeddingQuestion) -> list[str]:
    if not question.tokens:
        return [part.text for turn in question.ask.turns for part in turn.parts if isinstance(part, Text)]
    ids = question.ask.body["input"]
    return [" ".join(map(str, each)) for each in (ids if isinstance(ids[0], list) else [ids])]


def estimated_tokens(question: EmbeddingQuestion) -> int:
    """Return what a question costs, where nobody has said it."""
    if question.tokens:
        return question.tokens
    return -(-sum(len(text.encode("utf-8", "surrogatepass")) for text in _texts(question)) // TOKEN_BYTES)
