"""Sealed prompts: what was asked and answered, kept for investigation under the account's own keys, where the account asks for it."""
