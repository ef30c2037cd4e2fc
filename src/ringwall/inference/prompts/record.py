"""One sealed prompt as it is stored: what may be searched in the clear, the record's own wrapped key, and where its texts are.

Each record has a key of its own, drawn at random and wrapped under the account's data key of the day: one can be shredded by itself.
Every sealed value is bound to account, record and role (`question`, `answer`, each piece by its number); what stands in the clear is bound
by a proof under the same key: a record that was altered, moved or cut does not open.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final, Literal

import msgspec

from ringwall.errors import IntegrityError
from ringwall.keys.data_keys import DataKey
from ringwall.keys.envelope import DataCipher, new_key
from ringwall.storage import Document

RECORD: Final = "sealed-prompt"
TEXT: Final = "sealed-prompt-text"
PIECE_BYTES: Final = 4 * 1024 * 1024
_VERSION: Final = "ringwall sealed prompt v1"
_LATEST_MS: Final = 9_999_999_999_999  # in the year 2286: ids count down from there, so that the newest record comes first
_PLACE_DIGITS: Final = 13

Verdict = Literal["NONE", "ANONYMIZE", "BLOCK"]
UNDER_WAY: Final = "under-way"
"""How an answer ended that has not ended: where a process died, that is how its record stays."""


class About(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What is known of a record without opening it; no text.

    id: of the request, as in the audit record. at: Unix milliseconds. expires: Unix seconds.
    principal: ARN. route: `bedrock`, `openai`, `anthropic`, as limits name them; `guardrail` for texts that were only checked.
    verdict: the gravest; question, answer: what was decided of each.
    ended: empty where the answer is whole; `left` (the client did), the code of an error, or `under-way`.
    withheld: a guardrail's message stands where the answer, or the rest of it, would have been.
    pieces: how many sealed pieces each text has.
    """

    id: str
    at: int
    expires: int
    principal: str
    route: str
    model: str
    guardrails: tuple[str, ...]
    question: Verdict
    answer: Verdict
    ended: str
    withheld: bool
    characters: int
    pieces: dict[str, int]

    @property
    def verdict(self) -> Verdict:
        """The graver of the two verdicts."""
        both = (self.question, self.answer)
        return "BLOCK" if "BLOCK" in both else "ANONYMIZE" if "ANONYMIZE" in both else "NONE"

    @property
    def moment(self) -> datetime:
        """When it was asked."""
        return datetime.fromtimestamp(self.at / 1000, UTC)


class Stored(msgspec.Struct, frozen=True, kw_only=True):
    """The document's body. wrapped: the record's key under the data key. proof: binds `about`, whose bytes it has as they are."""

    about: msgspec.Raw
    data_key: str
    wrapped: bytes
    proof: bytes


_ENCODER = msgspec.json.Encoder()
_STORED = msgspec.json.Decoder(Stored)
_ABOUT = msgspec.json.Decoder(About)


class Sealer:
    """Seals one record under a key of its own."""

    def __init__(self, account_id: str, record_id: str, data_key: DataKey) -> None:
        self._account_id = account_id
        self._record_id = record_id
        self._data_key = data_key
        own = new_key()
        self._cipher = DataCipher(own)
        self._wrapped = data_key.cipher.seal(own, _context(account_id, record_id, "key", data_key.id))

    @property
    def expires(self) -> int:
        """The moment from which on the data key opens nothing."""
        return self._data_key.expires

    def text(self, role: str, words: bytes) -> list[Document]:
        """Seal one text, in pieces that storage takes."""
        pieces = [words[start : start + PIECE_BYTES] for start in range(0, len(words), PIECE_BYTES)] or [b""]
        return [
            Document(
                account_id=self._account_id,
                kind=TEXT,
                id=text_id(self._record_id, role, number),
                body=self._cipher.seal(piece, _context(self._account_id, self._record_id, role, str(number))),
            )
            for number, piece in enumerate(pieces)
        ]

    def record(self, about: About, *, revision: int = 0) -> Document:
        """Make the record's document."""
        told = _ENCODER.encode(about)
        proof = self._cipher.seal(b"", _context(self._account_id, self._record_id, "about", told.decode()))
        body = _ENCODER.encode(Stored(about=msgspec.Raw(told), data_key=self._data_key.id, wrapped=self._wrapped, proof=proof))
        place = place_of(about.at, about.id)
        return Document(account_id=self._account_id, kind=RECORD, id=place, key=about.id, body=body, revision=revision)


class Opener:
    """Opens one record."""

    def __init__(self, account_id: str, record_id: str, stored: Stored, data_key: DataKey) -> None:
        """Open the record's key and check what stands in the clear.

        Raises:
            IntegrityError: the record was altered, or is another one's.
        """
        self._account_id = account_id
        self._record_id = record_id
        wrapped = data_key.cipher.open(stored.wrapped, _context(account_id, record_id, "key", data_key.id))
        self._cipher = DataCipher(wrapped)
        self._cipher.open(stored.proof, _context(account_id, record_id, "about", bytes(stored.about).decode()))

    def text(self, role: str, pieces: Mapping[int, bytes], count: int) -> bytes:
        """Open one text.

        Args:
            role: `question` or `answer`.
            pieces: the sealed ones, by number.
            count: how many there must be.

        Raises:
            IntegrityError: a piece is missing, was altered, or stands elsewhere than it did.
        """
        if set(pieces) != set(range(count)):
            raise IntegrityError("pieces of a sealed prompt are missing", remedy="restore a backup")
        opened = (
            self._cipher.open(pieces[number], _context(self._account_id, self._record_id, role, str(number))) for number in range(count)
        )
        return b"".join(opened)


def read_stored(document: Document) -> tuple[Stored, About]:
    """Read a record's document; nothing of it is proved by that.

    Raises:
        IntegrityError: it cannot be read.
    """
    try:
        stored = _STORED.decode(document.body)
        about = _ABOUT.decode(stored.about)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise IntegrityError("a stored record of a sealed prompt cannot be read", remedy="restore a backup") from error
    if about.id != document.key or place_of(about.at, about.id) != document.id:
        raise IntegrityError("a stored record of a sealed prompt stands in another's place", remedy="restore a backup")
    return stored, about


def place_of(at_ms: int, record_id: str = "") -> str:
    """Return where a record of a moment stands: newer ones before older ones. Without an id: before all of that moment."""
    return f"{_LATEST_MS - at_ms:0{_PLACE_DIGITS}d}/{record_id}"


def text_id(record_id: str, role: str, number: int) -> str:
    """Return the document id of one sealed piece."""
    return f"{record_id}/{role}/{number:04d}"


def _context(account_id: str, record_id: str, role: str, more: str) -> tuple[str, ...]:
    return (_VERSION, account_id, record_id, role, more)
