"""A hook that stands before a coding assistant's tools: what they would write or run goes through `ringwall scan-code` first.

Reads one tool call as JSON from standard input: {"tool_name": ..., "tool_input": {...}}. Exit code 0 lets it go on, 2 refuses it, with the
reason on standard error. Needs nothing but Python and the command `ringwall`. docs/filters/code.md says how to set it up.
"""

from __future__ import annotations

import argparse
import json
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

LET_THROUGH, REFUSED = 0, 2
CLEAN, FINDINGS, UNKNOWN = 0, 1, 3  # the exit codes of `ringwall scan-code`
TIMEOUT_S = 120
COMMAND_LANGUAGE = "bash"


def main() -> int:
    """Judge one tool call."""
    options = arguments()
    try:
        pieces = code_of(json.load(sys.stdin))
        reasons = [reason for name, language, text in pieces for reason in scan(options, name, language, text)]
    except Exception as error:  # noqa: BLE001 - the rim: whatever goes wrong here is a refusal
        reasons = [f"the call could not be scanned ({type(error).__name__})"]
    for reason in reasons:
        sys.stderr.write(f"ringwall: {reason}\n")
    return REFUSED if reasons else LET_THROUGH


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Scan the code in a tool call; exit code 2 refuses it.")
    parser.add_argument("--fail-on", choices=("LOW", "MEDIUM", "HIGH"), default="MEDIUM")
    parser.add_argument("--allow-unscanned", action="store_true")
    parser.add_argument("--semgrep", metavar="PATH")
    parser.add_argument("--ringwall", metavar="COMMAND", default="ringwall")
    return parser.parse_args()


def code_of(call: dict[str, Any]) -> list[tuple[str, str, str]]:
    """Return what a call would write or run: the file's name ("" where there is none), the language ("" where the name tells), the text."""
    given = call["tool_input"]
    name = str(given.get("file_path") or given.get("path") or "")
    pieces = [(name, "", text_of(given[member])) for member in ("content", "file_text") if member in given]
    edits = given.get("edits", [given] if "new_string" in given or "new_str" in given else [])
    if edits:
        pieces.append((name, "", edited(name, edits)))
    if "new_source" in given:
        pieces.append(("", "markdown" if given.get("cell_type") == "markdown" else "python", text_of(given["new_source"])))
    if "command" in given and not pieces:
        pieces.append(("", COMMAND_LANGUAGE, text_of(given["command"])))
    return pieces


def edited(name: str, edits: list[dict[str, Any]]) -> str:
    """Put edits into the file, so that the whole of what it becomes is scanned; where that fails, return the new texts alone."""
    try:
        text = Path(name).read_text(encoding="utf-8")
    except (OSError, ValueError):
        text = ""
    alone = []
    for edit in edits:
        old = text_of(edit.get("old_string", edit.get("old_str", "")))
        new = text_of(edit.get("new_string", edit.get("new_str")))
        if old and old in text:
            text = text.replace(old, new, -1 if edit.get("replace_all") else 1)
        else:
            alone.append(new)
    return "\n".join([text, *alone]) if alone else text


def text_of(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def scan(options: argparse.Namespace, name: str, language: str, text: str) -> list[str]:
    """Return why a text is refused; nothing where it may go on."""
    if not language:
        language = Path(name).suffix.removeprefix(".") or Path(name).name
    command = [*shlex.split(options.ringwall), "scan-code", "-", "--json", "--fail-on", options.fail_on]
    command += ["--semgrep", options.semgrep] if options.semgrep else []
    done = run([*command, "--language", language], text)
    if done.returncode == UNKNOWN and not done.stdout:  # a language that has no name: what the text holds decides
        done = run(command, text)
    if done.returncode not in {CLEAN, FINDINGS, UNKNOWN} or not done.stdout:
        return ["the scan failed: " + (done.stderr.strip().splitlines() or ["no reason given"])[0]]
    said = json.loads(done.stdout)
    place = name or "the command"
    ranks = ["LOW", "MEDIUM", "HIGH"]
    reasons = []
    for file in said["files"]:
        for finding in file["findings"]:
            unparsed = finding["rule"] == "code/does-not-parse"
            if unparsed and options.allow_unscanned:
                continue
            if unparsed or ranks.index(finding["severity"]) >= ranks.index(options.fail_on):
                weakness = f" CWE-{finding['cwe']}" if finding["cwe"] else ""
                reasons.append(f"{place}:{finding['line']}: {finding['severity']}{weakness} {finding['message']} ({finding['rule']})")
        reasons += [f"{place}: {failure['scanner']} did not finish: {failure['reason']}" for failure in file["failures"]]
        if not options.allow_unscanned:
            reasons += [f"{place}:{skipped['line']}: not scanned: {skipped['reason']}" for skipped in file["notScanned"]]
    return reasons


def run(command: list[str], text: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, input=text, capture_output=True, text=True, timeout=TIMEOUT_S, check=False, encoding="utf-8")  # noqa: S603


if __name__ == "__main__":
    sys.exit(main())
