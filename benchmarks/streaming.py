"""What streaming through a guardrail costs, and how late the first words leave.

Run: python benchmarks/streaming.py [--json]
An answer of 8,000 characters (2,000 tokens of four) is fed in chunks of 1, 4, 20 and 1,000 characters; its words come from a seed. Printed
per policy and chunk: the characters that must have come before the first ones leave, how long that takes a model of 50 tokens a second,
the CPU spent until then, how many characters are held on average and at most, and the CPU per 1,000 characters, the judgement of the whole
at the end included. `marks of 256` is the rule that was there before: all of a window of marks 256 apart is judged, and what lies 256
before the mark leaves. Figures are process CPU: the fastest of five repetitions.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import time
from collections.abc import Callable, Iterator
from typing import Any, get_args

from ringwall.guardrails import Block, Guardrail, compile_guardrail, evaluate, parse_config
from ringwall.guardrails.policy import PiiType
from ringwall.guardrails.ports import Scorers
from ringwall.guardrails.stream import Released, Stream
from ringwall.vocabulary import Limits
from ringwall.watch import LexicalGroundingScorer, LexicalTopicScorer, load_content_scorer

ANSWER = 8_000
CHUNKS = (1, 4, 20, 1_000)
REPEATS = 5
CHARACTERS_A_SECOND = 200  # 50 tokens of four characters
OLD = 256
LIMITS = Limits()
SUBJECTS = (
    "the night shift",
    "a second crew",
    "the older pump",
    "this casing",
    "one of the seals",
    "the desk",
    "the new gauge",
    "their report",
)
VERBS = ("found", "showed", "replaced", "opened", "kept a note of", "asked about", "looked for", "had heard of", "wrote down", "stopped")
OBJECTS = ("a worn bearing", "loose contacts", "dust in the filter", "the same fault", "a nest of wire", "what they heard", "the slow leak")
ENDS = (
    "before the morning",
    "since then",
    "as it should",
    "in the other plant",
    "without a word",
    "after an hour",
    "on the spot",
    "once more",
)


def prose(length: int) -> str:
    """Return made-up sentences, no two of them alike for long."""
    rng, out = random.Random(5), ""
    while len(out) < length:
        sentence = " ".join(map(rng.choice, (SUBJECTS, VERBS, OBJECTS, ENDS)))
        out += sentence[0].upper() + sentence[1:] + rng.choice([". ", ". ", ", and so it was. ", ": nobody knows why. ", ".\n\n"])
    return out[:length]


def policies() -> dict[str, Guardrail]:
    """Return the policies that are measured. Prompt attacks are looked for in input only, so no answer is judged for them."""
    scorers = Scorers(content=load_content_scorer(), topics=LexicalTopicScorer(), grounding=LexicalGroundingScorer())
    words = ["wallaroon deviltry", "project nightfall", "competitor corp", *(f"codename {name}" for name in "abcdefghijkl")]
    rules = {
        "wordPolicyConfig": {"wordsConfig": [{"text": word} for word in words], "managedWordListsConfig": [{"type": "PROFANITY"}]},
        "sensitiveInformationPolicyConfig": {
            "piiEntitiesConfig": [{"type": name, "action": "ANONYMIZE"} for name in get_args(PiiType)],
            "regexesConfig": [{"name": "ticket", "pattern": "TCK-[0-9]{4,40}", "action": "ANONYMIZE"}],
        },
    }
    few = {
        "sensitiveInformationPolicyConfig": {"piiEntitiesConfig": [{"type": "EMAIL", "action": "ANONYMIZE"}]},
        "wordPolicyConfig": rules["wordPolicyConfig"],
    }
    filters = [
        {"type": name, "inputStrength": "HIGH", "outputStrength": "LOW"} for name in ("HATE", "INSULTS", "SEXUAL", "VIOLENCE", "MISCONDUCT")
    ]
    attack = {"type": "PROMPT_ATTACK", "inputStrength": "HIGH", "outputStrength": "NONE"}
    wanted = {
        "31 types of personal data, words, a pattern": rules,
        "words and e-mail addresses": few,
        "content filters": {"contentPolicyConfig": {"filtersConfig": filters}},
        "nothing that reads answers": {"contentPolicyConfig": {"filtersConfig": [attack]}},
    }
    named = {"name": "measured", "blockedInputMessaging": "No.", "blockedOutputsMessaging": "No."}
    return {name: compile_guardrail(parse_config({**named, **policy}), scorers) for name, policy in wanted.items()}


Feed = Callable[[str], int]
"""Takes a chunk; returns how many characters have left by then."""


def streamed(guardrail: Guardrail) -> tuple[Feed, Callable[[], object]]:
    stream, left = Stream(guardrail, "OUTPUT", LIMITS), [0]

    def feed(chunk: str) -> int:
        left[0] += sum(len(event.text) for event in stream.feed(0, chunk) if isinstance(event, Released))
        return left[0]

    return feed, stream.finish


def marked(guardrail: Guardrail) -> tuple[Feed, Callable[[], object]]:
    """Do as streams did before: nothing leaves between marks."""
    text, left = [""], [0, OLD]

    def feed(chunk: str) -> int:
        text[0] += chunk
        while len(text[0]) >= left[1]:
            evaluate(guardrail, "OUTPUT", [Block(text[0][max(0, left[0] - OLD) : left[1]])], LIMITS)
            left[0], left[1] = max(left[0], left[1] - OLD), left[1] + OLD
        return left[0]

    return feed, lambda: evaluate(guardrail, "OUTPUT", [Block(text[0])], LIMITS)


def measured(guardrail: Guardrail, how: Callable[[Guardrail], tuple[Feed, Callable[[], object]]], chunk: int) -> dict[str, Any]:
    text, best = prose(ANSWER), {"cpu_ms_per_1000": float("inf"), "first_cpu_ms": float("inf")}
    for _ in range(REPEATS):
        feed, finish = how(guardrail)
        held, first, first_cpu = [], len(text), 0.0
        started = time.process_time()
        for start in range(0, len(text), chunk):
            came = min(start + chunk, len(text))
            left = feed(text[start:came])
            held.append(came - left)
            if left and first == len(text):
                first, first_cpu = came, time.process_time() - started
        finish()
        spent = time.process_time() - started
        best["cpu_ms_per_1000"] = min(best["cpu_ms_per_1000"], spent / len(text) * 1e6)
        best["first_cpu_ms"] = min(best["first_cpu_ms"], first_cpu * 1e3)
        best |= {"first": first, "held_mean": statistics.fmean(held), "held_most": max(held)}
    return best | {"first_ms": best["first"] / CHARACTERS_A_SECOND * 1e3 + best["first_cpu_ms"]}


def rows() -> Iterator[dict[str, Any]]:
    for name, guardrail in policies().items():
        for rule, how in (("until nothing is unfinished", streamed), ("marks of 256", marked)):
            how(guardrail)[0](prose(600))  # compiled, and the engines' states made
            for chunk in CHUNKS:
                yield {"policy": name, "rule": rule, "chunk": chunk, **measured(guardrail, how, chunk)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    as_json = parser.parse_args().json
    last = ""
    for row in rows():
        if as_json:
            print(json.dumps(row))
            continue
        if row["policy"] != last:
            print(
                f"\n{row['policy']}\n{'rule':<28}{'chunk':>6}{'first':>7}{'ms':>8}{'CPU ms':>8}{'held':>6}{'most':>6}{'CPU ms / 1,000':>16}"
            )
        last = row["policy"]
        print(
            f"{row['rule']:<28}{row['chunk']:>6}{row['first']:>7}{row['first_ms']:>8.0f}{row['first_cpu_ms']:>8.2f}"
            f"{row['held_mean']:>6.0f}{row['held_most']:>6}{row['cpu_ms_per_1000']:>16.2f}"
        )


if __name__ == "__main__":
    main()
