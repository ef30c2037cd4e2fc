"""starfix's speed, in its own environment; run by `commitment.py` with an Arrow file and the number of rounds."""

from __future__ import annotations

import json
import sys
import time

import pyarrow as pa
import pyarrow.ipc
from starfix import ArrowDigester


def main(file: str, rounds: int) -> None:
    table = pa.ipc.open_file(file).read_all()
    taken = []
    for _ in range(rounds):
        start = time.process_time()
        ArrowDigester.hash_table(table)
        taken.append(time.process_time() - start)
    print(json.dumps({"seconds": min(taken)}))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
