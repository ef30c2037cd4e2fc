"""ringwall beside other guardrails on the same work: 15 PII types, 200 words, 10 regexes, secrets and prompt-attack rules.

    python benchmarks/guardrail.py                              # ringwall, the standard library's re, cpex, DataFog, Presidio
    python benchmarks/guardrail.py --peers cpex,nemo,litellm-filter --rounds 5
    python benchmarks/guardrail.py --growth growth.csv          # ringwall alone, 1 kB to 1 MB

Each product runs in an environment of its own (`.clients/peer-*`, installed from the package index on first use); rounds
alternate between products so that a noisy machine disturbs all alike. Figures are process CPU milliseconds a scan, medians over
rounds, then the ratio to ringwall.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
HERE = Path(__file__).parent
# peer -> what its environment holds; None runs in ringwall's own
PEERS: dict[str, list[str] | None] = {
    "raw-re": None,
    "cpex": ["cpex-pii-filter", "cpex-secrets-detection", "cpex-encoded-exfil-detection"],
    "datafog": ["datafog"],
    "presidio": ["presidio-analyzer", "presidio-anonymizer"],
    "litellm-filter": ["litellm[proxy]==1.106.2"],
    "nemo": ["nemoguardrails", "presidio-analyzer", "presidio-anonymizer"],
    "agt": ["agent-governance-toolkit-core"],
    "llm-guard": ["llm-guard"],
    "guardrails-ai": ["guardrails-ai", "guardrails-ai-detect-pii", "guardrails-ai-ban-list", "guardrails-ai-regex-match"],
}
SHAPES = [(1_000, "clean"), (1_000, "pii"), (10_000, "clean"), (10_000, "pii")]


def environment(peer: str) -> Path:
    """Return the interpreter of a peer's environment, made on first use."""
    packages = PEERS.get(peer)
    if packages is None:
        return Path(sys.executable)
    home = ROOT / ".clients" / f"peer-{peer}"
    if not (home / ".made").exists():
        print(f"installing {peer} ...", file=sys.stderr)
        subprocess.run([sys.executable, "-m", "venv", home], check=True)
        subprocess.run([home / "bin" / "python", "-m", "pip", "install", "-q", *packages], check=True)
        (home / ".made").touch()
    return home / "bin" / "python"


class Product:
    """A worker process and what it answered."""

    def __init__(self, name: str, shared: Path, scratch: Path) -> None:
        self.name = name
        command = [environment(name), HERE / "guardrail_worker.py", name, shared, scratch]
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=(scratch / f"{name}.log").open("w"), text=True, cwd=HERE
        )
        self.setup_s = self._answer(scratch)["setup_s"]
        self.rows: dict[tuple[int, str], list[dict]] = {}

    def _answer(self, scratch: Path) -> dict:
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"{self.name} stopped: {(scratch / f'{self.name}.log').read_text()[-600:]}")
        return json.loads(line)

    def measure(self, size: int, kind: str, count: int, scratch: Path) -> None:
        self.process.stdin.write(f"{size} {kind} {count}\n")
        self.process.stdin.flush()
        self.rows.setdefault((size, kind), []).append(self._answer(scratch))

    def median_ms(self, shape: tuple[int, str]) -> float:
        return statistics.median(row["median"] for row in self.rows[shape]) * 1e3


def table(products: list[Product]) -> str:
    """Lay out medians, and in brackets how many times slower than ringwall's raw and all-readings scans each product is."""
    raw, full = products[0], products[1]
    lines = [
        f"{'product':<16}"
        + "".join(f"{size:>8} {kind:<6}" for size, kind in SHAPES)
        + "   setup s   RSS MB    x raw reading   x all readings"
    ]
    for product in products:
        cells = "".join(f"{product.median_ms(shape):>12.4f}   " for shape in SHAPES)
        rss = max(row["rss_mb"] for rows in product.rows.values() for row in rows)
        times = [product.median_ms((1_000, kind)) / base.median_ms((1_000, kind)) for base in (raw, full) for kind in ("clean", "pii")]
        ratios = "".join(f"{ratio:>8.1f}" for ratio in times)
        lines.append(f"{product.name:<16}{cells}{product.setup_s:>7.2f} {rss:>8.0f}  {ratios}")
    return "\n".join(lines)


def compare(peers: list[str], rounds: int, shared: Path) -> None:
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        products = []
        for name in ["ringwall-raw", "ringwall-all", *peers]:
            try:
                products.append(Product(name, shared, scratch))
            except (RuntimeError, subprocess.CalledProcessError) as error:
                print(f"left out: {name}: {error}", file=sys.stderr)
        for turn in range(rounds):
            for size, kind in SHAPES:
                for product in products:
                    slow = product.name not in {"ringwall-raw", "ringwall-all", "raw-re", "cpex", "datafog", "agt"}
                    product.measure(size, kind, (10 if slow else 100) * 1_000 // size + 3, scratch)
            print(f"round {turn + 1}/{rounds}", file=sys.stderr)
        print("CPU ms a scan (median); ratios on 1,000 characters: clean, with PII")
        print(table(products))


def growth(target: Path, shared: Path) -> None:
    """Write CPU milliseconds against size, for a plot; linear work has a constant last column."""
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        with target.open("w") as out:
            out.write("readings,characters,cpu_ms,us_per_1000\n")
            for name in ("ringwall-raw", "ringwall-all"):
                product = Product(name, shared, scratch)
                for size in (1_000, 3_000, 10_000, 30_000, 100_000, 300_000, 1_000_000):
                    product.measure(size, "pii", max(3, 200_000 // size), scratch)
                    ms = product.median_ms((size, "pii"))
                    line = f"{name.removeprefix('ringwall-')},{size},{ms:.4f},{ms * 1e6 / size:.2f}"
                    print(line)
                    out.write(line + "\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peers", default="raw-re,cpex,datafog,presidio", help=f"comma-separated: {', '.join(PEERS)}")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--shared", type=Path, default=ROOT.parent / "shared", help="the folder with peers/adapters.py and peers/corpus.py")
    parser.add_argument("--growth", type=Path, help="measure ringwall alone over sizes and write a CSV")
    given = parser.parse_args()
    if not (given.shared / "peers" / "adapters.py").exists():
        sys.exit("the peers' adapters and texts stand in the shared folder: --shared names it")
    if given.growth:
        growth(given.growth, given.shared)
    else:
        compare([p for p in given.peers.split(",") if p], given.rounds, given.shared)


if __name__ == "__main__":
    main()
