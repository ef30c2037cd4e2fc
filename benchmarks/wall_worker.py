"""One engine in one process: compiles a list of phrases, then reads `{"path", "passes"}` lines and prints CPU microseconds a scan as JSON.

Runs inside the environment of the engine it measures.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

Scan = Callable[[str], bool]  # whether a budget was spent


def ringwall(name: str, phrases: list[str]) -> Scan:
    from ringwall.text import PhraseAutomaton, read_views
    from ringwall.text.interpreters import choose_interpreter
    from ringwall.text.read_plainly import read_plainly

    automaton = PhraseAutomaton.compile(phrases)
    choose_interpreter("c")  # refuses where it is not built: another interpreter is another figure
    if name in {"ringwall-wall", "ringwall-views"}:
        hits_only = name == "ringwall-wall"
        return lambda text: read_views(text, automaton=automaton, depth=2, interpreter="c", hits_only=hits_only).exhausted
    return lambda text: read_plainly(text, automaton=automaton, interpreter="c").exhausted


def parts(phrases: list[str]) -> dict[str, Callable[[str], object]]:
    """Return the wall's parts by name."""
    from ringwall.text import PhraseAutomaton, read_views
    from ringwall.text.interpreters import choose_interpreter
    from ringwall.text.tokens import pig_latin

    automaton, c = PhraseAutomaton.compile(phrases), choose_interpreter("c")
    return {
        "all": lambda text: read_views(text, automaton=automaton, depth=2, interpreter="c", hits_only=True),
        "all, with views": lambda text: read_views(text, automaton=automaton, depth=2, interpreter="c"),
        "fold": lambda text: c.fold("characters", text),
        "scan of 54 readings": lambda text: c.scan(automaton, text),
        "decoders, 1 reading": lambda text: c.decode(text, mapped=False, sparse=True),
        "decoders, 4 readings": lambda text: c.decode(text, mapped=True, sparse=True),
        "Pig Latin": pig_latin,
        "scrambled words": lambda text: c.scrambled(automaton, text),
    }


def hyperscan(phrases: list[str]) -> Scan:
    import hyperscan as engine

    database = engine.Database()
    flags = engine.HS_FLAG_SINGLEMATCH
    database.compile(expressions=[phrase.encode() for phrase in phrases], ids=list(range(len(phrases))), flags=[flags] * len(phrases))

    def on_match(*_: object) -> None:
        return None

    def scan(text: str) -> bool:
        database.scan(text.encode(), match_event_handler=on_match)
        return False

    return scan


def re2(phrases: list[str]) -> Scan:
    import re2 as engine

    options = engine.Options()
    options.max_mem = 1 << 30
    patterns = engine.Set.SearchSet(options)
    for phrase in phrases:
        patterns.Add(phrase)
    patterns.Compile()

    def scan(text: str) -> bool:
        patterns.Match(text)
        return False

    return scan


def ahocorasick(phrases: list[str]) -> Scan:
    import ahocorasick_rs as engine

    automaton = engine.AhoCorasick(phrases, implementation=engine.Implementation.DFA)

    def scan(text: str) -> bool:
        automaton.find_matches_as_indexes(text, overlapping=True)
        return False

    return scan


ENGINES = {"hyperscan": hyperscan, "google-re2": re2, "ahocorasick-rs": ahocorasick}


def least(function: Callable[[str], object], text: str, passes: int) -> float:
    """Return the least CPU time of some passes, in microseconds."""
    best = float("inf")
    for _ in range(passes):
        begun = time.process_time()
        function(text)
        best = min(best, time.process_time() - begun)
    return best * 1e6


def main() -> None:
    name, phrases = sys.argv[1], json.loads(Path(sys.argv[2]).read_text())
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what engines print goes to stderr
    begun = time.process_time()
    scan = ENGINES[name](phrases) if name in ENGINES else ringwall(name, phrases)
    answers.write(json.dumps({"setup_s": round(time.process_time() - begun, 2)}) + "\n")
    answers.flush()
    for line in sys.stdin:
        query = json.loads(line)
        text = Path(query["path"]).read_bytes().decode("utf-8", "surrogatepass")
        if query.get("parts"):
            row: dict[str, float | bool] = {what: round(least(part, text, query["passes"]), 1) for what, part in parts(phrases).items()}
        else:
            exhausted = scan(text)
            row = {"us": least(scan, text, query["passes"]), "exhausted": exhausted}
        answers.write(json.dumps(row) + "\n")
        answers.flush()


if __name__ == "__main__":
    main()
