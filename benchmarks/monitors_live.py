"""Behavioural monitors as applications meet them: boto3 asks a live ringwall, which asks a small HTTP server with the model.

What the monitors said is read from the audit records, as an operator would. Used by `monitors.py --live`.
"""

from __future__ import annotations

import http.client
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
NATIVE = "/ringwall/v1"


class Gateway:
    """A server with a model, a ringwall before it, and a client of both."""

    def __init__(self, models: dict[str, Any]) -> None:
        import boto3
        from botocore.config import Config

        self._models = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"models": models}))
        self._models.daemon_threads = True
        threading.Thread(target=self._models.serve_forever, daemon=True).start()
        at = f"sagemaker+http://127.0.0.1:{self._models.server_address[1]}"
        rows = [{"id": name.replace("_", "-"), "upstream": f"{at}/{name}", "allow_private": True} for name in models]
        self._folder = tempfile.TemporaryDirectory()
        environ = {**os.environ, "PYTHONPATH": str(ROOT / "src"), "RINGWALL_MODELS": json.dumps(rows)}
        command = [sys.executable, "-m", "ringwall", "up", "--json", "--data-dir", f"{self._folder.name}/var", "--port", "0"]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environ)
        assert self._process.stdout is not None
        self._ready = json.loads(self._process.stdout.readline())
        self._runtime = boto3.client(
            "sagemaker-runtime",
            endpoint_url=self._ready["url"],
            region_name="us-east-1",
            aws_access_key_id=self._ready["accessKeyId"],
            aws_secret_access_key=self._ready["secretAccessKey"],
            config=Config(retries={"total_max_attempts": 1}),
        )
        self.took_ms: list[float] = []

    def close(self) -> None:
        self._process.terminate()
        self._process.wait(30)
        self._models.shutdown()
        self._folder.cleanup()

    def native(self, method: str, path: str, body: Any = None) -> Any:
        connection = http.client.HTTPConnection(self._ready["url"].partition("//")[2], timeout=300)
        headers = {"authorization": f"Bearer {self._ready['apiKey']}", "content-type": "application/json"}
        connection.request(method, NATIVE + path, None if body is None else json.dumps(body), headers)
        response = connection.getresponse()
        text = response.read()
        connection.close()
        if response.status >= 300:
            raise RuntimeError(text)
        return json.loads(text) if text else None

    def calibrate(self, endpoint: str, vectors: list[Any], private: list[tuple[Any, int]], *, shared_scale: bool) -> None:
        examples = [{"vector": vector, "label": label} for vector, label in private]
        self.native("PUT", f"/monitors/calibration/{endpoint}", {"vectors": vectors, "private": examples, "sharedScale": shared_scale})
        self.native("PUT", f"/monitors/policies/{endpoint}", {"rows": []})

    def forget(self, endpoint: str) -> None:
        self.native("DELETE", f"/monitors/signals/{endpoint}")

    def ask(self, endpoint: str, row: tuple[float, ...]) -> list[float]:
        began = time.perf_counter()
        answer = self._runtime.invoke_endpoint(EndpointName=endpoint, ContentType="application/json", Body=json.dumps([row]))
        self.took_ms.append((time.perf_counter() - began) * 1000)
        return list(json.loads(answer["Body"].read())[0])

    def newest(self) -> int:
        """Return the index of the newest audit record."""
        return int(self.native("GET", "/records?limit=1")["records"][0]["index"])

    def kinds_since(self, index: int) -> list[set[str]]:
        """Return what each InvokeEndpoint since an audit record set off, in order."""
        found: list[tuple[int, set[str]]] = []
        start = None
        while True:
            page = self.native("GET", f"/records?limit=1000&eventName=InvokeEndpoint{'' if start is None else f'&start={start}'}")
            for record in page["records"]:
                if record["index"] > index:
                    signals = record["ringwall"].get("monitors", {}).get("signals", ())
                    found.append((record["index"], {each["kind"] for each in signals}))
            start = page["next"]
            if start is None or not page["records"] or page["records"][-1]["index"] <= index:
                return [kinds for _, kinds in sorted(found)]

    def print_times(self) -> None:
        ordered = sorted(self.took_ms)
        middle, late = statistics.median(ordered), ordered[int(len(ordered) * 0.99)]
        print(
            f"## {len(ordered)} queries by boto3 through the gateway, the model's own time included: p50 {middle:.1f} ms, p99 {late:.1f} ms"
        )


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    models: dict[str, Any]

    def do_POST(self) -> None:
        import numpy as np

        rows = json.loads(self.rfile.read(int(self.headers["content-length"])))
        body = json.dumps(self.models[self.path[1:]].predict_proba(np.asarray(rows)).tolist()).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        pass
