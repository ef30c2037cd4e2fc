"""What an account says about keeping its prompts: one document per account, kept read while nothing changes."""

from __future__ import annotations

from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

from ringwall.errors import Conflict
from ringwall.inference.account_document import ID, AccountDocument
from ringwall.inference.prompts.errors import PromptsPolicyChanged, PromptsPolicyNotFound
from ringwall.inference.stored import put_in_place
from ringwall.storage import Change, Delete, Document, Insert, Storage

OWNER: Final = "ringwall"
KEEPER: Final = "sealed-prompts-account"
"""Documents of the house: which accounts have, or had, a policy, so that maintenance finds them."""

_KIND: Final = "sealed-prompts-policy"

Mode = Literal["required", "best-effort"]


class Policy(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """How an account's prompts and answers are kept.

    key: the customer key that wraps the account's data keys.
    retention_days: after which a record opens no more, and is removed.
    mode: `required`: no answer leaves that was not kept first; `best-effort`: what cannot be kept is counted, and answered all the same.
    guardrail_checks: keep the texts of ApplyGuardrail too.
    """

    key: Annotated[str, Meta(min_length=1, max_length=512)] = "local:"
    retention_days: Annotated[int, Meta(ge=1, le=3_650)] = 30
    mode: Mode = "required"
    guardrail_checks: bool = False


_DECODER = msgspec.json.Decoder(Policy)


class Policies:
    """The accounts' policies."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage
        self._documents = AccountDocument(storage, _KIND, _DECODER)

    async def find(self, account_id: str) -> Policy | None:
        """Return an account's policy, as last committed (by another process: half a second ago); None where it keeps nothing.

        Raises:
            IntegrityError: what is stored cannot be read; nothing may pass then.
        """
        return await self._documents.get(account_id)

    async def put(self, account_id: str, policy: Policy) -> None:
        """Put a policy in the place of the one before.

        Raises:
            PromptsPolicyChanged: another request did, at the same moment.
        """
        held = await self._storage.get(account_id, _KIND, ID)
        keeper = await self._storage.get(OWNER, KEEPER, account_id)
        document = Document(account_id=account_id, kind=_KIND, id=ID, body=msgspec.json.encode(policy))
        changes: list[Change] = [put_in_place(document, held)]
        if keeper is None:
            changes.append(Insert(Document(account_id=OWNER, kind=KEEPER, id=account_id, body=b"{}")))
        try:
            await self._storage.apply(*changes)
        except Conflict:
            raise PromptsPolicyChanged("the policy was changed by another request") from None

    async def remove(self, account_id: str) -> None:
        """Keep nothing more; what was kept stays until its time is over.

        Raises:
            PromptsPolicyNotFound: there is no policy.
        """
        if await self._storage.get(account_id, _KIND, ID) is None:
            raise PromptsPolicyNotFound("the account has no policy on sealed prompts")
        await self._storage.apply(Delete(account_id, _KIND, ID))

    async def keepers(self, *, after: str = "") -> list[str]:
        """Return accounts that have or had a policy, up to 1,000, in the order of their numbers."""
        return [document.id for document in await self._storage.list(OWNER, KEEPER, after=after)]

    async def forget_keeper(self, account_id: str) -> None:
        """Say that nothing is kept of an account any more."""
        keeper = await self._storage.get(OWNER, KEEPER, account_id)
        policy = await self._storage.get(account_id, _KIND, ID)
        if keeper is not None and policy is None:
            await self._storage.apply(Delete(OWNER, KEEPER, account_id, keeper.revision))
