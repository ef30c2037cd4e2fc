"""Templates to pages: escaping always on, undefined names an error, the strictest policy that a browser can enforce."""

from __future__ import annotations

from datetime import datetime
from importlib.resources import files
from typing import Any

import jinja2
import msgspec

from ringwall.console.highlight import reveal
from ringwall.wire import HttpResponse

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
)

HEADERS = (
    ("content-security-policy", CONTENT_SECURITY_POLICY),
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "same-origin"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    ("permissions-policy", "camera=(), geolocation=(), microphone=()"),
)

_TYPES = {"css": "text/css; charset=utf-8", "js": "text/javascript; charset=utf-8", "svg": "image/svg+xml"}


def _environment() -> jinja2.Environment:
    """Read every template now, so that an upgrade of the files under a running server mixes nothing; each is compiled when first used."""
    folder = files("ringwall.console").joinpath("templates")
    environment = jinja2.Environment(
        loader=jinja2.DictLoader({entry.name: entry.read_text("utf-8") for entry in folder.iterdir() if entry.name.endswith(".html")}),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        auto_reload=False,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["moment"] = _moment
    environment.filters["stamp"] = _stamp
    environment.filters["reveal"] = reveal
    return environment


def _moment(value: datetime | str) -> str:
    """Write a moment so that a person can compare two of them: UTC, to the second."""
    return _stamp(value)[:19].replace("T", " ") + " UTC"


def _stamp(value: datetime | str) -> str:
    return value.isoformat() if isinstance(value, datetime) else value


class Renderer:
    """Renders pages and serves the static files, all read once."""

    def __init__(self, *, secure: bool) -> None:
        """Prepare; `secure`: the server speaks TLS, so browsers may be told to insist on it."""
        self._environment = _environment()
        self._headers = (*HEADERS, ("strict-transport-security", "max-age=31536000")) if secure else HEADERS
        folder = files("ringwall.console").joinpath("static")
        self._static = {entry.name: entry.read_bytes() for entry in folder.iterdir() if entry.name.rpartition(".")[2] in _TYPES}

    def page(self, name: str, values: dict[str, Any], *, status: int = 200) -> HttpResponse:
        """Render a template."""
        text = self._environment.get_template(name).render(values)
        body = text.encode("utf-8", "replace")  # a lone surrogate has no UTF-8; `reveal` shows it by number
        return HttpResponse(status, (("content-type", "text/html; charset=utf-8"), *self._headers), body)

    def json(self, value: object) -> HttpResponse:
        """Render JSON for our own script."""
        return HttpResponse(200, (("content-type", "application/json"), *self._headers), msgspec.json.encode(value))

    def download(self, content: bytes, name: str) -> HttpResponse:
        """Give a file to keep, never to be shown: it may hold anything. `name` is of our own making."""
        kind = (("content-type", "application/octet-stream"), ("content-disposition", f'attachment; filename="{name}"'))
        return HttpResponse(200, (*kind, *self._headers), content)

    def redirect(self, address: str, *cookies: tuple[str, str]) -> HttpResponse:
        """Send the browser to another of our pages with GET."""
        return HttpResponse(303, (("location", address), *cookies, *self._headers), b"")

    def static(self, name: str) -> HttpResponse | None:
        """Return a static file; None where there is none of this name."""
        body = self._static.get(name)
        if body is None:
            return None
        kind = _TYPES[name.rpartition(".")[2]]
        return HttpResponse(200, (("content-type", kind), ("cache-control", "no-cache"), *self._headers), body)
