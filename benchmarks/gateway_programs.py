"""The gateways that `gateway.py` compares, and the upstream they stand before: each is a program that runs as long as a block lasts."""

from __future__ import annotations

import http.client
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
TYPES = (  # the comparison's fifteen, by Bedrock's names
    "EMAIL",
    "PHONE",
    "US_SOCIAL_SECURITY_NUMBER",
    "CREDIT_DEBIT_CARD_NUMBER",
    "INTERNATIONAL_BANK_ACCOUNT_NUMBER",
    "IP_ADDRESS",
    "URL",
    "US_PASSPORT_NUMBER",
    "US_BANK_ACCOUNT_NUMBER",
    "US_INDIVIDUAL_TAX_IDENTIFICATION_NUMBER",
    "UK_NATIONAL_HEALTH_SERVICE_NUMBER",
    "DRIVER_ID",
    "VEHICLE_IDENTIFICATION_NUMBER",
    "AWS_ACCESS_KEY",
    "AWS_SECRET_KEY",
)


class Gateway:
    """A running gateway: where it is (URLs, with spaces between them), what stands in every request, and its processes."""

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
def started(folder: Path, storage: str = "") -> Iterator[tuple[subprocess.Popen[Any], dict[str, Any]]]:
    """ringwall, as `./ringwall up` starts it, with one row for the upstream; yields its process and what it says when it is ready.

    It is the second start that counts: the first one makes database, keys and account, once in a lifetime, and holds what that takes.
    """
    row = f'[[models]]\nid = "fake"\nupstream = "openai+http://127.0.0.1:{UPSTREAM}/v1"\nallow_private = true\n'
    (folder / "ringwall.toml").write_text(row)
    command = [sys.executable, "-m", "ringwall", "up", "--port", "0", "--data-dir", str(folder / "data"), "--json"]
    environ = {**os.environ, "RINGWALL_STORAGE_URL": storage} if storage else None
    with running(command, cwd=folder, env=environ, stdout=subprocess.PIPE) as process:
        first = _said(process)
    with running(command, cwd=folder, env=environ, stdout=subprocess.PIPE) as process:
        yield process, {**_said(process), "apiKey": first["apiKey"]}  # secrets are told once


def _said(process: subprocess.Popen[Any]) -> dict[str, Any]:
    said: dict[str, Any] = json.loads(process.stdout.readline() or "{}") if process.stdout else {}
    if "url" not in said:
        sys.exit("ringwall did not start")
    return said


def guarded(said: dict[str, Any], policy: dict[str, Any]) -> dict[str, str]:
    """Make a guardrail; return what stands in every request under it."""
    headers = {"Authorization": f"Bearer {said['apiKey']}"}
    connection = http.client.HTTPConnection(said["url"].partition("//")[2], timeout=60)
    connection.request("POST", "/ringwall/v1/guardrails", json.dumps(policy), {**headers, "Content-Type": "application/json"})
    answer = connection.getresponse()
    body = answer.read()
    if answer.status // 100 != 2:
        sys.exit(f"ringwall refuses the guardrail: {body[:500]!r}")
    return {
        **headers,
        "X-Amzn-Bedrock-GuardrailIdentifier": json.loads(body)["guardrailId"],
        "X-Amzn-Bedrock-GuardrailVersion": "DRAFT",
    }


@contextmanager
def ringwall(folder: Path, corpus: Any, readings: str, *, answers: bool = True) -> Iterator[Gateway]:
    """One ringwall with one guardrail."""
    folder.mkdir()
    with started(folder) as (process, said):
        headers = guarded(said, guardrail(corpus, readings, answers=answers))
        yield Gateway(f"ringwall, {readings if answers else 'question'}", f"{said['url']}/v1/chat/completions", headers, [process])


@contextmanager
def ringwalls(folder: Path, corpus: Any, readings: str, workers: int) -> Iterator[Gateway]:
    """As many ringwalls over one PostgreSQL, with one root key and one guardrail; clients spread their connections over them."""
    environ = {
        **os.environ,
        "RINGWALL_POSTGRES_DIR": f"{tempfile.gettempdir()}/ringwall-benchmark-postgres",
    }  # its user reads no scratch folder
    script = ROOT / "scripts" / "postgres-for-tests"
    with ExitStack() as stack:
        stack.callback(subprocess.run, [script, "stop"], env=environ, stdout=subprocess.DEVNULL, check=False)
        storage = subprocess.run([script, "start"], env=environ, capture_output=True, text=True, check=True).stdout.strip()
        homes = [folder.with_name(f"{folder.name}-{number}") for number in range(workers)]
        workers_said = []
        for home in homes:
            (home / "data").mkdir(parents=True, mode=0o700)
            if home != homes[0]:
                shutil.copy(homes[0] / "data" / "root.key", home / "data" / "root.key")
            workers_said.append(stack.enter_context(started(home, storage)))
        urls = [f"{said['url']}/v1/chat/completions" for _, said in workers_said]
        headers = guarded(workers_said[0][1], guardrail(corpus, readings))
        yield Gateway(f"{workers} ringwalls, {readings}", " ".join(urls), headers, [process for process, _ in workers_said])


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
            "piiEntitiesConfig": [{"type": kind, "action": "ANONYMIZE", **where} for kind in TYPES],
            "regexesConfig": regexes[:10],
        },
        "contentPolicyConfig": {"filtersConfig": [{"type": "PROMPT_ATTACK", "inputStrength": "HIGH", "outputStrength": "NONE"}]},
    }
