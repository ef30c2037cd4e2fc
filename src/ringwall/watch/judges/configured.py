"""The file that the setting `watch_judge` names: which judge, what its labels mean, and what its word may change."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Literal

import msgspec

from ringwall.errors import SettingsError
from ringwall.guardrails.ports import ContentScorer
from ringwall.watch.judges.answers import LLAMA_GUARD
from ringwall.watch.judges.http import Server
from ringwall.watch.judges.judge import Category, Judge
from ringwall.watch.judges.judged import JudgedContentScorer
from ringwall.watch.judges.openai import OpenAiJudge

_Labels = dict[str, Category | Literal[""]]


class OnnxFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, tag="onnx"):
    """A local classifier; `folder` is relative to the data folder."""

    folder: str
    labels: _Labels


class OpenAiFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, tag="openai"):
    """A server that speaks OpenAI's chat completions; `credential` is `env:NAME` or `file:NAME` in the data folder."""

    url: str
    model: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    answers: Literal["llama-guard", "json"] = "llama-guard"
    labels: _Labels | None = None
    credential: str = ""
    timeout_s: Annotated[float, msgspec.Meta(gt=0, le=60)] = 5.0


class JudgeFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The whole file.

    categories: that are asked about, and that the judge's word counts for.
    lowers: whether it may lower an unsure score too.
    """

    judge: OnnxFile | OpenAiFile
    categories: Annotated[tuple[Category, ...], msgspec.Meta(min_length=1)]
    lowers: bool = False


def open_judge(
    path: Path, *, directory: Path, read_variable: Callable[[str], str | None]
) -> Callable[[ContentScorer], JudgedContentScorer]:
    """Read the file and open the judge; return what puts it above a scorer.

    Raises:
        SettingsError: the file or what it names is missing, unreadable or wrong.
    """
    try:
        file = msgspec.json.decode(path.read_bytes(), type=JudgeFile)
    except OSError as error:
        raise SettingsError(f"the file `{path.name}` that `watch_judge` names cannot be read", remedy="correct or unset it") from error
    except msgspec.DecodeError as error:
        raise SettingsError(f"the file `{path.name}` that `watch_judge` names: {error}", remedy="see docs/filters/watch.md") from error
    judge, labels = _opened(file.judge, directory, read_variable)
    unheard = [category for category in file.categories if category not in labels.values()]
    if unheard:
        raise SettingsError(f"no label of the judge stands for `{unheard[0]}`", remedy="map a label to it, or leave it out of `categories`")
    return lambda inner: JudgedContentScorer(inner, judge, categories=file.categories, lowers=file.lowers)


def _opened(file: OnnxFile | OpenAiFile, directory: Path, read_variable: Callable[[str], str | None]) -> tuple[Judge, _Labels]:
    if isinstance(file, OnnxFile):
        from ringwall.watch.judges.onnx_classifier import OnnxClassifier  # needs the extra `judge`

        return OnnxClassifier(directory / file.folder, file.labels), file.labels
    labels = dict(LLAMA_GUARD) if file.labels is None and file.answers == "llama-guard" else file.labels
    if labels is None:
        raise SettingsError("a judge that answers in JSON needs `labels`", remedy='map each of its categories to one of ours, or to ""')
    credential = _credential(file.credential, directory, read_variable)
    server = Server(file.url, timeout_s=file.timeout_s)
    return OpenAiJudge(server, file.model, labels, answers=file.answers, credential=credential), labels


def _credential(reference: str, directory: Path, read_variable: Callable[[str], str | None]) -> str:
    """Read what a reference names; the value is kept in memory only."""
    if not reference:
        return ""
    scheme, _, name = reference.partition(":")
    value: str | None = None
    if scheme == "env":
        value = read_variable(name)
    elif scheme == "file" and name and Path(name).name == name:
        try:
            value = (directory / name).read_text("utf-8")
        except (OSError, UnicodeDecodeError):
            value = None
    value = (value or "").strip()
    if not value or not value.isascii() or not value.isprintable():
        raise SettingsError(
            "the judge's credential cannot be read", remedy="write `env:NAME` or `file:NAME`, NAME being in the data folder"
        )
    return value
