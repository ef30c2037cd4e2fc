"""A proof report: what was proved about one list of phrases over the tables in use, as a value, in Markdown and in JSON."""

from __future__ import annotations

from collections import Counter
from typing import Literal

import msgspec

from ringwall.reasoning.text.certificate import COMMON_PREMISES, TRUSTED_BASE, Counterexample
from ringwall.reasoning.text.folding import Theorem
from ringwall.reasoning.text.lemmas import Lemma
from ringwall.reasoning.text.matrix import NOT_CLAIMED, Cell

_NUMBERED = "Premises of every cell"


class Phrases(msgspec.Struct, frozen=True, kw_only=True):
    """The list that the report is about. anywhere: long enough to be found without word boundaries; the theorem is about these.

    long: of those, the ones with twelve or more letters and digits, which the decoders with longer runs need.
    valid: whether the automaton was held against the phrases; why: what is wrong with it, if anything.
    """

    count: int
    anywhere: int
    long: int
    digest: str
    valid: bool
    why: str = ""


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that `prove bypass` says. status: the worst of what was asked for; `unknown` is never rendered as proved."""

    status: Literal["proved", "refuted", "unknown"]
    tables_sha256: str
    tables_version: int
    interpreter: str
    depth: int
    phrases: Phrases
    theorems: tuple[Theorem, ...]
    lemmas: tuple[Lemma, ...]
    cells: tuple[Cell, ...]
    passing: tuple[Counterexample, ...] = ()
    premises: tuple[str, ...] = COMMON_PREMISES
    trusted_base: tuple[str, ...] = TRUSTED_BASE

    def to_json(self) -> bytes:
        """Render for programs."""
        return msgspec.json.encode(self)

    def to_markdown(self) -> str:
        """Render for people."""
        return (
            "\n".join([*_head(self), *_counterexamples(self), *_classes(self), *_theorems(self), *_matrix(self), *_small_print(self)])
            + "\n"
        )


def _head(report: Report) -> list[str]:
    phrases = report.phrases
    counted = Counter(cell.status for cell in report.cells)
    return [
        f"# Encoding bypass: {report.status}",
        "",
        f"Tables version {report.tables_version}, SHA-256 `{report.tables_sha256}`; interpreter `{report.interpreter}`.",
        f"{phrases.count} phrases (`{phrases.digest[:16]}`): {phrases.anywhere} are found anywhere, {phrases.long} of them in every code;",
        f"{phrases.count - phrases.anywhere} shorter ones are found at word boundaries only. Depth {report.depth}.",
        f"The phrase automaton {'finds exactly these phrases (checked)' if phrases.valid else 'is wrong: ' + phrases.why}.",
        "Cells: " + ", ".join(f"{number} {status}" for status, number in sorted(counted.items())) + ".",
        "",
    ]


def _counterexamples(report: Report) -> list[str]:
    found = [*report.passing, *(lemma.counterexample for lemma in report.lemmas if lemma.counterexample is not None)]
    lines = ["## Texts that pass", ""] if found else []
    for example in found:
        lines += [f"`{example.encoder}`: {example.why}. With the phrase", "", _quoted(example.phrase), "", "this text passes:", ""]
        lines += [_quoted(example.text), ""]
    return lines


def _quoted(text: str) -> str:
    return "    " + text.encode("unicode_escape").decode()


def _classes(report: Report) -> list[str]:
    lines = ["## Classes", "", "| class | decoder | status | configurations | shortest run | certificate |", "|---|---|---|---|---|---|"]
    for lemma in report.lemmas:
        certificate = lemma.certificate
        facts = (certificate.states, certificate.run_minimum, certificate.invariant_sha256[:12]) if certificate else ("", "", "")
        lines.append(f"| {lemma.encoder}: {_cell(lemma.says)} | {lemma.decoder} | {lemma.status} | {facts[0]} | {facts[1]} | {facts[2]} |")
    return [*lines, ""]


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _theorems(report: Report) -> list[str]:
    lines = ["## Theorems about the tables", "", "| theorem | says | places checked | holds |", "|---|---|---|---|"]
    lines += [f"| {t.id} | {_cell(t.says)} | {t.checked} | {'yes' if t.holds else 'no: ' + _cell(t.witness)} |" for t in report.theorems]
    return [*lines, ""]


def _matrix(report: Report) -> list[str]:
    premises = list(dict.fromkeys(premise for cell in report.cells for premise in cell.premises))
    lines = ["## Chains", "", "| written first | over it | status | premises |", "|---|---|---|---|"]
    for cell in report.cells:
        numbers = ", ".join(f"P{premises.index(premise) + 1}" for premise in cell.premises)
        lines.append(f"| {cell.inner} | {cell.outer or '-'} | {cell.status} | {numbers} |")
    return [*lines, "", *(f"- P{number + 1}: {premise}" for number, premise in enumerate(premises)), ""]


def _small_print(report: Report) -> list[str]:
    lines = [f"## {_NUMBERED}", "", *(f"- {premise}" for premise in report.premises), ""]
    lines += ["## Trusted", "", *(f"- {part}" for part in report.trusted_base), ""]
    return [*lines, "## Not claimed", "", *(f"- {what}: {why}" for what, why in NOT_CLAIMED.items())]
