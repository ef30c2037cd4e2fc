"""A browser that fails its test on anything it complains about: console errors, uncaught exceptions, policy reports, failed requests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.live import Live

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
POLICY_PROBE = """
window.complaints = [];
document.addEventListener('securitypolicyviolation', event => window.complaints.push(`${event.violatedDirective} ${event.blockedURI}`));
"""


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    """One browser for a module's tests; it ends with them, because its event loop occupies this thread while it lives."""
    if not CHROMIUM.exists():
        pytest.skip("browser: no Chromium")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=str(CHROMIUM), args=list(FLAGS))
        yield started
        started.close()


@pytest.fixture(params=[pytest.param({}, id="desktop")])
def page(request: pytest.FixtureRequest, chromium: Any) -> Iterator[Any]:
    """A fresh window; parametrise indirectly with context options."""
    context = chromium.new_context(**{"viewport": {"width": 1200, "height": 900}, **request.param})
    context.add_init_script(POLICY_PROBE)
    opened = context.new_page()
    complaints: list[str] = []
    expected: list[str] = []
    opened.expect_complaint = expected.append
    opened.on("console", lambda message: complaints.append(f"console: {message.text}") if message.type in {"error", "warning"} else None)
    opened.on("pageerror", lambda error: complaints.append(f"exception: {error}"))
    opened.on("requestfailed", lambda failed: complaints.append(f"failed: {failed.url} {failed.failure}"))
    expected.append("net::ERR_ABORTED")  # a page that was left while its logo was loading
    yield opened
    complaints += opened.evaluate("window.complaints ?? []")
    context.close()
    left = [complaint for complaint in complaints if not any(known in complaint for known in expected)]
    assert left == []


@pytest.fixture
def signed_in(page: Any, live: Live) -> Any:
    """The window, signed in and on the overview."""
    page.goto(live.ready["console"])
    page.get_by_label("Access key ID").fill(live.ready["accessKeyId"])
    page.get_by_label("Secret access key or API key").fill(live.ready["secretAccessKey"])
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("heading", name="Overview").wait_for()
    return page
