"""What the proof of no bypass costs, and that it does not grow with the number of phrases.

    python -m benchmarks.proofs [phrases ...]

Prints CPU seconds of one core and the peak of resident memory for the whole proof (every class, every theorem, depth 2, every invariant
checked again by the re-checker) at each number of phrases, and the parts of it.
"""

from __future__ import annotations

import random
import resource
import string
import sys
import time

from ringwall.reasoning.text import prove_bypass
from ringwall.reasoning.text.lemmas import Laboratory
from ringwall.reasoning.text.prove import all_theorems, chosen
from ringwall.text import PhraseAutomaton
from ringwall.text.tables import load_tables
from ringwall.text.tables.loader import table_bytes

LIMIT_SECONDS = 60
LIMIT_MEGABYTES = 2_000


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


def main() -> int:
    failed = False
    for count in [int(a) for a in sys.argv[1:]] or [10, 500, 5_000]:
        automaton = PhraseAutomaton.compile(phrases(count))
        started = time.process_time()
        report = prove_bypass(automaton)
        spent = time.process_time() - started
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        print(f"{count:6} phrases: {report.status}, {len(report.cells)} cells, {spent:.1f} s of CPU, {memory} MB at most")
        failed |= spent > LIMIT_SECONDS or memory > LIMIT_MEGABYTES or report.status != "proved"
    parts()
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
