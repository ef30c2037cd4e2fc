"""The release log of the shipped models, verified offline: which weights were released, with which card, figures and training data.

Beside the weights stand `release-v1.json` (a signed statement per file), a `.tlog-proof` per file, and `release-v1.policy.txt` with the
verifier keys of the log. `python -m training.release` writes all three; nothing is fetched.

Rules this file upholds: a file without a statement is refused like one with a wrong one; nothing of a statement is given out before its
signature, its subject, its card and its place in a signed log were checked; what is wrong is named by file.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.resources.abc import Traversable
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta

from ringwall.crypto import sha256
from ringwall.crypto.checkpoint import Checkpoint
from ringwall.crypto.dsse import Envelope, parse_envelope
from ringwall.crypto.log_policy import LogPolicy, parse_policy
from ringwall.crypto.notes import ED25519
from ringwall.crypto.rekor import dsse_body
from ringwall.crypto.statements import IN_TOTO, Statement, parse_statement
from ringwall.crypto.tlog_proof import parse_tlog_proof, verify_tlog_proof
from ringwall.crypto.verifier_keys import VerifierKey, ed25519_verifier_key
from ringwall.errors import IntegrityError, InvalidRequest
from ringwall.watch import shipped
from ringwall.watch.weights_file import WeightsRefused

RELEASE: Final = "release-v1.json"
POLICY: Final = "release-v1.policy.txt"
PROOF: Final = ".tlog-proof"
PREDICATE: Final = "urn:ringwall:predicate:model-release:v1"

Sha256 = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}\Z")]
Name = Annotated[str, Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}\Z")]


class ReleaseRefused(IntegrityError, code="release-refused"):
    """What ships with ringwall is not what its release log says was released."""

    remedy = "reinstall ringwall, or release the weights that you trained in a log of your own: `python -m training.release`"


class Named(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A file or a data set, by digest."""

    name: Annotated[str, Meta(min_length=1, max_length=200)]
    sha256: Sha256


class DataSet(Named, frozen=True, forbid_unknown_fields=True):
    """A data set that was trained or fitted on."""

    licence: Annotated[str, Meta(max_length=200)]


class TrainingCode(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The last commit that changed the training's code, and where that code is."""

    commit: Annotated[str, Meta(pattern=r"^[0-9a-f]{40,64}\Z")]
    paths: tuple[str, ...]


class ModelRelease(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="camel", kw_only=True):
    """What a statement says of one file: the predicate.

    model, version: the model it belongs to. card: the model card, which ships beside it. evaluation: the card's figures, whole.
    training_data: by the digests of the data sets' manifest. released_at: ISO 8601, UTC.
    """

    model: Name
    version: Annotated[str, Meta(min_length=1, max_length=40)]
    licence: Annotated[str, Meta(min_length=1, max_length=100)]
    card: Named
    evaluation: dict[str, Any]
    training_data: tuple[DataSet, ...]
    training_code: TrainingCode
    released_at: Annotated[str, Meta(max_length=40)]


class ReleasedFile(msgspec.Struct, frozen=True):
    """A weights file whose whole chain was checked: its entry in the log and where it is, and the checkpoint that the proof leads to."""

    name: str
    sha256: str
    entry: bytes
    index: int
    release: ModelRelease
    checkpoint: Checkpoint


class ModelVersion(msgspec.Struct, frozen=True, kw_only=True):
    """One released model: its files and its card by digest, and what was said of it."""

    name: str
    version: str
    files: Mapping[str, str]
    card: Named
    indexes: tuple[int, ...]
    released_at: str
    code: TrainingCode
    evaluation: Mapping[str, Any]


class Listed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`release-v1.json`: a statement's envelope per file, as it was signed."""

    format: Annotated[int, Meta(ge=1, le=1)]
    statements: Annotated[dict[Name, msgspec.Raw], Meta(max_length=1_000)]


def read_policy(where: Traversable | None = None) -> LogPolicy:
    """Return whom the bundled proofs are checked with: the verifier keys that ship with ringwall.

    Raises:
        ReleaseRefused: there are none.
    """
    with _naming(POLICY):
        return parse_policy(shipped.read(POLICY, where=where).decode("utf-8", "replace"))


def verify_release(
    *, where: Traversable | None = None, policy: LogPolicy | None = None, weights: bool = False, partly: bool = False
) -> tuple[ReleasedFile, ...]:
    """Check every file that is read at run time against the release log.

    Of each: 1. its digest is pinned, and with `weights` the file itself is read and has it; 2. its statement is signed by a key of the log,
    and is about this name and digest; 3. the model card has the statement's digest; 4. the proof leads from the log's entry of this very
    envelope to a checkpoint; 5. a trusted key of that log signed the checkpoint.

    Args:
        where: the folder; by default the one that ships with ringwall.
        policy: whom to believe; by default the keys in the folder. Whoever replaces the whole folder replaces those, too.
        weights: read the weights, too. Without, this is for a start: each file's digest is checked when it is loaded.
        partly: leave out pinned files that were never released, in place of refusing them; the caller has to say so.

    Raises:
        ReleaseRefused: a file has no statement, or a link of its chain is wrong.
        WeightsRefused: with `weights`, a file is missing or is not the pinned one.

    Cost: 0.7 ms of CPU a file, without `weights`; 1.5 ms more a megabyte with.
    """
    policy = policy or read_policy(where)
    with _naming(RELEASE):
        listed = read_listed(shipped.read(RELEASE, where=where))
    pins = shipped.pins(where=where)
    extra = sorted(set(listed.statements) - set(pins))
    if extra or not pins:
        raise ReleaseRefused(f"`{extra[0]}` was released, and is not pinned" if extra else "no file is pinned")
    found = []
    for name, digest in pins.items():
        if weights:
            shipped.checked(name, where=where)
        if name not in listed.statements and partly:
            continue
        if name not in listed.statements:
            raise ReleaseRefused(f"`{name}` was never released: the release log has no statement about it")
        found.append(_verified(name, digest, bytes(listed.statements[name]), policy, where))
    return tuple(found)


def versions(*, where: Traversable | None = None, policy: LogPolicy | None = None) -> tuple[ModelVersion, ...]:
    """Return the released models, each of whose files was checked as `verify_release` does; errors as there."""
    grouped: dict[tuple[str, str], list[ReleasedFile]] = {}
    for each in verify_release(where=where, policy=policy):
        grouped.setdefault((each.release.model, each.release.version), []).append(each)
    return tuple(_model(files) for files in grouped.values())


def read_listed(data: bytes) -> Listed:
    """Read `release-v1.json`; nothing in it is checked yet.

    Raises:
        IntegrityError: not its form.
    """
    try:
        return msgspec.json.decode(data, type=Listed)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise IntegrityError(f"it cannot be read: {error}") from None


def log_entry(envelope: Envelope, policy: LogPolicy) -> bytes:
    """Return the log's entry of an envelope that a log of the policy signed: the bytes that a `.tlog-proof` is about.

    Raises:
        IntegrityError: it is no statement, or another key signed it.
    """
    if envelope.payload_type != IN_TOTO:
        raise IntegrityError("the envelope holds no statement")
    return dsse_body(envelope, {key.id: key for key in _signers(policy)})


def read_statement(envelope: Envelope, name: str) -> tuple[ModelRelease, str]:
    """Return what an envelope says of one file, and the digest it names; check the signature first (`log_entry`).

    Raises:
        IntegrityError: it is about something else, or says something else.
    """
    statement: Statement = parse_statement(envelope.payload)
    (subject, *others) = statement.subject
    if others or subject.name != name or set(subject.digest) != {"sha256"} or statement.predicate_type != PREDICATE:
        raise IntegrityError("it is not the release of this file")
    try:
        return msgspec.convert(statement.predicate, ModelRelease), subject.digest["sha256"]
    except msgspec.ValidationError as error:
        raise IntegrityError(f"it does not say what a release says: {error}") from None


def _verified(name: str, digest: str, envelope_json: bytes, policy: LogPolicy, where: Traversable | None) -> ReleasedFile:
    with _naming(f"the statement of `{name}`"):
        envelope = parse_envelope(envelope_json)
        entry = log_entry(envelope, policy)
        release, stated = read_statement(envelope, name)
        if stated != digest:
            raise IntegrityError("it is about a file with another digest than the pinned one")
    with _naming(f"the model card of `{name}`"):
        if sha256(shipped.read(release.card.name, where=where)).hex() != release.card.sha256:
            raise IntegrityError(f"`{release.card.name}` is not the one that was released")
    with _naming(f"the proof of `{name}`"):
        proof = parse_tlog_proof(shipped.read(f"{name}{PROOF}", where=where))
        checkpoint = verify_tlog_proof(proof, entry, policy)
        if not {each.key_id for each in envelope.signatures} & {key.id for key in _signers(policy, checkpoint.origin)}:
            raise IntegrityError("the statement is signed by a key of another log than the one it is in")
    return ReleasedFile(name, digest, entry, proof.index, release, checkpoint)


def _signers(policy: LogPolicy, origin: str | None = None) -> Sequence[VerifierKey]:
    """Return the keys that sign statements: the logs' own Ed25519 keys (what is signed begins differently for the two)."""
    keys = [log.key for log in policy.logs if log.key.algorithm == ED25519 and origin in {None, log.key.name}]
    return [ed25519_verifier_key(key.public) for key in keys]


def _model(files: Sequence[ReleasedFile]) -> ModelVersion:
    first = files[0].release
    if any(each.release.card != first.card for each in files):
        raise ReleaseRefused(f"the files of `{first.model}` {first.version} were released with different model cards")
    return ModelVersion(
        name=first.model,
        version=first.version,
        files={each.name: each.sha256 for each in files},
        card=first.card,
        indexes=tuple(each.index for each in files),
        released_at=max(each.release.released_at for each in files),
        code=first.training_code,
        evaluation=first.evaluation,
    )


@contextmanager
def _naming(what: str) -> Iterator[None]:
    """Say of what something is wrong."""
    try:
        yield
    except (IntegrityError, InvalidRequest) as error:
        raise ReleaseRefused(f"{what}: {error.message}" if not isinstance(error, WeightsRefused) else error.message) from error
