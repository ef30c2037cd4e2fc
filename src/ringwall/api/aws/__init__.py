"""The AWS face: bytes to an operation row to a parsed request, and back."""
