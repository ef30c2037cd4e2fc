"""Hashes, Merkle trees, signatures, sealed files, attestation documents: functions over bytes.

Today: SHA-256 and what is made of it, canonical JSON, Merkle trees with their proofs and tiles, signed notes and checkpoints, signed
statements (DSSE, in-toto, Rekor bodies), and the files that prove log entries to others.
"""

from ringwall.crypto.canonical import canonical_json
from ringwall.crypto.digests import HmacKey, equal, hkdf_sha256, hmac_sha256, sha256
from ringwall.crypto.merkle import (
    RootBuilder,
    consistency_path,
    inclusion_path,
    leaf_hash,
    leaf_hashes,
    node_hash,
    root_hash,
    verify_consistency,
    verify_inclusion,
)
from ringwall.crypto.randomness import random_piece

__all__ = [
    "HmacKey",
    "RootBuilder",
    "canonical_json",
    "consistency_path",
    "equal",
    "hkdf_sha256",
    "hmac_sha256",
    "inclusion_path",
    "leaf_hash",
    "leaf_hashes",
    "node_hash",
    "random_piece",
    "root_hash",
    "sha256",
    "verify_consistency",
    "verify_inclusion",
]
