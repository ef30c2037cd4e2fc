"""What each dialect can do: readers and writers of requests, of whole answers and of streamed ones.

An application may ask in more dialects than upstreams are asked in.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from ringwall.wire.dialects.model import Ask, Event


class StreamReader(Protocol):
    """Reads an upstream's stream, whatever pieces its bytes come in. Not reusable."""

    def feed(self, data: bytes) -> list[Event]:
        """Return what the bytes complete.

        Raises:
            MalformedAnswer: not this dialect, or a block out of order; nothing after it is read.
            UpstreamFailed: the stream says that the model failed.
            AnswerTooLarge: one event is larger than `EVENT_BYTES`, or the answer has more than `MOST_BLOCKS` blocks.
        """
        ...

    @property
    def input_tokens(self) -> int:
        """What the stream has said of the question's tokens by now, before its `Usage`; 0 where it has said nothing."""
        ...

    def end(self) -> list[Event]:
        """Say that no bytes will come; return what was still open.

        Raises:
            MalformedAnswer: the stream ended before its `MessageStop`.
        """
        ...


class StreamWriter(Protocol):
    """Writes events as this dialect streams them. Not reusable."""

    def write(self, event: Event) -> bytes:
        """Return an event's bytes; nothing where the dialect waits for the next one to say both."""
        ...

    def fail(self, code: str, message: str, status: int) -> bytes:
        """Return the bytes that tell a client, in the middle of its stream, that no more will come and why."""
        ...

    def end(self) -> bytes:
        """Return what ends the stream."""
        ...


class ApplicationDialect(Protocol):
    """One vendor's way to ask a model, as an application sees it: it asks, and is answered."""

    name: str

    def read_request(self, body: dict[str, Any], *, model: str = "") -> Ask:
        """Read a request (`model`: where it stands in the path, not in the body).

        Raises:
            MalformedRequest: members that are missing, or of another type than the dialect has.
            LimitExceeded: more messages, parts or tools than `limits` has.
            SeveralChoices: it asks for more than one answer.
        """
        ...

    def write_answer(self, events: Sequence[Event], ask: Ask, *, answer_id: str, created: int) -> dict[str, Any]:
        """Write a whole answer (`created`: Unix time, for the dialects that say it).

        Raises:
            MalformedAnswer: a tool's arguments are no JSON object, where the dialect has them as one.
        """
        ...

    def stream_writer(self, ask: Ask, *, answer_id: str, created: int) -> StreamWriter:
        """Return a writer for one stream."""
        ...


class Dialect(ApplicationDialect, Protocol):
    """One that upstreams are asked in, too."""

    def write_request(self, ask: Ask, *, model: str) -> dict[str, Any]:
        """Write a request for an upstream of this dialect, which knows the model as `model`.

        Read from this dialect, it is the same body but for the model, the texts of `ask`, each put at its path, and what the dialect's
        own page of docs/wire/dialects.md names.

        Raises:
            Unmaskable: a changed text stands where only JSON can, and is none.
            Untranslatable: read from another dialect, and with a member that this one has no word for; it names the member.
        """
        ...

    def read_answer(self, body: dict[str, Any]) -> list[Event]:
        """Read a whole answer.

        Raises:
            MalformedAnswer: not an answer of this dialect, or with a block that ringwall does not read.
            UpstreamFailed: the body says that the model failed.
        """
        ...

    def stream_reader(self) -> StreamReader:
        """Return a reader for one stream."""
        ...
