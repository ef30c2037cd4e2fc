"""Views of a text (character folds, token folds, decodings), the automaton tables they run on, and the rule detectors that read them."""
