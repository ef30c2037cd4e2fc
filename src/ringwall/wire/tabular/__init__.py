"""Numbers on their way to a classic model and back: rows in JSON, CSV and NumPy's file format."""
