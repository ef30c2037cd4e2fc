"""Web ACLs, rule groups and sets: create, read, list, change, tag and delete them.

Rules it upholds: what does not compile is never stored; a change needs the lock token of the newest state; what is in use is not deleted,
and not changed so that its users would no longer compile; nothing of another account is read or named.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from uuid import uuid4

import msgspec

from ringwall.errors import Conflict
from ringwall.inference.waf_compiled import CompiledWaf, check_set
from ringwall.inference.waf_errors import WafItemDuplicate, WafItemInUse, WafItemNotFound, WafLockLost
from ringwall.inference.waf_items import (
    RULE_GROUP,
    WEB_ACL,
    Item,
    Kind,
    check_scope,
    check_tag_count,
    content_of,
    item_arn,
    locate,
    read_item,
    read_waf_tags,
    references_in,
    shown,
    summary,
)
from ringwall.keys import PageTokens
from ringwall.policies.waf import WafLimitsExceeded
from ringwall.storage import Delete, Document, Insert, Replace, Storage

PAGE_MAX = 100
_TAG_ATTEMPTS = 5


class WafCatalogue:
    """The items of all accounts."""

    def __init__(self, storage: Storage, *, region: str, pages: PageTokens, compiled: CompiledWaf) -> None:
        self._storage = storage
        self._region = region
        self._pages = pages
        self._compiled = compiled

    async def create(self, account_id: str, kind: Kind, request: Mapping[str, Any]) -> dict[str, Any]:
        """Store a new item; Create*.

        Raises:
            WafItemDuplicate: another of the kind has the name.
            WafLimitsExceeded: there are as many as there may be, or the rules cost too much.
            InvalidWafDocument, WafElementUnserved, WafReferenceNotFound: the document cannot be evaluated.
        """
        check_scope(request)
        tags = read_waf_tags(request.get("Tags"))
        content = content_of(request)
        item = Item(
            id=str(uuid4()),
            name=request["Name"],
            lock_token=str(uuid4()),
            content=content,
            description=request.get("Description"),
            capacity=request.get("Capacity", 0),
            uses=tuple(dict.fromkeys(references_in(content))),
            tags=tags,
        )
        item = await self._compile(account_id, kind, item)
        held = await self._storage.list(account_id, kind.stored, limit=kind.most)
        if len(held) >= kind.most:  # two creations at the same moment may overshoot by one; a quota is no safeguard
            raise WafLimitsExceeded(f"an account has at most {kind.most} of {kind.summaries}")
        try:
            await self._storage.apply(Insert(item.document(account_id, kind)))
        except Conflict:
            raise WafItemDuplicate(f"another {kind.shape} in this account is called `{item.name}`") from None
        return {"Summary": summary(self._region, account_id, kind, item)}

    async def get(self, account_id: str, kind: Kind, request: Mapping[str, Any]) -> dict[str, Any]:
        """Show an item, named by its name and id or by its ARN; Get*."""
        if request.get("ARN"):
            _, item = await self._at(account_id, request["ARN"], kind)
        else:
            check_scope(request)
            _, item = await self.find(account_id, kind, request.get("Id", ""), request.get("Name", ""))
        return {kind.shape: shown(self._region, account_id, kind, item), "LockToken": item.lock_token}

    async def listing(self, account_id: str, kind: Kind, request: Mapping[str, Any]) -> dict[str, Any]:
        """List items by their ids; List*."""
        check_scope(request)
        limit = request.get("Limit") or PAGE_MAX
        after = self._pages.read(account_id, kind.stored, request.get("NextMarker"))
        documents = await self._storage.list(account_id, kind.stored, after=after, limit=limit + 1)
        page = documents[:limit]
        answer: dict[str, Any] = {kind.summaries: [summary(self._region, account_id, kind, read_item(one)) for one in page]}
        if len(documents) > limit:
            answer["NextMarker"] = self._pages.make(account_id, kind.stored, page[-1].id)
        return answer

    async def update(self, account_id: str, kind: Kind, request: Mapping[str, Any]) -> dict[str, Any]:
        """Replace an item's content; Update*.

        Raises:
            WafItemNotFound, WafLockLost: as their names say.
            InvalidWafDocument and others: the new content, or a document that uses it, could not be evaluated.
        """
        document, item = await self._locked(account_id, kind, request)
        content = content_of(request)
        if "IPAddressVersion" in item.content:
            content["IPAddressVersion"] = item.content["IPAddressVersion"]
        uses = tuple(dict.fromkeys(references_in(content)))
        changed = msgspec.structs.replace(item, content=content, uses=uses, description=request.get("Description"), lock_token=str(uuid4()))
        changed = await self._compile(account_id, kind, changed)
        await self._try_users(account_id, item_arn(self._region, account_id, kind, item), changed)
        await self._apply(Replace(changed.document(account_id, kind, document.revision)))
        return {"NextLockToken": changed.lock_token}

    async def delete(self, account_id: str, kind: Kind, request: Mapping[str, Any], in_use: bool) -> None:
        """Delete an item; Delete*. `in_use`: an endpoint uses it.

        Raises:
            WafItemNotFound, WafLockLost, WafItemInUse: as their names say.
        """
        document, item = await self._locked(account_id, kind, request)
        if in_use or await self._users(account_id, item_arn(self._region, account_id, kind, item)):
            raise WafItemInUse(f"the {kind.shape} `{item.name}` is in use")
        await self._apply(Delete(account_id, kind.stored, item.id, document.revision))

    async def find(self, account_id: str, kind: Kind, id_: str, name: str) -> tuple[Document, Item]:
        """Return an item and the document it was read from.

        Raises:
            WafItemNotFound: there is none with this id and name.
        """
        document = await self._storage.get(account_id, kind.stored, id_) if id_ else None
        item = read_item(document) if document is not None else None
        if document is None or item is None or item.name != name:
            raise WafItemNotFound(f"there is no {kind.shape} with this name and id")
        return document, item

    async def tags(self, account_id: str, arn: str) -> dict[str, str]:
        """Return an item's tags."""
        return dict((await self._at(account_id, arn))[1].tags)

    async def change_tags(self, account_id: str, arn: str, change: Callable[[dict[str, str]], dict[str, str]]) -> None:
        """Change an item's tags; its lock token stays."""
        kind, _, _ = locate(arn, account_id=account_id, region=self._region)
        for _ in range(_TAG_ATTEMPTS):
            document, item = await self._at(account_id, arn)
            changed = msgspec.structs.replace(item, tags=check_tag_count(change(dict(item.tags))))
            try:
                await self._storage.apply(Replace(changed.document(account_id, kind, document.revision)))
            except Conflict:
                continue
            return
        raise WafLockLost("it was changed by other requests")

    async def _at(self, account_id: str, arn: str, wanted: Kind | None = None) -> tuple[Document, Item]:
        kind, name, id_ = locate(arn, account_id=account_id, region=self._region)
        if wanted is not None and kind is not wanted:
            raise WafItemNotFound(f"the ARN names no {wanted.shape}")
        return await self.find(account_id, kind, id_, name)

    async def _locked(self, account_id: str, kind: Kind, request: Mapping[str, Any]) -> tuple[Document, Item]:
        check_scope(request)
        document, item = await self.find(account_id, kind, request["Id"], request["Name"])
        if request["LockToken"] != item.lock_token:
            raise WafLockLost("the lock token is not that of the newest state")
        return document, item

    async def _compile(self, account_id: str, kind: Kind, item: Item, replaced: Mapping[str, Item] | None = None) -> Item:
        """Refuse what cannot be evaluated; return the item with its capacity."""
        check_set(kind, item.content)
        if kind not in {WEB_ACL, RULE_GROUP}:
            return item
        references = await self._compiled.references(account_id, item.uses, replaced)
        if kind is RULE_GROUP:
            self._compiled.rule_group(account_id, item, references)
            return item
        return msgspec.structs.replace(item, capacity=self._compiled.web_acl(account_id, item, references).capacity)

    async def _try_users(self, account_id: str, arn: str, changed: Item) -> None:
        """Compile everything that uses an item, with the change made."""
        replaced = {arn: changed}
        for kind, user in await self._users(account_id, arn):
            await self._compile(account_id, kind, user, replaced)

    async def _users(self, account_id: str, arn: str) -> list[tuple[Kind, Item]]:
        """Return the web ACLs and rule groups that refer to an item, themselves or through a rule group."""
        groups = [read_item(one) for one in await self._storage.list(account_id, RULE_GROUP.stored, limit=RULE_GROUP.most + 1)]
        using = [group for group in groups if arn in group.uses]
        arns = {arn, *(item_arn(self._region, account_id, RULE_GROUP, group) for group in using)}
        acls = [read_item(one) for one in await self._storage.list(account_id, WEB_ACL.stored, limit=WEB_ACL.most + 1)]
        return [*((RULE_GROUP, group) for group in using), *((WEB_ACL, acl) for acl in acls if arns & set(acl.uses))]

    async def _apply(self, change: Replace | Delete) -> None:
        try:
            await self._storage.apply(change)
        except Conflict:
            raise WafLockLost("it was changed by another request") from None
