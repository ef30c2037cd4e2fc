"""ringwall as a gateway beside LiteLLM's proxy and Portkey: `python -m benchmarks.gateway [--only NAME,...] [--calls N] [--json F]`.

All three stand before the same upstream (the shared folder's `upstream.py`, which answers at once with a fixed text) and get the same chat
completions: 1,000 characters, 8 connections, one worker, guarded by what each of them has for 15 types of personal data, 200 words, 10
regexes and prompt attacks, not streamed and streamed. All run at once and take turns, in rounds; figures are medians of rounds. CPU is
user and system time of the process tree, from /proc. Delays are those beyond the upstream's, asked directly by the same client. The peers
judge the question; ringwall judges the answer, too (`raw`: texts as they are written; `all`: all readings), or, to compare alike, the
question alone (`question`: as it is written). LiteLLM is
installed from the package index, Portkey from npm, on first use, below `.clients/`.

    python -m benchmarks.gateway --hold 10     # 10 million a day: 116 calls a second for 10 minutes, ten times as many for 10 s of each
"""

from __future__ import annotations

import argparse
import collections
import itertools
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from benchmarks.gateway_programs import HERE, ROOT, Gateway, direct, litellm, portkey, ringwall, ringwalls

VCPU_HOUR_USD = 0.0425  # half a c7i.large, on demand, us-east-1, 2026; said beside the figure that uses it
DAY = 10_000_000
TEXTS = 20
POOL = 256  # connections that clients keep while ten million a day are held


def load(gateway: Gateway, **job: Any) -> dict[str, Any]:
    """Run the load against a gateway and return what it saw, with the gateway's CPU a call."""
    asked = {"url": gateway.url, "headers": gateway.headers, **job}
    before = gateway.cpu_s()
    done = subprocess.run([sys.executable, HERE / "gateway_load.py"], input=json.dumps(asked), capture_output=True, text=True, check=True)
    seen: dict[str, Any] = json.loads(done.stdout)
    seen["cpu_ms"] = (gateway.cpu_s() - before) / seen["calls"] * 1e3
    seen["rss_mb"] = gateway.rss_mb()
    return seen


def jobs_of(corpus: Any) -> dict[str, dict[str, Any]]:
    """Return what is asked: whole answers and streams, clean questions and such with personal data."""
    made = {}
    for name, kind, stream in (("whole", "clean", False), ("whole, PII", "pii", False), ("stream", "clean", True)):
        messages = [[{"role": "user", "content": corpus.text(1000, kind, number)}] for number in range(TEXTS)]
        made[name] = {
            "bodies": [json.dumps({"model": "fake", "messages": each, **({"stream": True} if stream else {})}) for each in messages]
        }
    return made


def measure(gateways: dict[str, Gateway], corpus: Any, given: argparse.Namespace) -> dict[str, dict[str, dict[str, Any]]]:
    """Return what each gateway costs: the medians of rounds in which they take turns, because the machine is not as fast at all times."""
    jobs = jobs_of(corpus)
    calls = {name: max(20, given.calls // given.rounds // (20 if name == "litellm" else 1)) for name in gateways}
    rounds: dict[str, dict[str, list[dict[str, Any]]]] = {name: {kind: [] for kind in jobs} for name in gateways}
    names = list(gateways)
    for number in range(given.rounds + 1):  # the first one warms up
        print(f"round {number} of {given.rounds} ...", file=sys.stderr, flush=True)
        for name in names[number % len(names) :] + names[: number % len(names)]:
            for kind, job in jobs.items():
                seen = load(gateways[name], **job, connections=given.connections, calls=calls[name])
                if number:
                    rounds[name][kind].append(seen)
    return {name: {kind: middle(seen) for kind, seen in of_kinds.items()} for name, of_kinds in rounds.items()}


def middle(rounds: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the median of every figure, and how many answers of each status there were in all."""
    statuses: collections.Counter[str] = collections.Counter()
    for each in rounds:
        statuses.update(each["statuses"])
    figures = {key: statistics.median(each[key] for each in rounds) for key, value in rounds[0].items() if isinstance(value, int | float)}
    return {**figures, "statuses": dict(statuses)}


HEADINGS = ("calls/s", "CPU ms", "+p50 ms", "+p99 ms", "+first ms", "RSS MB", "$/million", "refused")


def show(name: str, seen: dict[str, dict[str, Any]], base: dict[str, dict[str, Any]]) -> None:
    """Print a gateway's rows."""
    for kind, figures in seen.items():
        beyond = [figures[delay] - base[kind][delay] for delay in ("p50_ms", "p99_ms", "first_p50_ms")]
        refused = sum(count for status, count in figures["statuses"].items() if status != "200")
        dollars = figures["cpu_ms"] / 3.6 * VCPU_HOUR_USD
        cells = [f"{figures['calls_s']:.0f}", f"{figures['cpu_ms']:.2f}", *(f"{delay:.2f}" for delay in beyond)]
        cells += [f"{figures['rss_mb']:.0f}", f"{dollars:.3f}", str(refused or "-")]
        print(f"{name:>18} {kind:>11} " + " ".join(f"{cell:>9}" for cell in cells), flush=True)


def compare(given: argparse.Namespace, corpus: Any, scratch: Path) -> dict[str, Any]:
    """Measure all gateways, in turns."""
    makers = {
        "question": lambda: ringwall(scratch / "question", corpus, "raw", answers=False),
        "raw": lambda: ringwall(scratch / "raw", corpus, "raw"),
        "all": lambda: ringwall(scratch / "all", corpus, "all"),
        "portkey": lambda: portkey(given.shared, scratch),
        "litellm": lambda: litellm(given.shared, scratch),
    }
    with ExitStack() as running:
        gateways = {"upstream": running.enter_context(direct(given.shared))}
        gateways |= {name: running.enter_context(makers[name]()) for name in given.only.split(",")}
        found = measure(gateways, corpus, given)
    print(f"{'':>18} {'':>11} " + " ".join(f"{heading:>9}" for heading in HEADINGS))
    for name, gateway in gateways.items():
        show(gateway.name, found[name], found["upstream"])
    print(f"(dollars: CPU at ${VCPU_HOUR_USD} a vCPU hour, half a c7i.large on demand)")
    for ours, peer in itertools.product(("question", "raw", "all"), ("litellm", "portkey")):
        if ours in found and peer in found:
            a, b = found[ours]["whole"], found[peer]["whole"]
            times, less = a["calls_s"] / b["calls_s"], b["cpu_ms"] / a["cpu_ms"]
            print(f"ringwall, {ours}: {times:.1f} times the calls of {peer}, {less:.1f} times less CPU a call")
    return found


def hold(given: argparse.Namespace, corpus: Any, scratch: Path) -> dict[str, Any]:
    """Send ten million a day, with bursts, for some minutes; say what was lost, and how the memory went."""
    bodies = [json.dumps({"model": "fake", "messages": [{"role": "user", "content": corpus.text(1000, "clean", n)}]}) for n in range(TEXTS)]
    minutes: list[dict[str, Any]] = []
    held = scratch / "hold"
    made = ringwall(held, corpus, given.readings) if given.workers == 1 else ringwalls(held, corpus, given.readings, given.workers)
    with direct(given.shared), made as gateway:
        load(gateway, bodies=bodies, connections=8, calls=400)
        print(f"{'minute':>6} {'calls':>7} {'p50 ms':>8} {'p99 ms':>8} {'max ms':>8} {'CPU ms':>8} {'RSS MB':>7} refused")
        for minute in range(given.hold):
            seen = load(gateway, bodies=bodies, rate=DAY / 86_400, burst=10, seconds=60, connections=POOL)
            refused = {status: count for status, count in seen["statuses"].items() if status != "200"}
            minutes.append(seen)
            cells = [f"{seen[name]:.2f}" for name in ("p50_ms", "p99_ms", "max_ms", "cpu_ms")]
            print(
                f"{minute + 1:>6} {seen['calls']:>7} "
                + " ".join(f"{cell:>8}" for cell in cells)
                + f" {seen['rss_mb']:>7.0f} {refused or '-'}",
                flush=True,
            )
    return {"minutes": minutes}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--shared", type=Path, default=ROOT.parent / "shared", help="where the other products' configurations and the texts are"
    )
    parser.add_argument("--only", default="question,raw,all,portkey,litellm", help="which gateways")
    parser.add_argument("--calls", type=int, default=4_000, help="timed calls a row; LiteLLM gets a twentieth")
    parser.add_argument("--rounds", type=int, default=10, help="in which the gateways take turns; every figure is their median")
    parser.add_argument("--connections", type=int, default=8)
    parser.add_argument("--hold", type=int, metavar="MINUTES", help="send ten million a day, with bursts, for so long")
    parser.add_argument("--workers", type=int, default=1, help="of --hold: more than one share a PostgreSQL (Debian's package)")
    parser.add_argument("--readings", choices=("raw", "all"), default="raw", help="what --hold's guardrail reads")
    parser.add_argument("--json", type=Path, help="write all figures here")
    given = parser.parse_args()
    sys.path.insert(0, str(given.shared / "peers"))
    import corpus

    scratch = Path(tempfile.mkdtemp())
    with ExitStack() as stack:
        stack.callback(shutil.rmtree, scratch, ignore_errors=True)
        found = hold(given, corpus, scratch) if given.hold else compare(given, corpus, scratch)
    if given.json:
        given.json.write_text(json.dumps(found))


if __name__ == "__main__":
    main()
