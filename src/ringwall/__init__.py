"""ringwall: a self-hosted security substrate for AI applications."""
