"""Time the detectors on 1,000 characters, and their growth to 1 MB: `python benchmarks/detectors.py [--quick]`.

The policy is the one of the side-by-side benchmark: 15 types of personal data, 200 made-up words, 10 regular expressions, secrets, and all
attack rules. CPU time of one process, best of several rounds; `raw` reads the text alone, `all` every reading with the interpreter that is
built.
"""

from __future__ import annotations

import argparse
import random
import time

from ringwall.text import interpreter_name
from ringwall.text.detectors import DetectorConfig, Detectors, compile_detectors

PII = (
    "EMAIL", "PHONE", "US_SOCIAL_SECURITY_NUMBER", "CREDIT_DEBIT_CARD_NUMBER", "INTERNATIONAL_BANK_ACCOUNT_NUMBER", "IP_ADDRESS", "URL",
    "CRYPTO", "US_PASSPORT_NUMBER", "US_DRIVER_LICENSE", "US_BANK_ACCOUNT_NUMBER", "US_INDIVIDUAL_TAX_IDENTIFICATION_NUMBER",
    "MEDICAL_LICENSE",    "UK_NATIONAL_HEALTH_SERVICE_NUMBER", "DATE_TIME",
)  # fmt: skip
REGEXES = (
    ("order_id", r"\bORD-\d{8}\b"),
    ("employee_id", r"\bEMP\d{6}\b"),
    ("internal_host", r"\b[a-z0-9-]+\.corp\.example\.net\b"),
    ("ticket", r"\bINC\d{7}\b"),
    ("token", r"\beyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}\b"),
    ("path_traversal", r"(?:\.\./){2,}"),
    ("script_tag", r"(?i)<script\b[^>]{0,200}>"),
    ("arn", r"\barn:aws:[a-z0-9-]+:[a-z0-9-]*:\d{12}:\S+"),
    ("sql_union", r"(?i)\bunion\s+(?:all\s+)?select\b"),
    ("chassis", r"\b[A-HJ-NPR-Z0-9]{17}\b"),
)
SENTENCES = (
    "The committee asked for a shorter report and a clear table of costs.",
    "Water levels in the northern lake have fallen since the warm spring.",
    "Could you compare both offers and tell us which one is safer?",
    "Our engineers repaired the second pump and wrote the readings down.",
    "A friendly answer to the customer should mention the delay and the discount.",
    "She explained how interest is added to a savings account every year.",
    "The museum shows old maps, a compass and the diary of a captain.",
    "Bake the bread for forty minutes and let it cool near the window.",
)
PERSONAL = (
    "Please write to maria.gonzalez{0}@example.com or call (415) 555-01{0} before noon.",
    "Card 4111 1111 1111 1111 was refused and the caller gave SSN 536-90-43{0} as proof.",
    "Send the refund to IBAN DE89 3704 0044 0532 0130 00 and log in from 203.0.113.{0} only.",
    "See https://intranet.example.org/case/{0} for the passport number 5488900{0} of John Smith.",
)


def denied_words(count: int = 200) -> tuple[str, ...]:
    draw = random.Random(7)
    return tuple({"".join(draw.choice("bdfgklmnprstvz") + draw.choice("aeiou") for _ in range(4)) + "x": None for _ in range(count)})


def text(size: int, *, personal: bool, seed: int) -> str:
    draw = random.Random(f"{size}{personal}{seed}")
    parts: list[str] = []
    length = since = 0
    while length < size:
        if personal and since >= 170:
            part, since = draw.choice(PERSONAL).format(draw.randrange(10, 99)), 0
        else:
            part = draw.choice(SENTENCES)
            since += len(part)
        parts.append(part)
        length += len(part) + 1
    return " ".join(parts)[:size]


def best_ms(detectors: Detectors, texts: list[str], readings: str, rounds: int) -> float:
    for each in texts:
        detectors.scan(each, readings=readings)
    best = float("inf")
    for _ in range(rounds):
        start = time.process_time()
        for each in texts:
            detectors.scan(each, readings=readings)
        best = min(best, (time.process_time() - start) / len(texts))
    return best * 1000


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true", help="raw readings only")
    quick = parser.parse_args().quick
    start = time.process_time()
    config = DetectorConfig(pii=PII, words=denied_words(), regexes=REGEXES, attacks=True, secrets=True)
    detectors = compile_detectors(config)
    print(f"compiled in {(time.process_time() - start) * 1000:.0f} ms; interpreter {interpreter_name()}")
    bare = compile_detectors(DetectorConfig(pii=PII, regexes=REGEXES, attacks=True, secrets=True))
    bare.automaton = None
    for personal in (False, True):
        texts = [text(1000, personal=personal, seed=seed) for seed in range(50)]
        kind = "with personal data" if personal else "clean"
        raw, patterns = best_ms(detectors, texts, "raw", 20), best_ms(bare, texts, "raw", 20)
        print(f"1,000 characters {kind:>18}: raw {raw:.3f} ms, without words {patterns:.3f} ms")
        if not quick:
            print(f"1,000 characters {kind:>18}: all {best_ms(detectors, texts[:10], 'all', 3):.3f} ms")
    for size in (1_000, 10_000, 100_000, 1_000_000):
        sample = [text(size, personal=True, seed=1)]
        took = best_ms(detectors, sample, "raw", 3)
        print(f"{size:>9,} characters, raw: {took:8.2f} ms, {took * 1e6 / size:6.1f} ns a character")


if __name__ == "__main__":
    main()
