"""ringwall: a self-hosted security substrate for AI applications."""

__version__ = "0.1.0"
