"""The one place where settings meet concrete classes."""
