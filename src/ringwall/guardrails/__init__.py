"""Policies compiled to rules, the streaming session, and the one function that combines verdicts; learned detectors are arguments."""
