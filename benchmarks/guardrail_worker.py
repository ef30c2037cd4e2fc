"""One product in one process: reads `SIZE KIND COUNT` lines, runs the comparable policy over texts, prints CPU seconds as JSON.

Runs inside the environment of the product it measures; the shared folder brings the adapters of the other products and the texts.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import time
from pathlib import Path

for threads in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[threads] = "1"


def load(name: str, shared: Path, scratch: Path):
    """Return a product's adapter, set up."""
    sys.path.insert(0, str(shared / "peers"))
    if name.startswith("ringwall"):
        from guardrail_ringwall import Ringwall

        adapter = Ringwall(readings="raw" if name.endswith("raw") else "all")
    else:
        import adapters

        adapters.BLANK = str(scratch / "blank_en")
        adapter = adapters.ADAPTERS[name][1]()
    adapter.setup()
    return adapter


def measure(adapter, texts: list[str], count: int) -> dict:
    """Scan `count` texts and return the median and the 99th percentile of process CPU seconds a scan, and hits."""
    spent, found = [], 0
    for i in range(count):
        before = time.process_time()
        _, hits = adapter.scan(texts[i % len(texts)])
        spent.append(time.process_time() - before)
        found += bool(hits)
    spent.sort()
    return {"median": spent[len(spent) // 2], "p99": spent[min(len(spent) - 1, int(len(spent) * 0.99))], "hit": found / count}


def main() -> None:
    name, shared, scratch = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what products print goes to stderr
    before = time.process_time()
    adapter = load(name, shared, scratch)
    import corpus

    ready = {"setup_s": round(time.process_time() - before, 2)}
    answers.write(json.dumps(ready) + "\n")
    answers.flush()
    for line in sys.stdin:
        size, kind, count = line.split()
        texts = [corpus.text(int(size), kind, seed) for seed in range(20)]
        measure(adapter, texts, 3)
        row = measure(adapter, texts, int(count))
        row["rss_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        answers.write(json.dumps(row) + "\n")
        answers.flush()


if __name__ == "__main__":
    main()
