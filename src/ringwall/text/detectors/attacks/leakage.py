"""PROMPT_LEAKAGE: text that asks a model for its prompt, or for secrets it was given."""

from __future__ import annotations

from ringwall.text.detectors.attacks.grammar import AttackRule

RULES = (
    AttackRule(
        id="reveal-prompt",
        category="PROMPT_LEAKAGE",
        confidence=0.95,
        expressions=(
            "{reveal} 3 {owner} 1 {told}",
            "{reveal} 2 your 2 prompt|prompts|instructions|system_message|directives|guidelines|preprompt|programming",
            "{reveal_hard} 3 prompt|instructions|directives",
        ),
    ),
    AttackRule(
        id="repeat-what-is-above",
        category="PROMPT_LEAKAGE",
        expressions=(
            (
                "repeat|print|output|recite|echo|copy|reproduce|display|reveal|return|show 2 everything|words|text|contents|content|"
                "message|messages|sentences|instructions|lines "
                "2 above|before_this|preceding|prior"
            ),
            "repeat|print|output|recite|echo|say|copy 6 starting|beginning with|from 2 you_are|the_words|word",
            (
                "repeat|print|output|recite|tell_me|say|show 3 first|initial|everything 4 you_were|you_have_been|you_received|"
                "you've_been told|given|instructed|received|sent|programmed"
            ),
            (
                "what|which 2 instructions|prompt|rules|directions|guidelines were|was|did|have|do you 1 given|told|receive|"
                "received|been|programmed|follow|get|have"
            ),
        ),
    ),
    AttackRule(
        id="reveal-secret",
        category="PROMPT_LEAKAGE",
        expressions=(
            "{reveal_hard} 3 {secrets}",
            "{reveal_soft} 1 the|your|all|its|every 2 {secrets}",
            "what|what's 1 the|your admin|administrator|root|master|secret|database|system|hidden {secrets}",
            (
                "{reveal_soft} 1 the|your|all 2 admin|administrator|root|master|secret|hidden 1 password|passwords|key|keys|code|"
                "token|phrase|credentials"
            ),
        ),
    ),
)
