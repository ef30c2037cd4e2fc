"""Release the shipped weights: `python -m training.release --weights FOLDER --key FILE --log FOLDER` (from the repository's root).

Every file that is pinned gets a signed statement in the log, unless the log has the same one already; every file's proof is made anew
under the new checkpoint; and all is verified as a reader would. Where nothing is new, nothing is written.
"""

from __future__ import annotations

import argparse
import sys
from datetime import UTC, datetime
from pathlib import Path

from ringwall.errors import RingwallError
from training.release.models import ReleaseError
from training.release.release import ORIGIN, release

ROOT = Path(__file__).parents[2]


def main() -> int:
    """Release, and say what was done."""
    parser = argparse.ArgumentParser(prog="python -m training.release", description=__doc__)
    parser.add_argument("--weights", type=Path, default=ROOT / "src/ringwall/watch/weights", help="the folder of the weights")
    parser.add_argument("--key", type=Path, required=True, help="the private key; made where a new log begins and there is none")
    parser.add_argument("--log", type=Path, default=ROOT / "training/release/log", help="the log's folder; an empty one begins a log")
    parser.add_argument("--origin", default=ORIGIN, help=f"the log's name (default {ORIGIN}); another key needs another one")
    options = parser.parse_args()
    try:
        done = release(
            weights=options.weights, key_file=options.key, log=options.log, origin=options.origin, root=ROOT, at=datetime.now(UTC)
        )
    except (ReleaseError, RingwallError) as error:
        print(f"not released: {error}", file=sys.stderr)
        return 1
    print(*done, sep="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
