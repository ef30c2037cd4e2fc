"""PROMPT_INJECTION: text that puts other instructions in the place of those a model was given."""

from __future__ import annotations

from ringwall.text.detectors.attacks.grammar import AttackRule

RULES = (
    AttackRule(
        id="override-instructions",
        category="PROMPT_INJECTION",
        confidence=0.95,
        expressions=(
            "{override} 3 {prior} 3 {instructions}",
            "{override} 3 all|any|your|previous|prior|existing|every 2 {soft_instructions}",
            "bypass|circumvent|override|ignore|evade 1 {soft_instructions}",
            (
                "{override_softly} 2 {strictly_prior} 2 instruction|instructions|prompt|prompts|rules|guidelines|directions|"
                "directives|programming|training|restrictions"
            ),
        ),
    ),
    AttackRule(
        id="forget-everything",
        category="PROMPT_INJECTION",
        expressions=(
            "ignore|ignoring|disregard|forget|erase|discard {everything} 2 {said_before}",
            "ignore|disregard|forget everything",
            "forget|ignore|disregard 2 you|you've 1 told|taught|instructed|learned|trained",
            "ignore|disregard|forget 2 above|preceding|foregoing and|then|instead|now",
        ),
    ),
    AttackRule(
        id="new-instructions",
        category="PROMPT_INJECTION",
        expressions=(
            "your {new} 1 instructions|instruction|task|orders|directive|objective|goal|purpose are|is|now",
            "begin|start|here_are|these_are|follow|obey|execute|receive|apply|load|use 2 {new} 1 instructions|instruction|directives",
            "new|updated|revised|actual|real|additional|override 1 instructions|instruction|directive|directives|orders|prompt :",
            "new|updated|override|revised system instructions|instruction|prompt|message",
            (
                "instructions|rules|guidelines|prompt have|has|are|is been|now updated|replaced|changed|overridden|void|obsolete|"
                "cancelled|suspended"
            ),
        ),
    ),
    AttackRule(
        id="end-of-prompt",
        category="PROMPT_INJECTION",
        expressions=(
            "end of 2 prompt|prompts|instructions|system|context|user_input|system_message",
            "system prompt|instructions|message 1 ends|ended|over|complete|terminated",
        ),
    ),
    AttackRule(
        id="follow-mine-instead",
        category="PROMPT_INJECTION",
        expressions=(
            "{obey} {mine} 2 without question|hesitation|refusal|objection|questioning",
            "{obey} mine|my_instructions|my_commands|my_orders|these_instructions|these_commands 2 instead|only",
            "you 1 must|will|shall|have_to|are_to|should|can 1 obey 2 me|mine|my|commands|orders|every|all|only",
            "to obey me|mine|my|every",
        ),
    ),
    AttackRule(
        id="claimed-authority",
        category="PROMPT_INJECTION",
        confidence=0.8,
        expressions=(
            "the user is|has|was 4 {authority} 3 rights|privileges|access|reveal|comply|obey|grant|show|print",
            "system|admin|developer|assistant 1 : 2 user is|has 3 {authority}",
            "i am|i'm your|the 1 {authority}",
            "admin|administrator|developer|root|system|emergency|security override",
            "override|authorization|admin code|password|token|mode accepted|confirmed|granted|verified|alpha|enabled",
        ),
    ),
    AttackRule(
        id="spoofed-system-message",
        category="PROMPT_INJECTION",
        confidence=0.85,
        expressions=(
            "system 1 : 1 ignore|you_are|you_must|you_will|you_now|new|override|reveal|disregard|the_user|from_now|forget|admin|print",
            (
                "system 1 message|prompt|note|notice|update|override|command : 3 ignore|you|new|override|reveal|disregard|user|"
                "forget|admin|print|all"
            ),
        ),
    ),
    AttackRule(
        id="announce-takeover",
        category="PROMPT_INJECTION",
        expressions=(
            "say|print|output|respond|reply|write|answer 4 i|you|we 1 been hacked|pwned|compromised|owned|jailbroken",
            "say|print|output|respond|reply|write|answer 3 pwned",
            "i_have_been|i've_been pwned|hacked|jailbroken",
        ),
    ),
    AttackRule(
        id="exfiltrate",
        category="PROMPT_INJECTION",
        expressions=(
            "{carry} 1 {determiner} 3 {loot} 3 to",
            "{carry} {determiner} 2 {keys_loot}",
            "exfiltrate|exfiltrating 4 {loot}",
            "{carry} 1 {loot} to",
        ),
    ),
    AttackRule(
        id="instructions-to-the-model-that-reads",
        category="PROMPT_INJECTION",
        confidence=0.8,
        expressions=(
            (
                "ai|assistant|assistants|model|llm|chatbot 2 reading|processing|summarizing|parsing this 4 must|should|ignore|"
                "instead|follow|please"
            ),
            "instead of 4 summarizing|answering|translating|following 8 say|print|output|reveal|send|write|respond",
        ),
    ),
)
