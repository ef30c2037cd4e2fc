"""Upstream models: which server a model's name leads to, and how it is asked."""
