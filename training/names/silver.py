"""Prose that nobody labelled, from training sources, with what its capitalised words are by what stands around them.

A listed first name with words behind it, what a biography begins with, whom a film is directed by: a person. A county, a quoted title, a
word that is mostly written small: none. Other capitalised words are unknown, and teach nothing. What is written small is no person.
"""

from __future__ import annotations

import random
import re
import tomllib
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from training.names.corpus import rows
from training.names.labelled import Span, Text, lowered
from training.names.texts import GRAMMARS, load

PROSE = {"halueval_qa_sample": "context", "bump_summaries": "context", "gsm8k_train": "text", "faithdial_audit": "context"}
PLAIN = {"clinc150": 2_500, "mmlu_questions": 900, "docs_permissive_a": 500, "nl2bash": 500, "self_instruct_seeds": 100, "taskmaster4": 300}
LEAST, MOST = 30, 420  # characters of a sentence
COMMON = 25  # times that a word is written small in these sources, and then it is a word

_LISTED = {key: tuple(value.split()) for key, value in tomllib.loads((GRAMMARS / "silver.toml").read_text("utf-8")).items()}
_BOTH, _PLACES, _NO_PERSON, _MONTHS = (frozenset(_LISTED[key]) for key in ("both", "places", "no_person", "months"))
_JOB = f"(?:{'|'.join(_LISTED['job'])})"
_UPPER = "A-Z\u00c0-\u00d6\u00d8-\u00de"
_WORD = rf"(?:[{_UPPER}][\w'\u2019-]*|[{_UPPER}]\.)"
_CAPITAL = re.compile(rf"{_WORD}(?: (?:(?:de|van|von|der|del|la|bin|al|di|da|dos|ter) )?{_WORD})*")
_SENTENCE = re.compile(r"(?<=[.!?\"])\s+(?=[A-Z\"])|\n+|(?<=[a-z)][.!?])(?=[A-Z])")
_BEFORE = re.compile(
    rf"(?:\b{_JOB}s?|directed by|written by|produced by|starring|created by|composed by|portrayed by|played by|married to|son of"
    r"|daughter of|brother of|wife|husband|said|says) $"
)
_DATE = r"[0-9]{1,2} [A-Z][a-z]+ [0-9]{4}|[A-Z][a-z]+ [0-9]{1,2}, [0-9]{4}"
_AFTER = re.compile(rf"(?: \((?:born|b\.|{_DATE})| (?:is|was) an? [^.]{{0,70}}\b{_JOB}\b|, [0-9]{{1,2}},)")
_SPEAKS = re.compile(r"(?:'s)? (?:said|was|is|has|had|wrote|told|won|scored|died|and his|and her|says|also)\b")
_QUOTED = re.compile(rf"[\"\u201c]{_WORD}(?: (?:of|the|and|a|in|to|for|on|with|{_WORD}))*,?[\"\u201d]")


class Silver:
    """Labels sentences by lists and by what stands around."""

    def __init__(self, prose: Iterable[str]) -> None:
        lists = load("train").lists
        self._firsts = {name for name in lists["first"] if name.isalpha()} - _PLACES
        self._lasts = set(lists["last"])
        self._small = {name.lower() for name in (*lists["first"], *lists["last"], *lists["nick"])}
        written = Counter(word for text in prose for word in re.findall(r"(?<![\w'])[a-z]{2,}", text))
        self._common = {word for word, times in written.items() if times >= COMMON and word not in self._small}

    def labelled(self, sentence: str, source: str, known: frozenset[str] = frozenset()) -> Text:
        """Label one sentence; `known` are last names that its text named in full elsewhere."""
        quoted = [(match.start(), match.end()) for match in _QUOTED.finditer(sentence)]
        spans = []
        for match in _CAPITAL.finditer(sentence):
            start, words = match.start(), match.group().split(" ")
            end = match.end() - 2 if match.group().endswith(("'s", "\u2019s")) else match.end()
            if len(words) > 1 and start == 0 and words[0].lower() in self._common:  # a sentence's first word, glued to a name
                spans.append(Span(0, len(words[0]), "NONE"))
                start += len(words[0]) + 1
                words = words[1:]
            inside = any(low <= start and end <= high for low, high in quoted)
            spans.append(Span(start, end, self._kind(sentence, start, end, words, known, inside=inside)))
        if not any(map(str.isupper, sentence)):
            spans = [Span(m.start(), m.end(), "ANY") for m in re.finditer(r"[^\W\d_]+", sentence) if m.group() in self._small]
        return Text(sentence, tuple(spans), source, plain=False)

    def _kind(self, sentence: str, start: int, end: int, words: list[str], known: frozenset[str], *, inside: bool) -> str:
        before, after = sentence[:start], sentence[end:]
        none = bool(_NO_PERSON & set(words))
        if words[0] in self._firsts and not none and not inside and len(words) <= 4:
            sure = len(words) > 1 or words[0] not in _BOTH
            if sure and (start or len(words) > 1 or after[:1] in (" ", "'")):
                return "NAME"
        if 2 <= len(words) <= 4 and not none and not inside and (_BEFORE.search(before) or _AFTER.match(after)):
            return "NAME"
        if len(words) == 1 and words[0] in known:
            return "NAME"
        if len(words) == 1 and words[0] in self._lasts and start and words[0] not in _BOTH | _PLACES and _SPEAKS.match(after):
            return "NAME"
        if none or words[0] in _MONTHS or (len(words) == 1 and words[0] not in _BOTH and words[0].lower() in self._common):
            return "NONE"
        return "NONE" if inside and words[0] not in self._firsts else "ANY"


def silver(datasets: Path, seed: int, cap: int) -> list[Text]:
    """Return sentences of prose, and texts in which personal data are rare."""
    rng = random.Random(f"silver/{seed}")
    prose = {name: [row[field] for row in rows(datasets, name, training=True)] for name, field in PROSE.items()}
    plain = {name: [row["text"] for row in rows(datasets, name, training=True)] for name in PLAIN}
    labels = Silver(text for found in (*prose.values(), *plain.values()) for text in found)
    out: list[Text] = []
    for name, given in prose.items():
        found = list({sentence.text: sentence for text in given for sentence in _sentences(labels, text, f"silver_{name}")}.values())
        named = [text for text in found if any(span.type == "NAME" for span in text.spans)]
        others = [text for text in found if not any(span.type == "NAME" for span in text.spans)]
        out += rng.sample(named, min(len(named), cap)) + rng.sample(others, min(len(others), cap // 3))
    out = [lowered(text) if rng.random() < 0.15 else text for text in out]
    for name, given in plain.items():
        for text in rng.sample(given, min(PLAIN[name], len(given))):
            start = rng.randrange(len(text) - MOST) if len(text) > MOST else 0
            out.append(labels.labelled(text[start : start + MOST], f"plain_{name}"))
    return out


def _sentences(labels: Silver, text: str, source: str) -> list[Text]:
    """Return the sentences of a text; last names of people who are named in full count in all of them."""
    cut = [sentence.strip() for sentence in _SENTENCE.split(text) if LEAST <= len(sentence.strip()) <= MOST]
    once = [labels.labelled(sentence, source) for sentence in cut]
    lasts = {made.text[span.start : span.end].split(" ")[-1] for made in once for span in made.spans if span.type == "NAME"}
    known = frozenset(last for last in lasts if len(last) > 3)
    return [labels.labelled(sentence, source, known) for sentence in cut]
