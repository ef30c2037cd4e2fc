"""Which requests a question is about: a caller, patterns for action and resource, and what is known of the context."""

from __future__ import annotations

import re

import msgspec

from ringwall.policies.pattern import Context, tokenize
from ringwall.reasoning.policy.errors import MalformedQuestion
from ringwall.reasoning.policy.focus import Focus
from ringwall.reasoning.policy.formula import Formula, Given, In, Not, Several, conj
from ringwall.reasoning.policy.language import (
    ANY,
    ANY_RUN,
    NOT_COLON,
    NOT_COLON_RUN,
    Element,
    Language,
    Part,
    exactly,
    linear,
    pattern,
    spelled,
)
from ringwall.vocabulary import Principal

SOMEONE = Principal(
    account_id="111122223333",
    arn="arn:aws:iam::111122223333:user/someone",
    principal_id="AIDASOMEONE000000000",
    kind="IAMUser",
    user_name="someone",
)
"""The caller where a question names none: a user, since every policy binds one."""

MAX_PATTERNS = 100
MAX_PATTERN_CHARS = 2048
_ACTION_PATTERN = re.compile(r"\*|[A-Za-z0-9*?-]+:[A-Za-z0-9_*?-]+")
_TYPES = {"Root": "Account", "IAMUser": "User", "AssumedRole": "AssumedRole"}


class RequestSpace(msgspec.Struct, frozen=True, kw_only=True):
    """The requests that a question is about.

    actions, resources: patterns as in a policy, without variables; any one suffices.
    context: keys (lower-case) with known values; no values: the key is absent. Keys that are not named may have any values or none.
    present: keys that every request has exactly one value for, whichever it is.
    """

    actions: tuple[str, ...] = ("*",)
    resources: tuple[str, ...] = ("*",)
    principal: Principal = SOMEONE
    context: dict[str, tuple[str, ...]] = {}  # msgspec copies it
    present: tuple[str, ...] = ()


def principal_keys(principal: Principal) -> dict[str, tuple[str, ...]]:
    """Return the context keys that follow from who asks. A role's ARN does not follow from its session's, so that stays open."""
    keys: dict[str, tuple[str, ...]] = {
        "aws:principalaccount": (principal.account_id,),
        "aws:principaltype": (_TYPES[principal.kind],),
        "aws:userid": (principal.principal_id,),
        "aws:username": (principal.user_name,) if principal.user_name else (),
    }
    if principal.kind != "AssumedRole":
        keys["aws:principalarn"] = (principal.arn,)
    return keys


class Grounds(msgspec.Struct, frozen=True):
    """A space read: the formula that its requests satisfy, what is fixed, and what the premises are."""

    formula: Formula
    focus: Focus
    fixed: Context
    premises: tuple[str, ...]


_LETTERS = frozenset("abcdefghijklmnopqrstuvwxyz")
_LOWER_NAME = _LETTERS | frozenset("0123456789-")
_ACTION: Language = (
    pattern(
        (
            Element(_LETTERS),
            Element(_LOWER_NAME, starred=True),
            *spelled(":"),
            Element(_LETTERS),
            Element(_LOWER_NAME | {"_"}, starred=True),
        )
    ),
)
_COLON: tuple[Part, ...] = spelled(":")
_RESOURCE: Language = (
    *exactly("*"),
    pattern(
        (
            *spelled("arn:"),
            *(NOT_COLON, NOT_COLON_RUN, *_COLON, NOT_COLON, NOT_COLON_RUN, *_COLON),
            *(NOT_COLON_RUN, *_COLON, NOT_COLON_RUN, *_COLON, ANY, ANY_RUN),
        )
    ),
)
SHAPES = (
    "actions are service:Name, both a letter and then letters, digits and hyphens, in the name also underscores; "
    "resources are a lone star or ARNs of six parts"
)


def ground(space: RequestSpace) -> Grounds:
    """Read a space.

    Raises:
        MalformedQuestion: a pattern that is none, or too many of them.
    """
    actions = tuple(linear(tokenize(_action(one).lower(), variables=False), arn=False) for one in _bounded(space.actions))
    resources = tuple(linear(tokenize(one, variables=False), arn=True) for one in _bounded(space.resources))
    fixed = {**principal_keys(space.principal), **{key.lower(): values for key, values in space.context.items()}}
    present = [part for key in space.present for part in (Given(key.lower()), Not(Several(key.lower())))]
    parts: list[Formula] = [In("action", _ACTION), In("action", actions), In("resource", _RESOURCE), In("resource", resources)]
    premises = [SHAPES, f"the caller is {space.principal.arn}, which fixes {', '.join(sorted(principal_keys(space.principal)))}"]
    if space.context:
        premises.append(f"given in the question: {', '.join(sorted(space.context))}")
    if space.present:
        premises.append(f"every request has one value for: {', '.join(sorted(space.present))}")
    return Grounds(conj([*parts, *present]), Focus((actions,), (resources,)), fixed, tuple(premises))


def _bounded(patterns: tuple[str, ...]) -> tuple[str, ...]:
    if not patterns or len(patterns) > MAX_PATTERNS or any(len(one) > MAX_PATTERN_CHARS or not one for one in patterns):
        raise MalformedQuestion(f"A question takes 1 to {MAX_PATTERNS} patterns of 1 to {MAX_PATTERN_CHARS} characters")
    return patterns


def _action(text: str) -> str:
    if not _ACTION_PATTERN.fullmatch(text):
        raise MalformedQuestion(f"`{text[:150]}` is not an action pattern")
    return text
