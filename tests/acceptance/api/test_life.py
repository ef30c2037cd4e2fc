"""A server's life: one JSON line, signals, restarts, a second start, TLS, and what it leaves behind."""

from __future__ import annotations

import json
import signal
import socket
import ssl
import stat
import subprocess
import sys
import threading
import time
import urllib.request
from pathlib import Path
from typing import Any

import boto3
import pytest

from tests.live import Live, free_port, start


def command(data_dir: Path, *arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "ringwall", *arguments, "--data-dir", str(data_dir)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        **options,
    )


def apply(live: Live, key: str, text: str = "mail bob@example.com") -> Any:
    request = urllib.request.Request(
        f"{live.url}/ringwall/v1/guardrails/{live.ready['guardrailId']}/apply",
        json.dumps({"text": text}).encode(),
        {"authorization": f"Bearer {key}", "content-type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.loads(answer.read())


def test_a_restart_keeps_state_and_prints_no_secret_again(tmp_path: Path) -> None:
    first = start(tmp_path / "var")
    key = first.ready["apiKey"]
    assert {name for name, value in first.ready.items() if value is None} == {"caBundle"}
    assert apply(first, key)["judgement"]["action"] == "ANONYMIZE"
    assert first.stop() == 0
    second = start(tmp_path / "var")
    assert {name: second.ready[name] for name in ("secretAccessKey", "apiKey")} == {"secretAccessKey": None, "apiKey": None}
    assert {name: second.ready[name] for name in ("accountId", "guardrailId", "accessKeyId")} == {
        name: first.ready[name] for name in ("accountId", "guardrailId", "accessKeyId")
    }
    assert apply(second, key)["judgement"]["action"] == "ANONYMIZE"
    assert second.stop() == 0
    third = start(tmp_path / "var", "--new-key")
    assert third.ready["apiKey"] not in {None, key}
    assert apply(third, third.ready["apiKey"])["judgement"]["action"] == "ANONYMIZE"
    with pytest.raises(urllib.error.HTTPError, match="403"):
        apply(third, key)
    assert third.stop() == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_lets_answers_under_way_finish(tmp_path: Path, number: signal.Signals) -> None:
    live = start(tmp_path / "var")
    outcome: list[Any] = []
    text = "How do I repot a basil plant? " * 60
    worker = threading.Thread(target=lambda: outcome.append(apply(live, live.ready["apiKey"], text)))
    worker.start()
    with socket.create_connection(("127.0.0.1", int(live.url.rpartition(":")[2]))):
        records = command(tmp_path / "var", "record", "list", "--json")  # the server answers meanwhile
        assert records.returncode == 0
    live.process.send_signal(number)
    worker.join(timeout=120)
    assert live.process.wait(timeout=60) == 0
    assert live.process.communicate()[0] == ""
    assert outcome[0]["judgement"]["receipt"]["charactersGuarded"] == len(text)
    assert not (tmp_path / "var" / "server.json").exists()


def test_a_killed_server_is_started_over(tmp_path: Path) -> None:
    live = start(tmp_path / "var")
    key = live.ready["apiKey"]
    apply(live, key)
    live.process.kill()
    live.process.communicate()
    assert (tmp_path / "var" / "server.json").exists()
    listed = command(tmp_path / "var", "record", "list", "--json")  # finds no server behind the file, and works on the directory
    assert "ApplyGuardrail" in {record["eventName"] for record in json.loads(listed.stdout)["records"]}
    again = start(tmp_path / "var")
    assert apply(again, key)["judgement"]["action"] == "ANONYMIZE"
    assert again.stop() == 0


def test_a_second_server_on_the_same_directory_or_port_is_refused(tmp_path: Path, live: Live) -> None:
    same_directory = command(live.data_dir, "up", "--port", str(free_port()))
    assert same_directory.returncode == 3
    assert "is served already at" in same_directory.stderr
    same_port = command(tmp_path / "other", "up", "--port", live.url.rpartition(":")[2])
    assert same_port.returncode == 3
    assert "cannot listen on" in same_port.stderr


def test_what_lies_in_the_data_directory_is_for_its_owner_alone(live: Live) -> None:
    folders = [path for path in live.data_dir.rglob("*") if path.is_dir()]
    for path in (*live.data_dir.iterdir(), *folders):
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path
    token = json.loads((live.data_dir / "server.json").read_text())["token"]
    assert len(token) >= 40


def test_tls_with_the_development_ca_takes_bearer_keys_from_boto3(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    live = start(tmp_path / "var", "--tls-dev-ca")
    assert live.url.startswith("https://")
    monkeypatch.setenv("AWS_BEARER_TOKEN_BEDROCK", live.ready["apiKey"])
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    runtime = boto3.client("bedrock-runtime", endpoint_url=live.url, region_name="us-east-1", verify=live.ready["caBundle"])
    content = [{"text": {"text": "mail bob@example.com"}}]
    applied = runtime.apply_guardrail(
        guardrailIdentifier=live.ready["guardrailId"], guardrailVersion="DRAFT", source="INPUT", content=content
    )
    assert applied["outputs"] == [{"text": "mail {EMAIL}"}]
    with pytest.raises(ssl.SSLCertVerificationError), socket.create_connection(("127.0.0.1", int(live.url.rpartition(":")[2]))) as plain:
        ssl.create_default_context().wrap_socket(plain, server_hostname="127.0.0.1")
    assert command(tmp_path / "var", "guardrail", "list").returncode == 0
    assert live.stop() == 0


def test_a_slow_or_broken_client_holds_up_no_one(live: Live) -> None:
    port = int(live.url.rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port)) as slow, socket.create_connection(("127.0.0.1", port)) as broken:
        slow.sendall(b"POST /guardrails HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\nabc")
        broken.sendall(b"\x16\x03\x01 nonsense\r\n\r\n")
        begun = time.monotonic()
        with urllib.request.urlopen(f"{live.url}/health", timeout=10) as answer:
            assert json.loads(answer.read())["status"] == "ok"
        assert time.monotonic() - begun < 10


@pytest.mark.parametrize("size", [17 * 1024 * 1024, 16 * 1024 * 1024 + 1])
def test_a_body_above_the_limit_is_refused(live: Live, size: int) -> None:
    request = urllib.request.Request(f"{live.url}/ringwall/v1/check", b"x" * size, {"authorization": f"Bearer {live.ready['apiKey']}"})
    with pytest.raises((urllib.error.HTTPError, urllib.error.URLError)) as refused:
        urllib.request.urlopen(request, timeout=60)
    if isinstance(refused.value, urllib.error.HTTPError):
        assert refused.value.code == 413
