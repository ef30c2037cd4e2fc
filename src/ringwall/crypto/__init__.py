"""Hashes, Merkle trees, signatures, sealed files, attestation documents: functions over bytes."""
