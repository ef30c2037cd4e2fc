"""JAILBREAK: text that talks a model out of its limits."""

from __future__ import annotations

from ringwall.text.detectors.attacks.grammar import AttackRule

RULES = (
    AttackRule(
        id="do-anything-now",
        category="JAILBREAK",
        confidence=0.95,
        expressions=(
            "do anything now",
            "you|you're|youre 2 now 2 dan|jailbroken|unrestricted|unfiltered|uncensored|evil|free|liberated|unbound|unlimited",
            "you are|become|be|as dan 3 anything|jailbroken|unrestricted|restrictions|rules|which|who",
        ),
    ),
    AttackRule(
        id="another-self",
        category="JAILBREAK",
        confidence=0.85,
        expressions=(
            "you are|were now 1 {unbound}",
            (
                "you are|were no longer 2 bound|restricted|limited|constrained|required|subject|an_ai|a_language_model|an_assistant|"
                "claude|chatgpt|governed|obligated"
            ),
            "from now on 2 you 1 are|will|must|shall|have_to|can 5 {unbound}|ignore|obey|comply|anything|restrictions|rules|refuse",
            "you_are_now|you're_now|youre_now a|an|the|in|my|called|named|going",
            "{become} 1 {as} 3 {unbound}",
            "{become} 1 {as} 8 {free} 2 {freedom_from}",
        ),
    ),
    AttackRule(
        id="no-restrictions",
        category="JAILBREAK",
        expressions=(
            "you|model|assistant|ai|chatbot 3 have|has|having no|zero|without 2 {freedom_from}",
            (
                "you|model|assistant|ai|chatbot|llm 4 without|free_of|free_from|not_bound_by|unbound_by|not_limited_by|"
                "not_restricted_by 3 {freedom_from}"
            ),
            (
                "answer|respond|reply|act|speak|write|behave|operate|comply|proceed 3 without 3 restrictions|restriction|filters|"
                "filter|filtering|censorship|limits|limitations|ethics|ethical"
                "|morals|moral|guidelines|safeguards|guardrails|rules|moderation|refusing|refusal|disclaimers|warnings"
            ),
            (
                "no|without|zero 1 moral|ethical|safety|content 2 restrictions|constraints|limitations|limits|rules|filters|"
                "guidelines|boundaries|safeguards|guardrails|policies"
            ),
        ),
    ),
    AttackRule(
        id="special-mode",
        category="JAILBREAK",
        expressions=(
            "{enter} 2 {mode} mode",
            "{mode} mode 1 {entered}",
            "{mode_hard} mode",
        ),
    ),
    AttackRule(
        id="disable-safety",
        category="JAILBREAK",
        confidence=0.95,
        expressions=(
            "{disable} 2 your|all|any|safety|content|ethical|moral|ai|moderation|built_in|its|every|openai 2 {brakes}",
            (
                "disable|deactivate|circumvent|evade|bypass|defeat|disabling|bypassing 1 the 2 safety|guardrail|guardrails|"
                "moderation|censorship|safeguards|content_policy|content_filter|content_filters|restrictions"
            ),
            "turn|switch|shut your|all|the|any 1 safety|content|ethical|moderation|guardrails|filters|restrictions 2 off",
            (
                "safety|content|ethical|moderation 1 filters|filter|protocols|guidelines|restrictions|checks|guardrails|policy 2 "
                "off|disabled|deactivated|lifted|suspended|removed"
            ),
        ),
    ),
    AttackRule(
        id="unfiltered-model",
        category="JAILBREAK",
        confidence=0.85,
        expressions=(
            "{unbound_hard} 1 {model}",
            "stay in character 4 dan|jailbroken|unrestricted|unfiltered|refuse",
            "jailbreak prompt|yourself|chatgpt|gpt|this_ai|the_ai",
        ),
    ),
)
