"""A whole wall on changed tables: a copy of the packages it needs in a folder of its own, run by a process of its own."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
import zlib
from pathlib import Path

import ringwall

_PACKAGE = Path(ringwall.__file__).parent
_WORKER = """
import json, sys
from ringwall.text import PhraseAutomaton, hits, interpreters, nodes, read, read_views
from ringwall.text.tables import loader
for line in sys.stdin:
    query = json.loads(line)
    if query.get("reload"):
        for cached in (
            loader.load_tables, loader.table_bytes, interpreters._python, interpreters._native, hits._folds, read.escape_characters,
            nodes.decoder_chain,
        ):
            if hasattr(cached, "cache_clear"):
                cached.cache_clear()
        answer = loader.tables_digest()
    else:
        views = read_views(query["text"], automaton=PhraseAutomaton.compile([query["phrase"]]))
        answer = not views.phrase_hits and not views.exhausted
    print(json.dumps(answer), flush=True)
"""


class DefectiveWall:
    """`install` puts tables in; `passes` asks the filter that runs on them."""

    def __init__(self, folder: Path) -> None:
        self._tables = folder / "ringwall" / "text" / "tables"
        for name in ("vocabulary", "text"):
            shutil.copytree(_PACKAGE / name, folder / "ringwall" / name, ignore=shutil.ignore_patterns("__pycache__"))
        for name in ("__init__.py", "errors.py"):
            shutil.copy(_PACKAGE / name, folder / "ringwall" / name)
        self._process = subprocess.Popen(
            [sys.executable, "-c", _WORKER],
            cwd=folder,
            env={"PYTHONPATH": str(folder)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def close(self) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(timeout=30)
        self._process.stdout.close()

    def install(self, data: bytes) -> None:
        digest = hashlib.sha256(data).hexdigest()
        (self._tables / "tables.bin").write_bytes(zlib.compress(data, 1))
        (self._tables / "manifest.json").write_text(json.dumps({"sha256": digest}))
        assert self._ask({"reload": True}) == digest

    def passes(self, phrase: str, text: str) -> bool:
        return bool(self._ask({"phrase": phrase, "text": text}))

    def _ask(self, query: dict[str, object]) -> object:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(query) + "\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())
