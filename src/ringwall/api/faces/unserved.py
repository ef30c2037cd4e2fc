"""What an operation that ringwall does not serve is called, so that the refusal can name it.

Only names, methods and paths are read from botocore's models, and only for callers that are authenticated.
"""

from __future__ import annotations

import gzip
import re
from functools import lru_cache
from importlib.resources import files

import msgspec

_NEIGHBOURS = 16
"""Services that share a signing name's prefix and are looked through (`bedrock`, `bedrock-agent`, ...)."""

_SIGNING_NAME = re.compile(r"[a-z0-9-]{1,64}", re.ASCII)
_LABEL = re.compile(r"\\\{([^}]+?)(\\\+)?\\\}")


class _Http(msgspec.Struct, rename="camel"):
    method: str = "POST"
    request_uri: str = "/"


class _Operation(msgspec.Struct):
    http: _Http = msgspec.field(default_factory=_Http)


class _Metadata(msgspec.Struct):
    protocol: str = ""


class _Model(msgspec.Struct):
    metadata: _Metadata
    operations: dict[str, _Operation]


def name_operation(signing_name: str, method: str, raw_path: bytes) -> tuple[str, str] | None:
    """Return (service, operation) of the REST operation at a method and path, among the services that are signed for by this name."""
    if not _SIGNING_NAME.fullmatch(signing_name):
        return None
    path = raw_path[:4096].decode("latin-1").rstrip("/") or "/"
    for service, operation, its_method, pattern in _operations(signing_name):
        if its_method == method and pattern.fullmatch(path):
            return service, operation
    return None


@lru_cache(maxsize=32)
def _operations(signing_name: str) -> tuple[tuple[str, str, str, re.Pattern[str]], ...]:
    data = files("botocore").joinpath("data")
    names = sorted(entry.name for entry in data.iterdir() if entry.name == signing_name or entry.name.startswith(f"{signing_name}-"))
    found = []
    for name in names[:_NEIGHBOURS]:
        version = max(entry.name for entry in data.joinpath(name).iterdir() if entry.is_dir())
        packed = data.joinpath(name, version, "service-2.json.gz")
        if not packed.is_file():
            continue
        model = msgspec.json.decode(gzip.decompress(packed.read_bytes()), type=_Model)
        if model.metadata.protocol not in {"rest-json", "rest-xml"}:
            continue
        for operation, described in model.operations.items():
            found.append((name, operation, described.http.method, _pattern(described.http.request_uri)))
    # Paths with fewer labels first: `/guardrails/active` is itself before it is the guardrail named `active`.
    return tuple(sorted(found, key=lambda row: row[3].pattern.count("(?:")))


def _pattern(uri: str) -> re.Pattern[str]:
    """Compile a path template; a label is one segment, a greedy one the rest. Linear: segments cannot overlap."""
    path = re.escape(uri.partition("?")[0].rstrip("/") or "/")
    return re.compile(_LABEL.sub(lambda label: "(?:.+)" if label[2] else "(?:[^/]+)", path))
