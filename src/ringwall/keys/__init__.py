"""Customer keys, data keys, envelope encryption, and key release to attested enclaves."""
