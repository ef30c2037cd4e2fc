"""One request of a signed-in person, as pages see it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ringwall import __version__
from ringwall.api.in_process import Caller, InProcess
from ringwall.console.render import Renderer
from ringwall.console.sessions import Visitor
from ringwall.wire import HttpResponse


@dataclass(frozen=True, slots=True)
class Visit:
    """What a page is given.

    path: the segments after `/console`, percent-encoded.
    here: the page's address, for the navigation.
    region: of this ringwall, in ARNs.
    """

    visitor: Visitor
    path: tuple[str, ...]
    query: Mapping[str, str]
    form: Mapping[str, str]
    request_id: str
    now: float
    here: str
    region: str
    caller: Caller
    local: InProcess
    renderer: Renderer

    async def call(self, operation: str, members: Mapping[str, Any]) -> Any:
        """Do a native operation as the visitor; it is authorized and recorded like any other request."""
        return await self.local.call(operation, self.caller, {name: value for name, value in members.items() if value is not None})

    def page(self, template: str, values: Mapping[str, Any], *, status: int = 200) -> HttpResponse:
        """Render a page."""
        return self.renderer.page(template, {**values, "visitor": self.visitor, "here": self.here, "version": __version__}, status=status)

    def json(self, value: object) -> HttpResponse:
        """Answer our own script."""
        return self.renderer.json(value)

    def download(self, content: bytes, name: str) -> HttpResponse:
        """Answer with a file to keep."""
        return self.renderer.download(content, name)

    def redirect(self, address: str) -> HttpResponse:
        """Send the browser to another page."""
        return self.renderer.redirect(address)
