"""ringwall as a gateway beside LiteLLM's proxy and Portkey: `python benchmarks/gateway.py [--only NAME,...] [--calls N] [--json F]`.

All three stand before the same upstream (the shared folder's `upstream.py`, which answers at once with a fixed text) and get the same chat
completions: 1,000 characters, 8 connections, one worker, guarded by what each of them has for 15 types of personal data, 200 words, 10
regexes and prompt attacks, not streamed and streamed. CPU is user and system time of the process tree, from /proc. Delays are those
beyond the upstream's, asked directly by the same client. The peers judge the question; ringwall judges the answer, too (`raw`: texts as
they are written; `all`: all readings), or, to compare alike, the question alone (`question`: as it is written). LiteLLM is
installed from the package index, Portkey from npm, on first use, below `.clients/`.

    python benchmarks/gateway.py --hold 10     # 10 million a day: 116 calls a second for 10 minutes, ten times as many for 10 s of each
"""

from __future__ import annotations

import argparse
import http.client
import itertools
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
CLIENTS = ROOT / ".clients"
TICK_S = 1 / os.sysconf("SC_CLK_TCK")
UPSTREAM = 9100  # the shared configurations of the peers say so
PORTS = {"portkey": 8787, "litellm": 4000}
VCPU_HOUR_USD = 0.0425  # half a c7i.large, on demand, us-east-1, 2026; said beside the figure that uses it
DAY = 10_000_000
TEXTS = 20
POOL = 256  # connections that clients keep while ten million a day are held
TYPES = {  # the comparison's names of personal data, and Bedrock's
    "EMAIL_ADDRESS": "EMAIL",
    "PHONE_NUMBER": "PHONE",
    "US_SSN": "US_SOCIAL_SECURITY_NUMBER",
    "CREDIT_CARD": "CREDIT_DEBIT_CARD_NUMBER",
    "IBAN_CODE": "INTERNATIONAL_BANK_ACCOUNT_NUMBER",
    "IP_ADDRESS": "IP_ADDRESS",
    "URL": "URL",
    "US_PASSPORT": "US_PASSPORT_NUMBER",
    "US_BANK_NUMBER": "US_BANK_ACCOUNT_NUMBER",
    "US_ITIN": "US_INDIVIDUAL_TAX_IDENTIFICATION_NUMBER",
    "UK_NHS": "UK_NATIONAL_HEALTH_SERVICE_NUMBER",
    "DRIVER": "DRIVER_ID",
    "VIN": "VEHICLE_IDENTIFICATION_NUMBER",
    "AWS_KEY": "AWS_ACCESS_KEY",
    "AWS_SECRET": "AWS_SECRET_KEY",
}


class Gateway:
    """A running gateway: where it is, what stands in every request, and its processes."""

    def __init__(self, name: str, url: str, headers: dict[str, str], processes: list[subprocess.Popen[Any]], note: str = "") -> None:
        self.name, self.url, self.headers, self.note = name, url, headers, note
        self._processes = processes

    def cpu_s(self) -> float:
        return sum(_cpu_s(pid) for pid in self._tree())

    def rss_mb(self) -> float:
        return sum(int(Path(f"/proc/{pid}/statm").read_text().split()[1]) for pid in self._tree()) * os.sysconf("SC_PAGE_SIZE") / 1e6

    def _tree(self) -> list[int]:
        found = [process.pid for process in self._processes]
        for pid in found:
            for task in Path(f"/proc/{pid}/task").iterdir():
                found += [int(child) for child in (task / "children").read_text().split()]
        return found


def _cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(int(field) for field in fields[11:13]) * TICK_S


@contextmanager
def running(command: list[str | Path], **options: Any) -> Iterator[subprocess.Popen[Any]]:
    """Run a program for as long as the block lasts."""
    process = subprocess.Popen(command, start_new_session=True, **options)
    try:
        yield process
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def wait_for(port: int, path: str, seconds: float = 120) -> None:
    """Wait until something answers at a port."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            asked = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
            asked.request("GET", path)
            asked.getresponse().read()
        except OSError:
            time.sleep(0.3)
        else:
            return
    sys.exit(f"nothing answers at port {port}")


@contextmanager
def direct(shared: Path) -> Iterator[Gateway]:
    """The upstream, asked directly."""
    with running([sys.executable, shared / "peers" / "upstream.py", str(UPSTREAM)]) as process:
        wait_for(UPSTREAM, "/")
        yield Gateway("upstream", f"http://127.0.0.1:{UPSTREAM}/v1/chat/completions", {"Authorization": "Bearer x"}, [process])


@contextmanager
def litellm(shared: Path, scratch: Path) -> Iterator[Gateway]:
    """LiteLLM's proxy with its content filter."""
    home = CLIENTS / "peer-litellm"
    if not (home / "bin" / "litellm").exists():
        print("installing LiteLLM's proxy ...", file=sys.stderr)
        subprocess.run([sys.executable, "-m", "venv", home], check=True)
        subprocess.run([home / "bin" / "python", "-m", "pip", "install", "-q", "litellm[proxy]==1.106.0"], check=True)
    environ = {
        **os.environ,
        "LITELLM_LOCAL_MODEL_COST_MAP": "True",
        "LITELLM_LOG": "ERROR",
        "LITELLM_MODE": "PRODUCTION",
        "NO_DOCS": "True",
        "DISABLE_ADMIN_UI": "True",
        "LITELLM_DANGEROUSLY_PERMIT_WEAK_OR_UNSET_MASTER_KEY": "true",
    }
    port = PORTS["litellm"]
    config = shared / "peers" / "gw" / "litellm_guard.yaml"
    command = [home / "bin" / "litellm", "--config", config, "--host", "127.0.0.1", "--port", str(port), "--num_workers", "1"]
    with (scratch / "litellm.log").open("w") as log, running(command, env=environ, stdout=log, stderr=log) as process:
        wait_for(port, "/health/liveliness")
        headers = {"Authorization": "Bearer sk-test"}
        yield Gateway("LiteLLM 1.106.0", f"http://127.0.0.1:{port}/v1/chat/completions", headers, [process])


@contextmanager
def portkey(shared: Path, scratch: Path) -> Iterator[Gateway]:
    """Portkey's gateway with its default checks; it binds all interfaces, so that a copy of its start is told to bind loopback only."""
    home = CLIENTS / "peer-portkey"
    package = home / "node_modules" / "@portkey-ai" / "gateway"
    if not package.exists():
        print("installing Portkey's gateway ...", file=sys.stderr)
        home.mkdir(parents=True, exist_ok=True)
        install = ["npm", "install", "--silent", "--no-audit", "--no-fund", "--ignore-scripts", "@portkey-ai/gateway@1.15.2"]
        subprocess.run(install, cwd=home, check=True)
    start = package / "build" / "start-on-loopback.js"
    start.write_text(
        (package / "build" / "start-server.js").read_text().replace("fetch:Lu.fetch,port:", 'fetch:Lu.fetch,hostname:"127.0.0.1",port:')
    )
    port = PORTS["portkey"]
    environ = {**os.environ, "NODE_ENV": "production", "TRUSTED_CUSTOM_HOSTS": "127.0.0.1,localhost"}
    command = ["node", start, f"--port={port}", "--headless"]
    with (scratch / "portkey.log").open("w") as log, running(command, cwd=package, env=environ, stdout=log, stderr=log) as process:
        wait_for(port, "/")
        headers = {"Authorization": "Bearer x", "x-portkey-config": (shared / "peers" / "gw" / "portkey_guard.json").read_text().strip()}
        yield Gateway("Portkey 1.15.2", f"http://127.0.0.1:{port}/v1/chat/completions", headers, [process])


@contextmanager
def ringwall(folder: Path, corpus: Any, readings: str, *, answers: bool = True) -> Iterator[Gateway]:
    """ringwall, as `./ringwall up` starts it, with one row for the upstream and one guardrail."""
    folder.mkdir()
    row = f'[[models]]\nid = "fake"\nupstream = "openai+http://127.0.0.1:{UPSTREAM}/v1"\nallow_private = true\n'
    (folder / "ringwall.toml").write_text(row)
    command = [sys.executable, "-m", "ringwall", "up", "--port", "0", "--data-dir", str(folder / "data"), "--json"]
    with running(command, cwd=folder, stdout=subprocess.PIPE) as process:
        said = json.loads(process.stdout.readline() or "{}")
        if "url" not in said:
            sys.exit("ringwall did not start")
        headers = {"Authorization": f"Bearer {said['apiKey']}"}
        connection = http.client.HTTPConnection(said["url"].partition("//")[2], timeout=60)
        connection.request(
            "POST",
            "/ringwall/v1/guardrails",
            json.dumps(guardrail(corpus, readings, answers=answers)),
            {**headers, "Content-Type": "application/json"},
        )
        answer = connection.getresponse()
        body = answer.read()
        if answer.status // 100 != 2:
            sys.exit(f"ringwall refuses the guardrail: {body[:500]!r}")
        headers |= {"X-Amzn-Bedrock-GuardrailIdentifier": json.loads(body)["guardrailId"], "X-Amzn-Bedrock-GuardrailVersion": "DRAFT"}
        yield Gateway(f"ringwall, {readings if answers else 'question'}", f"{said['url']}/v1/chat/completions", headers, [process])


def guardrail(corpus: Any, readings: str, *, answers: bool = True) -> dict[str, Any]:
    """Return the policy of the comparison, for questions and answers, or questions alone."""
    where = {} if answers else {"outputEnabled": False}
    regexes = [
        {"name": name.replace("_", "-"), "pattern": pattern, "action": "ANONYMIZE", **where}
        for name, pattern in {**corpus.REGEXES, **corpus.SECRETS}.items()
    ]
    return {
        "name": f"comparison-{readings}",
        "readings": readings.upper(),
        "blockedInputMessaging": "blocked",
        "blockedOutputsMessaging": "blocked",
        "wordPolicyConfig": {"wordsConfig": [{"text": word, **where} for word in corpus.denylist()]},
        "sensitiveInformationPolicyConfig": {
            "piiEntitiesConfig": [{"type": kind, "action": "ANONYMIZE", **where} for kind in TYPES.values()],
            "regexesConfig": regexes[:10],
        },
        "contentPolicyConfig": {"filtersConfig": [{"type": "PROMPT_ATTACK", "inputStrength": "HIGH", "outputStrength": "NONE"}]},
    }


def load(gateway: Gateway, **job: Any) -> dict[str, Any]:
    """Run the load against a gateway and return what it saw, with the gateway's CPU a call."""
    asked = {"url": gateway.url, "headers": gateway.headers, **job}
    before = gateway.cpu_s()
    done = subprocess.run([sys.executable, HERE / "gateway_load.py"], input=json.dumps(asked), capture_output=True, text=True, check=True)
    seen: dict[str, Any] = json.loads(done.stdout)
    seen["cpu_ms"] = (gateway.cpu_s() - before) / seen["calls"] * 1e3
    seen["rss_mb"] = gateway.rss_mb()
    return seen


def measure(gateway: Gateway, corpus: Any, calls: int, connections: int) -> dict[str, dict[str, Any]]:
    """Return what a gateway costs, whole answers and streams, clean questions and such with personal data."""
    seen = {}
    for name, kind, stream in (("whole", "clean", False), ("whole, PII", "pii", False), ("stream", "clean", True)):
        messages = [[{"role": "user", "content": corpus.text(1000, kind, number)}] for number in range(TEXTS)]
        bodies = [json.dumps({"model": "fake", "messages": each, **({"stream": True} if stream else {})}) for each in messages]
        load(gateway, bodies=bodies, connections=connections, calls=max(40, calls // 10))
        seen[name] = load(gateway, bodies=bodies, connections=connections, calls=calls)
    return seen


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
    """Measure every gateway, one after the other."""
    wanted = given.only.split(",")
    found: dict[str, Any] = {}
    print(f"{'':>18} {'':>11} " + " ".join(f"{heading:>9}" for heading in HEADINGS))
    with direct(given.shared) as upstream:
        found["upstream"] = measure(upstream, corpus, given.calls, given.connections)
        show("upstream", found["upstream"], found["upstream"])
        makers = {
            "question": lambda: ringwall(scratch / "question", corpus, "raw", answers=False),
            "raw": lambda: ringwall(scratch / "raw", corpus, "raw"),
            "all": lambda: ringwall(scratch / "all", corpus, "all"),
            "portkey": lambda: portkey(given.shared, scratch),
            "litellm": lambda: litellm(given.shared, scratch),
        }
        for name in wanted:
            with makers[name]() as gateway:
                calls = given.calls // 20 if name == "litellm" else given.calls
                found[name] = measure(gateway, corpus, calls, given.connections)
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
    with direct(given.shared), ringwall(scratch / "hold", corpus, given.readings) as gateway:
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
    parser.add_argument("--connections", type=int, default=8)
    parser.add_argument("--hold", type=int, metavar="MINUTES", help="send ten million a day, with bursts, for so long")
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
