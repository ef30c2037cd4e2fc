"""Prompt attacks: rules in a small language of words and gaps, and the marks of chat templates."""
