"""The operations that are served, a module per service, each with an `OPERATIONS` tuple of rows."""
