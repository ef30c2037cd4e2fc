"""Sealing and digests."""

from __future__ import annotations

import pytest

from ringwall.errors import IntegrityError, LimitExceeded
from ringwall.keys import Keys, RootKeys

ONE, TWO = bytes(range(32)), bytes(range(1, 33))
OLD = Keys(RootKeys({1: ONE}))
BOTH = Keys(RootKeys({1: ONE, 2: TWO}))
NEW = Keys(RootKeys({2: TWO}))


def test_what_is_sealed_opens_under_its_context_only() -> None:
    sealed = OLD.seal(b"secret", context="access-key/AKIA1")
    assert OLD.open(sealed, context="access-key/AKIA1") == b"secret"
    assert b"secret" not in sealed
    for context in ("access-key/AKIA2", "", "access-key/AKIA1\0"):
        with pytest.raises(IntegrityError):
            OLD.open(sealed, context=context)


def test_a_ring_opens_what_its_older_versions_sealed_and_seals_with_the_newest() -> None:
    sealed = OLD.seal(b"secret", context="c")
    assert BOTH.open(sealed, context="c") == b"secret"
    resealed = BOTH.seal(b"secret", context="c")
    assert NEW.open(resealed, context="c") == b"secret"
    for keys, value in ((NEW, sealed), (OLD, resealed)):
        with pytest.raises(IntegrityError, match="does not have"):
            keys.open(value, context="c")


def test_two_seals_of_one_secret_differ() -> None:
    assert OLD.seal(b"secret", context="c") != OLD.seal(b"secret", context="c")


@pytest.mark.parametrize("length", [0, 1, 3, 15, 30])
def test_what_is_too_short_to_be_sealed_is_refused(length: int) -> None:
    with pytest.raises(IntegrityError):
        OLD.open(OLD.seal(b"", context="c")[:length], context="c")


def test_limits() -> None:
    OLD.open(OLD.seal(bytes(1024 * 1024), context="c" * 1024), context="c" * 1024)
    for plaintext, context in ((bytes(1024 * 1024 + 1), "c"), (b"", "c" * 1025)):
        with pytest.raises(LimitExceeded):
            OLD.seal(plaintext, context=context)


def test_digests_are_keyed_by_account_and_by_root_key() -> None:
    digest = OLD.digest("111111111111", b"text")
    assert digest == OLD.digest("111111111111", b"text") == BOTH.digest("111111111111", b"text", version=1)
    assert digest.startswith("hmac-sha256:1:")
    assert BOTH.digest("111111111111", b"text").startswith("hmac-sha256:2:")
    others = {OLD.digest("222222222222", b"text"), OLD.digest("111111111111", b"test"), BOTH.digest("111111111111", b"text"), digest}
    assert len({other.rpartition(":")[2] for other in others}) == 4
    with pytest.raises(IntegrityError):
        NEW.digest("111111111111", b"text", version=1)


def test_keys_show_nothing_of_themselves() -> None:
    assert repr(BOTH) == "Keys(RootKeys(versions=(1, 2)))"
