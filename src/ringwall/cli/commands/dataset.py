"""`ringwall dataset create|list|history|commit|verify|prove|prove-growth|check-proof`: data stay here; digests go to the ledger."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import msgspec

from ringwall.cli.context import Context
from ringwall.cli.exit_codes import FOUND, OK
from ringwall.cli.output import complain, fields, print_json, printable, table
from ringwall.data.commitment import CsvOptions, GrowthProof, RowProof, SaltKey, verify_growth, verify_row
from ringwall.data.commitment.sources import usual_delimiter
from ringwall.data.datasets import Version
from ringwall.errors import IntegrityError, InvalidRequest
from ringwall.sdk import Client, Hashing, Sampling


def add_to(group: Any) -> None:
    """Describe the commands."""
    datasets = group.group("dataset", "commit to data sets, and prove what was committed to; the data stay on this machine")
    create = datasets.command("create", "create a data set, or change what its versions may not hold")
    create.add_argument("name", metavar="NAME", help="letters, digits and hyphens")
    create.add_argument("--forbid", action="append", metavar="TYPE", help="a type of personal data, or SECRET; may be repeated")
    create.set_defaults(run=_create)
    listing = datasets.command("list", "list the data sets")
    listing.set_defaults(run=_list)
    history = datasets.command("history", "list the versions of a data set")
    history.add_argument("name", metavar="NAME", help="of the data set")
    history.set_defaults(run=_in_thread(_history))
    commit = datasets.command("commit", "look for personal data, hash a table, and leave its digest in the ledger")
    _add_data(commit)
    commit.add_argument("--mode", choices=("columns", "rows"), default="columns", help="rows: single rows can be proved (default: columns)")
    commit.add_argument("--hash", choices=("sha256", "blake3"), default="sha256", help="of the leaves (default: sha256)")
    commit.add_argument("--extends", action="store_true", help="prove that the latest version's rows stand unchanged at the start")
    commit.add_argument("--everything", action="store_true", help="look at every row, however many there are")
    commit.add_argument("--names", action="store_true", help="look with the learned finder of names too (slower; the extra `watch`)")
    commit.add_argument("--rate", type=float, default=1e-4, metavar="P", help="share of rows that a sample must not miss (default: 0.0001)")
    commit.add_argument("--confidence", type=float, default=0.99, metavar="C", help="with which it must not (default: 0.99)")
    commit.set_defaults(run=_in_thread(_commit))
    verify = datasets.command("verify", "check that a table is what a version committed to; exit code 1 if it is not")
    _add_data(verify)
    verify.add_argument("--of", type=int, metavar="N", help="which version (default: the latest)")
    verify.set_defaults(run=_in_thread(_verify))
    prove = datasets.command("prove", "write the proof of one row, which shows that row and no other")
    _add_data(prove)
    prove.add_argument("row", type=int, metavar="ROW", help="its number, from 0")
    prove.add_argument("--of", type=int, metavar="N", help="of which version (default: the latest)")
    prove.set_defaults(run=_in_thread(_prove))
    growth = datasets.command("prove-growth", "write the proof that a table begins with all rows of a version")
    _add_data(growth)
    growth.add_argument("--since", type=int, required=True, metavar="N", help="the version")
    growth.add_argument("--show-tail", action="store_true", help="put the rows of the chunk that grew into the proof")
    growth.set_defaults(run=_in_thread(_prove_growth))
    check = datasets.command("check-proof", "check a proof without data, server or network; exit code 1 if it shows nothing")
    check.add_argument("file", metavar="FILE", help="the proof, or - for standard input")
    check.add_argument("digests", nargs="+", metavar="DIGEST", help="the commitment's; for growth the old one's and the new one's")
    check.set_defaults(run=_check)


def _add_data(parser: Any) -> None:
    parser.add_argument("name", metavar="NAME", help="of the data set")
    parser.add_argument("file", metavar="FILE", help="Parquet, CSV, JSON lines or Arrow IPC, or a folder")
    parser.add_argument("--salts", metavar="FILE", help="the file of the salt key; `commit --mode rows` makes it where it is not there")
    parser.add_argument("--delimiter", metavar="C", help="between the values of a CSV file")
    parser.add_argument("--type", action="append", default=[], metavar="COLUMN=TYPE", help="of a CSV column, instead of a guess")


Task = Callable[[Context, Client], int]


def _in_thread(task: Task) -> Callable[[Context], Any]:
    """Run a task of the synchronous client beside the event loop that its calls go through."""

    async def run(context: Context) -> int:
        loop = asyncio.get_running_loop()
        async with context.client() as client:

            def caller(name: str, members: Mapping[str, Any]) -> Any:
                return asyncio.run_coroutine_threadsafe(client.call(name, members), loop).result()

            return await asyncio.to_thread(task, context, Client.through(caller))

    return run


async def _create(context: Context) -> int:
    given = context.arguments
    async with context.client() as client:
        made = await client.call("PutDataset", {"name": given.name, "forbidden": given.forbid})
    context.show(made, fields({"data set": made["name"], "forbidden": made["forbidden"] or "nothing", "versions": made["versions"]}))
    return OK


async def _list(context: Context) -> int:
    found: list[dict[str, Any]] = []
    async with context.client() as client:
        after: str | None = ""
        while after is not None:
            page = await client.call("ListDatasets", {"after": after, "limit": 1000})
            found.extend(page["datasets"])
            after = page["next"]
    columns = {"name": "name", "versions": "versions", "forbidden": "may not hold", "createdAt": "created"}
    context.show({"datasets": found}, table(found, columns) if found else "no data sets")
    return OK


def _history(context: Context, client: Client) -> int:
    found = client.history(context.arguments.name)
    rows = [
        {
            "version": each.version,
            "digest": each.digest,
            "rows": each.commitment.rows,
            "mode": each.commitment.mode,
            "extends": "" if each.extends is None else f"{each.extends} rows",
            "found": each.inspection.types,
            "entry": "" if each.receipt is None else f"{each.receipt.log}/{each.receipt.index}",
            "time": each.committed_at,
        }
        for each in found
    ]
    columns = {name: name for name in ("version", "digest", "rows", "mode", "extends", "found", "entry", "time")}
    context.show({"versions": msgspec.to_builtins(found)}, table(rows, columns) if rows else "nothing was committed to yet")
    return OK


def _commit(context: Context, client: Client) -> int:
    given = context.arguments
    sampling = Sampling(rate=given.rate, confidence=given.confidence, everything=given.everything, names=given.names)
    if given.salts and given.mode != "rows":
        raise InvalidRequest("only rows are salted: this commitment would have no salts", remedy="add --mode rows, or leave --salts out")
    salts = _salts(given.salts, make=True) if given.mode == "rows" else None
    hashing = Hashing(mode=given.mode, hash=given.hash, salts=salts, csv=_csv(given))
    version = client.commit(given.name, given.file, hashing=hashing, sampling=sampling, extends=given.extends)
    for finding in version.inspection.findings:
        complain(f"warning: {finding.cells} cells of `{finding.column}` look like {finding.type}")
    context.show(msgspec.to_builtins(version), fields(_summary(version)))
    return OK


def _summary(version: Version) -> dict[str, Any]:
    seen, commitment = version.inspection, version.commitment
    bound = (
        "" if seen.rows_read == seen.rows else f" of {seen.rows:,}: what is in {seen.rate:g} of the rows is seen with {seen.confidence:.0%}"
    )
    return {
        "data set": f"{version.name}, version {version.version}",
        "digest": version.digest,
        "table": f"{commitment.rows:,} rows, {commitment.columns} columns, mode {commitment.mode}, {commitment.hash}",
        "looked at": f"{seen.rows_read:,} rows{bound}",
        "not looked at": ", ".join(seen.not_read) or "no column left out",
        "found": ", ".join(seen.types) or "nothing",
        "extends": "not claimed" if version.extends is None else f"the former version: {_proved(version.extends)}",
        "entry": "" if version.receipt is None else f"{version.receipt.log}/{version.receipt.index}",
    }


def _proved(rows: int) -> str:
    """Say how far a recorded growth proof reaches."""
    return f"{rows:,} rows proved" if rows else "no row proved in the record; --mode rows proves each, columns whole chunks of 65,536"


def _verify(context: Context, client: Client) -> int:
    given = context.arguments
    hashing = Hashing(salts=_salts(given.salts) if given.salts else None, csv=_csv(given))
    try:
        version = client.verify(given.name, given.file, version=given.of, hashing=hashing)
    except IntegrityError as error:
        context.show({"verified": False, "why": error.message}, f"DIFFERENT: {printable(error.message)}")
        return FOUND
    shown = {"verified": True, "version": version.version, "digest": version.digest}
    context.show(shown, f"the same as version {version.version}: {version.digest}")
    return OK


def _prove(context: Context, client: Client) -> int:
    given = context.arguments
    proof = client.prove_row(given.name, given.file, given.row, _salts(given.salts), version=given.of, csv=_csv(given))
    print_json(proof)
    return OK


def _prove_growth(context: Context, client: Client) -> int:
    given = context.arguments
    hashing = Hashing(salts=_salts(given.salts) if given.salts else None, csv=_csv(given))
    print_json(client.prove_growth(given.name, given.file, since=given.since, hashing=hashing, show_tail=given.show_tail))
    return OK


def _check(context: Context) -> int:
    given = context.arguments
    try:
        proof = msgspec.json.decode(context.read_file(given.file), type=RowProof | GrowthProof)
    except msgspec.MsgspecError as error:
        raise InvalidRequest(f"`{given.file}` is no proof: {error}") from error
    try:
        shown = _checked(proof, given.digests)
    except IntegrityError as error:
        context.show({"verified": False, "why": error.message}, f"NOT SHOWN: {printable(error.message)}")
        return FOUND
    context.show({"verified": True} | shown, fields(shown))
    return OK


def _checked(proof: RowProof | GrowthProof, digests: list[str]) -> dict[str, Any]:
    wanted = 1 if isinstance(proof, RowProof) else 2
    if len(digests) != wanted:
        raise InvalidRequest(f"this proof is checked against {wanted} digest{'s' if wanted > 1 else ''}")
    if isinstance(proof, RowProof):
        return {"row": proof.index, "values": {name: _word(value) for name, value in verify_row(proof, digests[0]).items()}}
    return {"unchanged rows": verify_growth(proof, *digests), "old rows": proof.old.rows, "new rows": proof.new.rows}


def _word(value: Any) -> Any:
    return value.hex() if isinstance(value, bytes) else value


def _csv(given: Any) -> CsvOptions | None:
    if given.delimiter is None and not given.type:
        return None
    types = tuple((name, kind) for name, _, kind in (each.partition("=") for each in given.type))
    return CsvOptions(delimiter=usual_delimiter(Path(given.file)) if given.delimiter is None else given.delimiter, types=types)


def _salts(file: str | None, *, make: bool = False) -> SaltKey:
    """Read the salt key, or make one in a file of its owner's."""
    if not file:
        raise InvalidRequest("rows are salted with a key that stays with the data", remedy="name its file: --salts FILE")
    path = Path(file)
    try:
        if make and not path.exists():
            key = SaltKey.generate()
            with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as made:
                made.write(key.hex() + "\n")
            complain(f"made the salt key {file}: keep it with the data, no row is proved without it")
            return key
        return SaltKey.from_hex(path.read_text("ascii"))
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidRequest(f"cannot use the salt key `{file}`: {error}") from error
