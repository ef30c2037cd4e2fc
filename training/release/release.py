"""One release: statements signed, the log grown, proofs and verifier keys put beside the weights, and all of it verified."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

import msgspec

from ringwall.crypto import inclusion_path, leaf_hashes
from ringwall.crypto.dsse import Envelope, parse_envelope
from ringwall.crypto.log_policy import LogPolicy, parse_policy
from ringwall.crypto.rekor import sign_and_log
from ringwall.crypto.statements import IN_TOTO
from ringwall.crypto.tlog_proof import TlogProof
from ringwall.errors import IntegrityError
from ringwall.watch import shipped
from ringwall.watch.release import POLICY, PROOF, RELEASE, Listed, ModelRelease, log_entry, read_listed, read_statement, verify_release
from training.release.key import ReleaseKey, make_key, read_key
from training.release.log import read_log, write_log
from training.release.models import ReleaseError, model_of
from training.release.statements import dated, describe, says_the_same, statement

ORIGIN = "ringwall/watch-releases/1"
HEAD = "# Whom to believe about the released models: the release log's verifier keys (C2SP tlog-policy).\n"


def release(*, weights: Path, key_file: Path, log: Path, origin: str, root: Path, at: datetime) -> list[str]:
    """Release every pinned file of a folder; return what was done, a line each.

    1. The log in the folder is audited whole; an absent one is begun, with a new key where there is none.
    2. A file whose statement is in the log and still says the same keeps it; every other gets a new one, appended.
    3. The folder of the log is brought up to the new checkpoint, which must have grown from the old one.
    4. Proofs, statements and keys are put beside the weights, and verified as a reader does, weights included.

    Args:
        weights: the folder with the pinned files and their cards. key_file: the private key. log: the log's folder.
        origin: the log's name. root: of the checkout, whose history names the code. at: when.

    Raises:
        ReleaseError: something is missing, or the key is not this log's. IntegrityError: the log or what was written is not sound.
    """
    pinned = shipped.pins(where=weights)
    wanted = {name: describe(model_of(name), weights) for name in pinned}
    said: list[str] = []
    begun = not (log / "checkpoint").is_file()
    if not key_file.is_file():
        if not begun:
            raise ReleaseError(f"`{key_file}` is missing, and the log goes on under its key: bring it, or begin another --origin and --log")
        make_key(key_file)
        said.append(f"made the private key `{key_file}`: keep it; without it the log cannot go on")
    key = read_key(key_file, origin)
    policy = _policy(weights / POLICY, key, origin, begun=begun)
    checkpoint, entries = (b"", []) if begun else read_log(log, policy)
    envelopes, places = _standing(weights, policy, entries)
    changed = [name for name, digest in pinned.items() if not (name in envelopes and _same(envelopes[name], name, digest, wanted[name]))]
    for name in changed:
        says = statement(name, pinned[name], dated(wanted[name], root, at))
        envelopes[name], entry = sign_and_log(IN_TOTO, says.to_json(), [key.statements])
        places[name] = len(entries)
        entries.append(entry)
    if changed:
        checkpoint, _ = write_log(log, entries, key, policy, at=int(at.timestamp()))
    _put(weights, policy, checkpoint, entries, envelopes, places)
    files = verify_release(where=weights, weights=True)
    seen = files[0].checkpoint
    return [
        *said,
        f"{len(changed)} new statements, {len(files)} files released",
        f"log {origin}: {seen.size} entries, root {seen.root.hex()}",
    ]


def _policy(path: Path, key: ReleaseKey, origin: str, *, begun: bool) -> LogPolicy:
    """Return whom readers are to believe: the logs that they believe already, and this one.

    Raises:
        ReleaseError: readers know this log under another key.
    """
    before = parse_policy(path.read_text("utf-8")) if path.is_file() else LogPolicy(())
    known = tuple(log for log in before.logs if log.key.name == origin)
    if known and known != key.trusted:
        raise ReleaseError(f"the key is not the one of `{origin}`: a log keeps its key; with another one begin another --origin and --log")
    if not known and not begun:
        raise ReleaseError(f"the folder of the log is another log's than `{origin}`")
    if known:
        return before
    return LogPolicy((*before.logs, *key.trusted), before.witnesses, before.groups, before.quorum)


def _standing(weights: Path, policy: LogPolicy, entries: list[bytes]) -> tuple[dict[str, Envelope], dict[str, int]]:
    """Return the statements of pinned files that are in this log, and where."""
    path = weights / RELEASE
    listed = read_listed(path.read_bytes()).statements if path.is_file() else {}
    pinned = shipped.pins(where=weights)
    places = {entry: index for index, entry in enumerate(entries)}
    envelopes = {name: parse_envelope(bytes(written)) for name, written in listed.items() if name in pinned}
    found = {name: (envelope, places.get(log_entry(envelope, policy))) for name, envelope in envelopes.items()}
    kept = {name: (envelope, index) for name, (envelope, index) in found.items() if index is not None}
    return {name: envelope for name, (envelope, _) in kept.items()}, {name: index for name, (_, index) in kept.items()}


def _same(envelope: Envelope, name: str, digest: str, wanted: ModelRelease) -> bool:
    try:
        said, about = read_statement(envelope, name)
    except IntegrityError:
        return False
    return about == digest and says_the_same(said, wanted)


def _put(
    weights: Path, policy: LogPolicy, checkpoint: bytes, entries: list[bytes], envelopes: Mapping[str, Envelope], places: Mapping[str, int]
) -> None:
    """Write what readers need beside the weights; proofs of files that are there no more go."""
    hashes = leaf_hashes(entries)
    proofs = {f"{name}{PROOF}": TlogProof(index, tuple(inclusion_path(hashes, index)), checkpoint) for name, index in places.items()}
    for stale in set(weights.glob(f"*{PROOF}")) - {weights / name for name in proofs}:
        stale.unlink()
    for name, proof in proofs.items():
        (weights / name).write_bytes(proof.to_text())
    (weights / POLICY).write_text(HEAD + policy.to_text(), "utf-8")
    listed = Listed(1, {name: msgspec.Raw(envelopes[name].to_json()) for name in sorted(envelopes)})
    (weights / RELEASE).write_bytes(msgspec.json.format(msgspec.json.encode(listed), indent=1) + b"\n")
