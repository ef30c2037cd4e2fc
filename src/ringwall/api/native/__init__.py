"""ringwall's own JSON API, with OpenAPI 3.1 made from its operation table."""
