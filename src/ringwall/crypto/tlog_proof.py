"""A proof in one text file: that an entry is in a log, verifiable with the log's key and nothing else.

Source: c2sp.org/tlog-proof@v1.
"""

from __future__ import annotations

import re
from typing import Final

import msgspec

from ringwall.crypto.base64_text import decode_base64, encode_base64
from ringwall.crypto.checkpoint import Checkpoint
from ringwall.crypto.log_policy import LogPolicy
from ringwall.crypto.merkle import HASH_BYTES, leaf_hash, verify_inclusion
from ringwall.errors import IntegrityError

HEADER: Final = "c2sp.org/tlog-proof@v1"
PROOF_BYTES: Final = 1024 * 1024
_PATH: Final = 63  # a log of 2**63 entries
_INDEX: Final = re.compile(r"(0|[1-9][0-9]{0,18})", re.ASCII)


class TlogProof(msgspec.Struct, frozen=True):
    """Where an entry is, and why to believe it.

    path: hashes from the leaf's sibling upwards. checkpoint: the signed note, whole, with the witnesses' cosignatures.
    extra: not authenticated by anything; we put nothing there.
    """

    index: int
    path: tuple[bytes, ...]
    checkpoint: bytes
    extra: bytes = b""

    def to_text(self) -> bytes:
        """Write the `.tlog-proof` file."""
        lines = [HEADER]
        if self.extra:
            lines.append(f"extra {encode_base64(self.extra)}")
        lines.append(f"index {self.index}")
        lines += [encode_base64(each) for each in self.path]
        return "\n".join(lines).encode() + b"\n\n" + self.checkpoint


def parse_tlog_proof(text: bytes) -> TlogProof:
    """Read a proof; nothing in it is checked against a key yet.

    Raises:
        IntegrityError: not a proof of this version, or larger than 1 MiB.
    """
    if len(text) > PROOF_BYTES:
        raise IntegrityError(f"the proof has more than {PROOF_BYTES} bytes")
    head, separator, checkpoint = text.partition(b"\n\n")
    try:
        lines = head.decode("ascii").split("\n")
    except UnicodeDecodeError:
        raise IntegrityError("the proof's head is not ASCII") from None
    if not separator or lines.pop(0) != HEADER:
        raise IntegrityError(f"not a `{HEADER}`")
    extra = b""
    if lines and lines[0].startswith("extra "):
        extra = decode_base64(lines.pop(0).removeprefix("extra "), "proof's extra data")
    index = _INDEX.fullmatch(lines.pop(0).removeprefix("index ")) if lines and lines[0].startswith("index ") else None
    if index is None or len(lines) > _PATH:
        raise IntegrityError(f"the proof has no index, or more than {_PATH} hashes")
    path = tuple(decode_base64(line, "proof's hash") for line in lines)
    if any(len(each) != HASH_BYTES for each in path):
        raise IntegrityError("the proof has a hash that is no SHA-256")
    return TlogProof(int(index[0]), path, checkpoint, extra)


def verify_tlog_proof(proof: TlogProof, entry: bytes, policy: LogPolicy) -> Checkpoint:
    """Check that an entry is in a log that the policy trusts, and return the checkpoint that says so.

    1. The checkpoint opens under the policy: a trusted log's own key signed it, and enough witnesses cosigned it.
    2. The path leads from the entry, at the proof's index, to the checkpoint's root.

    Raises:
        IntegrityError: one of them does not hold.
    """
    checkpoint = policy.open(proof.checkpoint)
    verify_inclusion(leaf_hash(entry), proof.index, checkpoint.size, proof.path, checkpoint.root)
    return checkpoint
