"""Serving the application with granian, inside this process: the only module that names a server.

Start: take the data directory's lock, check that the port is free, listen, write server.json. Stop (SIGTERM, SIGINT): stop listening, let
answers that are under way finish, remove server.json, give the lock back. The house is opened and closed by the caller.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import signal
import socket
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import msgspec
from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings, HTTP2Settings
from granian.server.embed import Server

from ringwall.bootstrap.settings import Settings
from ringwall.bootstrap.tls import TlsFiles
from ringwall.cli.client import ServerFile, read_server_file, server_file
from ringwall.errors import SettingsError
from ringwall.storage.private_folder import make_private
from ringwall.vocabulary import Limits

BACKLOG = 1024
READY_PROBE_S = 0.02


class AlreadyServed(SettingsError, code="already-served"):
    """This data directory is being served already."""

    remedy = "stop that server, or choose another --data-dir"


class PortTaken(SettingsError, code="port-taken"):
    """The port is in use."""

    remedy = "stop what listens there, or choose another --port"


@contextlib.contextmanager
def hold_directory(directory: Path) -> Iterator[None]:
    """Keep a second server off this data directory for as long as the block runs; the lock dies with the process."""
    make_private(directory)
    descriptor = os.open(directory / "server.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            served = read_server_file(directory)
            where = f" at {served.url} (process {served.pid})" if served else ""
            raise AlreadyServed(f"`{directory}` is served already{where}") from None
        yield
    finally:
        os.close(descriptor)


def free_port(host: str, port: int) -> int:
    """Return the port if nothing listens there (0: one that is free now).

    The server itself would share the port with another listener (SO_REUSEPORT), and each would get some of the requests.

    Raises:
        PortTaken: something listens there, or the address is not this machine's.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host.strip("[]"), port))
        except OSError as error:
            raise PortTaken(f"cannot listen on {host}:{port}: {error.strerror}") from error
        return int(probe.getsockname()[1])


def write_server_file(directory: Path, served: ServerFile) -> None:
    """Write server.json whole, readable by its owner only."""
    path = server_file(directory)
    fresh = path.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(msgspec.json.encode(served))
    fresh.replace(path)


@contextlib.asynccontextmanager
async def listening(application: Any, settings: Settings, port: int, tls: TlsFiles | None) -> AsyncIterator[asyncio.Task[None]]:
    """Serve while the block runs; enter it when connections are accepted. Yields the task that ends when the server does."""
    server = Server(
        application,
        address=settings.host,
        port=port,
        interface=Interfaces.ASGINL,
        http=HTTPModes.auto,
        websockets=False,
        backlog=BACKLOG,
        log_enabled=False,
        http1_settings=HTTP1Settings(max_buffer_size=_head_buffer(settings.limits)),
        http2_settings=HTTP2Settings(max_headers_size=_head_buffer(settings.limits)),
        ssl_cert=tls.certificate if tls else None,
        ssl_key=tls.private_key if tls else None,
    )
    task = asyncio.create_task(server.serve())
    try:
        await _accepting(settings.host, port, task)
        yield task
    finally:
        server.stop()  # type: ignore[no-untyped-call]  # granian leaves it without annotations
        await task


def _head_buffer(limits: Limits) -> int:
    """Let the server read heads a little above our own limit, so that the refusal is ours and not a dropped connection."""
    return max(2 * limits.header_bytes, 64 * 1024)


async def _accepting(host: str, port: int, task: asyncio.Task[None]) -> None:
    """Return when the port accepts connections; raise what the server raised if it ends before."""
    reachable = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host).strip("[]")  # noqa: S104 - compared, not bound
    while not task.done():
        try:
            _, writer = await asyncio.open_connection(reachable, port)
        except OSError:
            await asyncio.sleep(READY_PROBE_S)
            continue
        writer.close()
        return
    task.result()


def stop_event() -> asyncio.Event:
    """Return an event that SIGTERM and SIGINT set."""
    event = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, event.set)
    return event
