"""Data keys under local customer keys: made once a day, bound to what they are for, destroyed for good, bounded in memory."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import timedelta

import msgspec
import pytest

from ringwall.errors import IntegrityError, InvalidRequest
from ringwall.keys import Keys
from ringwall.keys.customer_keys import CustomerKeyNotAllowed, CustomerKeys, CustomerKeyUnavailable, InvalidCustomerKeys, Wrapped
from ringwall.keys.data_keys import HELD, HELD_KEYS, LEFT_ALONE, DataKeyDestroyed, DataKeys
from ringwall.keys.envelope import DataCipher
from ringwall.keys.local_keyring import LocalKeyring
from ringwall.storage import Replace
from ringwall.storage.database import DatabaseStorage
from tests.integration.storage.places import StandingClock

pytestmark = pytest.mark.anyio
ONE, TWO = "111111111111", "222222222222"
MONTH = timedelta(days=30)


class Counted:
    """The local key ring, counting what it is asked; it can be switched off, as a KMS that does not answer."""

    def __init__(self, ring: LocalKeyring) -> None:
        self._ring = ring
        self.asked: list[str] = []
        self.away = False

    def check(self, name: str) -> None:
        self._ring.check(name)

    async def generate(self, account_id: str, name: str, context: Mapping[str, str]) -> Wrapped:
        await self._ask("generate")
        return await self._ring.generate(account_id, name, context)

    async def unwrap(self, account_id: str, name: str, wrapped: bytes, context: Mapping[str, str]) -> bytes:
        await self._ask("unwrap")
        return await self._ring.unwrap(account_id, name, wrapped, context)

    async def _ask(self, what: str) -> None:
        self.asked.append(what)
        await asyncio.sleep(0)
        if self.away:
            raise CustomerKeyUnavailable("KMS cannot be asked: it is away", kms="away")

    async def close(self) -> None:
        await self._ring.close()


@pytest.fixture
def ring(storage: DatabaseStorage, keys: Keys) -> Counted:
    return Counted(LocalKeyring(storage, keys))


def keeper(storage: DatabaseStorage, ring: Counted, clock: StandingClock) -> DataKeys:
    return DataKeys(storage, CustomerKeys({"local": ring}, ["local:*"]), clock, purpose="test")


async def test_one_key_a_day_serves_every_process(storage: DatabaseStorage, ring: Counted, clock: StandingClock) -> None:
    first, second = keeper(storage, ring, clock), keeper(storage, ring, clock)
    made = await first.for_sealing(ONE, "local:", keep=MONTH)
    found = await second.for_sealing(ONE, "local:", keep=MONTH)
    assert found.id == made.id
    assert found.cipher.open(made.cipher.seal(b"text", ("here",)), ("here",)) == b"text"
    clock.advance(86_400)
    assert (await first.for_sealing(ONE, "local:", keep=MONTH)).id != made.id
    assert made.expires == clock.unix + 30 * 86_400, "until thirty days after its day's end"


async def test_many_at_once_ask_the_provider_once(storage: DatabaseStorage, ring: Counted, clock: StandingClock) -> None:
    keys = keeper(storage, ring, clock)
    found = await asyncio.gather(*[keys.for_sealing(ONE, "local:", keep=MONTH) for _ in range(50)])
    assert len({key.id for key in found}) == 1
    assert ring.asked == ["generate"]


async def test_accounts_names_and_retentions_have_keys_of_their_own(storage: DatabaseStorage, ring: Counted, clock: StandingClock) -> None:
    keys = keeper(storage, ring, clock)
    made = [
        await keys.for_sealing(ONE, "local:", keep=MONTH),
        await keys.for_sealing(TWO, "local:", keep=MONTH),
        await keys.for_sealing(ONE, "local:other", keep=MONTH),
        await keys.for_sealing(ONE, "local:other", keep=2 * MONTH),
    ]
    assert len({key.id for key in made}) == 4
    again = await keys.for_sealing(ONE, "local:other", keep=MONTH)
    assert again.id == made[3].id, "one that opens longer serves as well"
    for key in made:
        sealed = key.cipher.seal(b"", ("c",))
        for other in made:
            if other.id != key.id:
                with pytest.raises(IntegrityError):
                    other.cipher.open(sealed, ("c",))


@pytest.mark.parametrize("what", ["period", "expires", "id", "wrapped", "account"])
async def test_an_altered_or_moved_key_does_not_open(storage: DatabaseStorage, ring: Counted, clock: StandingClock, what: str) -> None:
    made = await keeper(storage, ring, clock).for_sealing(ONE, "local:", keep=MONTH)
    await keeper(storage, ring, clock).for_sealing(TWO, "local:", keep=MONTH)
    (document,) = await storage.list(ONE, "data-key")
    body = msgspec.json.decode(document.body)
    account, key_id = ONE, made.id
    if what == "account":
        (theirs,) = await storage.list(TWO, "data-key")
        account, key_id = TWO, msgspec.json.decode(theirs.body)["id"]
        document = msgspec.structs.replace(theirs, body=msgspec.json.encode(body | {"id": key_id}))
    else:
        changed = {
            "period": {"period": "2025-12-31"},
            "expires": {"expires": body["expires"] + 86_400},
            "id": {"id": "2026-01-01/another"},
            "wrapped": {"wrapped": body["wrapped"][:-4] + "AAAA"},
        }
        document = msgspec.structs.replace(document, body=msgspec.json.encode(body | changed[what]))
    await storage.apply(Replace(document))
    with pytest.raises(IntegrityError):
        await keeper(storage, ring, clock).for_opening(account, key_id)


async def test_a_destroyed_key_is_gone_in_every_process_at_once(storage: DatabaseStorage, ring: Counted, clock: StandingClock) -> None:
    here, there = keeper(storage, ring, clock), keeper(storage, ring, clock)
    key = await here.for_sealing(ONE, "local:", keep=MONTH)
    assert (await there.for_opening(ONE, key.id)).id == key.id
    assert (await there.for_sealing(ONE, "local:", keep=MONTH)).id == key.id
    assert await here.destroy(ONE, key.id)
    assert not await here.destroy(ONE, key.id)
    for process in (here, there):
        with pytest.raises(DataKeyDestroyed):
            await process.for_opening(ONE, key.id)
        assert (await process.for_sealing(ONE, "local:", keep=MONTH)).id != key.id
    (tombstone,) = [each async for each in here.each(ONE) if each.id == key.id]
    assert tombstone.wrapped == b""
    await here.forget(ONE, key.id)
    assert key.id not in [each.id async for each in here.each(ONE)]


async def test_an_expired_key_opens_nothing(storage: DatabaseStorage, ring: Counted, clock: StandingClock) -> None:
    keys = keeper(storage, ring, clock)
    key = await keys.for_sealing(ONE, "local:", keep=timedelta(days=1))
    await keys.for_opening(ONE, key.id)
    clock.advance(2 * 86_400 - 1)
    await keys.for_opening(ONE, key.id)
    clock.advance(1)
    with pytest.raises(DataKeyDestroyed):
        await keys.for_opening(ONE, key.id)


async def test_keys_in_memory_are_few_and_asked_for_again(storage: DatabaseStorage, ring: Counted, clock: StandingClock) -> None:
    keys = keeper(storage, ring, clock)
    key = await keys.for_sealing(ONE, "local:", keep=MONTH)
    await keys.for_opening(ONE, key.id)
    await keys.for_opening(ONE, key.id)
    assert ring.asked == ["generate", "unwrap"]
    clock.advance(HELD.total_seconds())
    await keys.for_opening(ONE, key.id)
    await keys.for_sealing(ONE, "local:", keep=MONTH)
    assert ring.asked == ["generate", "unwrap", "unwrap", "unwrap"]
    for turn in range(HELD_KEYS):
        keys._opened[TWO, f"another-{turn}"] = keys._opened[ONE, key.id]
    clock.advance(HELD.total_seconds())
    await keys.for_opening(ONE, key.id)
    assert len(keys._opened) == HELD_KEYS
    clock.advance(HELD.total_seconds() - 1)
    keys.let_go()
    assert (ONE, key.id) in keys._opened
    clock.advance(1)
    keys.let_go()
    assert not keys._opened
    assert not keys._sealing
    await keys.for_sealing(ONE, "local:", keep=MONTH)
    await keys.for_opening(ONE, key.id)
    await keys.close()
    assert not keys._opened
    assert not keys._sealing


async def test_a_provider_that_fails_is_left_alone_for_a_while(storage: DatabaseStorage, ring: Counted, clock: StandingClock) -> None:
    keys = keeper(storage, ring, clock)
    ring.away = True
    for _ in range(5):
        with pytest.raises(CustomerKeyUnavailable, match="away") as refusal:
            await keys.for_sealing(ONE, "local:", keep=MONTH)
    assert refusal.value.facts == {"kms": "away"}
    assert ring.asked == ["generate"]
    with pytest.raises(CustomerKeyUnavailable):
        await keys.for_sealing(TWO, "local:", keep=MONTH)
    assert len(ring.asked) == 2, "another account's key may stand elsewhere"
    clock.advance(LEFT_ALONE.total_seconds())
    ring.away = False
    await keys.for_sealing(ONE, "local:", keep=MONTH)


async def test_a_key_in_use_goes_on_while_the_provider_is_away(storage: DatabaseStorage, ring: Counted, clock: StandingClock) -> None:
    keys = keeper(storage, ring, clock)
    key = await keys.for_sealing(ONE, "local:", keep=MONTH)
    ring.away = True
    assert (await keys.for_sealing(ONE, "local:", keep=MONTH)).id == key.id
    clock.advance(HELD.total_seconds())
    with pytest.raises(CustomerKeyUnavailable):
        await keys.for_sealing(ONE, "local:", keep=MONTH)


async def test_only_keys_that_settings_name(storage: DatabaseStorage, ring: Counted, clock: StandingClock) -> None:
    table = CustomerKeys({"local": ring}, ["local:", "local:team-*"])
    keys = DataKeys(storage, table, clock, purpose="test")
    for allowed in ("local:", "local:team-a"):
        await keys.for_sealing(ONE, allowed, keep=MONTH)
    for refused in ("local:other", "aws-kms:arn:aws:kms:eu-west-1:111111111111:key/a", "", "local", "local:" + "x" * 600):
        with pytest.raises(CustomerKeyNotAllowed):
            await keys.for_sealing(ONE, refused, keep=MONTH)
    with pytest.raises(InvalidRequest):
        table.check("local:team-" + "x" * 80)
    for wrong in ("vault:x", "local", "local:Default!", "local:default"):
        with pytest.raises(InvalidCustomerKeys):
            CustomerKeys({"local": ring}, [wrong])


def test_neither_text_form_nor_pickle_shows_a_key() -> None:
    import pickle

    cipher, wrapped = DataCipher(b"k" * 32), Wrapped(b"k" * 32, b"w")
    assert "kkk" not in f"{cipher!r}{wrapped!r}{wrapped}"
    with pytest.raises(TypeError):
        pickle.dumps(cipher)
