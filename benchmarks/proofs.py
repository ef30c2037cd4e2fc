"""What the proof of no bypass costs, and that it does not grow with the number of phrases.

    python -m benchmarks.proofs [--csv FILE] [phrases ...]

Prints CPU seconds of one core and the peak of resident memory for the whole proof (every class, every theorem, depth 2, every invariant
checked again by the re-checker) at each number of phrases, and the parts of it. Beside it, what is done anew for each list: the phrase
automaton is compiled, and held against its phrases. `--csv` writes what `plot.py` draws.
"""

from __future__ import annotations

import argparse
import csv
import random
import resource
import string
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from ringwall.reasoning.text import prove_bypass
from ringwall.reasoning.text.lemmas import Laboratory
from ringwall.reasoning.text.prove import all_theorems, chosen
from ringwall.text import PhraseAutomaton
from ringwall.text.tables import load_tables
from ringwall.text.tables.loader import table_bytes

LIMIT_SECONDS = 60
LIMIT_MEGABYTES = 2_000
_Made = TypeVar("_Made")


def phrases(count: int) -> list[str]:
    rng = random.Random(count)
    return [" ".join("".join(rng.choices(string.ascii_lowercase, k=rng.randrange(3, 9))) for _ in range(4)) for _ in range(count)]


def parts() -> None:
    laboratory = Laboratory(load_tables(), table_bytes(), None)
    started = time.process_time()
    all_theorems(load_tables())
    print(f"{'theorems over all code points':34} {time.process_time() - started:6.2f} s")
    for encoder in chosen(None, 2):
        started = time.process_time()
        lemma = laboratory.lemma(encoder, check_again=False)
        proved = time.process_time()
        states = lemma.certificate.states if lemma.certificate else 0
        print(f"{encoder.id:34} {proved - started:6.2f} s  {states:6} configurations  {lemma.status}")


def timed(work: Callable[[], _Made]) -> tuple[_Made, float]:
    """Return what was made and the CPU seconds it took."""
    started = time.process_time()
    made = work()
    return made, time.process_time() - started


def main() -> int:
    """Measure; exit code 1 if a limit is missed."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--csv", type=Path)
    parser.add_argument("phrases", type=int, nargs="*")
    given = parser.parse_args()
    failed = False
    rows: list[tuple[str, int, float]] = []
    for count in given.phrases or [10, 500, 5_000]:
        listed = phrases(count)
        automaton, compiled = timed(lambda: PhraseAutomaton.compile(listed))  # noqa: B023 - called at once
        _, validated = timed(automaton.validate)
        report, whole = timed(lambda: prove_bypass(automaton))  # noqa: B023 - called at once
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        print(
            f"{count:6} phrases: {report.status}, {len(report.cells)} cells, {whole:.1f} s of CPU, {memory} MB at most; of that the "
            f"list's own check {validated:.2f} s (compiling it took {compiled:.2f} s)",
            flush=True,
        )
        rows += [("the whole proof", count, whole), ("of it, the list's own check", count, validated)]
        failed |= whole > LIMIT_SECONDS or memory > LIMIT_MEGABYTES or report.status != "proved"
    if given.csv is not None:
        with given.csv.open("w", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(("part", "phrases", "cpu_s"))
            writer.writerows((part, count, f"{seconds:.3f}") for part, count, seconds in sorted(rows, key=lambda row: row[0], reverse=True))
    parts()
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
