"""House rules that no linter knows: rooms have their sentence, files stay small, no cupboards, nothing left for later."""

from __future__ import annotations

import ast
import re
import subprocess
import tomllib
from pathlib import Path

import pytest

import ringwall

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src" / "ringwall"
ROOMS = sorted(p.parent.name for p in SOURCE.glob("*/__init__.py"))
CUPBOARDS = {"utils", "util", "common", "helpers", "misc", "core", "base", "manager"}


def python_files() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-co", "--exclude-standard", "*.py"], cwd=ROOT, capture_output=True, text=True, check=True)
    return [ROOT / line for line in listed.stdout.splitlines() if (ROOT / line).exists()]


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_opens_with_its_sentence_from_architecture(room: str):
    sentence = ast.get_docstring(ast.parse((SOURCE / room / "__init__.py").read_text())).split("\n\n")[0]
    told = re.search(rf"^  {room}/ +(.+)$", (ROOT / "ARCHITECTURE.md").read_text(), re.MULTILINE)
    assert told, f"ARCHITECTURE.md does not know the room {room}"
    assert " ".join(sentence.split()) == told[1].strip()


def test_architecture_says_which_rooms_stand():
    told = re.search(r"^Standing today: (.+)\.$", (ROOT / "ARCHITECTURE.md").read_text(), re.MULTILINE)
    assert set(told[1].split(", ")) == {*ROOMS, "errors"}


def test_nothing_is_a_cupboard():
    assert [p for p in python_files() if p.stem in CUPBOARDS or CUPBOARDS & set(p.relative_to(ROOT).parts)] == []


def test_files_stay_small_enough_to_hold_in_the_head():
    long = {str(p.relative_to(ROOT)): n for p in python_files() if (n := len(p.read_text().splitlines())) > 500}
    assert long == {}


def test_nothing_is_left_for_later():
    words = re.compile(r"\b(?:TODO|FIXME|XXX)\b|NotImplementedError")
    mine = Path(__file__)
    assert [str(p) for p in python_files() if p != mine and words.search(p.read_text())] == []


def test_broad_excepts_say_why():
    """`except Exception` stands only where a comment, on the line or beside it, explains the rim it guards."""
    silent = []
    for path in python_files():
        lines = ["", *path.read_text().splitlines(), ""] if SOURCE in path.parents else []
        for number, line in enumerate(lines):
            explained = any("#" in near for near in lines[number - 1 : number + 2])
            if re.search(r"except (?:Base)?Exception\b", line) and not explained:
                silent.append(f"{path.relative_to(ROOT)}:{number}")
    assert silent == []


def test_no_mock_of_our_own_code():
    """`monkeypatch` may set the environment that a foreign client reads; it may not replace an attribute of ours."""
    mocks = re.compile(r"unittest\.mock|MagicMock|monkeypatch\.(?!setenv\b|delenv\b)")
    mine = Path(__file__)
    assert [str(p.relative_to(ROOT)) for p in python_files() if p != mine and mocks.search(p.read_text())] == []


def test_the_version_is_told_once():
    assert tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"] == ringwall.__version__


def test_decision_records_are_numbered_without_gaps_and_say_what_they_cost():
    records = sorted((ROOT / "docs" / "decisions").glob("*.md"))
    assert [path.name[:5] for path in records] == [f"{number:04d}-" for number in range(1, len(records) + 1)]
    for path in records:
        text = path.read_text(encoding="utf-8")
        assert text.startswith(f"# {path.name[:4]}: "), path.name
        headings = re.findall(r"^## (.+)$", text, re.MULTILINE)
        assert [one for one in ("Context", "Outcome", "Negative consequences") if one not in headings] == [], path.name
        assert re.search(r"^## Negative consequences\n+[-*] \S", text, re.MULTILINE), path.name


def _project() -> dict:
    return tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def test_what_the_distribution_depends_on_is_what_is_locked():
    """An installation from the lock is one from the distribution's own list and its extra `watch`; `setuptools` builds it."""
    project = _project()
    declared = [*project["dependencies"], *project["optional-dependencies"]["watch"]]
    listed = [line for line in (ROOT / "requirements" / "run.in").read_text().splitlines() if line and not line.startswith("#")]
    assert {*map(_bare_name, declared), "setuptools"} == {*map(_bare_name, listed)}


def test_the_core_stays_small():
    """ARCHITECTURE's bound on the wheels of the core install: those that the extra `watch` alone brings do not count."""
    bound = re.search(r"<= (\d+) run-time wheels", (ROOT / "ARCHITECTURE.md").read_text())
    locked = re.findall(
        r"^([a-z0-9-]+)==.*\n(?: {4}--hash.*\n)+((?: {4}# .*\n)+)", (ROOT / "requirements" / "run.txt").read_text(), re.MULTILINE
    )
    asked_by = [(name, set(re.findall(r"# +(?:via )?(\S+(?: requirements/run.in)?)", reasons))) for name, reasons in locked]
    watch = {_bare_name(each) for each in _project()["optional-dependencies"]["watch"]}
    core: set[str] = set()
    while more := {name for name, by in asked_by if name not in watch | core and by & {"-r requirements/run.in", *core}}:
        core |= more
    assert {"aiohttp", "yarl"} <= core
    assert "flatbuffers" not in core
    assert len(core) <= int(bound[1])


def _bare_name(requirement: str) -> str:
    return re.match(r"[a-z0-9-]+", requirement)[0]
