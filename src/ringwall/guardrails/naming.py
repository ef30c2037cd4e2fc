"""What a learned finder of names says about guarded blocks, as findings beside those of the rules.

It is asked once about the text of every block as it stands and, where its fold differs, about the fold; decoded readings are the rules'
alone. Spans count from the start of their block, in code points of its raw text.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from ringwall.guardrails.ports import FoundSpan, NameFinder
from ringwall.text.finding import Finding
from ringwall.text.view import View
from ringwall.vocabulary import Span

LEARNED_TYPES = ("NAME", "ADDRESS", "AGE", "USERNAME", "PASSWORD")
WEIGHT = 40  # what a character costs that the finder reads, in characters that only rules read
CHARACTERS_MAX = 1_000_000  # of one content that the finder reads, folds included: about 15 s of one processor
HANDED = 64  # code points behind a text's end that may change what the finder says before it; streams wait for as many
_ASKED: tuple[tuple[str, ...], ...] = ((), ("fold",))


class TooMuchToRead(Exception):
    """There is more text than the finder reads of one content."""


class SpanOutOfText(Exception):
    """The finder answered with what is no span of the text, or for other texts than it was asked about."""


def learned_findings(
    finder: NameFinder, wanted: Collection[str], read: Sequence[tuple[int, Sequence[View]]], known: Iterable[tuple[int, Finding]]
) -> list[tuple[int, Finding]]:
    """Return (block, finding) for everything that the finder finds of the wanted types.

    Args:
        finder: asked once.
        wanted: types of personal data.
        read: the readings of each block, with its position.
        known: what rules found in these blocks; what stands inside a finding of the same type is not said again.

    Raises:
        TooMuchToRead: more than `CHARACTERS_MAX`. SpanOutOfText: the finder is broken.
        Exception: whatever the finder raises.
    """
    asked = [(position, views[0].text, view) for position, views in read for view in views if view.chain in _ASKED and view.text]
    if sum(len(view.text) for _, _, view in asked) > CHARACTERS_MAX:
        raise TooMuchToRead
    answers = finder.find([view.text for _, _, view in asked])
    if len(answers) != len(asked):
        raise SpanOutOfText
    said: dict[tuple[int, str], list[Span]] = {}
    for position, finding in known:
        said.setdefault((position, finding.type), []).append(finding.span)
    out: list[tuple[int, Finding]] = []
    for (position, raw, view), spans in zip(asked, answers, strict=True):
        for span in spans:
            finding = _finding(finder.model_id, raw, view, span)
            inside = said.setdefault((position, finding.type), [])
            if finding.type in wanted and not any(each.start <= finding.span.start and finding.span.end <= each.end for each in inside):
                out.append((position, finding))
                inside.append(finding.span)
    return out


def _finding(model_id: str, raw: str, view: View, span: FoundSpan) -> Finding:
    if not (0 <= span.start < span.end <= len(view.text) and 0.0 <= span.confidence <= 1.0):
        raise SpanOutOfText
    origin = view.origin(span.start, span.end)
    match, decoded = raw[origin.start : origin.end], view.text[span.start : span.end]
    return Finding(
        rule_id=model_id,
        kind="pii",
        type=span.type,
        span=origin,
        match=match,
        decoded="" if decoded == match else decoded,
        chain=view.chain,
        confidence=round(span.confidence, 4),
    )
