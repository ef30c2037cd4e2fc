"""Layers compound: what the manual's table says stops an attack is what stops it in a whole house, layer after layer."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.acceptance.layers.attacks import ACCOUNT_NUMBER, CUSTOMER, INJECTION
from tests.acceptance.layers.layers import LAYERS, SECRET
from tests.acceptance.layers.table import STAYS, Row, rows_of, table
from tests.acceptance.layers.world import opened

MANUAL = Path(__file__).parents[3] / "docs" / "operations" / "layers.md"

pytestmark = [pytest.mark.anyio, pytest.mark.slow]


@pytest.fixture(scope="module")
async def rows(tmp_path_factory: pytest.TempPathFactory) -> list[Row]:
    async with opened(tmp_path_factory.mktemp("layers")) as world:
        return await rows_of(world)


async def test_the_manuals_table_is_what_a_run_gives(rows: list[Row]) -> None:
    text = MANUAL.read_text("utf-8")
    printed = text.partition("<!-- layers -->\n")[2].partition("\n<!-- /layers -->")[0]
    assert printed == table(rows), "python -m tests.acceptance.layers prints it"


async def test_every_layer_stops_something_and_most_attacks_meet_two(rows: list[Row]) -> None:
    assert {layer for row in rows for layer in row.layers} == set(LAYERS)
    assert all(row.layers for row in rows), "with every layer on, nothing succeeds"
    several = [row for row in rows if len(row.layers) > 1]
    assert 2 * len(several) >= len(rows)
    assert all(row.attack.why for row in rows if len(row.layers) == 1 or row.end == STAYS), "the table says why there is no second one"


async def test_the_record_has_every_request_and_no_words(rows: list[Row]) -> None:
    for row in rows:
        assert row.recorded == row.asked, row.attack.name
        for words in (SECRET, CUSTOMER, ACCOUNT_NUMBER, INJECTION[:30], "os.system", "jewellery"):
            assert words not in row.told, row.attack.name
