"""Web ACLs, rule groups, IP sets and regex pattern sets as they are stored, named and shown."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import msgspec

from ringwall.errors import InvalidRequest
from ringwall.inference.stored import read_body
from ringwall.inference.waf_errors import WafItemNotFound
from ringwall.policies.waf import InvalidWafDocument, label_namespace
from ringwall.storage import Document
from ringwall.vocabulary import Arn, own_resource

TAGS_MAX = 50  # AWS General Reference, "Tagging your AWS resources"
_NOT_CONTENT = frozenset({"Name", "Scope", "Id", "Description", "Tags", "LockToken", "Capacity"})
_BLOB = "SearchString"


class Kind(NamedTuple):
    """One of the four kinds.

    word: in ARNs; shape: in the names of operations and members; summaries: the member that lists them; most: how many an account may have
    (AWS WAF quotas).
    """

    word: str
    shape: str
    summaries: str
    most: int

    @property
    def stored(self) -> str:
        """The kind of the stored documents."""
        return f"waf-{self.word}"


WEB_ACL = Kind("webacl", "WebACL", "WebACLs", 100)
RULE_GROUP = Kind("rulegroup", "RuleGroup", "RuleGroups", 100)
IP_SET = Kind("ipset", "IPSet", "IPSets", 100)
PATTERN_SET = Kind("regexpatternset", "RegexPatternSet", "RegexPatternSets", 10)
KINDS = {kind.word: kind for kind in (WEB_ACL, RULE_GROUP, IP_SET, PATTERN_SET)}


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """One stored item.

    content: the members of its shape that are its own, bytes as base64 text.
    uses: ARNs of the sets and rule groups that its rules refer to.
    """

    id: str
    name: str
    lock_token: str
    content: dict[str, Any]
    description: str | None = None
    capacity: int = 0
    uses: tuple[str, ...] = ()
    tags: dict[str, str] = {}

    def document(self, account_id: str, kind: Kind, revision: int = 0) -> Document:
        """Return what is stored; the name is unique for the kind in the account."""
        body = msgspec.json.encode(self)
        return Document(account_id=account_id, kind=kind.stored, id=self.id, key=f"{account_id}/{self.name}", body=body, revision=revision)


_DECODER = msgspec.json.Decoder(Item)


def read_item(document: Document) -> Item:
    """Read a stored item."""
    return read_body(_DECODER, document)


def item_arn(region: str, account_id: str, kind: Kind, item: Item) -> str:
    """Return an item's ARN."""
    return str(Arn(service="wafv2", region=region, account_id=account_id, resource=f"regional/{kind.word}/{item.name}/{item.id}"))


def locate(arn: str, *, account_id: str, region: str) -> tuple[Kind, str, str]:
    """Return (kind, name, id) of the item that an ARN names.

    Raises:
        InvalidRequest, AccessDenied, WafItemNotFound: it names none of this account and region.
    """
    scope, rest = own_resource(arn, "wafv2", account_id=account_id, region=region, missing=WafItemNotFound)
    parts = rest.split("/")
    if scope != "regional" or len(parts) != 3 or parts[0] not in KINDS:
        raise WafItemNotFound("the ARN names no web ACL, rule group or set")
    return KINDS[parts[0]], parts[1], parts[2]


def content_of(request: Mapping[str, Any]) -> dict[str, Any]:
    """Return the members of a create or update request that are the item's own, as they are stored."""
    kept = {name: value for name, value in request.items() if name not in _NOT_CONTENT and value is not None}
    content: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(kept))
    return content


def references_in(content: object) -> Iterator[str]:
    """Yield the ARNs that rules refer to."""
    if isinstance(content, Mapping):
        for name, value in content.items():
            if name == "ARN" and isinstance(value, str):
                yield value
            else:
                yield from references_in(value)
    elif isinstance(content, list):
        for value in content:
            yield from references_in(value)


def shown_content(content: Any, name: str = "") -> Any:
    """Return stored content as the service model has it: search strings as bytes."""
    if isinstance(content, dict):
        return {key: shown_content(value, key) for key, value in content.items()}
    if isinstance(content, list):
        return [shown_content(value) for value in content]
    return base64.b64decode(content) if name == _BLOB else content


def shown(region: str, account_id: str, kind: Kind, item: Item) -> dict[str, Any]:
    """Return what a Get operation shows of an item."""
    answer: dict[str, Any] = {"Name": item.name, "Id": item.id, "ARN": item_arn(region, account_id, kind, item)}
    if item.description is not None:
        answer["Description"] = item.description
    if kind in {WEB_ACL, RULE_GROUP}:
        answer |= {"Capacity": item.capacity, "LabelNamespace": label_namespace(kind.word, account_id, item.name)}
    if kind is RULE_GROUP:
        labels = sorted({one["Name"] for rule in item.content.get("Rules", ()) for one in rule.get("RuleLabels", ())})
        answer["AvailableLabels"] = [{"Name": answer["LabelNamespace"] + label} for label in labels]
    if kind is WEB_ACL:
        answer |= {"ManagedByFirewallManager": False, "RetrofittedByFirewallManager": False}
    answer.update(shown_content(item.content))
    return answer


def summary(region: str, account_id: str, kind: Kind, item: Item) -> dict[str, Any]:
    """Return what a Create or List operation shows of an item."""
    answer = {"Name": item.name, "Id": item.id, "LockToken": item.lock_token, "ARN": item_arn(region, account_id, kind, item)}
    return answer | ({"Description": item.description} if item.description is not None else {})


def check_scope(request: Mapping[str, Any]) -> None:
    """Refuse the scope CLOUDFRONT: there is no distribution here."""
    if request.get("Scope") != "REGIONAL":
        raise InvalidWafDocument("`Scope` must be REGIONAL")


def read_waf_tags(tags: Any) -> dict[str, str]:
    """Return a list of tags as a mapping; the service model has checked keys and values.

    Raises:
        InvalidRequest: a key twice, reserved, or too many.
    """
    read: dict[str, str] = {}
    for tag in tags or ():
        if tag["Key"].lower().startswith("aws:"):
            raise InvalidRequest("tag keys that begin with `aws:` are reserved")
        if tag["Key"] in read:
            raise InvalidRequest("a tag key is listed twice")
        read[tag["Key"]] = tag["Value"]
    return check_tag_count(read)


def check_tag_count(tags: dict[str, str]) -> dict[str, str]:
    """Return tags unless they are too many."""
    if len(tags) > TAGS_MAX:
        raise InvalidRequest(f"a resource has at most {TAGS_MAX} tags")
    return tags
