"""Guardrail resources as they are stored, and as GetGuardrail and ListGuardrails show them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from ringwall.guardrails import GuardrailConfig
from ringwall.inference.naming import DRAFT, guardrail_arn
from ringwall.inference.stored import read_body
from ringwall.storage import Document

GUARDRAIL = "guardrail"
VERSION = "guardrail-version"
NAME = "guardrail-name"  # one document per taken name, so that the database keeps names unique
REASON_CHARS = 200  # GuardrailStatusReason, max length


class Stored(msgspec.Struct, frozen=True, kw_only=True):
    """A guardrail, or one numbered version of it.

    versions_made: the highest number given so far; numbers are not given twice.
    """

    id: str
    version: str
    config: GuardrailConfig
    created_at: datetime
    updated_at: datetime
    description: str | None = None
    tags: dict[str, str] = {}
    versions_made: int = 0

    def document(self, account_id: str, *, revision: int = 0) -> Document:
        """Return the document that holds this resource."""
        kind, id_ = (GUARDRAIL, self.id) if self.version == DRAFT else (VERSION, version_key(self.id, self.version))
        return Document(account_id=account_id, kind=kind, id=id_, body=msgspec.json.encode(self), revision=revision)


_DECODER = msgspec.json.Decoder(Stored)


def read_stored(document: Document) -> Stored:
    """Read a stored guardrail.

    Raises:
        IntegrityError: the stored bytes are no guardrail.
    """
    return read_body(_DECODER, document)


def version_key(guardrail_id: str, version: str) -> str:
    """Return the id of a version's document; zeros make the order of ids the order of numbers."""
    return f"{guardrail_id}:{int(version):08d}"


def summary(stored: Stored, *, account_id: str, region: str) -> dict[str, Any]:
    """Return the entry ListGuardrails shows."""
    shown = {
        "id": stored.id,
        "arn": guardrail_arn(region, account_id, stored.id),
        "status": "READY",
        "name": stored.config.name,
        "version": stored.version,
        "createdAt": stored.created_at,
        "updatedAt": stored.updated_at,
    }
    if stored.description:
        shown["description"] = stored.description
    return shown


def details(stored: Stored, *, account_id: str, region: str, warnings: tuple[str, ...]) -> dict[str, Any]:
    """Return what GetGuardrail shows; `statusReasons` carries what is worth knowing about the detectors behind the policy."""
    shown = summary(stored, account_id=account_id, region=region)
    shown["guardrailId"], shown["guardrailArn"] = shown.pop("id"), shown.pop("arn")
    shown["blockedInputMessaging"] = stored.config.blocked_input_messaging
    shown["blockedOutputsMessaging"] = stored.config.blocked_outputs_messaging
    if warnings:
        shown["statusReasons"] = [warning[:REASON_CHARS] for warning in warnings]
    shown.update(_policies(stored.config))
    if stored.config.readings is not None:  # no AWS shape has it: the native API shows it
        shown["readings"] = stored.config.readings
    return shown


def _policies(config: GuardrailConfig) -> dict[str, Any]:
    """Return the policies under the names the Get shapes use, with every default written out."""
    policies: dict[str, Any] = {}
    if config.topic_policy_config is not None:
        policies["topicPolicy"] = {"topics": [_shown(each) for each in config.topics], **_tier(config.topic_policy_config.tier_config)}
    if config.content_policy_config is not None:
        filters = [{"inputModalities": ["TEXT"], "outputModalities": ["TEXT"], **_shown(each)} for each in config.content_filters]
        own = (
            {"originStrengths": config.origin_strengths} if config.origin_strengths else {}
        )  # no AWS shape has it: the native API shows it
        policies["contentPolicy"] = {"filters": filters, **_tier(config.content_policy_config.tier_config), **own}
    if config.word_policy_config is not None:
        lists = {"words": [_shown(each) for each in config.words], "managedWordLists": [_shown(each) for each in config.managed_words]}
        policies["wordPolicy"] = {name: entries for name, entries in lists.items() if entries}
    if config.sensitive_information_policy_config is not None:
        lists = {"piiEntities": [_shown(each) for each in config.pii_entities], "regexes": [_shown(each) for each in config.regexes]}
        policies["sensitiveInformationPolicy"] = {name: entries for name, entries in lists.items() if entries}
    if config.contextual_grounding_policy_config is not None:
        filters = [
            {**msgspec.to_builtins(each), "action": each.action_on("OUTPUT"), "enabled": each.enabled is not False}
            for each in config.grounding_filters
        ]
        policies["contextualGroundingPolicy"] = {"filters": filters, **_tier(config.contextual_grounding_policy_config.tier_config)}
    return policies


def _shown(filter_: Any) -> dict[str, Any]:
    return {
        **msgspec.to_builtins(filter_),
        "inputAction": filter_.action_on("INPUT"),
        "outputAction": filter_.action_on("OUTPUT"),
        "inputEnabled": filter_.input_enabled is not False,
        "outputEnabled": filter_.output_enabled is not False,
    }


def _tier(tier: Any) -> dict[str, Any]:
    return {} if tier is None else {"tier": {"tierName": tier.tier_name}}
