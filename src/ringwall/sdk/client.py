"""The client: looks for personal data and hashes here, and sends digests and counts to a running ringwall."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import msgspec

from ringwall.bootstrap.settings import load_settings, read_client_environment, read_environment
from ringwall.data.commitment import (
    Commitment,
    Committed,
    CsvOptions,
    GrowthProof,
    Mode,
    RowProof,
    SaltKey,
    Source,
    commit,
    open_source,
    prove_growth,
    prove_row,
)
from ringwall.data.commitment.sources import is_csv
from ringwall.data.datasets import Dataset, Version
from ringwall.data.inspection import Inspection, inspect, refuse_forbidden
from ringwall.errors import IntegrityError, InvalidRequest
from ringwall.sdk.connection import Connection, Refused, ServerAway, read_server_file
from ringwall.sdk.progress import Bar

Progress = Callable[[int, int], None]
"""Is told how many rows are done, of how many."""

Caller = Callable[[str, Mapping[str, Any]], Any]
"""Does one native operation."""


class NoServer(ServerAway, code="no-ringwall"):
    """There is no ringwall to call."""

    remedy = "start one with `ringwall up`, or set RINGWALL_URL and RINGWALL_API_KEY"


class Sampling(msgspec.Struct, frozen=True, kw_only=True):
    """How much of a large table is looked at for personal data: whatever is in `rate` of its rows is seen with `confidence`.

    names: the learned finder of names, addresses, ages, user names and passwords looks beside the rules (the extra `watch`).
    """

    rate: float = 1e-4
    confidence: float = 0.99
    everything: bool = False
    names: bool = False


class Hashing(msgspec.Struct, frozen=True, kw_only=True):
    """How a table is committed to. salts: the key of the row salts, in the mode `rows`: keep it with the data. csv: how CSV is read."""

    mode: Mode = "columns"
    hash: Literal["sha256", "blake3"] = "sha256"
    salts: SaltKey | None = None
    csv: CsvOptions | None = None


class Client:
    """A client of one ringwall. Data never leave this process.

    Args:
        url: of the server; empty takes RINGWALL_URL, else the server of the data directory.
        api_key: empty takes RINGWALL_API_KEY, unless `url` or `data_dir` is given (it goes to no server that is named here), else the
            token of the data directory's server.
        data_dir: which data directory; None takes the settings' (`./var`).
        account: to act in, for the operator.
        ca: a file of certificates to trust.
        progress: is told about long work; None draws a bar on a terminal.
    """

    def __init__(
        self,
        url: str = "",
        api_key: str = "",
        *,
        data_dir: str | Path | None = None,
        account: str = "",
        ca: str = "",
        progress: Progress | None = None,
    ) -> None:
        self._given = (url, api_key)
        self._data_dir = data_dir
        self._account = account
        self._ca = ca
        self._progress = progress
        self._caller: Caller | None = None

    @classmethod
    def through(cls, caller: Caller) -> Client:
        """Make a client whose native operations `caller` does, in place of a connection of its own."""
        client = cls()
        client._caller = caller
        return client

    def call(self, name: str, members: Mapping[str, Any]) -> Any:
        """Do one native operation; its members and its answer are JSON values.

        Raises:
            Refused: the server said no, and why. ServerAway: it does not answer, or there is none.
        """
        return (self._caller or self._connection().call)(name, members)

    def _connection(self) -> Connection:
        url, api_key = self._given
        if not url and self._data_dir is None:
            url, from_environment = read_client_environment()
            api_key = api_key or from_environment
        if url:
            if not url.startswith(("http://", "https://")) or not api_key:
                raise NoServer("a server's address begins with http:// or https://, and goes with an API key", remedy="give both")
            return Connection(url, api_key, account=self._account, ca=self._ca)
        flags = {"data_dir": None if self._data_dir is None else str(self._data_dir)}
        directory = load_settings(read_environment(), directory=Path.cwd(), flags=flags).settings.directory
        served = read_server_file(directory)
        if served is None:
            raise NoServer(f"no server runs on `{directory}`")
        return Connection(served.url, api_key or served.token, account=self._account, ca=self._ca or served.ca)

    # -- data sets --------------------------------------------------------------------------------------------------------------------

    def put_dataset(self, name: str, *, forbidden: Sequence[str] | None = None) -> Dataset:
        """Create a data set, or change the types that its versions may not hold; None leaves them."""
        members = {"name": name, "forbidden": None if forbidden is None else list(forbidden)}
        return msgspec.convert(self.call("PutDataset", members), Dataset)

    def dataset(self, name: str) -> Dataset:
        """Return a data set's name, policy and number of versions."""
        return msgspec.convert(self.call("GetDataset", {"name": name}), Dataset)

    def history(self, name: str) -> list[Version]:
        """Return every version of a data set, oldest first."""
        found: list[Version] = []
        after: int | None = 0
        while after is not None:
            page = self.call("ListDatasetVersions", {"name": name, "after": after})
            found.extend(msgspec.convert(page["versions"], list[Version]))
            after = page["next"]
        return found

    def version(self, name: str, version: int | None = None) -> Version:
        """Return one version of a data set; None is the latest.

        Raises:
            Refused: there is none.
        """
        if version is None:
            version = self.dataset(name).versions
            if not version:
                raise InvalidRequest(f"nothing was committed to in `{name}` yet")
        return msgspec.convert(self.call("GetDatasetVersion", {"name": name, "version": version}), Version)

    def commit(
        self, name: str, data: Any, *, hashing: Hashing | None = None, sampling: Sampling | None = None, extends: bool = False
    ) -> Version:
        """Commit to a version of a data set: look for personal data, hash, and leave the digests in the ledger.

        Args:
            name: of the data set, which exists.
            data: a path to Parquet, CSV or Arrow IPC, an Arrow table, or a pandas or Polars frame.
            hashing: mode, hash, salts.
            sampling: how much of a large table is looked at.
            extends: prove that all rows of the latest version stand unchanged at this one's start, and record it.

        Raises:
            DataForbidden: the data set's policy forbids what was found. IntegrityError: `extends`, and it does not.
            Refused, ServerAway: as `call`. ExtraMissing: the extra `data` is not installed.
        """
        hashing = hashing or Hashing()
        dataset = self.dataset(name)
        source = open_source(data, csv=hashing.csv)
        seen = self.inspect(source, sampling)
        refuse_forbidden(seen, dataset.forbidden)
        growth = self._growth(name, source, hashing) if extends else None
        made = self.hash(source, hashing)
        # A plain digest of the file beside salted ones would let a guess at the file be tested after all.
        origin = source.origin if hashing.mode == "columns" else msgspec.structs.replace(source.origin, sha256="")
        members = {"commitment": made.commitment, "columns": made.schema, "origin": origin, "inspection": seen, "growth": growth}
        return msgspec.convert(self.call("CommitDataset", {"name": name, **msgspec.to_builtins(members)}), Version)

    def verify(self, name: str, data: Any, *, version: int | None = None, hashing: Hashing | None = None) -> Version:
        """Check that data are what a version committed to, byte for byte of the canonical form; return that version.

        Raises:
            IntegrityError: they are not; it says in what, where that can be told.
        """
        known = self.version(name, version)
        hashing = _as_committed(known.commitment, hashing)
        made = self.hash(open_source(data, csv=hashing.csv or _as_read(data, known)), hashing)
        if made.commitment != known.commitment:
            what = _difference(made, known)
            raise IntegrityError(
                f"the data are not version {known.version} of `{name}`: {what}", remedy="compare with the data it was made of"
            )
        return known

    def prove_row(
        self, name: str, data: Any, row: int, salts: SaltKey, *, version: int | None = None, csv: CsvOptions | None = None
    ) -> RowProof:
        """Prove one row, counted from 0, of a version in the mode `rows`; the proof holds that row and no other."""
        known = self.version(name, version)
        return prove_row(open_source(data, csv=csv or _as_read(data, known)), row, salts, known.commitment)

    def prove_growth(self, name: str, data: Any, *, since: int, hashing: Hashing | None = None, show_tail: bool = False) -> GrowthProof:
        """Prove that data begin with all rows of version `since`; see `ringwall.data.commitment.prove_growth`."""
        known = self.version(name, since)
        hashing = _as_committed(known.commitment, hashing)
        source = open_source(data, csv=hashing.csv or _as_read(data, known))
        return prove_growth(known.commitment, source, salts=hashing.salts, show_tail=show_tail)

    # -- local work -------------------------------------------------------------------------------------------------------------------

    def inspect(self, data: Any, sampling: Sampling | None = None) -> Inspection:
        """Look for personal data and secrets; nothing is sent.

        Raises:
            WatchLibraryMissing, WeightsRefused: the finder of names was asked for, and cannot be loaded.
        """
        from ringwall.watch.levels import load_name_finder  # here: most clients never look

        sampling = sampling or Sampling()
        finder = load_name_finder() if sampling.names else None
        with self.told("looking for personal data") as progress:
            return inspect(
                open_source(data),
                rate=sampling.rate,
                confidence=sampling.confidence,
                everything=sampling.everything,
                progress=progress,
                finder=finder,
            )

    def hash(self, data: Any, hashing: Hashing | None = None) -> Committed:
        """Hash a table; nothing is sent."""
        hashing = hashing or Hashing()
        with self.told("hashing") as progress:
            return commit(open_source(data, csv=hashing.csv), mode=hashing.mode, hash=hashing.hash, salts=hashing.salts, progress=progress)

    def _growth(self, name: str, source: Source, hashing: Hashing) -> GrowthProof:
        latest = self.version(name)
        if (latest.commitment.mode, latest.commitment.hash) != (hashing.mode, hashing.hash):
            raise InvalidRequest("the latest version was committed to in another way", remedy="take the same mode and hash")
        return prove_growth(latest.commitment, source, salts=hashing.salts)

    @contextmanager
    def told(self, title: str) -> Iterator[Progress]:
        """Give what long work is told to, and take the bar away afterwards."""
        if self._progress is not None:
            yield self._progress
            return
        bar = Bar(title)
        try:
            yield bar
        finally:
            bar.close()


def _as_read(data: Any, known: Version) -> CsvOptions | None:
    """Return the options that a version's CSV file was read with, if another such file is to be read."""
    return known.origin.options if isinstance(data, str | Path) and is_csv(Path(data)) else None


def _as_committed(commitment: Commitment, hashing: Hashing | None) -> Hashing:
    salts = hashing.salts if hashing is not None else None
    csv = hashing.csv if hashing is not None else None
    return Hashing(mode=commitment.mode, hash=commitment.hash, salts=salts, csv=csv)


def _difference(made: Committed, known: Version) -> str:
    """Say in what a table differs, as far as digests tell."""
    now, then = made.commitment, known.commitment
    if now.schema_digest != then.schema_digest:
        was, is_ = {each.name: each.type for each in known.columns.columns}, {each.name: each.type for each in made.schema.columns}
        changed = [name for name in (*was, *is_) if was.get(name) != is_.get(name)]
        return f"column `{changed[0][:60]}` is another" if changed else "the columns stand in another order"
    if now.rows != then.rows:
        return f"it has {now.rows} rows instead of {then.rows}"
    return "some cell differs"


__all__ = ["Client", "Hashing", "NoServer", "Progress", "Refused", "Sampling"]
