"""What reading a text costs: `python benchmarks/text.py [--characters 1000] [--texts 50] [--python]`.

Prints CPU time per text, best of three passes.
"""

from __future__ import annotations

import argparse
import random
import time
from collections.abc import Callable

from ringwall.text import PhraseAutomaton, interpreter_name, read_views, tables_digest
from ringwall.text.interpreters import choose_interpreter

_WORDS = (  # noqa: SIM905 - a sentence reads better than its words
    "the report shows that revenue in our northern region grew faster than expected while costs stayed flat and two new branches "
    "opened near a lake please send your notes before friday so we can prepare the meeting with all teams who asked for more time"
).split()


def english(characters: int, seed: int) -> str:
    """Make business English of about that many characters."""
    randomness, text = random.Random(seed), ""
    while len(text) < characters:
        words = [randomness.choice(_WORDS) for _ in range(randomness.randrange(6, 16))]
        text += " ".join(words).capitalize() + ". "
    return text[:characters]


def cpu(texts: list[str], function: Callable[[str], object], passes: int) -> float:
    """Return the least CPU time per text in microseconds."""
    best = float("inf")
    for _ in range(passes):
        start = time.process_time()
        for text in texts:
            function(text)
        best = min(best, (time.process_time() - start) / len(texts) * 1e6)
    return best


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--characters", type=int, default=1_000)
    parser.add_argument("--texts", type=int, default=50)
    parser.add_argument("--python", action="store_true", help="the pure-Python interpreter as well (slow)")
    options = parser.parse_args()
    texts = [english(options.characters, seed) for seed in range(options.texts)]
    randomness = random.Random(7)
    phrases = ["".join(randomness.choice("bcdfghjklmnpqrstvwxz") for _ in range(length)) for length in (5, 7, 9, 12) for _ in range(50)]
    automaton = PhraseAutomaton.compile(phrases)
    what = f"{len(phrases)} phrases, {options.texts} texts of {options.characters} characters"
    print(f"tables {tables_digest()[:12]}, {what}, interpreter {interpreter_name()}")
    for name in [interpreter_name()] + (["python"] if options.python and interpreter_name() != "python" else []):
        interpreter = choose_interpreter(name)
        passes = 3 if name == "c" else 1
        rows: list[tuple[str, Callable[[str], object]]] = [
            ("character fold", lambda text, i=interpreter: i.fold("characters", text)),
            ("phrase scan, 54 readings", lambda text, i=interpreter: i.scan(automaton, text)),
            ("decoders, 1 reading", lambda text, i=interpreter: i.decode(text, mapped=False, sparse=True)),
            ("decoders, 4 readings", lambda text, i=interpreter: i.decode(text, mapped=True, sparse=True)),
            ("raw and folds only", lambda text, n=name: read_views(text, depth=0, interpreter=n)),
            ("all views", lambda text, n=name: read_views(text, interpreter=n)),
            ("all views and phrases", lambda text, n=name: read_views(text, automaton=automaton, interpreter=n)),
        ]
        for label, function in rows:
            print(f"{name:7} {label:26} {cpu(texts, function, passes):12.1f} us")
    views = read_views(texts[0], automaton=automaton)
    print(f"views of the first text: {len(views.views)}, {views.characters_read} characters read")


if __name__ == "__main__":
    main()
