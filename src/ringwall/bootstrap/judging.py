"""Level 2 of the watch, where the setting `watch_judge` asks for it: the judge stands above every version of the content model."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from ringwall.bootstrap.settings import Settings, read_variable
from ringwall.errors import SettingsError
from ringwall.guardrails import Scorers
from ringwall.guardrails.ports import ContentScorer
from ringwall.watch.versions import SHIPPED, ContentVersion, ContentVersions

Above = Callable[[ContentScorer], ContentScorer]


def open_judging(settings: Settings) -> Above | None:
    """Return what puts the judge above a content scorer; None where no judge is set.

    Raises:
        SettingsError: the judge's file, or what it names, is missing or wrong, or the extra `judge` is not installed.
    """
    if not settings.watch_judge:
        return None
    from ringwall.watch.judges import open_judge

    try:
        return open_judge(settings.directory / settings.watch_judge, directory=settings.directory, read_variable=read_variable)
    except ImportError as error:
        remedy = "pip install 'ringwall[judge]', or unset `watch_judge`"
        raise SettingsError(f"a local judge needs the package `{error.name or 'onnxruntime'}`", remedy=remedy) from error


def judged(scorers: Scorers, above: Above | None) -> Scorers:
    """Return the scorers with the judge above what judges content."""
    return scorers if above is None or scorers.content is None else replace(scorers, content=above(scorers.content))


def judged_versions(standing: ContentScorer | None, above: Above | None) -> ContentVersions:
    """Return the versions that accounts may pin, the judge above each."""
    return ContentVersions(standing, SHIPPED if above is None else [_judged(row, above) for row in SHIPPED])


def _judged(row: ContentVersion, above: Above) -> ContentVersion:
    return row._replace(load=lambda: above(row.load()))
