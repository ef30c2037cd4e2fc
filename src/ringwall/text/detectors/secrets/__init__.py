"""Secrets: keys and tokens by issuer, private keys, and values assigned to names that say secret."""
