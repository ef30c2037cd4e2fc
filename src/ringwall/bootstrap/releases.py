"""At a start: are the models that will judge the ones that were released?"""

from __future__ import annotations

import logging
from importlib.resources.abc import Traversable

from ringwall.watch import shipped
from ringwall.watch.release import verify_release

log = logging.getLogger("ringwall.bootstrap")


def check_releases(where: Traversable | None = None) -> None:
    """Check the chain of every model file to the release log, and say loudly which files were never released.

    Such a file has its digest pinned and is loaded: it is somebody's own. `ringwall doctor` and `ringwall watch verify` call it wrong.

    Raises:
        ReleaseRefused: a statement, card, proof or checkpoint is wrong. WeightsRefused: a list is missing.

    Cost: 0.7 ms of CPU a file.
    """
    released = {each.name for each in verify_release(where=where, partly=True)}
    unreleased = sorted(set(shipped.pins(where=where)) - released)
    if unreleased:
        log.warning("bootstrap.models.unreleased %s", ", ".join(unreleased))
