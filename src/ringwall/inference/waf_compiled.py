"""Stored items compiled: what a document may refer to, and the web ACLs that stand before an account's endpoints."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from ringwall.errors import RingwallError
from ringwall.inference.kept import KeptReads
from ringwall.inference.waf_errors import WafItemNotFound
from ringwall.inference.waf_items import IP_SET, PATTERN_SET, RULE_GROUP, WEB_ACL, Item, Kind, item_arn, locate, read_item
from ringwall.policies.waf import (
    IpSet,
    Patterns,
    References,
    RuleGroup,
    WafReferenceNotFound,
    WebAcl,
    compile_ip_set,
    compile_patterns,
    compile_rule_group,
    compile_web_acl,
)
from ringwall.storage import Storage

ASSOCIATION = "waf-association"
KEPT = 256  # accounts whose web ACLs are kept compiled


class Standing(NamedTuple):
    """A web ACL that stands before an endpoint, and its ARN."""

    arn: str
    acl: WebAcl


class _Compiled(NamedTuple):
    signature: tuple[tuple[str, int], ...]
    standing: Mapping[str, Standing]


class _Found(NamedTuple):
    item: Item
    revision: int


class CompiledWaf:
    """Compiles items with what they refer to.

    Rules it upholds: no answer comes from a document older than storage's last committed change (its ports.py says how late a change by
    another process is seen); what does not compile raises, so that nothing passes it.
    """

    def __init__(self, storage: Storage, *, region: str, kept: int = KEPT) -> None:
        self._storage = storage
        self._region = region
        self._kept = KeptReads(storage.generation, self._read, most=kept)

    async def references(self, account_id: str, arns: Iterable[str], replaced: Mapping[str, Item] | None = None) -> References:
        """Return what documents that use these ARNs may refer to; ARNs that name nothing are left out, and refused by the compiler.

        Args:
            account_id: the tenant.
            arns: as the documents have them.
            replaced: items that stand for the stored ones, to try a change before it is made.
        """
        ip_sets: dict[str, IpSet] = {}
        patterns: dict[str, Patterns] = {}
        groups: dict[str, RuleGroup] = {}
        for arn in dict.fromkeys(arns):
            found = await self._find(account_id, arn)
            if found is None:
                continue
            kind, item = found[0], (replaced or {}).get(arn) or found[1].item
            if kind is IP_SET:
                ip_sets[arn] = compile_ip_set(item.content["IPAddressVersion"], item.content["Addresses"])
            elif kind is PATTERN_SET:
                patterns[arn] = compile_patterns([one["RegexString"] for one in item.content["RegularExpressionList"]])
            elif kind is RULE_GROUP:
                groups[arn] = self.rule_group(account_id, item, await self.references(account_id, item.uses, replaced))
        return References(ip_sets, patterns, groups)

    def rule_group(self, account_id: str, item: Item, references: References) -> RuleGroup:
        """Compile a rule group."""
        return compile_rule_group(item.content, references, account_id=account_id, name=item.name, capacity=item.capacity)

    def web_acl(self, account_id: str, item: Item, references: References) -> WebAcl:
        """Compile a web ACL."""
        return compile_web_acl(item.content, references, account_id=account_id, name=item.name)

    async def standing(self, account_id: str) -> tuple[Mapping[str, Standing], bool]:
        """Return the web ACLs before an account's endpoints, and whether they were compiled afresh.

        Raises:
            WafReferenceNotFound: one of them, or something it refers to, was deleted meanwhile.
        """
        former = self._kept.at_hand(account_id)
        present = await self._kept.get(account_id)
        return present.standing, present is not former

    async def _read(self, account_id: str) -> _Compiled:
        former = self._kept.at_hand(account_id)
        associations = {one.id: one.body.decode() for one in await self._storage.list(account_id, ASSOCIATION)}
        signature: dict[str, int] = {}
        items = {arn: await self._signed(account_id, arn, signature) for arn in sorted(set(associations.values()))}
        marks = (*sorted(signature.items()), *((f"{endpoint} {arn}", 0) for endpoint, arn in sorted(associations.items())))
        if former is not None and former.signature == marks:
            return former
        acls = {arn: self.web_acl(account_id, item, await self.references(account_id, item.uses)) for arn, item in items.items()}
        return _Compiled(marks, {endpoint: Standing(arn, acls[arn]) for endpoint, arn in associations.items()})

    async def _signed(self, account_id: str, arn: str, signature: dict[str, int]) -> Item:
        """Return an item, and note its revision and those of all that it refers to."""
        found = await self._find(account_id, arn)
        if found is None:
            raise WafReferenceNotFound("a web ACL that stands before an endpoint, or something it refers to, was deleted")
        signature[arn] = found[1].revision
        for used in found[1].item.uses:
            await self._signed(account_id, used, signature)
        return found[1].item

    async def _find(self, account_id: str, arn: str) -> tuple[Kind, _Found] | None:
        try:
            kind, name, id_ = locate(arn, account_id=account_id, region=self._region)
        except RingwallError:  # no ARN, or one of another account or region: nothing of this account
            return None
        document = await self._storage.get(account_id, kind.stored, id_)
        if document is None:
            return None
        item = read_item(document)
        return (kind, _Found(item, document.revision)) if item.name == name else None

    def arn(self, account_id: str, kind: Kind, item: Item) -> str:
        """Return an item's ARN."""
        return item_arn(self._region, account_id, kind, item)

    async def find_web_acl(self, account_id: str, arn: str) -> Item:
        """Return the web ACL that an ARN names.

        Raises:
            WafItemNotFound: there is none.
        """
        found = await self._find(account_id, arn)
        if found is None or found[0] is not WEB_ACL:
            raise WafItemNotFound("there is no web ACL with this ARN")
        return found[1].item


def check_set(kind: Kind, content: Mapping[str, Any]) -> None:
    """Compile an IP set or a pattern set, to refuse what cannot be used.

    Raises:
        InvalidWafDocument: it cannot.
    """
    if kind is IP_SET:
        compile_ip_set(content.get("IPAddressVersion", ""), content.get("Addresses", ()))
    elif kind is PATTERN_SET:
        compile_patterns([one.get("RegexString", "") for one in content.get("RegularExpressionList", ())])
