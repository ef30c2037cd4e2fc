"""Training pairs: the judged answers, edited sentences of real texts, and invented worlds; for grounding and for relevance."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from training.grounding import edits, world
from training.grounding.rows import Row, is_aside
from training.grounding.world import Asked, Told

SHORT = 5  # words; a shorter answer says nothing without its query
GROUNDED, RELEVANT = 0, 1
TASKS = (
    "Summarize the article.",
    "What does the text say?",
    "Tell me about this.",
    "Write a short summary.",
    "What are the main points?",
    "Give me an overview.",
    "Explain this to me.",
    "What do we know about it?",
)
"""Queries that ask for nothing in particular."""


@dataclass(frozen=True)
class Pair:
    """One training input: a passage and a claim (head GROUNDED), or a query and an answer (head RELEVANT)."""

    head: int
    context: str
    query: str
    claim: str
    target: float
    weight: float
    source: str


def judged(rows: list[Row], seed: int) -> Iterator[Pair]:
    """Yield the judged answers. Where pairs of an answer and its minimal edit are known, only what differs is judged."""
    rng = random.Random(f"judged/{seed}")
    told = [row for row in rows if not is_aside(row)]
    references = defaultdict(set)
    for row in told:
        if row.source == "bump_summaries" and row.grounded:
            references[row.context] |= set(_parts(row.answer))
    for row in told:
        if row.source == "bump_summaries":
            held = references[row.context]
            for part in _parts(row.answer):
                if row.grounded or (held and part not in held):
                    yield Pair(GROUNDED, row.context, row.query if rng.random() < 0.5 else "", part, float(row.grounded), 1.0, row.source)
            continue
        with_query = len(row.answer.split()) < SHORT or rng.random() < 0.75
        weight = 0.6 if row.source == "halueval_qa_sample" and not row.grounded else 1.0
        yield Pair(GROUNDED, row.context, row.query if with_query else "", row.answer, float(row.grounded), weight, row.source)


def _parts(answer: str) -> list[str]:
    return [part.strip() + " ." for part in answer.split(" . ") if len(part.split()) > 3]


def edited(documents: list[list[str]], seed: int, wanted: int) -> Iterator[Pair]:
    """Yield claims made of the documents' own sentences, about as many that follow as do not."""
    rng = random.Random(f"edited/{seed}")
    names = sorted({match.group() for document in documents for text in document for match in edits.NAME.finditer(text)})
    made = 0
    while made < wanted:
        document = rng.choice(documents)
        size = rng.choice((1, 2, 3, 4, 5, 7))
        first = rng.randrange(max(1, len(document) - size))
        passage = document[first : first + size]
        local = sorted({match.group() for text in passage for match in edits.NAME.finditer(text)})
        for pair in _edited(passage, document, rng, local if len(local) > 1 and rng.random() < 0.6 else rng.sample(names, 30), documents):
            made += 1
            yield pair


def _edited(passage: list[str], document: list[str], rng: random.Random, names: list[str], documents: list[list[str]]) -> Iterator[Pair]:
    at = rng.randrange(len(passage))
    sentence = passage[at]
    yield _pair(passage, _kept(sentence, passage, rng), rng, grounded=True)
    kind = rng.random()
    if kind < 0.62:
        change = _change(sentence, rng, names)
        if change is None:
            return
        place = rng.random()
        other = [*passage[:at], change, *passage[at + 1 :]]
        if place < 0.5:
            yield _pair(passage, _shortened(change, sentence, rng), rng, grounded=False)
        elif place < 0.75:
            yield _pair(other, sentence, rng, grounded=False)
        else:
            yield _pair(other, change, rng, grounded=True)
            yield _pair(passage, change, rng, grounded=False)
    elif kind < 0.82:
        rest = [one for one in document if one != sentence][: rng.choice((2, 4, 6))]
        if rest:
            yield _pair(rest, _kept(sentence, passage, rng), rng, grounded=False)
    elif kind < 0.92:
        added = rng.choice(document if rng.random() < 0.6 else rng.choice(documents))
        if added not in passage:
            first, second = (sentence, added) if rng.random() < 0.5 else (added, sentence)
            joined = f"{first.rstrip('.')}, and {second[0].lower()}{second[1:]}" if rng.random() < 0.6 else f"{first} {second}"
            yield _pair(passage, joined, rng, grounded=False)
    else:
        yield _pair(passage, rng.choice(rng.choice(documents)), rng, grounded=False)


def _change(sentence: str, rng: random.Random, names: list[str]) -> str | None:
    ways = [
        lambda: edits.number(sentence, rng),
        lambda: edits.number(sentence, rng),
        lambda: edits.negation(sentence, rng),
        lambda: edits.opposite(sentence, rng),
        lambda: edits.opposite(sentence, rng),
        lambda: edits.other_name(sentence, rng, names),
        lambda: edits.other_name(sentence, rng, names),
        lambda: edits.exchanged(sentence, rng),
    ]
    rng.shuffle(ways)
    for way in ways:
        found = way()
        if found and found != sentence:
            return found
    return None


def _shortened(change: str, sentence: str, rng: random.Random) -> str:
    """Shorten a changed sentence where the change stays in it."""
    if rng.random() < 0.4:
        short, plain = edits.shortened(change, rng), edits.shortened(sentence, random.Random(1))
        if short and short not in sentence and short != plain and not set(short.split()) <= set(sentence.split()):
            return short
    return change


def _kept(sentence: str, passage: list[str], rng: random.Random) -> str:
    """Say the same, or less."""
    out = sentence
    kind = rng.random()
    if kind < 0.35:
        out = edits.shortened(sentence, rng) or sentence
    elif kind < 0.45:
        out = edits.reordered(sentence) or sentence
    elif kind < 0.55 and len(passage) > 1:
        other = rng.choice([one for one in passage if one != sentence] or [sentence])
        out = f"{sentence.rstrip('.')}, and {other[0].lower()}{other[1:]}" if rng.random() < 0.5 else f"{sentence} {other}"
    if rng.random() < 0.3:
        out = edits.alike(out, rng) or out
    return out


def _pair(passage: list[str], claim: str, rng: random.Random, *, grounded: bool) -> Pair:
    query = rng.choice(TASKS) if rng.random() < 0.25 else ""
    return Pair(GROUNDED, " ".join(passage), query, edits.styled(claim, rng), float(grounded), 1.0, "edited_sentences")


def asked_of_sentences(documents: list[list[str]], seed: int, wanted: int) -> Iterator[Pair]:
    """Yield questions made of sentences: for grounding with right and wrong answers, for relevance with answers to other questions."""
    rng = random.Random(f"asked/{seed}")
    names = sorted({match.group() for document in documents for text in document for match in edits.NAME.finditer(text)})
    made = 0
    while made < wanted:
        document = rng.choice(documents)
        first = rng.randrange(max(1, len(document) - 4))
        passage = document[first : first + rng.choice((1, 2, 3, 4, 5))]
        sentence = rng.choice(passage)
        local = sorted({match.group() for text in passage for match in edits.NAME.finditer(text)})
        asked = edits.cloze(sentence, rng, local if len(local) > 1 and rng.random() < 0.75 else rng.sample(names, 30))
        if asked is None:
            continue
        query, right, wrong = asked
        text = " ".join(passage)
        for answer, grounded in ((right, 1.0), (wrong, 0.0)):
            yield Pair(GROUNDED, text, query, edits.styled(answer, rng) if rng.random() < 0.2 else answer, grounded, 1.0, "asked_sentences")
        others = [one for one in document if one != sentence] or [rng.choice(rng.choice(documents))]
        off = rng.choice(others)
        spans = [match.group() for match in edits.NAME.finditer(off)]
        yield Pair(RELEVANT, "", query, right if rng.random() < 0.5 else sentence, 1.0, 0.7, "asked_sentences")
        yield Pair(RELEVANT, "", query, rng.choice(spans) if spans and query.find("year") > 0 else off, 0.0, 0.7, "asked_sentences")
        made += 4


def worlds(carriers: list[str], seed: int, wanted: int) -> Iterator[Pair]:
    """Yield claims and answers about invented worlds."""
    rng = random.Random(f"worlds/{seed}")
    symmetric = world.symmetric_relations()
    made = 0
    while made < wanted:
        for told in world.claims(rng, carriers, symmetric):
            made += 1
            yield _told(told, rng)
        told_answers, asked = world.answers(rng, carriers)
        for told in told_answers:
            made += 1
            yield _told(told, rng)
        for one in asked:
            made += 1
            yield _asked(one)


def _told(told: Told, rng: random.Random) -> Pair:
    return Pair(GROUNDED, told.passage, told.query, edits.styled(told.claim, rng), float(told.grounded), 1.0, "invented_worlds")


def _asked(asked: Asked) -> Pair:
    return Pair(RELEVANT, "", asked.query, asked.answer, float(asked.relevant), 1.0, "invented_worlds")


def relevance_of(rows: list[Row], seed: int, *, aside: bool) -> Iterator[Pair]:
    """Yield queries with their own answers, grounded or not, and with answers to other queries about the same text or another one."""
    rng = random.Random(f"relevance/{seed}/{aside}")
    used = [row for row in rows if row.query and row.source != "bump_summaries" and is_aside(row) == aside]
    by_source: dict[str, list[Row]] = defaultdict(list)
    by_context: dict[str, list[Row]] = defaultdict(list)
    for row in used:
        by_source[row.source].append(row)
        by_context[row.context].append(row)
    for row in used:
        same = [other for other in by_context[row.context] if other.query != row.query and other.answer != row.answer]
        other = rng.choice(same) if same and rng.random() < 0.5 else rng.choice(by_source[row.source])
        yield Pair(RELEVANT, "", row.query, row.answer, 1.0, 1.0, row.source)
        if other.query != row.query:
            yield Pair(RELEVANT, "", row.query, other.answer, 0.0, 1.0, row.source)
