"""Fuzz one target of the wire with atheris (coverage-guided), for a number of cases.

    python tests/fuzz/wire_fuzz.py route_and_decode --cases 1000000
    python tests/fuzz/wire_fuzz.py all --cases 100000

Ends with status 0 when no case did anything but pass or be refused; else atheris prints the case and ends with another.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

NAMES = (
    "route_and_decode",
    "signature",
    "events",
    "cbor",
    "json_text",
    "patterns",
    "dialect_request",
    "dialect_answer",
    "dialect_stream",
    "responses_request",
    "embeddings",
    "sse",
    "tabular",
)


def fuzz(target: str, cases: int) -> None:
    """Run one target in this process; atheris ends it."""
    import atheris

    sys.path.insert(0, str(Path(__file__).parent))
    with atheris.instrument_imports(include=["ringwall.wire"]):
        import wire_targets

    with tempfile.TemporaryDirectory() as folder:
        for index, seed in enumerate(wire_targets.seeds(target)):
            (Path(folder) / f"seed-{index}").write_bytes(seed)
        atheris.Setup(
            [sys.argv[0], f"-runs={cases}", "-max_len=4096", f"-artifact_prefix={folder}/", "-print_final_stats=1", folder],
            lambda data: wire_targets.run(target, data),
        )
        atheris.Fuzz()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("target", choices=[*NAMES, "all"])
    parser.add_argument("--cases", type=int, default=10_000)
    options = parser.parse_args()
    if options.target != "all":
        fuzz(options.target, options.cases)
        return
    for name in NAMES:
        print(f"== {name}", flush=True)
        done = subprocess.run([sys.executable, __file__, name, "--cases", str(options.cases)], check=False)
        if done.returncode:
            sys.exit(done.returncode)


if __name__ == "__main__":
    main()
