"""What a lemma's proof leaves behind: enough to check it again, and every assumption by name."""

from __future__ import annotations

import hashlib
from typing import Literal

import msgspec

from ringwall.reasoning.text.cover import Invariant
from ringwall.reasoning.text.encoder import Encoder, EncoderTable

FORMAT = 1
TRUSTED_BASE = (
    "the re-checker (recheck.py), or else the prover",
    "that the classes' tables mean what their names say (held against the standard library's encoders by tests)",
    "the meta-theorem, checked by Coq (docs/proofs/NoBypass.v)",
    "that the C and the Python interpreter do what the tables say (held against each other and the prover's model by tests)",
    "the exploration of readings (read.py): that what a decoder makes is read again while layers are left",
    "CPython and its str",
)
COMMON_PREMISES = (
    "long-enough: the payload has as many letters or digits as the decoder's shortest run, the phrase at least eight normalised characters",
    "budget: a text whose readings exceed the budget is blocked (`exhausted`), never passed",
    "layers: decode_depth leaves two layers more than the chain is deep where a decoding is read backwards or through rot13 or atbash",
    "repetition: a text read once is not read again; it was read with as many layers left, or with at least two",
)


class Certificate(msgspec.Struct, frozen=True, kw_only=True):
    """One lemma, proved: `covers(encoder, decoder)` over the tables of that digest.

    invariant_sha256: of the sets that the re-checker verifies, as `invariant_bytes` writes them. states: how many configurations they hold.
    """

    format: int = FORMAT
    encoder: str
    encoder_version: int
    encoder_sha256: str
    decoder: str
    says: str
    tables_sha256: str
    tables_version: int
    states: int
    invariant_sha256: str
    context: str
    premises: tuple[str, ...]
    run_minimum: int
    trusted_base: tuple[str, ...] = TRUSTED_BASE


class Counterexample(msgspec.Struct, frozen=True, kw_only=True):
    """A text that passes the filter although it writes a listed phrase; replayed before it is reported."""

    encoder: str
    decoder: str
    why: str
    phrase: str
    before: str
    span: str
    after: str
    replayed: Literal["passes", "blocked", "none"]

    @property
    def text(self) -> str:
        """What a person can paste."""
        return self.before + self.span + self.after


def invariant_bytes(invariant: Invariant) -> bytes:
    """Write an invariant down, always the same way."""
    ordered = Invariant(invariant.good, invariant.accs, invariant.vectors, tuple(sorted(invariant.places, key=repr)))
    return msgspec.json.encode(ordered)


def encoder_bytes(table: EncoderTable) -> bytes:
    """Write an encoder's table down."""
    return msgspec.json.encode(table)


def certify(encoder: Encoder, table: EncoderTable, invariant: Invariant, tables: tuple[str, int], run_minimum: int) -> Certificate:
    """Make the certificate of a proved lemma."""
    digest, version = tables
    return Certificate(
        encoder=encoder.id,
        encoder_version=encoder.version,
        encoder_sha256=hashlib.sha256(encoder_bytes(table)).hexdigest(),
        decoder=encoder.machine,
        says=encoder.says,
        tables_sha256=digest,
        tables_version=version,
        states=len(invariant.places) + len(invariant.vectors),
        invariant_sha256=hashlib.sha256(invariant_bytes(invariant)).hexdigest(),
        context=encoder.context,
        premises=(*COMMON_PREMISES, *encoder.premises),
        run_minimum=run_minimum,
    )
