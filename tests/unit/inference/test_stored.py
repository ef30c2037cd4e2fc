"""What this room stored and finds damaged is told from what is not there."""

from __future__ import annotations

import msgspec
import pytest

from ringwall.errors import IntegrityError
from ringwall.inference import enforced, idempotency, resource
from ringwall.inference.stored import read_body
from ringwall.storage import Document

DECODERS = {"guardrail": resource._DECODER, "enforced configuration": enforced._DECODER, "request token": idempotency._DECODER}
DAMAGED = {"cut off": b'{"id":', "another shape": b"[]", "not UTF-8": b'{"id":"\xff"}', "empty": b""}


@pytest.mark.parametrize("body", DAMAGED.values(), ids=DAMAGED)
@pytest.mark.parametrize("decoder", DECODERS.values(), ids=DECODERS)
def test_a_damaged_body_is_named_by_its_document_and_never_quoted(decoder: msgspec.json.Decoder, body: bytes) -> None:
    document = Document(account_id="111122223333", kind="some-kind", id="some-id", body=body)
    with pytest.raises(IntegrityError, match="the stored some-kind `some-id` cannot be read") as caught:
        read_body(decoder, document)
    assert caught.value.how_to_mend
