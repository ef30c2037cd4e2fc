"""Lineage."""

from __future__ import annotations

import pytest

from ringwall.data.lineage import Lineage
from ringwall.keys import Keys
from ringwall.storage.database import DatabaseStorage
from tests.integration.conftest import REGION
from tests.integration.storage.places import StandingClock


@pytest.fixture
def lineage(storage: DatabaseStorage, keys: Keys, clock: StandingClock) -> Lineage:
    return Lineage(storage, keys=keys, clock=clock, region=REGION)
