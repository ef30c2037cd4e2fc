"""The shorter JSON that people write for a guardrail, made into a configuration that AWS would take, with a warning per change.

Accepted beyond AWS (docs/filters/policies.md, "The short form"):

- filter type `PROMPT_INJECTION` means `PROMPT_ATTACK`;
- a content filter without `outputStrength` takes its `inputStrength`, PROMPT_ATTACK takes NONE (AWS allows no other);
- a guardrail without `name` gets one.

Everything else stays as it is, and is judged by `parse_config` like any other configuration. The AWS face does not use this.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from ringwall.guardrails.errors import PolicyRefused


class Normalised(msgspec.Struct, frozen=True):
    """An AWS-shaped configuration, and what was changed to make it one."""

    config: dict[str, Any]
    warnings: tuple[str, ...]


def normalise(document: Mapping[str, Any], *, generated_name: str) -> Normalised:
    """Make an AWS-shaped configuration of a document.

    Args:
        document: members of CreateGuardrail, or the short form of it.
        generated_name: what to call the guardrail where the document does not.

    Returns:
        The configuration and one warning per change; the document itself is left as it is.

    Raises:
        PolicyRefused: the document is not a JSON object.
    """
    if not isinstance(document, Mapping):
        raise PolicyRefused("a guardrail is written as a JSON object")
    config = dict(document)
    warnings: list[str] = []
    if config.get("name") is None:
        config["name"] = generated_name
        warnings.append(f"`name` is missing: the guardrail is called `{generated_name}`")
    policy = config.get("contentPolicyConfig")
    if isinstance(policy, Mapping) and isinstance(policy.get("filtersConfig"), list | tuple):
        filters = [_filter(index, each, warnings) for index, each in enumerate(policy["filtersConfig"])]
        config["contentPolicyConfig"] = {**policy, "filtersConfig": filters}
    return Normalised(config, tuple(warnings))


def _filter(index: int, filter_: object, warnings: list[str]) -> object:
    if not isinstance(filter_, Mapping):
        return filter_
    at = f"contentPolicyConfig.filtersConfig[{index}]"
    written = dict(filter_)
    if written.get("type") == "PROMPT_INJECTION":
        written["type"] = "PROMPT_ATTACK"
        warnings.append(f"`{at}.type`: PROMPT_INJECTION is called PROMPT_ATTACK")
    if written.get("outputStrength") is None and isinstance(written.get("inputStrength"), str):
        strength = "NONE" if written.get("type") == "PROMPT_ATTACK" else written["inputStrength"]
        written["outputStrength"] = strength
        warnings.append(f"`{at}.outputStrength` is missing: {strength} is used")
    return written
