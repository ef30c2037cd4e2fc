"""Hashes, Merkle trees, signatures, sealed files, attestation documents: functions over bytes.

Today: SHA-256 and what is made of it, canonical JSON, and Merkle trees with their proofs.
"""

from ringwall.crypto.canonical import canonical_json
from ringwall.crypto.digests import equal, hkdf_sha256, hmac_sha256, sha256
from ringwall.crypto.merkle import (
    RootBuilder,
    consistency_path,
    inclusion_path,
    leaf_hash,
    node_hash,
    root_hash,
    verify_consistency,
    verify_inclusion,
)

__all__ = [
    "RootBuilder",
    "canonical_json",
    "consistency_path",
    "equal",
    "hkdf_sha256",
    "hmac_sha256",
    "inclusion_path",
    "leaf_hash",
    "node_hash",
    "root_hash",
    "sha256",
    "verify_consistency",
    "verify_inclusion",
]
