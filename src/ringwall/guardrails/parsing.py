"""Read a guardrail's configuration, and refuse one that is not served, says a thing twice, or would check nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from ringwall.guardrails.errors import PolicyRefused
from ringwall.guardrails.policy import GuardrailConfig

THRESHOLD_MAX = 0.99  # "A threshold of 1 is invalid as that will block all content" (Bedrock user guide, contextual grounding)
_UNSERVED = {
    "automatedReasoningPolicyConfig": "automated reasoning policies are not served yet",
    "crossRegionConfig": "ringwall judges content where it runs and routes it to no other region",
    "kmsKeyId": "customer managed keys for guardrails are not served yet; guardrails are stored under ringwall's own key",
}


def parse_config(config: Mapping[str, Any]) -> GuardrailConfig:
    """Read an AWS-shaped configuration, or say why it is refused.

    Args:
        config: members of CreateGuardrail that describe the guardrail (no tags, no clientRequestToken).

    Raises:
        PolicyRefused: a member is unknown, unserved, malformed, twice there, or the whole would check nothing.
    """
    for member, reason in _UNSERVED.items():
        if config.get(member) is not None:
            raise PolicyRefused(f"`{member}`: {reason}", remedy=f"leave `{member}` out")
    try:
        parsed = msgspec.convert({key: value for key, value in config.items() if value is not None}, GuardrailConfig)
        msgspec.json.encode(parsed)
    except msgspec.ValidationError as error:
        raise PolicyRefused(str(error).replace("$.", "").replace("$", "the configuration")) from error
    except UnicodeEncodeError:
        raise PolicyRefused("the configuration holds a lone surrogate, which is no character and can be neither stored nor found") from None
    _refuse_duplicates(parsed)
    _refuse_unserved_values(parsed)
    _refuse_idle_origins(parsed)
    _refuse_nothing_to_check(parsed)
    return parsed


def keep_own(config: GuardrailConfig, former: GuardrailConfig) -> GuardrailConfig:
    """Return a configuration with what is ringwall's own of the one before it: strengths by origin, and which readings are made.

    AWS's shapes have no word for them, so an update in AWS's words leaves them as they are (strengths: of filters that still run on INPUT).
    """
    if config.readings is None:
        config = msgspec.structs.replace(config, readings=former.readings)
    policy = config.content_policy_config
    if policy is None or policy.origin_strengths is not None:
        return config
    running = {filter_.type for filter_ in config.content_filters if filter_.is_enabled("INPUT")}
    kept = {
        origin: {type_: strength for type_, strength in strengths.items() if type_ in running}
        for origin, strengths in former.origin_strengths.items()
        if running & strengths.keys()
    }
    return msgspec.structs.replace(config, content_policy_config=msgspec.structs.replace(policy, origin_strengths=kept)) if kept else config


def _refuse_idle_origins(config: GuardrailConfig) -> None:
    """Refuse strengths by origin that would do nothing: whoever wrote them means something else.

    Raises:
        PolicyRefused: there are none, or one is of a filter that does not run on INPUT.
    """
    policy = config.content_policy_config
    if policy is None or policy.origin_strengths is None:
        return
    member = "contentPolicyConfig.originStrengths"
    if not policy.origin_strengths or not all(policy.origin_strengths.values()):
        raise PolicyRefused(f"`{member}` is empty", remedy="give every origin in it a filter's strength, or leave it out")
    running = {filter_.type for filter_ in config.content_filters if filter_.is_enabled("INPUT")}
    for origin, strengths in policy.origin_strengths.items():
        for type_ in strengths:
            if type_ not in running:
                raise PolicyRefused(
                    f"`{member}.{origin}.{type_}`: the guardrail has no {type_} filter that runs on INPUT",
                    remedy=f"give {type_} an inputStrength other than NONE, or leave it out of `{member}`",
                )


def _refuse_duplicates(config: GuardrailConfig) -> None:
    named: tuple[tuple[str, Iterable[str]], ...] = (
        ("topicPolicyConfig.topicsConfig", (topic.name for topic in config.topics)),
        ("contentPolicyConfig.filtersConfig", (filter_.type for filter_ in config.content_filters)),
        ("wordPolicyConfig.wordsConfig", (word.text.casefold() for word in config.words)),
        ("wordPolicyConfig.managedWordListsConfig", (words.type for words in config.managed_words)),
        ("sensitiveInformationPolicyConfig.piiEntitiesConfig", (entity.type for entity in config.pii_entities)),
        ("sensitiveInformationPolicyConfig.regexesConfig", (regex.name for regex in config.regexes)),
        ("contextualGroundingPolicyConfig.filtersConfig", (filter_.type for filter_ in config.grounding_filters)),
    )
    for member, names in named:
        seen: set[str] = set()
        for name in names:
            if name in seen:
                raise PolicyRefused(f"`{member}` lists `{name}` twice")
            seen.add(name)


def _refuse_unserved_values(config: GuardrailConfig) -> None:
    for filter_ in config.content_filters:
        if filter_.type == "PROMPT_ATTACK" and filter_.output_strength != "NONE":
            raise PolicyRefused("the outputStrength of a PROMPT_ATTACK filter must be NONE: prompt attacks are looked for in input only")
        if "IMAGE" in (*(filter_.input_modalities or ()), *(filter_.output_modalities or ())):
            raise PolicyRefused(f"the {filter_.type} filter asks for IMAGE: ringwall does not judge images", remedy="ask for TEXT only")
    for word in config.words:
        if not word.text.strip():
            raise PolicyRefused("`wordPolicyConfig.wordsConfig` lists a word that is only white space")
    for grounding in config.grounding_filters:
        if grounding.threshold > THRESHOLD_MAX:
            raise PolicyRefused(f"the threshold of {grounding.type} must be at most {THRESHOLD_MAX}: a higher one blocks everything")
    for member, policy in (
        ("topicPolicyConfig", config.topic_policy_config),
        ("contentPolicyConfig", config.content_policy_config),
        ("contextualGroundingPolicyConfig", config.contextual_grounding_policy_config),
    ):
        if policy is not None and policy.tier_config is not None and policy.tier_config.tier_name == "STANDARD":
            raise PolicyRefused(
                f"`{member}.tierConfig`: the STANDARD tier needs a cross-region guardrail profile, which is not served",
                remedy="leave tierConfig out, or ask for CLASSIC",
            )


def _refuse_nothing_to_check(config: GuardrailConfig) -> None:
    if not config.filters:
        raise PolicyRefused("the guardrail has no filter: give it at least one policy with at least one filter")
    for member, policy, filters in (
        ("wordPolicyConfig", config.word_policy_config, (*config.words, *config.managed_words)),
        ("sensitiveInformationPolicyConfig", config.sensitive_information_policy_config, (*config.pii_entities, *config.regexes)),
    ):
        if policy is not None and not filters:
            raise PolicyRefused(f"`{member}` is empty", remedy=f"give `{member}` a filter or leave it out")
    if not any(filter_.is_enabled(source) for filter_ in config.filters for source in ("INPUT", "OUTPUT")):
        raise PolicyRefused("every filter is switched off or has strength NONE in both directions: the guardrail would check nothing")
