"""Whose an entry is: what an account may have proved of a log that holds everybody's."""

from __future__ import annotations

from ringwall.errors import NotFound
from ringwall.ledger.leaf import decode_leaf
from ringwall.ledger.ledger import AUDIT_LOG, Ledger
from ringwall.storage import Storage


async def own_entry(storage: Storage, ledger: Ledger, account_id: str, log: str, index: int) -> bytes:
    """Return an entry of an account's own, the bytes that the log has.

    Raises:
        NotFound: there is none at this index, it is not under a checkpoint yet, or it is another account's: which of them is not told.
    """
    if log == AUDIT_LOG:  # a leaf names its account, in the database and in a frozen shard
        leaf = await _sealed(ledger, log, index)
        if leaf is not None and decode_leaf(leaf).get("recipientAccountId") == account_id:
            return leaf
    else:
        async for entry in storage.entries(log, start=index, end=index + 1, account_id=account_id):
            return entry.leaf
    raise NotFound(f"the account has no entry {index} in the log `{log}`", index=index)


async def _sealed(ledger: Ledger, log: str, index: int) -> bytes | None:
    """Return an entry, or None where no checkpoint covers it: the log's own words would tell that from somebody else's entry."""
    try:
        return await ledger.log(log).entry(index)
    except NotFound:
        return None
