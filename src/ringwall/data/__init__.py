"""Data sets: classification, commitments, feature groups, privacy budgets, synthetic data, bias metrics.

Today: commitments (`commitment`), the look for personal data and secrets that goes before each (`inspection`), feature groups and lineage.
"""
