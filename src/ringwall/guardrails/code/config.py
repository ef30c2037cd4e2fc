"""The document in which an owner says what is to be done about code in answers, and where code stands in tool calls."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from ringwall.errors import InvalidRequest
from ringwall.guardrails.code.finding import RANK, Severity
from ringwall.guardrails.code.languages import ALIASES
from ringwall.guardrails.code.policy import CodeAction, CodePolicy

BLOCKED_MESSAGE = "The code in this answer was withheld."
TOOL_ARGUMENTS = ("*.code", "*.script", "*.command", "*.source")
"""What holds code where the document does not say: arguments of these names, of any tool."""

_ARGUMENT = r"^([*]|[A-Za-z0-9_-]{1,64})[.][A-Za-z0-9_-]{1,64}(=[A-Za-z0-9+#-]{1,20})?\Z"
_LANGUAGES = frozenset(ALIASES.values())
_ACTIONS: tuple[CodeAction, ...] = ("NONE", "ANNOTATE", "BLOCK")


class CodePolicyConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"):
    """A `CodePolicy`, and what the gateway needs besides.

    blocked_message: what stands in the place of what is withheld.
    tool_arguments: `TOOL.ARGUMENT` or `TOOL.ARGUMENT=LANGUAGE`, `*` for any tool: arguments that hold code, at any depth.
    """

    action: CodeAction = "BLOCK"
    severity: Severity = "MEDIUM"
    languages: Annotated[tuple[Annotated[str, Meta(max_length=20)], ...], Meta(max_length=50)] = ()
    unscanned: Literal["ALLOW", "BLOCK"] = "BLOCK"
    unparsed: Severity = "MEDIUM"
    blocked_message: Annotated[str, Meta(min_length=1, max_length=500)] = BLOCKED_MESSAGE
    tool_arguments: Annotated[tuple[Annotated[str, Meta(pattern=_ARGUMENT)], ...], Meta(max_length=100)] = TOOL_ARGUMENTS

    @property
    def policy(self) -> CodePolicy:
        """The part that judges."""
        return CodePolicy(
            action=self.action, severity=self.severity, languages=self.languages, unscanned=self.unscanned, unparsed=self.unparsed
        )


def covers(one: CodePolicyConfig, other: CodePolicyConfig) -> bool:
    """Tell whether an answer that passes `one` has nothing to fear from `other`: every verdict of the one is at least as hard.

    Invariant: `judge` never answers less by `one.policy` than by `other.policy` (tests/property/code/test_policies.py).
    """
    notes_unscanned = other.action == "ANNOTATE" and other.unscanned == "ALLOW"  # which a policy that blocks and allows it does not
    return (
        _ACTIONS.index(one.action) >= _ACTIONS.index(other.action)
        and RANK[one.severity] <= RANK[other.severity]
        and (not one.languages or (bool(other.languages) and set(one.languages) >= set(other.languages)))
        and (one.unscanned == "BLOCK" or (other.unscanned == "ALLOW" and not (notes_unscanned and one.action == "BLOCK")))
        and RANK[one.unparsed] >= RANK[other.unparsed]
        and set(one.tool_arguments) >= set(other.tool_arguments)
    )


def check_code_policy(config: CodePolicyConfig) -> None:
    """Check what the types do not say.

    Raises:
        InvalidRequest: a language is none that ringwall knows.
    """
    for language in config.languages:
        if language not in _LANGUAGES:
            raise InvalidRequest(
                f"`{language}` is no language that ringwall knows by this name", remedy="docs/filters/code.md lists the names"
            )
    for pattern in config.tool_arguments:
        word = pattern.partition("=")[2]
        if word and word.lower() not in ALIASES:
            raise InvalidRequest(
                f"`{word}` is no language that ringwall knows", remedy="name a language as a Markdown fence does: python, go, sh"
            )
