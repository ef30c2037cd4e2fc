"""Replace what was found in the raw text."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ringwall.text.finding import Finding


def mask(text: str, findings: Sequence[Finding], label: Callable[[Finding], str]) -> str:
    """Replace every finding's raw characters by its label.

    Overlapping findings become one replacement that covers all of their characters, under the label of the longest of them (the earliest,
    then the most confident, where two are equally long): nothing that any finding covers is left standing.

    Args:
        text: the raw text the findings were made on.
        findings: in any order; spans in code points of `text`.
        label: what stands there instead, e.g. `lambda f: "{" + f.type + "}"`.

    Returns:
        The text with replacements. Cost: O(n log n) in findings, O(len(text)).
    """
    out: list[str] = []
    done = 0
    ordered = sorted(findings, key=lambda f: (f.span.start, -f.span.end))
    index = 0
    while index < len(ordered):
        best = ordered[index]
        start, end = best.span.start, best.span.end
        index += 1
        while index < len(ordered) and ordered[index].span.start < end:
            other = ordered[index]
            end = max(end, other.span.end)
            if _rank(other) > _rank(best):
                best = other
            index += 1
        out.append(text[done:start])
        out.append(label(best))
        done = end
    out.append(text[done:])
    return "".join(out)


def _rank(finding: Finding) -> tuple[int, int, float]:
    return finding.span.end - finding.span.start, -finding.span.start, finding.confidence
