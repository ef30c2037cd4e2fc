"""Views of a text (character folds, token folds, decodings), the automaton tables they run on, and the rule detectors that read them."""

from ringwall.text.interpreters import interpreter_name
from ringwall.text.phrases import PhraseAutomaton
from ringwall.text.read import read_views
from ringwall.text.tables import tables_digest, tables_version
from ringwall.text.view import PhraseHit, View, Views

__all__ = ["PhraseAutomaton", "PhraseHit", "View", "Views", "interpreter_name", "read_views", "tables_digest", "tables_version"]
