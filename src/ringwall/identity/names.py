"""Names, paths, identifiers and secrets: their alphabets and limits.

Source: IAM User Guide, "IAM identifiers" (unique id prefixes) and "IAM and AWS STS quotas"; the IAM service model (patterns).
"""

from __future__ import annotations

import re
import string

from ringwall.identity.errors import InvalidInput
from ringwall.vocabulary import new_id

_BASE32 = string.ascii_uppercase + "234567"
_SECRET = string.ascii_letters + string.digits + "+/"
_NAME = re.compile(r"[\w+=,.@-]+", re.ASCII)
_PATH = re.compile(r"/(?:[\x21-\x7e]+/)?")
_ACCOUNT_ID = re.compile(r"\d{12}", re.ASCII)
_TAG = re.compile(r"[\w\s.:/=+@-]*")

MAX_TAGS = 50


def unique_id(prefix: str) -> str:
    """Draw AIDA (user), AROA (role), AGPA (group), ANPA (policy), ACCA (service credential), AKIA and ASIA (access key) identifiers."""
    return prefix + new_id(16 if prefix in ("AKIA", "ASIA") else 17, _BASE32)


def secret_access_key() -> str:
    """Draw 40 characters of AWS's alphabet: 240 bits."""
    return new_id(40, _SECRET)


def new_account_id() -> str:
    """Draw a 12-digit account id that does not start with 0 (so that no tool takes it for a short number)."""
    return new_id(1, "123456789") + new_id(11, string.digits)


def check_account_id(id: str) -> str:
    """Return a valid account id.

    Raises:
        InvalidInput: not 12 digits.
    """
    if not _ACCOUNT_ID.fullmatch(id):
        raise InvalidInput("An account id has 12 digits")
    return id


def check_name(name: str, what: str, *, max_chars: int = 64) -> str:
    """Return a valid user, role, group or policy name.

    Raises:
        InvalidInput: empty, too long, or outside letters, digits and `+=,.@_-`.
    """
    if not 1 <= len(name) <= max_chars or not _NAME.fullmatch(name):
        raise InvalidInput(f"The specified value for {what} is invalid: it takes 1 to {max_chars} letters, digits and +=,.@_-")
    return name


def check_path(path: str) -> str:
    """Return a valid path (`/` or `/.../`).

    Raises:
        InvalidInput: anything else, or longer than 512 characters.
    """
    if len(path) > 512 or not _PATH.fullmatch(path):
        raise InvalidInput("The specified value for path is invalid: it must begin and end with / and contain printable ASCII only")
    return path


def check_tags(tags: dict[str, str]) -> dict[str, str]:
    """Return valid tags.

    Raises:
        InvalidInput: a key or value that IAM does not take, more than 50, or keys that differ in case only.
    """
    if len(tags) > MAX_TAGS:
        raise InvalidInput(f"An entity has at most {MAX_TAGS} tags")
    if len({key.lower() for key in tags}) != len(tags):
        raise InvalidInput("Duplicate tag keys found. Please note that Tag keys are case insensitive.")
    for key, value in tags.items():
        if not 1 <= len(key) <= 128 or len(value) > 256 or not _TAG.fullmatch(key) or not _TAG.fullmatch(value):
            raise InvalidInput(f"The tag `{key[:128]}` is not one that IAM takes")
        if key.lower().startswith("aws:"):
            raise InvalidInput("Tag keys must not begin with aws:")
    return tags
