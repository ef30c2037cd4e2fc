"""HTTP: aws/, openai/, anthropic/, native/; each operation is one row of a table; the pipeline is one visible list."""
