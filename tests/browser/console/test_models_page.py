"""The models page in Chromium: whose rows, how their circuits stand, and bars of what is used."""

from __future__ import annotations

import http.client
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import expect

from ringwall.cli.client import read_server_file
from tests.live import Live, free_port

pytestmark = pytest.mark.browser

PHONE = pytest.param({"viewport": {"width": 360, "height": 740}}, id="phone")
DARK = pytest.param({"color_scheme": "dark"}, id="dark")


def operator(live: Live, method: str, path: str, value: Any = None) -> int:
    served = read_server_file(live.data_dir)
    assert served is not None
    connection = http.client.HTTPConnection(served.url.partition("//")[2], timeout=60)
    connection.request(method, f"/ringwall/v1{path}", json.dumps(value), {"authorization": f"Bearer {served.token}"})
    response = connection.getresponse()
    response.read()
    connection.close()
    return response.status


@pytest.fixture(scope="module")
def furnished(live: Live) -> Iterator[str]:
    """A row of the operator's whose upstream is not there, asked until its circuit opened; limits, one of them nearly used up."""
    upstream = f"openai+http://127.0.0.1:{free_port()}/v1"
    assert operator(live, "PUT", "/models/nowhere", {"upstream": upstream, "allowPrivate": True, "aliases": ["not-there"]}) == 200
    limits: dict[str, dict[str, Any]] = {
        "page-trials": {"kind": "requests", "amount": 12, "periodS": 3600, "shape": "window", "per": ["model"], "routes": ["native"]},
        "page-day": {"kind": "cost", "usd": "2.5", "periodS": 86400, "models": ["gpt-4o"]},
        "page-calls": {"kind": "concurrency", "amount": 40},
    }
    for name, limit in limits.items():
        assert operator(live, "PUT", f"/limits/{name}", limit) == 200
    answers = [operator(live, "POST", "/model-trials", {"model": "nowhere"}) for _ in range(10)]
    assert set(answers) == {502, 503}
    yield upstream
    operator(live, "DELETE", "/models/nowhere")
    for name in limits:
        operator(live, "DELETE", f"/limits/{name}")


@pytest.mark.parametrize("page", [{}, PHONE, DARK], indirect=True)
def test_rows_circuits_and_bars_are_shown(signed_in: Any, live: Live, furnished: str) -> None:
    signed_in.get_by_role("link", name="Models").click()
    signed_in.get_by_role("heading", name="Models", exact=True).wait_for()
    row = signed_in.locator("tr", has_text="nowhere").first
    expect(row).to_contain_text("also not-there")
    expect(row).to_contain_text(furnished)
    expect(row.locator(".badge")).to_have_text(re.compile("open|being tried"))  # it is tried again after a while
    expect(signed_in.locator("tr", has_text="ringwall.development-v1").first).to_contain_text("built in")
    limit = signed_in.locator("tr", has_text="page-trials")
    expect(limit).to_contain_text("12 requests in an hour")
    expect(limit).to_contain_text("for each model; only routes native")
    expect(limit).to_contain_text("model nowhere")
    expect(limit).to_contain_text("10 of 12 requests, 83 %")
    drawn = limit.locator("svg.meter rect.mask").bounding_box()
    track = limit.locator("svg.meter rect.track").bounding_box()
    assert abs(drawn["width"] / track["width"] - 10 / 12) < 0.02
    expect(signed_in.locator("tr", has_text="page-day")).to_contain_text("0 of 2.5 USD, 0 %")
    expect(signed_in.locator("tr", has_text="page-calls")).to_contain_text("40 calls under way")
    assert signed_in.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    assert signed_in.evaluate("window.complaints") == []
