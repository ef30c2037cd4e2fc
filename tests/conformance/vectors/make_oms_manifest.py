"""Make oms_manifest.json with model-signing itself: `python -m venv E; E/bin/pip install model-signing==1.1.1 pyopenssl; E/bin/python make_oms_manifest.py`.

The files are described in the vector, so that whoever reads it can make them again; the statement is what model-signing 1.1.1 would sign.
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

from google.protobuf import json_format
from model_signing import hashing
from model_signing._signing import signing

FILES = {
    "b.txt": "second",
    "a/z.txt": "in a folder",
    "a.txt": "beside a folder of nearly its name",
    "a-b/c.bin": "\x00\x01",
    "a/b/c/deep": "",
    "B.txt": "capital",
    "Zoë/ä": "umlauts",
    ".hidden": "dot",
}


def main() -> None:
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made) / "weights"
        for name, content in FILES.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(content.encode())
        manifest = hashing.Config().use_file_serialization(hashing_algorithm="sha256").hash(folder)
        statement = json_format.MessageToDict(signing.Payload(manifest).statement.pb)
    statement["_type"] = statement.pop("type", statement.get("_type"))
    vector = {"source": "model-signing 1.1.1", "files": FILES, "statement": statement}
    Path(__file__).with_name("oms_manifest.json").write_text(json.dumps(vector, indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
