"""The feature store, its files in a real folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from ringwall.data.features import FeatureStore
from ringwall.keys import Keys
from ringwall.storage.database import DatabaseStorage
from tests.integration.conftest import REGION
from tests.integration.storage.places import StandingClock


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "feature-store"


@pytest.fixture
def store(storage: DatabaseStorage, keys: Keys, clock: StandingClock, folder: Path) -> FeatureStore:
    return FeatureStore(storage, keys=keys, clock=clock, region=REGION, folder=folder, attestor=None)
