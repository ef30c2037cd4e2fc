"""What every test may ask for: the shared folder of vectors and data sets, and hypothesis profiles that do not depend on the machine's speed."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.live import Live, start

ROOT = Path(__file__).resolve().parent.parent
SHARED = Path(os.environ.get("RINGWALL_SHARED", ROOT.parent / "shared"))

settings.register_profile("ci", max_examples=100, derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("all", parent=settings.get_profile("ci"), max_examples=2_000)
settings.register_profile("night", parent=settings.get_profile("ci"), max_examples=20_000, derandomize=False)
settings.load_profile(os.environ.get("RINGWALL_TEST_PROFILE", "ci"))


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of vectors and data sets that stand beside the repository."""
    if not SHARED.is_dir():
        pytest.skip("shared: the folder of vectors and data sets is absent")
    return SHARED


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """Async tests run on asyncio."""
    return "asyncio"


@pytest.fixture(scope="session")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """One running ringwall for all tests of this process that only talk to it."""
    server = start(tmp_path_factory.mktemp("live") / "var")
    yield server
    assert server.stop() == 0


def pytest_sessionstart(session: pytest.Session) -> None:
    """The long runs mean to prove everything: without the shared folder they refuse, unless told so."""
    if os.environ.get("RINGWALL_TEST_LEVEL") in {"all", "night"} and not SHARED.is_dir() and "RINGWALL_WITHOUT_SHARED" not in os.environ:
        pytest.exit(f"no shared folder at `{SHARED}`: set RINGWALL_SHARED, or RINGWALL_WITHOUT_SHARED=1 to go on without", returncode=2)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave the PostgreSQL half of what is marked so to the long runs."""
    for item in items:
        if item.get_closest_marker("slow_on_postgresql") is not None and "postgresql" in item.name:
            item.add_marker(pytest.mark.slow)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Count skips by cause: the words before the colon of each reason."""
    causes: Counter[str] = Counter()
    for report in terminalreporter.stats.get("skipped", ()):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        causes[reason.removeprefix("Skipped: ").partition(":")[0]] += 1
    if causes:
        terminalreporter.write_line("skipped by cause: " + ", ".join(f"{n} {cause}" for cause, n in causes.most_common()))
