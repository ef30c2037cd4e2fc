"""`ringwall doctor`: look at everything a start depends on, and say what is wrong and how to mend it."""

from __future__ import annotations

import platform
import socket
from collections.abc import Callable
from importlib.metadata import version
from importlib.util import find_spec
from typing import Any

import msgspec

from ringwall import __version__
from ringwall.bootstrap.backups import look_at_storage
from ringwall.bootstrap.house import load_scorers
from ringwall.bootstrap.judging import judged, open_judging
from ringwall.cli.client import is_alive, read_server_file
from ringwall.cli.context import Context
from ringwall.cli.exit_codes import FOUND, OK
from ringwall.cli.output import table
from ringwall.errors import RingwallError
from ringwall.text import interpreter_name, tables_digest, tables_version
from ringwall.text.detectors import DetectorConfig, compile_detectors
from ringwall.watch.release import verify_release


class Finding(msgspec.Struct, frozen=True):
    """One thing that was looked at."""

    what: str
    fine: bool
    said: str


def add_to(group: Any) -> None:
    """Describe the command."""
    group.command("doctor", "look at everything a start depends on; exit code 1 if something is wrong").set_defaults(run=_doctor)


def _doctor(context: Context) -> int:
    checks: tuple[tuple[str, Callable[[Context], str]], ...] = (
        ("ringwall", _ringwall),
        ("Python", _python),
        ("text interpreter", _interpreter),
        ("text tables", _tables),
        ("regular expressions", _regular_expressions),
        ("models", _models),
        ("releases", _releases),
        ("database", _database),
        ("server", _server),
    )
    found = [_look(what, check, context) for what, check in checks]
    rows = [{"what": each.what, "fine": "ok" if each.fine else "WRONG", "said": each.said} for each in found]
    context.show({"findings": found}, table(rows, {"what": "what", "fine": "", "said": "found"}))
    return OK if all(each.fine for each in found) else FOUND


def _look(what: str, check: Callable[[Context], str], context: Context) -> Finding:
    try:
        return Finding(what, fine=True, said=check(context))
    except RingwallError as error:
        return Finding(what, fine=False, said=f"{error.message}; {error.how_to_mend}" if error.how_to_mend else error.message)


def _ringwall(context: Context) -> str:  # noqa: ARG001 - a check's shape
    return f"{__version__}, botocore {version('botocore')}, granian {version('granian')}"


def _python(context: Context) -> str:  # noqa: ARG001 - a check's shape
    return f"{platform.python_implementation()} {platform.python_version()} on {platform.machine()} {platform.system()}"


def _interpreter(context: Context) -> str:  # noqa: ARG001 - a check's shape
    if interpreter_name() == "c":
        return "C"
    built = find_spec("ringwall.text._interpreter") is not None
    why = "the C one was built, but does not load here" if built else "no C compiler was there when ringwall was installed"
    return f"Python: {why}; the same results, some hundred times slower (install a compiler, then remove .venv and start again)"


def _tables(context: Context) -> str:  # noqa: ARG001 - a check's shape
    return f"version {tables_version()}, {tables_digest()}"


def _regular_expressions(context: Context) -> str:  # noqa: ARG001 - a check's shape
    """Run the engine on a text with one thing to find: an engine that finds nothing is the failure that would go unseen."""
    detectors = compile_detectors(DetectorConfig(pii=("EMAIL",), regexes=(("probe", r"\bdoctor-[0-9]{4}\b"),)))
    found = {finding.type for finding in detectors.scan("mail probe@example.com about doctor-4711").findings}
    if found != {"EMAIL", "probe"}:
        raise RingwallError(f"RE2 found {sorted(found)} where it should find an address and a pattern", remedy="reinstall google-re2")
    return f"google-re2 {version('google-re2')} finds what it should"


def _models(context: Context) -> str:
    """Load every model, and have the content model read one text: loading alone would not show that it runs."""
    scorers = judged(load_scorers(context.settings.watch), open_judging(context.settings))
    if scorers.content is not None:
        scorers.content.score_windows(["Is the doctor in?"])
    loaded = (scorers.content, scorers.topics, scorers.grounding, scorers.names)
    said = "; ".join(scorer.model_id for scorer in loaded if scorer is not None) or "none"
    return f"{said}; watch = {context.settings.watch}"


def _releases(context: Context) -> str:  # noqa: ARG001 - a check's shape
    files = verify_release(weights=True)
    seen = {f"{each.checkpoint.origin} at {each.checkpoint.size} entries" for each in files}
    return f"{len(files)} files are what was released, in {', '.join(sorted(seen))}"


def _database(context: Context) -> str:
    return look_at_storage(context.settings)


def _server(context: Context) -> str:
    served = read_server_file(context.settings.directory)
    if served is not None and is_alive(served):
        return f"runs at {served.url} (process {served.pid})"
    with socket.socket(socket.AF_INET6 if ":" in context.settings.host else socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((context.settings.host, context.settings.port))
        except OSError as error:
            raise RingwallError(
                f"none runs, and {context.settings.host}:{context.settings.port} cannot be listened on: {error.strerror}",
                remedy="choose another port",
            ) from error
    return f"none runs; {context.settings.host}:{context.settings.port} is free"
