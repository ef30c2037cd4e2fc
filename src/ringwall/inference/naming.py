"""Names on the wire: guardrail identifiers and ARNs, version words, and tags."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from ringwall.errors import InvalidRequest
from ringwall.inference.errors import GuardrailNotFound, TooManyTags
from ringwall.vocabulary import own_resource

DRAFT = "DRAFT"
TAGS_MAX = 50  # AWS General Reference, "Tagging your AWS resources": 50 per resource
_ID = re.compile(r"[a-z0-9]{1,64}")
_VERSION = re.compile(r"[1-9][0-9]{0,7}")
_TAG = re.compile(r"[a-zA-Z0-9\s._:/=+@-]*")


def guardrail_arn(region: str, account_id: str, guardrail_id: str) -> str:
    """Return a guardrail's ARN."""
    return f"arn:aws:bedrock:{region}:{account_id}:guardrail/{guardrail_id}"


def guardrail_id(identifier: str, *, account_id: str, region: str) -> str:
    """Return the id behind an identifier: an id or a full ARN.

    Raises:
        InvalidRequest: neither.
        AccessDenied: the ARN names another account.
        GuardrailNotFound: the ARN names another region.
    """
    if _ID.fullmatch(identifier):
        return identifier
    if not identifier.startswith("arn:"):
        raise InvalidRequest("the guardrail identifier must be an id or an ARN")
    kind, name = own_resource(identifier, "bedrock", account_id=account_id, region=region, missing=GuardrailNotFound)
    if kind != "guardrail" or not _ID.fullmatch(name):
        raise InvalidRequest("the ARN does not name a guardrail")
    return name


def version_word(version: str | None) -> str:
    """Return `DRAFT` or the number as written; nothing means DRAFT.

    Raises:
        InvalidRequest: neither.
    """
    if not version or version == DRAFT:
        return DRAFT
    if not _VERSION.fullmatch(version):
        raise InvalidRequest("a guardrail version is DRAFT or a number from 1 to 99999999")
    return version


def read_tags(tags: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """Check a list of tags and return it as a mapping.

    Raises:
        InvalidRequest: a key twice, reserved or malformed, or a malformed value.
    """
    read: dict[str, str] = {}
    for tag in tags:
        key, value = tag.get("key"), tag.get("value")
        if not isinstance(key, str) or not 1 <= len(key) <= 128 or not _TAG.fullmatch(key):
            raise InvalidRequest("a tag key has 1 to 128 letters, digits, white space or `._:/=+@-`")
        if not isinstance(value, str) or len(value) > 256 or not _TAG.fullmatch(value):
            raise InvalidRequest(f"the value of tag `{key}` has at most 256 letters, digits, white space or `._:/=+@-`")
        if key.lower().startswith("aws:"):
            raise InvalidRequest(f"the tag key `{key}` is reserved: it begins with `aws:`")
        if key in read:
            raise InvalidRequest(f"the tag key `{key}` is listed twice")
        read[key] = value
    return read


def refuse_too_many_tags(tags: Mapping[str, str], resource: str) -> None:
    """Refuse more tags than a resource may have.

    Raises:
        TooManyTags: more than TAGS_MAX.
    """
    if len(tags) > TAGS_MAX:
        raise TooManyTags(f"a resource has at most {TAGS_MAX} tags", resourceName=resource)
