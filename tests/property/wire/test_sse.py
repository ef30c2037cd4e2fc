"""Server-sent events: the reader, whatever pieces its bytes come in, reads what a plain reading of the standard's rules does."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringwall.wire.dialects.errors import AnswerTooLarge
from ringwall.wire.dialects.sse import ServerSentEvent, SseReader, write_sse

from .conversations import pieces

texts = st.lists(
    st.sampled_from([b"data", b"event", b"id", b"retry", b":", b": ", b" ", b"\n", b"\r", b"\r\n", b"\n\n", b"\xef\xbb\xbf", b"x", b"\xc3\xa9", b"\xff", b"data: a\n", b"data\n"]),
    max_size=40,
).map(b"".join)  # fmt: skip


def plainly(stream: bytes) -> list[ServerSentEvent]:
    """WHATWG HTML 9.2.6, word for word, over a whole stream."""
    stream = stream.removeprefix(b"\xef\xbb\xbf")
    lines = stream.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
    data, event, found = b"", b"", []
    for line in lines[:-1]:  # what follows the last line end is no line
        if line == b"":
            if data:
                found.append(ServerSentEvent(data.removesuffix(b"\n"), event.decode("utf-8", "replace")))
            data, event = b"", b""
        elif line.startswith(b":"):
            continue
        else:
            field, colon, value = line.partition(b":")
            if colon and value.startswith(b" "):
                value = value[1:]
            if field == b"event":
                event = value
            elif field == b"data":
                data += value + b"\n"
    return found


def read(chunks: list[bytes], most: int = 1 << 20) -> list[ServerSentEvent]:
    reader = SseReader(most)
    return [event for chunk in chunks for event in reader.feed(chunk)]


@given(data=st.data())
def test_any_cut_reads_what_the_standard_says(data: st.DataObject) -> None:
    stream = data.draw(texts)
    assert read([stream]) == plainly(stream)
    assert read(data.draw(pieces(stream))) == plainly(stream)
    assert read([stream[at : at + 1] for at in range(len(stream))]) == plainly(stream)


@given(said=st.lists(st.tuples(st.binary(max_size=20), st.sampled_from(["", "message_start", "é"])), max_size=5))
def test_what_is_written_is_read(said: list[tuple[bytes, str]]) -> None:
    stream = b"".join([write_sse(data, event) for data, event in said])
    plain = [(data.replace(b"\r\n", b"\n").replace(b"\r", b"\n"), event) for data, event in said]
    assert read([stream]) == [ServerSentEvent(data, event) for data, event in plain]


@pytest.mark.parametrize("piece", [b"data: abcdefgh", b"data\n", b":" + b"x" * 200, b"event: abcdefghijkl\n", b"x" * 200])
def test_an_event_larger_than_the_limit_is_refused_however_it_grows(piece: bytes) -> None:
    reader = SseReader(100)
    with pytest.raises(AnswerTooLarge):
        [reader.feed(piece) for _ in range(200)]


@pytest.mark.parametrize(
    "piece", [b": a comment that keeps a connection open\n", b"id: 7\n", b"data: " + b"x" * 80 + b"\n\n", b"\xef\xbb\xbf: x\n"]
)
def test_a_stream_is_as_long_as_it_likes(piece: bytes) -> None:
    reader = SseReader(100)
    found = [event for _ in range(200) for event in reader.feed(piece)]
    assert len(found) == (200 if piece.startswith(b"data") else 0)
