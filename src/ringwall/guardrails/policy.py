"""A guardrail's configuration: AWS's own words as frozen values.

The structs are the configuration half of CreateGuardrail, member for member (Source: botocore service model bedrock 2023-04-20), so a valid
request converts without translation and converts back for GetGuardrail. What the service model cannot say is checked
where a configuration is read (`parsing`).
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from ringwall.guardrails.verdict import Action

Source = Literal["INPUT", "OUTPUT"]
Strength = Literal["NONE", "LOW", "MEDIUM", "HIGH"]
TextOrigin = Literal["TOOL_RESULT", "DOCUMENT"]  # where a text comes from that nobody of the conversation wrote
ContentType = Literal["SEXUAL", "VIOLENCE", "HATE", "INSULTS", "MISCONDUCT", "PROMPT_ATTACK"]
BlockAction = Literal["BLOCK", "NONE"]
SensitiveAction = Literal["BLOCK", "ANONYMIZE", "NONE"]
PiiType = Literal[
    "ADDRESS", "AGE", "AWS_ACCESS_KEY", "AWS_SECRET_KEY", "CA_HEALTH_NUMBER", "CA_SOCIAL_INSURANCE_NUMBER", "CREDIT_DEBIT_CARD_CVV",
    "CREDIT_DEBIT_CARD_EXPIRY", "CREDIT_DEBIT_CARD_NUMBER", "DRIVER_ID", "EMAIL", "INTERNATIONAL_BANK_ACCOUNT_NUMBER", "IP_ADDRESS",
    "LICENSE_PLATE", "MAC_ADDRESS", "NAME", "PASSWORD", "PHONE", "PIN", "SWIFT_CODE", "UK_NATIONAL_HEALTH_SERVICE_NUMBER",
    "UK_NATIONAL_INSURANCE_NUMBER", "UK_UNIQUE_TAXPAYER_REFERENCE_NUMBER", "URL", "USERNAME", "US_BANK_ACCOUNT_NUMBER",
    "US_BANK_ROUTING_NUMBER", "US_INDIVIDUAL_TAX_IDENTIFICATION_NUMBER", "US_PASSPORT_NUMBER", "US_SOCIAL_SECURITY_NUMBER",
    "VEHICLE_IDENTIFICATION_NUMBER",
]  # fmt: skip


class _Config(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel", omit_defaults=True):
    """A configuration structure of the AWS model."""


class _Sided(_Config, frozen=True, kw_only=True):
    """A filter that can be switched off, or told to report only, per direction."""

    input_enabled: bool | None = None
    output_enabled: bool | None = None

    def is_enabled(self, source: Source) -> bool:
        """Say whether the filter runs on this source; it does unless it is switched off."""
        return (self.input_enabled if source == "INPUT" else self.output_enabled) is not False


class _Blocking(_Sided, frozen=True, kw_only=True):
    """A filter that blocks or reports."""

    input_action: BlockAction | None = None
    output_action: BlockAction | None = None

    def action_on(self, source: Source) -> Action:
        """Return what a detection does on this source: BLOCK unless the configuration says NONE."""
        return (self.input_action if source == "INPUT" else self.output_action) or "BLOCK"


class TierConfig(_Config, frozen=True, kw_only=True):
    """The tier of a policy; ringwall has one set of detectors and calls it CLASSIC."""

    tier_name: Literal["CLASSIC", "STANDARD"]


class Topic(_Blocking, frozen=True, kw_only=True):
    """A denied topic."""

    name: Annotated[str, Meta(min_length=1, max_length=100, pattern=r"^[0-9a-zA-Z_ !?.-]+\Z")]
    definition: Annotated[str, Meta(min_length=1, max_length=200)]
    examples: Annotated[tuple[Annotated[str, Meta(min_length=1, max_length=100)], ...], Meta(max_length=5)] = ()
    type: Literal["DENY"]


class TopicPolicy(_Config, frozen=True, kw_only=True):
    """Denied topics."""

    topics_config: Annotated[tuple[Topic, ...], Meta(min_length=1, max_length=30)]
    tier_config: TierConfig | None = None


class ContentFilter(_Blocking, frozen=True, kw_only=True):
    """A category of harmful content, or prompt attacks."""

    type: ContentType
    input_strength: Strength
    output_strength: Strength
    input_modalities: Annotated[tuple[Literal["TEXT", "IMAGE"], ...], Meta(min_length=1, max_length=2)] | None = None
    output_modalities: Annotated[tuple[Literal["TEXT", "IMAGE"], ...], Meta(min_length=1, max_length=2)] | None = None

    def strength_on(self, source: Source) -> Strength:
        """Return the strength for this source."""
        return self.input_strength if source == "INPUT" else self.output_strength

    def is_enabled(self, source: Source) -> bool:
        """Say whether the filter runs on this source: it is not switched off, and its strength there is not NONE."""
        return super().is_enabled(source) and self.strength_on(source) != "NONE"


class ContentPolicy(_Config, frozen=True, kw_only=True):
    """Content filters.

    origin_strengths: ringwall's own, in no AWS shape: filters' strengths for what tools and documents say, where they differ from the
        filter's `input_strength`. They are for scores; rules that fire count as everywhere.
    """

    filters_config: Annotated[tuple[ContentFilter, ...], Meta(min_length=1, max_length=6)]
    tier_config: TierConfig | None = None
    origin_strengths: dict[TextOrigin, dict[ContentType, Strength]] | None = None


class Word(_Blocking, frozen=True, kw_only=True):
    """A denied word or phrase."""

    text: Annotated[str, Meta(min_length=1, max_length=100)]


class ManagedWords(_Blocking, frozen=True, kw_only=True):
    """A list of words that ringwall maintains."""

    type: Literal["PROFANITY"]


class WordPolicy(_Config, frozen=True, kw_only=True):
    """Denied words."""

    words_config: Annotated[tuple[Word, ...], Meta(max_length=10_000)] = ()
    managed_word_lists_config: tuple[ManagedWords, ...] = ()


class _Sensitive(_Sided, frozen=True, kw_only=True):
    """A filter that blocks, masks or reports; a direction's own action overrides the common one."""

    action: SensitiveAction
    input_action: SensitiveAction | None = None
    output_action: SensitiveAction | None = None

    def action_on(self, source: Source) -> Action:
        """Return what a detection does on this source."""
        return (self.input_action if source == "INPUT" else self.output_action) or self.action


class PiiEntity(_Sensitive, frozen=True, kw_only=True):
    """One type of personally identifiable information."""

    type: PiiType


class Regex(_Sensitive, frozen=True, kw_only=True):
    """A custom regular expression."""

    name: Annotated[str, Meta(min_length=1, max_length=100)]
    pattern: Annotated[str, Meta(min_length=1, max_length=500)]
    description: Annotated[str, Meta(min_length=1, max_length=1000)] | None = None


class SensitiveInformationPolicy(_Config, frozen=True, kw_only=True):
    """Personally identifiable information and custom regular expressions."""

    pii_entities_config: tuple[PiiEntity, ...] = ()
    regexes_config: Annotated[tuple[Regex, ...], Meta(max_length=30)] = ()


class GroundingFilter(_Config, frozen=True, kw_only=True):
    """The least score an answer needs; checked on OUTPUT only."""

    type: Literal["GROUNDING", "RELEVANCE"]
    threshold: Annotated[float, Meta(ge=0)]
    action: BlockAction | None = None
    enabled: bool | None = None

    def is_enabled(self, source: Source) -> bool:
        """Say whether the filter runs: grounding is a property of answers."""
        return source == "OUTPUT" and self.enabled is not False

    def action_on(self, source: Source) -> Action:  # noqa: ARG002 - the same for every source; one shape for all filters
        """Return what a low score does: BLOCK unless the configuration says NONE."""
        return self.action or "BLOCK"


class GroundingPolicy(_Config, frozen=True, kw_only=True):
    """Contextual grounding."""

    filters_config: Annotated[tuple[GroundingFilter, ...], Meta(min_length=1)]
    tier_config: TierConfig | None = None


class GuardrailConfig(_Config, frozen=True, kw_only=True):
    """Everything about a guardrail that decides its verdicts and answers.

    readings: ringwall's own, in no AWS shape: RAW reads texts as they are written and nothing that is folded or encoded. ALL if None.
    """

    name: Annotated[str, Meta(min_length=1, max_length=50, pattern=r"^[0-9a-zA-Z_-]+\Z")]
    description: Annotated[str, Meta(min_length=1, max_length=200)] | None = None
    blocked_input_messaging: Annotated[str, Meta(min_length=1, max_length=500)]
    blocked_outputs_messaging: Annotated[str, Meta(min_length=1, max_length=500)]
    topic_policy_config: TopicPolicy | None = None
    content_policy_config: ContentPolicy | None = None
    word_policy_config: WordPolicy | None = None
    sensitive_information_policy_config: SensitiveInformationPolicy | None = None
    contextual_grounding_policy_config: GroundingPolicy | None = None
    readings: Literal["ALL", "RAW"] | None = None

    @property
    def topics(self) -> tuple[Topic, ...]:
        """The denied topics."""
        return self.topic_policy_config.topics_config if self.topic_policy_config else ()

    @property
    def content_filters(self) -> tuple[ContentFilter, ...]:
        """The content filters."""
        return self.content_policy_config.filters_config if self.content_policy_config else ()

    @property
    def origin_strengths(self) -> dict[TextOrigin, dict[ContentType, Strength]]:
        """The content filters' strengths by origin, where they differ."""
        return (self.content_policy_config.origin_strengths if self.content_policy_config else None) or {}

    @property
    def words(self) -> tuple[Word, ...]:
        """The denied words."""
        return self.word_policy_config.words_config if self.word_policy_config else ()

    @property
    def managed_words(self) -> tuple[ManagedWords, ...]:
        """The managed word lists."""
        return self.word_policy_config.managed_word_lists_config if self.word_policy_config else ()

    @property
    def pii_entities(self) -> tuple[PiiEntity, ...]:
        """The PII types."""
        return self.sensitive_information_policy_config.pii_entities_config if self.sensitive_information_policy_config else ()

    @property
    def regexes(self) -> tuple[Regex, ...]:
        """The custom regular expressions."""
        return self.sensitive_information_policy_config.regexes_config if self.sensitive_information_policy_config else ()

    @property
    def grounding_filters(self) -> tuple[GroundingFilter, ...]:
        """The grounding and relevance filters."""
        return self.contextual_grounding_policy_config.filters_config if self.contextual_grounding_policy_config else ()

    @property
    def filters(self) -> tuple[_Blocking | _Sensitive | GroundingFilter, ...]:
        """Every filter of every policy."""
        blocking = (*self.topics, *self.content_filters, *self.words, *self.managed_words)
        return (*blocking, *self.pii_entities, *self.regexes, *self.grounding_filters)
