"""The behavioural monitors of one worker."""

from __future__ import annotations

import socket

from ringwall.bootstrap.settings import Settings
from ringwall.inference.monitors import BehaviourMonitors, StoredMonitors, StoredPolicies, kept_salt
from ringwall.inference.workers import Workers
from ringwall.keys import Keys
from ringwall.storage import Storage


async def open_monitors(settings: Settings, storage: Storage, keys: Keys, workers: Workers) -> BehaviourMonitors:
    """Open the monitors, whose state lies under this worker's place: the only one with SQLite, else its host's name and its port.

    Raises:
        IntegrityError: their salt cannot be opened.
    """
    place = f"{socket.gethostname()}:{settings.port}" if settings.storage_url else "0"
    stored = StoredMonitors(storage, keys, salt=await kept_salt(storage, keys), place=place)
    return BehaviourMonitors(stored, StoredPolicies(storage), workers)
