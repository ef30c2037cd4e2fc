"""Reading policy documents: strictly when they are given to us, closed when they are already stored.

Both readings are one function that collects what it cannot accept. `parse_policy` raises on the first such problem;
`read_stored_policy` keeps going and marks the statement, which the evaluator then lets deny but never allow.

Source: IAM User Guide, "Grammar of the IAM JSON policy language", "IAM and AWS STS quotas".
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any, Literal

from ringwall.policies.conditions import OPERATOR_NAMES, compile_condition
from ringwall.policies.document import (
    DENY_EVERYTHING,
    OLDEST_VERSION,
    VARIABLES_SINCE,
    Condition,
    Effect,
    Policy,
    PrincipalEntry,
    PrincipalKind,
    Quantifier,
    Statement,
)
from ringwall.policies.errors import MalformedPolicyDocument, PolicyTooLarge
from ringwall.policies.json_text import load_json, size_of
from ringwall.policies.pattern import Wild, arn_components, tokenize

DocumentKind = Literal["identity", "resource", "trust"]

_VERSIONS = (VARIABLES_SINCE, OLDEST_VERSION)
_TOP = frozenset({"Version", "Id", "Statement"})
_ELEMENTS = frozenset(
    {"Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition"},
)
_SID = re.compile(r"[A-Za-z0-9]{0,128}")
_ACTION = re.compile(r"\*|\*:\*|[A-Za-z0-9-]{1,64}:[A-Za-z0-9_*?-]{1,128}")
_CONDITION_KEY = re.compile(r"[A-Za-z0-9-]{1,64}:[\x21-\x7e]{1,320}")
_ACCOUNT = re.compile(r"\d{12}", re.ASCII)
_PRINCIPAL_ARN = re.compile(
    r"arn:aws[a-z-]*:(?:iam::\d{12}:(?:root|user/[\x21-\x7e]+|role/[\x21-\x7e]+)|sts::\d{12}:(?:assumed-role|federated-user)/[\x21-\x7e]+)",
    re.ASCII,
)
_UNIQUE_ID = re.compile(r"A(?:IDA|ROA)[A-Z0-9]{12,28}")
_PRINCIPAL_KINDS: Mapping[str, PrincipalKind] = {kind: kind for kind in ("AWS", "Service", "Federated", "CanonicalUser")}
_TRUST_ACTIONS = frozenset(
    {"sts:assumerole", "sts:assumerolewithsaml", "sts:assumerolewithwebidentity", "sts:tagsession", "sts:setsourceidentity"}
)

Report = Callable[[str], None]


def parse_policy(document: str | bytes, *, kind: DocumentKind = "identity", quota: int | None = None, name: str = "") -> Policy:
    """Read a policy document that somebody hands us, and refuse everything that the grammar does not name.

    Args:
        document: JSON text.
        kind: `identity` (no Principal, a Resource), `resource` (both) or `trust` (a Principal, no Resource, only sts actions).
        quota: how many characters besides white space the document may have.
        name: kept in the policy for decisions to cite.

    Raises:
        MalformedPolicyDocument: an unknown element, operator or version, a wrong type, a repeated key, a bad pattern.
        PolicyTooLarge: over `quota`.
    """
    body = load_json(document)
    if quota is not None and size_of(document) > quota:
        raise PolicyTooLarge(f"The policy has more than {quota} characters besides white space", quota=quota)
    return _read(body, kind, name, _refuse)


def read_stored_policy(document: str | bytes, *, kind: DocumentKind = "identity", name: str = "") -> Policy:
    """Read a document that is in force already; never raises for its content and never reads more permission into it than it states.

    A document that is no JSON object becomes one statement that denies everything.
    """
    try:
        body = load_json(document)
    except MalformedPolicyDocument:
        return Policy(statements=(DENY_EVERYTHING,), name=name)
    return _read(body, kind, name, None)


def _refuse(problem: str) -> None:
    raise MalformedPolicyDocument(problem)


def _read(body: dict[str, Any], kind: DocumentKind, name: str, report: Report | None) -> Policy:
    """Read a parsed document. With `report` None, problems are kept in the statements they touch."""
    outer: list[str] = []
    note = report or outer.append
    for key in body.keys() - _TOP:
        note(f"`{key[:60]}` is not a policy element")
    version = body.get("Version", OLDEST_VERSION)
    if version not in _VERSIONS:
        note("Policy document must be version 2012-10-17 or 2008-10-17")
        version = VARIABLES_SINCE
    if type(body.get("Id", "")) is not str:
        note("Id must be a string")
    raw = body.get("Statement")
    statements = raw if isinstance(raw, list) else [raw]
    if not statements:
        note("The policy has no statement")
    read = tuple(_Reader(variables=version == VARIABLES_SINCE, kind=kind, report=report).statement(one, outer) for one in statements)
    sids = [statement.sid for statement in read if statement.sid]
    if report and len(set(sids)) != len(sids):
        report("Statement IDs (SID) in a single policy must be unique")
    return Policy(statements=read, version=version, id=str(body.get("Id", ""))[:256], name=name)


class _Reader:
    """Reads the statements of one document."""

    def __init__(self, *, variables: bool, kind: DocumentKind, report: Report | None) -> None:
        self._variables = variables
        self._kind = kind
        self._report = report
        self._problems: list[str] = []

    def statement(self, body: Any, outer: list[str]) -> Statement:
        """Read one statement; `outer` are the document's own problems, which touch all statements."""
        self._problems = list(outer)
        if not isinstance(body, dict):
            self._note("Statement must be an object")
            return DENY_EVERYTHING
        for key in body.keys() - _ELEMENTS:
            self._note(f"`{key[:60]}` is not a statement element")
        actions, not_action = self._either(body, "Action", self._check_action)
        resources, not_resource = self._either(body, "Resource", self._check_resource, required=self._kind != "trust")
        principals, not_principal = self._principals(body)
        conditions = self._conditions(body.get("Condition", {}))
        effect = self._effect(body.get("Effect"))
        return Statement(
            effect=effect,
            actions=actions,
            resources=resources,
            not_action=not_action,
            not_resource=not_resource,
            principals=principals,
            not_principal=not_principal,
            conditions=conditions,
            sid=self._sid(body.get("Sid", "")),
            unsupported=tuple(self._problems),
        )

    def _note(self, problem: str) -> None:
        if self._report is not None:
            self._report(problem)
        self._problems.append(problem)

    def _effect(self, effect: Any) -> Effect:
        if effect == "Allow":
            return "Allow"
        if effect != "Deny":
            self._note("Effect must be Allow or Deny")  # read as Deny: it may have been meant as one
        return "Deny"

    def _sid(self, sid: Any) -> str:
        if type(sid) is not str or (self._report is not None and self._kind != "resource" and not _SID.fullmatch(sid)):
            self._note("Statement IDs (SID) must be alpha-numeric")
            return ""
        return sid[:256]

    def _either(
        self, body: dict[str, Any], element: str, check: Callable[[str], None], *, required: bool = True
    ) -> tuple[tuple[str, ...], bool]:
        """Read Action or NotAction, Resource or NotResource. What cannot be read counts as matching all (and is noted)."""
        negated = f"Not{element}"
        if element in body and negated in body:
            self._note(f"{element} and {negated} exclude each other")
            return ("*",), False
        if element not in body and negated not in body:
            if required:
                self._note(f"Policy statement must contain {element} or {negated}")
            return ("*",), False
        if not required:
            self._note(f"Has prohibited field {element}")
        found = self._strings(body[element] if element in body else body[negated])
        if found is None:
            self._note(f"{element} must be a string or a list of strings, and not empty")
            return ("*",), False
        known = tuple(text for text in found if self._passes(check, text))
        if len(known) != len(found) and negated not in body:
            return (*known, "*"), False
        return known, negated in body

    def _passes(self, check: Callable[[str], None], text: str) -> bool:
        try:
            check(text)
        except MalformedPolicyDocument as problem:
            self._note(problem.message)
            return False
        return True

    @staticmethod
    def _strings(value: Any) -> tuple[str, ...] | None:
        values = value if isinstance(value, list) else [value]
        if not values or not all(type(one) is str and one for one in values):
            return None
        return tuple(values)

    def _check_action(self, action: str) -> None:
        if not _ACTION.fullmatch(action):
            raise MalformedPolicyDocument(
                f"`{action[:150]}` is not an action: it must be `*` or `service:Name`, with wildcards only in the name"
            )
        if self._kind == "trust" and action.lower() not in _TRUST_ACTIONS:
            raise MalformedPolicyDocument("AssumeRole policy may only specify STS AssumeRole actions")

    def _check_resource(self, resource: str) -> None:
        tokens = tokenize(resource, variables=self._variables)
        if resource == "*":
            return
        components = arn_components(tokens)
        if components is None or components[0] != ("arn",):
            raise MalformedPolicyDocument(f"Resource `{resource[:200]}` must be in ARN format or `*`")
        if not components[1] or not components[2] or any(part in (Wild.ANY, Wild.ONE) for part in components[2]):
            raise MalformedPolicyDocument(f"Resource `{resource[:200]}` must name its partition and, without wildcards, its service")

    # -- principals -----------------------------------------------------------------------------------------------------------------

    def _principals(self, body: dict[str, Any]) -> tuple[tuple[PrincipalEntry, ...] | None, bool]:
        if "Principal" in body and "NotPrincipal" in body:
            self._note("Principal and NotPrincipal exclude each other")
            return (PrincipalEntry("*"),), False
        if "Principal" not in body and "NotPrincipal" not in body:
            if self._kind in ("resource", "trust"):
                self._note("Has missing field Principal")
            return None, False
        if self._kind == "identity":
            self._note("Policy document should not specify a principal")
        negated = "NotPrincipal" in body
        if negated and self._kind == "trust":
            self._note("AssumeRole policy should not specify NotPrincipal")
        entries, complete = self._principal_entries(body["NotPrincipal"] if negated else body["Principal"])
        if not complete and not negated:
            entries = (*entries, PrincipalEntry("*"))
        return entries, negated

    def _principal_entries(self, value: Any) -> tuple[tuple[PrincipalEntry, ...], bool]:
        if value == "*" and type(value) is str:
            return (PrincipalEntry("*"),), True
        if not isinstance(value, dict) or not value:
            self._note("Principal must be `*` or an object")
            return (), False
        entries: list[PrincipalEntry] = []
        complete = True
        for name, listed in value.items():
            kind, found = _PRINCIPAL_KINDS.get(name), self._strings(listed)
            if kind is None or found is None:
                self._note(f"Invalid principal in policy: `{name[:60]}`")
                complete = False
                continue
            for text in found:
                if kind == "AWS" and not _is_aws_principal(text):
                    self._note(f"Invalid principal in policy: `{text[:200]}`")
                    complete = False
                else:
                    entries.append(PrincipalEntry(kind, text))
        return tuple(entries), complete

    # -- conditions -----------------------------------------------------------------------------------------------------------------

    def _conditions(self, value: Any) -> tuple[Condition, ...]:
        if not isinstance(value, dict):
            self._note("Condition must be an object")
            return ()
        found: list[Condition] = []
        for written, block in value.items():
            if not isinstance(block, dict) or not block:
                self._note(f"Condition `{written[:60]}` must be an object with keys")
                continue
            keys = Counter(key.lower() for key in block)
            for key, listed in block.items():
                if keys[key.lower()] > 1:
                    self._note(f"Condition key `{key[:60]}` appears twice, in different case")
                    continue
                condition = self._condition(written, key, listed)
                if condition is not None:
                    found.append(condition)
        return tuple(found)

    def _condition(self, written: str, key: str, listed: Any) -> Condition | None:
        """Read one condition; None (and a note) where it cannot be evaluated."""
        quantifier, operator, if_exists = _operator_parts(written)
        values = _condition_values(listed)
        if operator not in OPERATOR_NAMES:
            self._note(f"`{written[:60]}` is not a condition operator")
        elif not _CONDITION_KEY.fullmatch(key):
            self._note(f"`{key[:100]}` is not a condition key")
        elif values is None:
            self._note(f"Condition key `{key[:100]}` must have a string, number, boolean or a list of them, and not empty")
        else:
            condition = Condition(operator, key.lower(), values, quantifier, if_exists)
            if self._passes(lambda _: self._try_condition(condition), key):
                return condition
        return None

    def _try_condition(self, condition: Condition) -> None:
        compile_condition(condition, variables=self._variables, undetermined=False)


def _operator_parts(written: str) -> tuple[Quantifier, str, bool]:
    """Split `ForAnyValue:StringLikeIfExists` into quantifier, operator and suffix."""
    quantifier: Quantifier = ""
    for known in ("ForAllValues", "ForAnyValue"):
        if written.startswith(f"{known}:"):
            quantifier = known
            written = written[len(known) + 1 :]
    if written.endswith("IfExists"):
        return quantifier, written[: -len("IfExists")], True
    return quantifier, written, False


def _condition_values(listed: Any) -> tuple[str, ...] | None:
    values = listed if isinstance(listed, list) else [listed]
    if not values or not all(isinstance(value, str | bool) for value in values):
        return None
    return tuple(("true" if value else "false") if isinstance(value, bool) else str(value) for value in values)


def _is_aws_principal(text: str) -> bool:
    return text == "*" or (any(pattern.fullmatch(text) for pattern in (_ACCOUNT, _PRINCIPAL_ARN, _UNIQUE_ID)) and "*" not in text)
