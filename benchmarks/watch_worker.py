"""One product of `watch.py` in one process: judges each text of a file once, prints its costs as one JSON line.

    python watch_worker.py PRODUCT TEXTS.jsonl

Runs in the environment of the product: ringwall's own, or the training's for what needs PyTorch or scikit-learn. The first tenth of the
texts warms up and is not counted. CPU is the whole process's, so that threads of a library count.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path

for threads in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[threads] = "1"

ROOT = Path(__file__).resolve().parent.parent
for path in (ROOT, ROOT / "src"):
    sys.path.insert(0, str(path))

Judge = Callable[[str], int]
"""Judges a text; returns how many of its windows went to level 1 (0 where there is none)."""

CATEGORIES = ("HATE", "INSULTS", "SEXUAL", "VIOLENCE", "MISCONDUCT", "PROMPT_ATTACK")


def guardrail() -> Judge:
    """The whole content policy, all six filters at strength HIGH, over all readings of a text, in what a server imports."""
    from ringwall.bootstrap.house import load_scorers

    return _guardrail(load_scorers())


def watch_alone() -> Judge:
    """The same guardrail with the content model and nothing else loaded."""
    from ringwall.guardrails import Scorers
    from ringwall.watch.levels import load_watch

    return _guardrail(Scorers(content=load_watch()))


def _guardrail(scorers: object) -> Judge:
    from ringwall.guardrails import Block, compile_guardrail, evaluate, normalise, parse_config
    from ringwall.vocabulary import Limits

    filters = [
        {"type": name, "inputStrength": "HIGH", "outputStrength": "NONE" if name == "PROMPT_ATTACK" else "HIGH"} for name in CATEGORIES
    ]
    document = {"blockedInputMessaging": "no", "blockedOutputsMessaging": "no", "contentPolicyConfig": {"filtersConfig": filters}}
    compiled = compile_guardrail(parse_config(normalise(document, generated_name="all").config), scorers)
    limits = Limits()

    def judge(text: str) -> int:
        evaluation = evaluate(compiled, "INPUT", (Block(text, frozenset(), ""),), limits)
        return max((verdict.level or 0 for verdict in evaluation.verdicts), default=0)

    return judge


def scorer() -> Judge:
    """The scorer alone, on one window."""
    from ringwall.bootstrap.house import load_scorers

    content = load_scorers().content
    if content is None:
        raise SystemExit("there is no content scorer here")
    return lambda text: content.score_windows([text])[0].level


def linear() -> Judge:
    """Level 0 alone."""
    from ringwall.watch import load_content_scorer

    content = load_content_scorer()
    return lambda text: 0 * len(content.score(text))


def minilm() -> Judge:
    """all-MiniLM-L6-v2, frozen, float32 in PyTorch: the mean state of 250-character chunks, as a frozen-encoder classifier needs it."""
    import torch

    from ringwall.watch.encoder import load_encoder
    from training.encoder.body import mean_of
    from training.encoder.pretrained import load_base

    torch.set_num_threads(1)
    base, pieces = load_base(), load_encoder().pieces
    body = base.body(6).eval()

    def judge(text: str) -> int:
        ids = [[pieces.begin, *pieces.pieces(text[at : at + 250]).ids, pieces.end] for at in range(0, len(text), 250)]
        longest = max(map(len, ids))
        words = torch.tensor([row + [pieces.pad] * (longest - len(row)) for row in ids])
        mask = torch.tensor([[1.0] * len(row) + [0.0] * (longest - len(row)) for row in ids])
        with torch.inference_mode():
            mean_of(body(base.words[words], mask, torch.zeros_like(words)), mask)
        return 0

    return judge


def tfidf() -> Judge:
    """scikit-learn: TF-IDF of words, word pairs and character n-grams, logistic regression per category, on the grammars' texts."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import SGDClassifier
    from sklearn.pipeline import make_union

    from training.content.generated import generated_examples

    examples = generated_examples([], 1)[::3]
    texts = [example.text for example in examples]
    vectors = make_union(
        TfidfVectorizer(ngram_range=(1, 2), min_df=2, sublinear_tf=True),
        TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 5), min_df=2, sublinear_tf=True),
    )
    rows = vectors.fit_transform(texts)
    heads = []
    for head in range(len(CATEGORIES)):
        labels = [example.target[head] for example in examples]
        if any(labels):
            heads.append(SGDClassifier(loss="log_loss", random_state=0).fit(rows, labels))

    def judge(text: str) -> int:
        row = vectors.transform([text])
        for head in heads:
            head.predict_proba(row)
        return 0

    return judge


PRODUCTS: dict[str, Callable[[], Judge]] = {
    "ringwall-guardrail": guardrail,
    "ringwall-scorer": scorer,
    "ringwall-linear": linear,
    "minilm-fp32": minilm,
    "tfidf": tfidf,
}


def main() -> None:
    before = time.process_time()
    judge = PRODUCTS[sys.argv[1]]()
    setup = time.process_time() - before
    texts = [json.loads(line)["text"] for line in Path(sys.argv[2]).read_text("utf-8").splitlines()]
    cpu, wall, level = [], [], 0
    skipped = len(texts) // 10
    for number, text in enumerate(texts):
        clock, spent = time.perf_counter(), time.process_time()
        found = judge(text)
        if number >= skipped:
            cpu.append((time.process_time() - spent) * 1e3)
            wall.append((time.perf_counter() - clock) * 1e3)
            level += found > 0
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"cpu_ms": cpu, "wall_ms": wall, "level_1": level / len(cpu), "setup_s": setup, "rss_mb": peak}))


if __name__ == "__main__":
    main()
