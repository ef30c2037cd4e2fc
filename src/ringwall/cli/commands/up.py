"""`ringwall up`: serve AWS API, native API and console on one port, until SIGTERM."""

from __future__ import annotations

import argparse
import asyncio
import gc
import os
import sys
from typing import Any

import uvloop

from ringwall.bootstrap.first_start import FirstStart
from ringwall.bootstrap.house import House, open_house
from ringwall.cli.client import ServerFile, server_file
from ringwall.cli.context import Context
from ringwall.cli.exit_codes import FAILED, OK
from ringwall.cli.output import complain, fields, print_json
from ringwall.cli.server import free_port, hold_directory, listening, stop_event, write_server_file
from ringwall.vocabulary.memory import give_back, share_one_arena


def add_to(group: Any) -> None:
    """Describe the command."""
    up = group.command("up", "serve the AWS API, the native API and the console on one port")
    up.add_argument("--port", type=int, metavar="N", help="port (default: 8741; 0 picks a free one)")
    up.add_argument("--host", metavar="ADDRESS", help="address to listen on (default: 127.0.0.1)")
    up.add_argument("--new-key", action="store_true", help="make a fresh access key and API key, and print their secrets")
    up.add_argument("--tls-dev-ca", action="store_true", default=None, help="serve HTTPS with a development CA kept in the data directory")
    up.set_defaults(run=_up, flags=_flags)


def _flags(given: argparse.Namespace) -> dict[str, Any]:
    return {"port": given.port, "host": given.host, "tls_dev_ca": given.tls_dev_ca}


def _up(context: Context) -> int:
    share_one_arena()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(_serve(context))


async def _serve(context: Context) -> int:
    settings = context.settings
    stop = stop_event()
    with hold_directory(settings.directory):
        port = free_port(settings.host, settings.port)
        house = await open_house(settings)
        try:
            first = await house.first_start(new_key=context.arguments.new_key)
            async with listening(house.application, settings, port, house.tls) as served:
                url = _url(context, port)
                ca = str(house.tls.ca) if house.tls is not None and house.tls.ca is not None else ""
                write_server_file(
                    settings.directory, ServerFile(url=url, token=house.operator_token, pid=os.getpid(), instance=house.instance, ca=ca)
                )
                _announce(context, house, first, url)
                _keep_what_stands()
                stopping, maintenance = asyncio.create_task(stop.wait()), asyncio.create_task(house.maintain())
                await asyncio.wait({stopping, served}, return_when=asyncio.FIRST_COMPLETED)
                died = served.done() and not stop.is_set()
                stopping.cancel()
                maintenance.cancel()
        finally:
            server_file(settings.directory).unlink(missing_ok=True)
            await house.close()
    if died:
        complain("the server ended by itself", "see the log above")
        return FAILED
    return OK


def _keep_what_stands() -> None:
    """Leave models, tables and code out of every later garbage collection: they live as long as the process."""
    gc.collect()
    gc.freeze()
    give_back()
    gc.set_threshold(10_000, 20, 20)  # a request makes some hundred containers and leaves none


def _url(context: Context, port: int) -> str:
    settings = context.settings
    name = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(settings.host, settings.host).strip("[]")  # noqa: S104 - compared, not bound
    host = f"[{name}]" if ":" in name else name
    return f"{'https' if settings.serves_tls else 'http'}://{host}:{port}"


def _announce(context: Context, house: House, first: FirstStart, url: str) -> None:
    """Say where everything is; secrets appear only on the start that made them."""
    said = {
        "url": url,
        "console": f"{url}/console",
        "accountId": first.account_id,
        "accessKeyId": first.access_key_id,
        "secretAccessKey": first.secret_access_key,
        "apiKey": first.api_key,
        "guardrailId": first.guardrail_id,
        "caBundle": str(house.tls.ca) if house.tls is not None and house.tls.ca is not None else None,
    }
    if context.arguments.json:
        print_json(said)
        return
    print(fields({name: value for name, value in said.items() if value is not None}))
    if first.secret_access_key:
        print("\nThe secrets are shown this once (`ringwall up --new-key` makes new ones). For any AWS client:\n")
        print(f"  export AWS_ENDPOINT_URL={url} AWS_DEFAULT_REGION={context.settings.region}")
        print(f"  export AWS_ACCESS_KEY_ID={first.access_key_id} AWS_SECRET_ACCESS_KEY={first.secret_access_key}")
        if said["caBundle"]:
            print(f"  export AWS_CA_BUNDLE={said['caBundle']} AWS_BEARER_TOKEN_BEDROCK={first.api_key}")
    print("\nStop with Ctrl-C.")
    sys.stdout.flush()
