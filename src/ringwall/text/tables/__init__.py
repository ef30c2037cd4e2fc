"""The automaton tables: definitions, the generator that turns them into data, and the loader that gives them to both interpreters."""

from ringwall.text.tables.loader import Machine, Tables, load_tables, tables_digest, tables_version

__all__ = ["Machine", "Tables", "load_tables", "tables_digest", "tables_version"]
