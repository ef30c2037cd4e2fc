"""Server-sent events: bytes cut anywhere in, events out; and the other way.

Source: WHATWG HTML, "Server-sent events", 9.2.5 and 9.2.6. Stricter than it: data that is not UTF-8 is left as it is, for the reader of the
JSON in it to refuse, where the standard would put replacement characters; and an event has a largest size. `id` and `retry` are for clients
that connect again, which no one does here: they are not kept.
"""

from __future__ import annotations

import msgspec

from ringwall.wire.dialects.errors import AnswerTooLarge
from ringwall.wire.dialects.limits import EVENT_BYTES

_MARK = b"\xef\xbb\xbf"


class ServerSentEvent(msgspec.Struct, frozen=True):
    """One event. `event`: its type, as it was sent; "" where none was."""

    data: bytes
    event: str = ""


class SseReader:
    """Reads a stream of events. Not reusable.

    Cost: O(bytes), however they are cut: a line is put together once, when its end has come.
    """

    def __init__(self, most_bytes: int = EVENT_BYTES) -> None:
        self._most_bytes = most_bytes
        self._open: list[bytes] = []  # the pieces of a line whose end has not come
        self._held = 0  # bytes in those pieces and in the event's data
        self._after_return = False  # the last byte was CR: an LF now belongs to it
        self._first = True
        self._data: list[bytes] = []
        self._type = b""

    def feed(self, data: bytes) -> list[ServerSentEvent]:
        """Return the events that these bytes complete.

        Raises:
            AnswerTooLarge: an event has more bytes than the reader holds.
        """
        if self._after_return and data:
            self._after_return = False
            data = data.removeprefix(b"\n")
        events: list[ServerSentEvent] = []
        for line in data.splitlines(keepends=True):
            bare = line.rstrip(b"\r\n")
            self._hold(bare)
            if len(bare) == len(line):
                break  # the last piece, without its end
            self._take(events)
        if data.endswith(b"\r"):
            self._after_return = True
        return events

    def _hold(self, piece: bytes) -> None:
        if piece:
            self._held += len(piece)
            if self._held > self._most_bytes:
                raise AnswerTooLarge(f"an event of the answer has more than {self._most_bytes} bytes")
            self._open.append(piece)

    def _take(self, events: list[ServerSentEvent]) -> None:
        line = b"".join(self._open)
        length = len(line)
        self._open.clear()
        if self._first:
            self._first = False
            line = line.removeprefix(_MARK)
        if not line:
            if self._data:
                events.append(ServerSentEvent(b"\n".join(self._data), self._type.decode("utf-8", "replace")))
            self._data, self._type, self._held = [], b"", 0
            return
        name, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if name == b"data":
            self._data.append(value)
            self._held += 1  # an event of a million empty lines is no small one
        elif name == b"event":
            self._type = value
        else:
            self._held -= length  # comments and fields that are not kept are not held


def write_sse(data: bytes, event: str = "") -> bytes:
    """Write one event; each line of the data becomes one of the event's."""
    head = f"event: {event}\n".encode() if event else b""
    return head + b"".join([b"data: " + line + b"\n" for line in _lines(data)]) + b"\n"


def _lines(data: bytes) -> list[bytes]:
    return data.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
