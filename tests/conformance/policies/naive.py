"""An independent evaluator: slow, without index, cache or regular expressions, straight from the documents' JSON.

It shares no code with `ringwall.policies` but the vocabulary's `Principal`. Documents must be valid; three-valued logic is None.
"""

from __future__ import annotations

import base64
import ipaddress
import json
from datetime import datetime
from fractions import Fraction
from typing import Any

from ringwall.vocabulary import Principal

ANY, ONE, ANY_IN_SEGMENT, ONE_IN_SEGMENT = object(), object(), object(), object()


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def matches(pattern: list[Any], text: str) -> bool:
    """Dynamic programming over positions: which prefixes of the text the pattern so far can have eaten."""
    reached = {0}
    for token in pattern:
        following = set()
        for at in reached:
            if token is ANY:
                following |= set(range(at, len(text) + 1))
            elif token is ANY_IN_SEGMENT:
                end = at
                following.add(end)
                while end < len(text) and text[end] != ":":
                    end += 1
                    following.add(end)
            elif token is ONE:
                if at < len(text):
                    following.add(at + 1)
            elif token is ONE_IN_SEGMENT:
                if at < len(text) and text[at] != ":":
                    following.add(at + 1)
            elif at < len(text) and text[at] == token:
                following.add(at + 1)
        reached = following
    return len(text) in reached


def expand(text: str, context: dict[str, list[str]], variables: bool, wild: bool) -> list[Any] | None:
    """Turn a pattern into single characters and ANY/ONE, variables put in; None if one has no value."""
    out: list[Any] = []
    at = 0
    while at < len(text):
        if variables and text.startswith("${", at):
            end = text.index("}", at)
            body = text[at + 2 : end]
            at = end + 1
            if body in ("*", "?", "$"):
                out.append(body)
                continue
            key, _, default = body.partition(",")
            values = context.get(key.strip().lower(), [])
            if len(values) == 1:
                out.extend(values[0])
            elif not values and default:
                out.extend(default.strip()[1:-1])
            else:
                return None
            continue
        out.append({"*": ANY, "?": ONE}.get(text[at], text[at]) if wild else text[at])
        at += 1
    return out


def resource_matches(pattern: str, resource: str, context: dict[str, list[str]], variables: bool) -> bool | None:
    tokens = expand(pattern, context, variables, wild=True)
    if tokens is None:
        return None
    collapsed: list[Any] = []
    for token in tokens:
        if not (token is ANY and collapsed and collapsed[-1] is ANY):
            collapsed.append(token)
    for index, token in enumerate(collapsed):
        ends_segment = index + 1 == len(collapsed) or collapsed[index + 1] == ":"
        if token is ANY and not ends_segment:
            collapsed[index] = ANY_IN_SEGMENT
        elif token is ONE:
            collapsed[index] = ONE_IN_SEGMENT
    return matches(collapsed, resource)


def parse_date(text: str) -> Fraction | None:
    try:
        return (
            Fraction(text)
            if not (len(text) == 4 and text.isdigit())
            else Fraction(int(datetime.fromisoformat(text + "-01-01T00:00:00+00:00").timestamp()))
        )
    except ValueError:
        pass
    for candidate in (text, text + "T00:00:00+00:00", text + "-01T00:00:00+00:00"):
        try:
            parsed = datetime.fromisoformat(candidate)
        except ValueError:
            continue
        if parsed.tzinfo:
            return Fraction(int(parsed.timestamp() // 1)) + Fraction(parsed.microsecond, 1_000_000)
    return None


def parse_number(text: str) -> Fraction | None:
    try:
        return Fraction(text)
    except ValueError:
        return None


def split_arn(pattern: str) -> list[str]:
    """Split at the first five colons that stand outside `${...}`."""
    parts, inside = [""], False
    for at, char in enumerate(pattern):
        inside = (inside or pattern.startswith("${", at)) and char != "}"
        if char == ":" and not inside and len(parts) < 6:
            parts.append("")
        else:
            parts[-1] += char
    return parts


def compare(family: str, relation: str, given: str, wanted: str, context: dict[str, list[str]], variables: bool) -> bool | None:
    if family == "String":
        if relation == "Like":
            tokens = expand(wanted, context, variables, wild=True)
            return None if tokens is None else matches(tokens, given)
        tokens = expand(wanted, context, variables, wild=False)
        if tokens is None:
            return None
        text = "".join(tokens)
        return text.lower() == given.lower() if relation == "EqualsIgnoreCase" else text == given
    if family == "Arn":
        parts = given.split(":", 5)
        if len(parts) != 6 or parts[0] != "arn":
            return None
        if wanted == "*":
            return True
        undetermined = False
        for one, part in zip(split_arn(wanted), parts, strict=True):
            tokens = expand(one, context, variables, wild=True)
            if tokens is None:
                undetermined = True
            elif not matches(tokens, part):
                return False if not undetermined else None
        return None if undetermined else True
    if family in ("Numeric", "Date"):
        parse = parse_number if family == "Numeric" else parse_date
        left, right = parse(given), parse(wanted)
        if left is None:
            return None
        assert right is not None
        return {
            "Equals": left == right,
            "LessThan": left < right,
            "LessThanEquals": left <= right,
            "GreaterThan": left > right,
            "GreaterThanEquals": left >= right,
        }[relation]
    if family == "Bool":
        return None if given.lower() not in ("true", "false") else given.lower() == wanted.lower()
    if family == "Binary":
        try:
            return base64.b64decode(given, validate=True) == base64.b64decode(wanted, validate=True)
        except ValueError:
            return None
    if family == "IpAddress":
        try:
            address = ipaddress.ip_address(given)
        except ValueError:
            return None
        address = getattr(address, "ipv4_mapped", None) or address
        return address in ipaddress.ip_network(wanted, strict=False)
    raise AssertionError(family)


def split_operator(name: str) -> tuple[str, bool, str, str, bool]:
    quantifier = ""
    if ":" in name:
        quantifier, name = name.split(":")
    if_exists = name.endswith("IfExists")
    name = name.removesuffix("IfExists")
    if name in ("IpAddress", "NotIpAddress"):
        return quantifier, if_exists, "IpAddress", "", name.startswith("Not")
    for family in ("String", "Numeric", "Date", "Bool", "Binary", "Arn", "Null"):
        if name.startswith(family):
            relation = name.removeprefix(family)
            negated = relation.startswith("Not")
            return quantifier, if_exists, family, relation.removeprefix("Not"), negated
    raise AssertionError(name)


def clause(name: str, key: str, wanted: list[Any], context: dict[str, list[str]], variables: bool) -> bool | None:
    quantifier, if_exists, family, relation, negated = split_operator(name)
    wanted = [json.dumps(one) if isinstance(one, bool) else str(one) for one in wanted]
    given = context.get(key.lower(), [])
    if family == "Null":
        return any((given in ([], [""])) == (one.lower() == "true") for one in wanted)

    def one_value(value: str) -> bool | None:
        results = [compare(family, relation, value, one, context, variables) for one in wanted]
        if True in results:
            return not negated
        return None if None in results else negated

    if quantifier == "ForAllValues":
        results = [one_value(value) for value in given] if given != [""] else []
        return None if None in results else all(results)
    if not given:
        return if_exists or (negated and not quantifier)
    results = [one_value(value) for value in given]
    if quantifier == "ForAnyValue":
        return None if None in results else any(results)
    return results[0] if len(given) == 1 else None


def reach(block: Any, principal: Principal, context: dict[str, list[str]]) -> set[str]:
    names = ["*"] if block == "*" else [one for kind, ones in block.items() if kind == "AWS" for one in as_list(ones)]
    found = set()
    for name in names:
        if name == "*" or name in (principal.arn, principal.principal_id):
            found.add("direct")
        if name in (principal.account_id, f"arn:aws:iam::{principal.account_id}:root"):
            found.discard("direct") if name == principal.arn else None
            found.add("account")
        if principal.kind == "AssumedRole" and [name] == context.get("aws:principalarn"):
            found.add("role")
        if principal.kind == "AssumedRole" and name == principal.principal_id.split(":")[0]:
            found.add("role")
    return found


def statement_matches(statement: dict[str, Any], variables: bool, request: dict[str, Any]) -> str | bool:
    """False, or how the statement reaches the caller: direct, role or account."""
    context, principal = request["context"], request["principal"]
    deny = statement["Effect"] == "Deny"
    actions = as_list(statement.get("Action", statement.get("NotAction")))
    hit = any(matches([{"*": ANY, "?": ONE}.get(char, char) for char in one.lower()], request["action"].lower()) for one in actions)
    if hit == ("NotAction" in statement):
        return False
    if "Resource" in statement or "NotResource" in statement:
        patterns = as_list(statement.get("Resource", statement.get("NotResource")))
        results = [resource_matches(one, request["resource"], context, variables) for one in patterns]
        fits = True if True in results else None if None in results else False
        if fits is not None:
            fits = fits != ("NotResource" in statement)
        if not (deny if fits is None else fits):
            return False
    for name, block in statement.get("Condition", {}).items():
        for key, wanted in block.items():
            holds = clause(name, key, as_list(wanted), context, variables)
            if not (deny if holds is None else holds):
                return False
    if "Principal" in statement:
        found = reach(statement["Principal"], principal, context)
        return "direct" if "direct" in found else "role" if "role" in found else "account" if found else False
    if "NotPrincipal" in statement:
        found = reach(statement["NotPrincipal"], principal, context)
        if deny:
            needed = {"Root": {"account"}, "IAMUser": {"account", "direct"}, "AssumedRole": {"account", "direct", "role"}}[principal.kind]
            return False if needed <= found else "direct"
        return False if found else "account"
    return "direct"


def outcomes(documents: list[dict[str, Any]], request: dict[str, Any]) -> tuple[bool, set[str]]:
    """Whether a Deny matches, and how Allows reach the caller."""
    denied, allowed = False, set()
    for document in documents:
        for statement in as_list(document["Statement"]):
            result = statement_matches(statement, document.get("Version") == "2012-10-17", request)
            if result and statement["Effect"] == "Deny":
                denied = True
            elif result:
                allowed.add(str(result))
    return denied, allowed


def decide(sets: dict[str, Any], request: dict[str, Any]) -> tuple[bool, str]:
    """Return (allowed, reason). sets: identity (list), boundary, session, resource (list or None), resource_must_allow."""
    root = request["principal"].kind == "Root"
    results = {
        name: None if sets.get(name) is None else outcomes(sets[name], request) for name in ("identity", "boundary", "session", "resource")
    }
    for name, result in results.items():
        if result and result[0] and not (root and name != "resource"):
            return False, "explicit-deny"
    parts = request["resource"].split(":", 5)
    owner = request["context"].get("aws:resourceaccount", [parts[4] if len(parts) == 6 else ""])
    own = owner[0] in ("", "aws", request["principal"].account_id)
    granted = results["resource"][1] if results["resource"] else set()
    if not granted and (not own or sets.get("resource_must_allow")):
        return False, "resource"
    if own and "direct" in granted:
        return True, "allowed"
    if root:
        return True, "allowed"
    if not (results["identity"] and results["identity"][1]) and not (own and "role" in granted):
        return False, "implicit-deny"
    for name in ("boundary", "session"):
        if results[name] is not None and not results[name][1]:
            return False, name
    return True, "allowed"
