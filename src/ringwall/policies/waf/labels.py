"""Labels: how rules name them, and how statements look for them.

Source: AWS WAF Developer Guide, "Label syntax and naming requirements" and "Label match rule statement".
"""

from __future__ import annotations

import re

from ringwall.policies.waf.element import Element
from ringwall.policies.waf.errors import InvalidWafDocument

LABELS_MAX = 100  # per rule: AWS WAF quotas
NAMESPACES_MAX = 5
PART_MAX = 128
RESERVED = frozenset({"aws", "awswaf", "waf", "managed", "rulegroup", "webacl", "regexpatternset", "ipset"})
_LABEL = re.compile(r"[0-9A-Za-z_\-:]{1,1024}")
_PREFIX = "awswaf:"


def read_labels(rule: Element, namespace: str) -> tuple[str, ...]:
    """Return the fully qualified labels of a rule.

    Raises:
        InvalidWafDocument: a label is malformed, has too many or reserved parts.
    """
    if "RuleLabels" not in rule:
        return ()
    names = [one.known("Name").text("Name", most=1024) for one in rule.elements("RuleLabels", least=0, most=LABELS_MAX)]
    for name in names:
        parts = name.split(":")
        if not _LABEL.fullmatch(name) or not all(1 <= len(part) <= PART_MAX for part in parts) or len(parts) > NAMESPACES_MAX + 1:
            raise InvalidWafDocument(f"`{rule.path}.RuleLabels` holds a malformed label")
        if RESERVED & {part.lower() for part in parts}:
            raise InvalidWafDocument(f"`{rule.path}.RuleLabels` holds a label with a reserved word")
    return tuple(dict.fromkeys(namespace + name for name in names))


class LabelKey:
    """What a statement looks for among the labels that were added before it."""

    __slots__ = ("_context", "_parts", "_wants_name", "_whole")

    def __init__(self, key: str, *, scope: str, context: str) -> None:
        self._wants_name = scope == "LABEL"
        self._parts = key.rstrip(":").split(":")
        self._whole = key.startswith(_PREFIX)
        self._context = context

    def found_in(self, labels: dict[str, None]) -> bool:
        """Say whether a label of the request is the one, or in the namespace, that is looked for."""
        return any(self._is(label) for label in labels)

    def _is(self, label: str) -> bool:
        if self._whole:
            parts, count = label.split(":"), len(self._parts)
            return parts == self._parts if self._wants_name else len(parts) > count and parts[:count] == self._parts
        if not label.startswith(self._context):
            return False
        parts, count = label[len(self._context) :].split(":"), len(self._parts)
        if self._wants_name:
            return parts[-count:] == self._parts
        return any(parts[start : start + count] == self._parts for start in range(len(parts) - count))


def read_label_key(element: Element, context: str) -> LabelKey:
    """Read a LabelMatchStatement; `context` is the namespace of the web ACL or rule group that it stands in."""
    element.known("Scope", "Key")
    key = element.text("Key", most=1024)
    if not _LABEL.fullmatch(key) or not key.strip(":"):
        raise InvalidWafDocument(f"`{element.path}.Key` is malformed")
    return LabelKey(key, scope=element.word("Scope", ("LABEL", "NAMESPACE")), context=context)


def read_namespace(element: Element) -> str:
    """Read the namespace of an aggregation key, which ends with a colon."""
    namespace = element.known("Namespace").text("Namespace", most=1024)
    if not _LABEL.fullmatch(namespace) or not namespace.endswith(":"):
        raise InvalidWafDocument(f"`{element.path}.Namespace` must end with a colon")
    return namespace
