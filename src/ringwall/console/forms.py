"""What a browser sends: urlencoded forms, cookies, and the headers that say where a form came from."""

from __future__ import annotations

from urllib.parse import parse_qsl

from ringwall.errors import AccessDenied, InvalidRequest
from ringwall.wire import HttpRequest

FIELDS = 32
FORM_TYPE = "application/x-www-form-urlencoded"


class CrossSite(AccessDenied, code="cross-site"):
    """The form did not come from a page of this console."""

    remedy = "open the console and send the form from there"


class UnreadableForm(InvalidRequest, code="unreadable-form"):
    """The form cannot be read."""


def read_form(request: HttpRequest) -> dict[str, str]:
    """Read a urlencoded form; browsers send line ends as CR LF, and a text gets them as the person typed them.

    Raises:
        UnreadableForm: another media type, not UTF-8, too many fields, or one of them twice.
    """
    if (request.header("content-type") or "").partition(";")[0].strip().lower() != FORM_TYPE:
        raise UnreadableForm(f"a form is sent as {FORM_TYPE}")
    return _read(request.body)


def read_query(request: HttpRequest) -> dict[str, str]:
    """Read the query the same way."""
    return _read(request.query)


def _read(encoded: bytes) -> dict[str, str]:
    try:
        pairs = parse_qsl(encoded.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=FIELDS)
    except ValueError as error:
        raise UnreadableForm("the form is not percent-encoded UTF-8, or has too many fields") from error
    fields = {name: value.replace("\r\n", "\n") for name, value in pairs}
    if len(fields) != len(pairs):
        raise UnreadableForm("the form has a field twice")
    return fields


def read_cookie(request: HttpRequest, name: str) -> str:
    """Return a cookie's value; nothing if it is absent, or there twice (then someone else set one)."""
    found = [
        value
        for header in request.header_values("cookie")
        for part in header.split(";")
        for key, _, value in (part.strip().partition("="),)
        if key == name
    ]
    return found[0] if len(found) == 1 else ""


def refuse_cross_site(request: HttpRequest) -> None:
    """Check that a form was sent by a page of this very origin.

    1. `Origin`, which every browser sends with a form, must be the origin that the request came to; `null` is not.
    2. `Sec-Fetch-Site`, where the browser sends it, must be `same-origin`.

    Raises:
        CrossSite: it was not, or the browser did not say.
    """
    host = request.header("host") or request.header(":authority") or ""
    own = f"{'https' if request.secure else 'http'}://{host}"
    origins = request.header_values("origin")
    if origins != [own]:  # 1
        raise CrossSite("the form came from another site, or from a browser that does not say where from")
    if request.header("sec-fetch-site") not in {None, "same-origin"}:  # 2
        raise CrossSite("the form came from another site")
