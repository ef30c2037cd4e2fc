"""What is said of a weights file, gathered from its card and from git: the predicate of its statement."""

from __future__ import annotations

import hashlib
import json
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from ringwall.crypto.statements import Statement, make_statement
from ringwall.watch.release import PREDICATE, DataSet, ModelRelease, Named, TrainingCode
from training.release.models import LICENCE, Model, ReleaseError


def describe(model: Model, weights: Path) -> ModelRelease:
    """Return what is to be said of a model's files; `dated` says when, and of which commit.

    Raises:
        ReleaseError: there is no card, it lacks a member, or it names another model.
    """
    path = weights / model.card
    if not path.is_file():
        raise ReleaseError(f"`{model.card}` is missing: nothing is released without a model card")
    card = json.loads(path.read_text("utf-8"))
    lacking = [member for member in ("name", "version", "training_sets", *model.figures) if member not in card]
    if lacking or (card["name"], card["version"]) != (model.name, model.version):
        raise ReleaseError(f"`{model.card}` is not a card of `{model.name}` {model.version}, or lacks {', '.join(lacking) or 'nothing'}")
    if card.get("licence", LICENCE) != LICENCE:
        raise ReleaseError(f"`{model.card}` names another licence than {LICENCE}")
    return ModelRelease(
        model=model.name,
        version=model.version,
        licence=LICENCE,
        card=Named(name=model.card, sha256=hashlib.sha256(path.read_bytes()).hexdigest()),
        evaluation={member: card[member] for member in model.figures},
        training_data=tuple(DataSet(item["name"], item["sha256"], item["licence"]) for item in card["training_sets"]),
        training_code=TrainingCode(commit="", paths=model.code),
        released_at="",
    )


def dated(release: ModelRelease, root: Path, at: datetime) -> ModelRelease:
    """Return a release with its time and the last commit of the training's code.

    Raises:
        ReleaseError: the code has changes that are not committed.
    """
    code = TrainingCode(commit=_commit(root, release.training_code.paths), paths=release.training_code.paths)
    return msgspec.structs.replace(release, training_code=code, released_at=at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"))


def says_the_same(one: ModelRelease, other: ModelRelease) -> bool:
    """Say whether two releases differ in nothing but when they were made, and how far the code had come since."""
    plain = TrainingCode("", ())
    first, second = (msgspec.structs.replace(each, released_at="", training_code=plain) for each in (one, other))
    return msgspec.to_builtins(first) == msgspec.to_builtins(second)


def statement(file: str, digest: str, release: ModelRelease) -> Statement:
    """Return the statement about one file."""
    return make_statement(PREDICATE, {file: digest}, msgspec.to_builtins(release))


def _commit(root: Path, paths: tuple[str, ...]) -> str:
    """Return the last commit that changed any of these paths."""
    if changed := _git(root, "status", "--porcelain", "--", *paths):
        raise ReleaseError(f"commit first, so that the statement can name the code: {', '.join(changed.split()[1::2])}")
    commit = _git(root, "log", "-1", "--format=%H", "--", *paths)
    if not commit:
        raise ReleaseError(f"no commit has {', '.join(paths)}")
    return commit


def _git(root: Path, *arguments: str) -> str:
    return subprocess.run(["git", *arguments], cwd=root, check=True, capture_output=True, text=True).stdout.strip()
