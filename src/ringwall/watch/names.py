"""The finder of names, addresses, ages, user names and passwords: a small transformer that labels every word piece of a text.

It reads runs of `LONGEST` pieces, one every `STRIDE`, at fixed offsets from the text's first piece; where two runs overlap each one says
what is nearer to its middle. With each piece it is told whether its word begins with a capital letter, which the vocabulary drops.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib.resources.abc import Traversable

import msgspec
import numpy as np
from numpy.typing import NDArray

from ringwall.crypto import sha256
from ringwall.watch import shipped
from ringwall.watch.encoder import Body, Encoder, Pieces, load_encoder
from ringwall.watch.encoder.runs import Run, runs
from ringwall.watch.weights_file import WeightsRefused

WEIGHTS = "names-v1.onnx"
SETTINGS = "names-v1.json"
OUTSIDE = "O"
FOUND = ("NAME", "ADDRESS", "AGE", "USERNAME", "PASSWORD")
LONGEST = 126  # pieces; with begin and end 128
STRIDE = 96
SURE, LIKELY = 0.5, 0.3  # probability of a type from which on a piece is in a span; beside a sure one
KEPT = (LONGEST - STRIDE) // 2  # pieces at a run's edge that the neighbouring run labels

Array = NDArray[np.float32]


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What belongs to one body: its labels in the order of its outputs, and from which mean probability on a span of each type is found."""

    name: str
    version: str
    weights_sha256: str
    labels: tuple[str, ...]
    thresholds: dict[str, float]


class Found(msgspec.Struct, frozen=True, gc=False):
    """One span: its type, its place in code points of the text, and the mean probability of its pieces."""

    type: str
    start: int
    end: int
    confidence: float


class LearnedNameFinder:
    """Finds spans in texts; a `ringwall.guardrails.ports.NameFinder`. Keeps no text between calls; threads may share one.

    What it finds in a text does not depend on which texts are asked about with it.
    """

    def __init__(self, encoder: Encoder, body: Body, settings: Settings) -> None:
        """Take checked parts.

        Raises:
            WeightsRefused: the labels are not those of a finder, or a type has no threshold.
        """
        wanted = {f"{prefix}-{kind}" for kind in FOUND for prefix in "BI"} | {OUTSIDE}
        if not wanted <= set(settings.labels) or len(set(settings.labels)) != len(settings.labels):
            raise WeightsRefused("the settings of the finder of names lack labels")
        if any(not 0.0 < settings.thresholds.get(kind, 0.0) <= 1.0 for kind in FOUND):
            raise WeightsRefused("the settings of the finder of names lack thresholds")
        self._encoder, self._body, self._settings = encoder, body, settings
        self._begins = np.array([settings.labels.index(f"B-{kind}") for kind in FOUND])
        self._inner = np.array([settings.labels.index(f"I-{kind}") for kind in FOUND])
        self._thresholds = np.array([settings.thresholds[kind] for kind in FOUND], np.float32)

    @property
    def model_id(self) -> str:
        """Name, version and digest of the weights and of what they are read with."""
        settings = self._settings
        digest = sha256(msgspec.json.encode(settings, order="deterministic")).hex()
        return f"{settings.name}/{settings.version}@sha256:{digest}"

    @property
    def types(self) -> tuple[str, ...]:
        """The types of personal data it finds."""
        return FOUND

    def find(self, texts: Sequence[str]) -> list[list[Found]]:
        """Return the spans of each text, in order, none over another.

        Raises:
            FloatingPointError, or what onnxruntime raises: the model failed, and nothing was found out.
        """
        cut = [self._encoder.pieces.pieces(text) for text in texts]
        return [self.spans(text, pieces, scores) for text, pieces, scores in zip(texts, cut, self.probabilities(texts, cut), strict=True)]

    def probabilities(self, texts: Sequence[str], cut: Sequence[Pieces]) -> list[Array]:
        """Return (pieces, labels) per text: how likely each label is."""
        planned: list[list[Run]] = [
            runs(self._encoder.pieces, pieces.ids, longest=LONGEST, stride=STRIDE) if len(pieces) else [] for pieces in cut
        ]
        asked, segments = [], []
        for text, pieces, of_text in zip(texts, cut, planned, strict=True):
            capitals = capitalised(text, pieces)
            for run in of_text:
                asked.append(run.ids)
                segments.append((0, *capitals[run.first : run.last], 0))
        answers = iter(self._body.run(asked, segments) if asked else ())
        return [
            _joined(len(pieces), [(run, next(answers)[1:-1]) for run in of_text], len(self._settings.labels))
            for pieces, of_text in zip(cut, planned, strict=True)
        ]

    def spans(self, text: str, pieces: Pieces, scores: Array) -> list[Found]:
        """Return the spans that probabilities make.

        Pieces of one type in a row are one span, begun anew where a beginning is the likelier label; a likely piece beside a sure one goes
        with it. A span counts where the mean of its pieces reaches its type's threshold.
        """
        if not len(pieces):
            return []
        begins, inner = scores[:, self._begins], scores[:, self._inner]
        best = (begins + inner).argmax(1)
        height = (begins + inner)[np.arange(len(best)), best]
        inside = _inside(best.tolist(), height.tolist())
        runs_of: list[list[int]] = []
        for index in inside:
            kind = best[index]
            goes_on = bool(runs_of) and runs_of[-1][-1] == index - 1 and best[index - 1] == kind
            anew = begins[index, kind] > inner[index, kind] and pieces.starts[index] > pieces.ends[index - 1]
            if goes_on and not anew:
                runs_of[-1].append(index)
            else:
                runs_of.append([index])
        found = [
            Found(FOUND[best[run[0]]], pieces.starts[run[0]], pieces.ends[run[-1]], min(float(height[run].mean()), 1.0))
            for run in runs_of
            if height[run].mean() >= self._thresholds[best[run[0]]]
        ]
        return _whole(text, found)


def _inside(best: Sequence[int], height: Sequence[float]) -> list[int]:
    """Return the pieces that are sure, and the likely ones beside them, of one type with them."""
    inside = [each >= SURE for each in height]
    for order, step in ((range(1, len(best)), -1), (range(len(best) - 2, -1, -1), 1)):
        for index in order:
            beside = index + step
            if not inside[index] and height[index] >= LIKELY and inside[beside] and best[index] == best[beside]:
                inside[index] = True
    return [index for index, one in enumerate(inside) if one]


def capitalised(text: str, pieces: Pieces) -> list[int]:
    """Return 1 per piece whose word begins with a capital letter, else 0."""
    out: list[int] = []
    for index, start in enumerate(pieces.starts):
        glued = index > 0 and pieces.ends[index - 1] == start and text[start].isalnum() and text[start - 1].isalnum()
        out.append(out[-1] if glued else int(text[start].isupper()))
    return out


def _joined(length: int, parts: Sequence[tuple[Run, Array]], labels: int) -> Array:
    """Put the runs of a text together: of two that overlap each gives the half that is nearer to its middle."""
    out = np.zeros((length, labels), np.float32)
    for run, logits in parts:
        first = run.first + (KEPT if run.first else 0)
        out[first : run.last] = _softmax(logits[first - run.first :])
    return out


def _softmax(logits: Array) -> Array:
    raised = np.exp(logits - logits.max(1, keepdims=True))
    made: Array = raised / raised.sum(1, keepdims=True)
    return made


def _whole(text: str, found: Sequence[Found]) -> list[Found]:
    """Widen spans to whole words, so that no part of a name is left standing, and take marks off their ends; one span per character."""
    out: list[Found] = []
    for span in found:
        widened, marks = _SHAPES.get(span.type, _WORDS)
        start, end = span.start, span.end
        least = out[-1].end if out else 0
        while start > least and widened(text[start]) and widened(text[start - 1]):
            start -= 1
        while end < len(text) and widened(text[end - 1]) and widened(text[end]):
            end += 1
        start = max(start, least)
        while start < end and text[start] in _LEADING:
            start += 1
        while start < end and text[end - 1] in marks:
            end -= 1
        if any(character.isalnum() for character in text[start:end]):
            out.append(Found(span.type, start, end, span.confidence))
    return out


def _in_password(character: str) -> bool:
    return character.isalnum() or character in "_!#$%^&*?~+.-"


def _in_username(character: str) -> bool:
    return character.isalnum() or character in "_.-"


_LEADING = " \t\r\n,;:"
_WORDS: tuple[Callable[[str], bool], str] = (str.isalpha, " \t\r\n,;:-")
_SHAPES: dict[str, tuple[Callable[[str], bool], str]] = {
    "PASSWORD": (_in_password, " \t\r\n.,;:"),
    "USERNAME": (_in_username, " \t\r\n.,;:?!-"),
}


def load(*, where: Traversable | None = None) -> LearnedNameFinder:
    """Load what ships with ringwall, or what is in a folder beside its list of pinned digests.

    Raises:
        WeightsRefused: a file is missing, is not the pinned one, or is not what the other file belongs to.
    """
    encoder = load_encoder()
    settings, _ = shipped.decoded(SETTINGS, Settings, where=where)
    body, digest = encoder.body(WEIGHTS, where=where)
    if digest != settings.weights_sha256:
        raise WeightsRefused(f"`{SETTINGS}` does not belong to `{WEIGHTS}`")
    return LearnedNameFinder(encoder, body, settings)
