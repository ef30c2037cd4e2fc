"""Calibration on the command line, beside a running server: shown, refused, applied, gone back on; no text in the record."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.cli.test_commands import Shell
from tests.live import start

PLACES = ("the harbour", "a bakery", "our library", "the station", "a quiet valley", "the old mill", "my garden", "the museum")
PEOPLE = ("a gardener", "two neighbours", "the teacher", "an engineer", "my aunt", "the postman", "a nurse")
TASKS = ("plan a route to", "write a poem about", "translate a sign from", "draw a map of", "find the opening hours of", "repaint")
TIMES = ("tomorrow", "in spring", "after lunch", "before the meeting")
SAMPLE = [f"Help {who} {what} {where} {when}, please." for who in PEOPLE for what in TASKS for where in PLACES for when in TIMES]


@pytest.fixture(scope="module")
def shell(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shell]:
    live = start(tmp_path_factory.mktemp("watch") / "var")
    shell = Shell(live.data_dir)
    shell.run("watch", "pin", "content-v1")  # the quick one, whose scores of these texts are known
    yield shell
    live.stop()


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("sample") / "harmless.jsonl"
    path.write_text("\n".join(json.dumps({"body": text}) for text in [*SAMPLE, SAMPLE[0]]) + "\n", "utf-8")
    return path


def test_thresholds_are_fitted_shown_applied_and_gone_back_on(shell: Shell, sample: Path) -> None:
    given = ["--sample", str(sample), "--member", "body"]
    shown = shell.run("watch", "calibrate", *given)
    assert "nothing was changed" in shown.stdout
    assert "1 texts are in the sample more than once" in shown.stderr
    assert "harbour" not in shown.stdout
    assert shell.json("watch", "show")["fitted"] is None

    fitted = shell.json("watch", "calibrate", *given, "--apply", "--allow-weaker")
    assert fitted["applied"] is True
    assert fitted["sample"]["texts"] == len(SAMPLE)
    for category, levels in fitted["thresholds"].items():
        for count, rate, level, card in zip(
            fitted["sample"]["flagged"][category], fitted["sample"]["rates"], levels, fitted["before"][category], strict=True
        ):
            assert count <= rate * len(SAMPLE)
            assert (level > card) == (category in fitted["weaker"] and level > card)
    stands = shell.json("watch", "show")
    assert stands["thresholds"] == fitted["thresholds"]
    assert stands["fitted"]["weaker"] == fitted["weaker"]
    counted = shell.json("watch", "check", *given)
    assert {name: counts for name, counts in counted["flagged"].items() if name != "ANY"} == fitted["sample"]["flagged"]
    table = shell.run("watch", "show").stdout
    assert "own" in table
    assert f"on {len(SAMPLE)} texts" in table

    assert "model card" in shell.run("watch", "reset").stdout
    assert "no thresholds of its own" in shell.run("watch", "reset", expect=3).stderr


def test_a_sample_that_is_too_small_or_hides_harm_is_told(shell: Shell, tmp_path: Path) -> None:
    small = tmp_path / "small.txt"
    small.write_text("\n".join(SAMPLE[:150]) + "\n", "utf-8")
    refused = shell.run("watch", "calibrate", "--sample", str(small), expect=3)
    assert "150 texts cannot show a rate of 1 %" in refused.stderr
    assert "299" in refused.stderr
    rude = [f"Our neighbour, that stupid fool, forgot {what} {where} again." for what in TASKS[:5] for where in PLACES]
    small.write_text("\n".join([*SAMPLE[:150], *rude]) + "\n", "utf-8")
    rates = ["--rates", "5,4,3", "--sample", str(small)]
    weak = shell.run("watch", "calibrate", *rates, "--apply", expect=3)
    assert "weaker" in weak.stdout
    assert "INSULTS: line 1" in weak.stdout
    assert "stupid" not in weak.stdout
    assert "--allow-weaker" in weak.stderr
    assert shell.json("watch", "show")["fitted"] is None
    assert "stupid" in shell.run("watch", "check", "--sample", str(small), "--print-texts").stdout


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("a.jsonl", '{"text": "a"}\n{"text": 5}\n', "line 2 has no text"),
        ("a.jsonl", "not json\n", "line 1 is no JSON value"),
        ("a.txt", "\n \n", "has no text"),
        ("a.txt", "a" * 1_000_001, "the text on line 1 has more than"),
    ],
    ids=["a number", "no JSON", "nothing", "too long"],
)
def test_samples_that_cannot_be_read_are_refused_by_line(shell: Shell, tmp_path: Path, name: str, content: str, says: str) -> None:
    (tmp_path / name).write_text(content, "utf-8")
    assert says in shell.run("watch", "check", "--sample", str(tmp_path / name), expect=3).stderr


def test_rates_that_are_none_are_refused(shell: Shell, sample: Path) -> None:
    for rates in ("1,3,5", "3,1", "a,b,c", "3,1,0", "nan,1,0.3"):
        assert "rates" in shell.run("watch", "calibrate", "--sample", str(sample), "--rates", rates, expect=3).stderr


def test_a_version_is_pinned_and_unpinned(shell: Shell) -> None:
    listed = shell.json("watch", "show")["versions"]
    assert shell.json("watch", "pin", listed[0])["pin"] == listed[0]
    assert "no version `content-v999`" in shell.run("watch", "pin", "content-v999", expect=3).stderr
    assert shell.json("watch", "unpin")["pin"] is None
    shell.run("watch", "pin", "content-v1")


def test_the_record_has_no_text_of_a_sample(shell: Shell, sample: Path) -> None:
    shell.run("watch", "check", "--sample", str(sample), "--member", "body")
    records = shell.run("record", "list", "--json").stdout
    assert "ScoreTexts" in records
    assert "harbour" not in records
    assert "harbour" not in (shell.data_dir.parent / f"{shell.data_dir.name}.log").read_text("utf-8")
