"""The console as the application sees it: a whole request in, a whole page out."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from ringwall import __version__
from ringwall.api.aws.operation import Call, Operation
from ringwall.api.in_process import Caller, InProcess
from ringwall.api.logs import locate
from ringwall.api.rooms import Rooms
from ringwall.console import datasets, ledger, lineage, models, pages, proofs, traffic
from ringwall.console.forms import CrossSite, read_cookie, read_form, read_query, refuse_cross_site
from ringwall.console.render import Renderer
from ringwall.console.sessions import LIFETIME_S, Credential, Sessions, SignInRefused, Visitor, csrf_matches
from ringwall.console.visit import Visit
from ringwall.errors import Bug, NotFound, RingwallError
from ringwall.vocabulary import Principal
from ringwall.wire import HttpRequest, HttpResponse

log = logging.getLogger("ringwall.console")

Page = Callable[[Visit], Awaitable[HttpResponse]]

PAGES: dict[tuple[str, ...], dict[str, Page]] = {
    (): {"GET": pages.overview},
    ("stats.json",): {"GET": pages.stats_json},
    ("guardrails",): {"GET": pages.guardrails},
    ("guardrails", "new"): {"GET": pages.new_guardrail, "POST": pages.create_guardrail},
    ("guardrails", "*"): {"GET": pages.guardrail},
    ("guardrails", "*", "versions"): {"POST": pages.freeze_guardrail},
    ("playground",): {"GET": pages.playground, "POST": pages.judge},
    ("traffic",): {"GET": traffic.traffic},
    ("traffic.json",): {"GET": traffic.traffic_json},
    ("record",): {"GET": pages.record},
    ("models",): {"GET": models.models},
    ("datasets",): {"GET": datasets.datasets},
    ("datasets", "*"): {"GET": datasets.dataset},
    ("datasets", "*", "*"): {"GET": datasets.version},
    ("feature-groups", "*"): {"GET": lineage.feature_group},
    ("lineage", "*", "*"): {"GET": lineage.entity},
    ("ledger",): {"GET": ledger.ledger},
    ("ledger", "*", "*"): {"GET": ledger.entry},
    ("ledger", "*", "*", "*"): {"GET": ledger.download},
    ("proofs",): {"GET": proofs.proofs},
}
"""Every page, by the segments after `/console`; `*` is any one segment."""


async def _start_session(call: Call, start: Callable[[], Awaitable[str]]) -> str:  # noqa: ARG001 - a handler's shape
    return await start()


SIGN_IN = Operation("ringwall", "ConsoleLogin", "ringwall:ConsoleLogin", _start_session, lambda _call, _input: ("*",), authorized=False)
"""Signing in, as the record has it: whoever holds a credential may; what each page then does is checked on its own."""


class NoSuchPage(NotFound, code="no-such-page"):
    """There is no such page."""


class Console:
    """Serves the pages."""

    def __init__(self, rooms: Rooms, local: InProcess, *, secure: bool) -> None:
        """Prepare; `secure`: the server speaks TLS, so the session cookie is bound to it."""
        self._rooms = rooms
        self._local = local
        self._sessions = Sessions(rooms)
        self._renderer = Renderer(secure=secure)
        self._secure = secure
        self._cookie = "__Host-ringwall" if secure else "ringwall"

    async def answer(self, request: HttpRequest, *, source_ip: str, request_id: str) -> HttpResponse:
        """Answer one request; never raises."""
        try:
            return await self._answer(request, source_ip, request_id)
        except RingwallError as error:
            return self.refuse(error, request_id)
        except Exception as error:  # noqa: BLE001 - the request rim: a page that fails says so, and the log says where
            log.error("console.page.bug %s %s", request_id, locate(error))  # noqa: TRY400 - a traceback would quote texts
            return self.refuse(Bug("an internal failure; the server's log has it under this request id"), request_id)

    def refuse(self, error: RingwallError, request_id: str) -> HttpResponse:
        """Render a refusal as a page."""
        values = {
            "status": error.status,
            "title": error.title,
            "message": error.message,
            "remedy": error.how_to_mend,
            "request_id": request_id,
        }
        return self._public("refusal.html", values, status=error.status)

    async def _answer(self, request: HttpRequest, source_ip: str, request_id: str) -> HttpResponse:
        path = _segments(request)
        if path[:1] == ("static",):
            return self._static(request, path)
        if request.method not in {"GET", "HEAD", "POST"}:
            raise NoSuchPage("the console takes GET and POST")
        if request.method == "POST":
            refuse_cross_site(request)
        if path == ("login",):
            return await self._login(request, source_ip, request_id)
        visitor = await self._sessions.recognise(read_cookie(request, self._cookie))
        if visitor is None:
            return self._renderer.redirect("/console/login", *self._forget())
        form = read_form(request) if request.method == "POST" else {}
        if request.method == "POST" and not csrf_matches(visitor, form):
            raise CrossSite("the form's token is not this session's")
        if path == ("logout",) and request.method == "POST":
            await self._sessions.sign_out(visitor.session_id)
            return self._renderer.redirect("/console/login", *self._forget())
        return await _find(path, request.method)(self._visit(request, visitor, path, form, source_ip, request_id))

    def _visit(
        self, request: HttpRequest, visitor: Visitor, path: tuple[str, ...], form: dict[str, str], source_ip: str, request_id: str
    ) -> Visit:
        return Visit(
            visitor=visitor,
            path=path,
            query=read_query(request),
            form=form,
            request_id=request_id,
            now=self._rooms.clock().timestamp(),
            here="/".join(("/console", *path[:1])),
            region=self._rooms.region,
            caller=self._caller(request, visitor.principal, source_ip, request_id),
            local=self._local,
            renderer=self._renderer,
        )

    @staticmethod
    def _caller(request: HttpRequest, principal: Principal, source_ip: str, request_id: str) -> Caller:
        agent = (request.header("user-agent") or "")[:1000]
        return Caller(principal, face="console", source_ip=source_ip, user_agent=agent, secure=request.secure, request_id=request_id)

    def _static(self, request: HttpRequest, path: tuple[str, ...]) -> HttpResponse:
        found = self._renderer.static(path[1]) if len(path) == 2 and request.method in {"GET", "HEAD"} else None
        if found is None:
            raise NoSuchPage("there is no such file")
        return found

    async def _login(self, request: HttpRequest, source_ip: str, request_id: str) -> HttpResponse:
        if request.method != "POST":
            return self._public("login.html", {"problem": ""})
        form = read_form(request)
        credential = Credential(form.get("access_key_id", "").strip(), form.get("secret", "").strip())
        strangers, now_s, mark = self._rooms.strangers, self._rooms.clock().timestamp(), credential.mark
        strangers.admit(source_ip, mark, now_s)
        try:
            principal = await self._sessions.check(credential)
        except SignInRefused as error:
            strangers.failed(source_ip, now_s)
            log.warning("console.sign_in.refused %s %s", request_id, source_ip)
            return self._public("login.html", {"problem": f"{error.message}: {error.how_to_mend}"}, status=error.status)
        strangers.held(source_ip, mark)
        caller = self._caller(request, principal, source_ip, request_id)
        session_id = await self._local.run(SIGN_IN, caller, lambda: partial(self._sessions.start, credential))
        former = read_cookie(request, self._cookie)
        if former:
            await self._sessions.sign_out(former)
        return self._renderer.redirect("/console", ("set-cookie", f"{self._cookie}={session_id}; Max-Age={LIFETIME_S}{self._attributes()}"))

    def _forget(self) -> tuple[tuple[str, str], ...]:
        return (("set-cookie", f"{self._cookie}=; Max-Age=0{self._attributes()}"),)

    def _attributes(self) -> str:
        return "; Path=/; HttpOnly; SameSite=Strict" + ("; Secure" if self._secure else "")

    def _public(self, template: str, values: dict[str, Any], *, status: int = 200) -> HttpResponse:
        """Render a page that no one needs to be signed in for."""
        return self._renderer.page(template, {**values, "visitor": None, "here": "", "version": __version__}, status=status)


def _segments(request: HttpRequest) -> tuple[str, ...]:
    """Split the path after `/console`, still percent-encoded; the front door `/` is the overview."""
    rest = request.raw_path.removeprefix(b"/console").strip(b"/").decode("ascii", "replace")
    return tuple(rest.split("/")) if rest else ()


def _find(path: tuple[str, ...], method: str) -> Page:
    """Find a page; a literal segment is tried before `*`."""
    wanted = "GET" if method == "HEAD" else method
    for pattern, methods in sorted(PAGES.items(), key=lambda entry: entry[0].count("*")):
        same_length = len(pattern) == len(path)
        if same_length and all(own in {"*", given} for own, given in zip(pattern, path, strict=True)):
            page = methods.get(wanted)
            if page is not None:
                return page
    raise NoSuchPage("there is no such page")
