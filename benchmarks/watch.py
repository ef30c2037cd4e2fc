"""What judging 1,000 characters of mixed traffic costs: the content policy of a guardrail, the scorer alone, and what others do with it.

    python benchmarks/watch.py                                  # generated traffic, and data sets where the shared folder has them
    python benchmarks/watch.py --training PYTHON --peers minilm-fp32,tfidf,llm_guardrail

Figures are CPU of the whole process (wall time in the columns beside, which a busy machine lengthens), each text judged once after a
warm-up. Each product has a process of its own, in an environment of its own: PyTorch's and scikit-learn's is the training's
(requirements/training-encoder.in), npm's llm_guardrail is installed into .clients on first use. A cold start is a fresh process up to its
first verdict: of the watch and a guardrail alone, and with all that a server imports. The last lines say which of issue 6's targets hold;
the cold start's is about CPU, and about the watch.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import watch_traffic

ROOT = Path(__file__).resolve().parent.parent
HERE = Path(__file__).parent
OURS = ("ringwall-guardrail", "ringwall-scorer", "ringwall-linear")
PEERS = ("minilm-fp32", "tfidf", "llm_guardrail")
NPM = "llm_guardrail@2.1.2"
COLD_STARTS = 5
COLD = "import sys; sys.path[:0] = {paths}; from watch_worker import {start}; {start}()('Is it cold today?')"
STARTS = {"the watch and a guardrail": "watch_alone", "with what a server imports": "guardrail"}
TARGETS = (
    ("median, ms", "<=", 3.0),
    ("p99, ms", "<=", 100.0),
    ("texts/s/core", ">=", 60.0),
    ("RSS, MB", "<=", 350.0),
    ("cold start, s", "<=", 1.5),
)


def command(product: str, texts: Path, training: Path) -> list[str | Path]:
    """Return what judges a file of texts by a product."""
    if product == "llm_guardrail":
        return ["node", HERE / "watch_worker.mjs", _npm_module(), texts]
    return [sys.executable if product in OURS else training, HERE / "watch_worker.py", product, texts]


def _npm_module() -> Path:
    home = ROOT / ".clients" / "peer-llm-guardrail"
    module = home / "node_modules" / "llm_guardrail" / "index.js"
    if not module.is_file():
        print(f"installing {NPM} ...", file=sys.stderr)
        home.mkdir(parents=True, exist_ok=True)
        subprocess.run(["npm", "install", "--no-save", "--silent", "--prefix", home, NPM], check=True, stdout=sys.stderr)
    return module


def measure(product: str, texts: Path, training: Path) -> dict:
    """Run one product over the texts and return its figures.

    Raises:
        OSError, subprocess.CalledProcessError: it does not run here.
    """
    done = subprocess.run(command(product, texts, training), check=True, capture_output=True, text=True)
    seen = json.loads(done.stdout.splitlines()[-1])
    cpu, wall = sorted(seen["cpu_ms"]), sorted(seen["wall_ms"])
    return {
        "median, ms": statistics.median(cpu),
        "p99, ms": cpu[int(len(cpu) * 0.99)],
        "texts/s/core": 1e3 / statistics.fmean(cpu),
        "RSS, MB": seen["rss_mb"],
        "set-up, s": seen["setup_s"],
        "level 1, %": 100 * seen["level_1"],
        "wall median, ms": statistics.median(wall),
        "wall p99, ms": wall[int(len(wall) * 0.99)],
    }


def cold_start(start: str) -> tuple[float, float]:
    """Return the least CPU and wall seconds of a fresh process up to its first verdict; the first start, which compiles, does not count."""
    code = COLD.format(paths=[str(HERE), str(ROOT / "src")], start=start)
    cpu, wall = [], []
    for number in range(COLD_STARTS + 1):
        before, clock = os.times(), time.perf_counter()
        subprocess.run([sys.executable, "-c", code], check=True)
        after = os.times()
        if number:
            cpu.append(after.children_user + after.children_system - before.children_user - before.children_system)
            wall.append(time.perf_counter() - clock)
    return min(cpu), min(wall)


def table(found: dict[str, dict]) -> str:
    """Lay the figures out, with how many times the guardrail's and the scorer's CPU each product needs."""
    columns = list(next(iter(found.values())))
    lines = ["| product | " + " | ".join(columns) + " | x guardrail | x scorer |", "|---" * (len(columns) + 3) + "|"]
    for product, row in found.items():
        ratios = [found[ours]["texts/s/core"] / row["texts/s/core"] for ours in OURS[:2]]
        cells = [f"{value:.3g}" if value < 100 else f"{value:.0f}" for value in row.values()]
        lines.append(f"| {product} | {' | '.join(cells)} | {ratios[0]:.2f} | {ratios[1]:.1f} |")
    return "\n".join(lines)


def verdicts(row: dict) -> str:
    """Say which targets hold."""
    said = []
    for name, kind, limit in TARGETS:
        holds = row[name] <= limit if kind == "<=" else row[name] >= limit
        said.append(f"{'holds ' if holds else 'MISSED'}  {name}: {row[name]:.3g} (target {kind} {limit:g})")
    return "\n".join(said)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--texts", type=int, default=1_000)
    parser.add_argument("--peers", default=",".join(PEERS), help="comma-separated; empty: ringwall alone")
    parser.add_argument(
        "--training", type=Path, default=ROOT / ".venv-training" / "bin" / "python", help="the training environment's interpreter"
    )
    parser.add_argument("--shared", type=Path, default=ROOT.parent / "shared", help="the folder with the data sets")
    parser.add_argument("--show", action="store_true", help="print one text of each kind, and measure nothing")
    given = parser.parse_args()
    traffic = {"generated": watch_traffic.generated(given.texts)}
    if (given.shared / "datasets" / "MANIFEST.json").is_file():
        traffic["data sets"] = watch_traffic.from_sets(given.shared / "datasets", given.texts)
    if given.show:
        for name, pairs in traffic.items():
            print(name, *watch_traffic.sample(pairs), sep="\n")
        return
    starts = {name: cold_start(start) for name, start in STARTS.items()}
    for name, (cpu, wall) in starts.items():
        print(f"cold start, {name}: {cpu:.2f} s of CPU, {wall:.2f} s by the clock (the least of {COLD_STARTS})")
    cold = next(iter(starts.values()))[0]
    scratch = Path(tempfile.mkdtemp())
    try:
        for name, pairs in traffic.items():
            watch_traffic.write(pairs, scratch / "texts.jsonl")
            found: dict[str, dict] = {}
            for product in (*OURS, *filter(None, given.peers.split(","))):
                try:
                    found[product] = measure(product, scratch / "texts.jsonl", given.training)
                except (OSError, subprocess.CalledProcessError) as error:
                    if product in OURS:
                        raise SystemExit(getattr(error, "stderr", "") or str(error)) from error
                    print(f"left out: {product}: {(getattr(error, 'stderr', '') or str(error)).strip().splitlines()[-1]}", file=sys.stderr)
            print(f"\n{name}: {len(pairs)} texts of {watch_traffic.SIZE} characters\n\n{table(found)}\n")
            print(verdicts(found["ringwall-guardrail"] | {"cold start, s": cold}))
    finally:
        shutil.rmtree(scratch)


if __name__ == "__main__":
    main()
