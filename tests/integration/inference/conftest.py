"""The guardrail service; learned detectors that a test can foretell."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from ringwall.inference.guardrails import Guardrails
from ringwall.keys import Keys
from ringwall.storage.database import DatabaseStorage
from ringwall.vocabulary import Limits
from tests.integration.conftest import REGION
from tests.integration.storage.places import StandingClock
from tests.unit.guardrails.scorers import SCORERS


@pytest.fixture
async def service(storage: DatabaseStorage, keys: Keys, clock: StandingClock) -> AsyncIterator[Guardrails]:
    service = Guardrails(storage, keys=keys, clock=clock, region=REGION, scorers=SCORERS, limits=Limits())
    yield service
    service.close()
