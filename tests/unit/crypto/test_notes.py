"""Notes: what is given out, what is ignored, and everything that is refused."""

from __future__ import annotations

import base64
import hashlib

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PublicKey

from ringwall.crypto.checkpoint import Checkpoint, parse_checkpoint
from ringwall.crypto.notes import (
    COSIGNATURE_V1,
    ED25519,
    Ed25519Signer,
    MlDsa44Signer,
    NoteKey,
    note_key,
    open_checkpoint,
    open_note,
    parse_vkey,
    sign_note,
    signature_line,
    split_note,
    vkey,
)
from ringwall.errors import Bug, IntegrityError, InvalidRequest

ORIGIN = "example.com/log"
HEAD = Checkpoint(origin=ORIGIN, size=70_000, root=bytes(range(32)))
LOG = Ed25519Signer(ORIGIN, bytes(range(32)))
QUANTUM = MlDsa44Signer(ORIGIN, bytes(range(32)))
WITNESS = Ed25519Signer("witness.example.com/w1", bytes(32), COSIGNATURE_V1)
STRANGER = Ed25519Signer("stranger.example.com", b"\x07" * 32)
TIME = 1_767_225_600


def test_a_note_has_the_form_of_the_specification() -> None:
    note = sign_note(HEAD.text(), [LOG], timestamp=TIME)
    text, _, signature = note.decode().partition("\n\n")
    assert text == f"{ORIGIN}\n70000\n{base64.b64encode(bytes(range(32))).decode()}"
    dash, name, encoded = signature.removesuffix("\n").split(" ")
    content = base64.b64decode(encoded)
    assert (dash, name) == ("—", ORIGIN)
    assert content[:4] == hashlib.sha256(ORIGIN.encode() + b"\n\x01" + LOG.key.public).digest()[:4]
    Ed25519PublicKey.from_public_bytes(LOG.key.public).verify(content[4:], (text + "\n").encode())


def test_a_timed_ed25519_cosignature_signs_the_time_and_the_text() -> None:
    content = WITNESS.sign(HEAD.text(), TIME)
    assert int.from_bytes(content[:8], "big") == TIME
    message = f"cosignature/v1\ntime {TIME}\n{HEAD.text()}".encode()
    Ed25519PublicKey.from_public_bytes(WITNESS.key.public).verify(content[8:], message)


def test_an_ml_dsa_44_cosignature_signs_names_time_and_head() -> None:
    content = QUANTUM.sign(HEAD.text(), TIME)
    name = bytes([len(ORIGIN)]) + ORIGIN.encode()
    message = b"subtree/v1\n\0" + name + TIME.to_bytes(8, "big") + name + bytes(8) + (70_000).to_bytes(8, "big") + bytes(range(32))
    assert len(content) == 8 + 2420
    MLDSA44PublicKey.from_public_bytes(QUANTUM.key.public).verify(content[8:], message)


def test_known_signatures_are_given_out_and_unknown_ones_ignored() -> None:
    note = sign_note(HEAD.text(), [STRANGER, LOG, QUANTUM, WITNESS], timestamp=TIME)
    opened = open_note(note, [LOG.key, QUANTUM.key, WITNESS.key])
    assert opened.text == HEAD.text()
    assert [(found.key, found.timestamp) for found in opened.signatures] == [(LOG.key, 0), (QUANTUM.key, TIME), (WITNESS.key, TIME)]
    assert open_checkpoint(note, ORIGIN, [QUANTUM.key]) == HEAD


def test_a_note_with_many_strangers_opens() -> None:
    lines = "".join(signature_line(NoteKey(f"k{turn}", bytes(4), ED25519, b""), bytes(5000)) for turn in range(16))
    assert open_note(sign_note(HEAD.text(), [LOG]) + lines.encode(), [LOG.key]).text == HEAD.text()


GOOD = sign_note(HEAD.text(), [LOG, QUANTUM, WITNESS], timestamp=TIME)
LINES = GOOD.decode().splitlines(keepends=True)


def with_line(position: int, line: str) -> bytes:
    return "".join([*LINES[:position], line, *LINES[position + 1 :]]).encode()


BAD = {
    "the text changed": GOOD.replace(b"70000", b"70001"),
    "no signature": HEAD.text().encode() + b"\n",
    "no empty line": HEAD.text().encode() + LINES[4].encode(),
    "a stranger's signature only": sign_note(HEAD.text(), [STRANGER]),
    "a known key with a signature of nothing": with_line(4, signature_line(LOG.key, bytes(64))),
    "a known key with a signature too short": with_line(4, signature_line(LOG.key, bytes(63))),
    "a witness's signature with another time": with_line(6, signature_line(WITNESS.key, bytes(8) + WITNESS.sign(HEAD.text(), TIME)[8:])),
    "a quantum signature of another time": with_line(5, signature_line(QUANTUM.key, bytes(8) + QUANTUM.sign(HEAD.text(), TIME)[8:])),
    "a time beyond what there is": with_line(5, signature_line(QUANTUM.key, b"\xff" * 8 + QUANTUM.sign(HEAD.text(), TIME)[8:])),
    "a line that is none": GOOD + b"- example.com AAAA\n",
    "a line without base64": GOOD + "— example.com !!!!\n".encode(),
    "a line with a key id only": GOOD + "— example.com AAAAAA==\n".encode(),
    "no last newline": GOOD[:-1],
    "a carriage return": GOOD.replace(b"70000\n", b"70000\r\n"),
    "not UTF-8": GOOD.replace(b"example", b"\xff\xfe\xfd\xfc\xfb\xfa\xf9", 1),
    "more lines than are read": GOOD + signature_line(STRANGER.key, bytes(64)).encode() * 100,
    "more bytes than are read": GOOD + signature_line(STRANGER.key, bytes(1024 * 1024)).encode(),
}


@pytest.mark.parametrize("note", BAD.values(), ids=BAD)
def test_what_is_no_signed_note_is_refused(note: bytes) -> None:
    assert open_note(GOOD, [LOG.key, QUANTUM.key, WITNESS.key]).text == HEAD.text()
    with pytest.raises(IntegrityError):
        open_note(note, [LOG.key, QUANTUM.key, WITNESS.key])


def test_another_logs_checkpoint_is_refused() -> None:
    with pytest.raises(IntegrityError, match="another log's"):
        open_checkpoint(GOOD, "example.com/other", [LOG.key])


def test_a_name_or_id_alone_does_not_make_a_key_known() -> None:
    same_name = Ed25519Signer(ORIGIN, b"\x01" * 32)
    assert open_note(sign_note(HEAD.text(), [same_name, LOG]), [LOG.key]).signatures[0].key == LOG.key
    with pytest.raises(IntegrityError):
        open_note(sign_note(HEAD.text(), [same_name]), [LOG.key])


@pytest.mark.parametrize("signer", [LOG, QUANTUM, WITNESS])
def test_a_vkey_is_read_back(signer: Ed25519Signer | MlDsa44Signer) -> None:
    assert parse_vkey(vkey(signer.key)) == signer.key


@pytest.mark.parametrize(
    "text",
    [
        "",
        "name",
        "name+00000000",
        f"name+00000000+{base64.b64encode(bytes([1]) + bytes(32)).decode()}",
        f"+{vkey(LOG.key)}",
        vkey(LOG.key)[:-4],
        vkey(LOG.key).replace("example", "exampel"),
        vkey(LOG.key).replace("example.com", "exa mple"),
    ],
)
def test_what_is_no_vkey_is_refused(text: str) -> None:
    with pytest.raises(InvalidRequest):
        parse_vkey(text)


@pytest.mark.parametrize("name", ["", "a b", "a+b", "a\nb", "é" * 128, "a\u2003b", "a\u0085", "\ud800"])
def test_a_name_that_notes_cannot_have_is_refused(name: str) -> None:
    with pytest.raises(InvalidRequest):
        note_key(name, ED25519, bytes(32))


@pytest.mark.parametrize(
    ("text", "error"), [("no newline", InvalidRequest), ("tab\t\n", InvalidRequest), ("not a checkpoint\n", IntegrityError)]
)
def test_a_text_that_cannot_be_signed_is_refused(text: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        sign_note(text, [LOG, WITNESS])


def test_nobody_signs_nothing() -> None:
    with pytest.raises(InvalidRequest):
        sign_note("text\n", [])
    with pytest.raises(Bug):
        Ed25519Signer("name", b"short")
    with pytest.raises(Bug):
        Ed25519Signer("name", bytes(32), 0x06)


def test_no_secret_is_in_a_representation() -> None:
    assert repr([LOG, QUANTUM]) == f"[Ed25519Signer({ORIGIN}), MlDsa44Signer({ORIGIN})]"


def test_the_last_empty_line_separates() -> None:
    note = sign_note("a\n\nb\n", [LOG])
    assert split_note(note)[0] == open_note(note, [LOG.key]).text == "a\n\nb\n"


ROOT = base64.b64encode(bytes(32)).decode()


def test_a_checkpoint_is_read_back_with_its_extensions() -> None:
    head = Checkpoint(origin=ORIGIN, size=0, root=bytes(32), extensions=("one", "two"))
    assert parse_checkpoint(head.text()) == head


@pytest.mark.parametrize(
    "text",
    [
        "",
        f"o\n1\n{ROOT}",
        f"o\n01\n{ROOT}\n",
        f"o\n-1\n{ROOT}\n",
        f"o\n1\n{ROOT[:-4]}\n",
        f"o\n1\n!{ROOT}\n",
        f"\n1\n{ROOT}\n",
        f"o\n\n{ROOT}\n",
        f"o\n1\n{ROOT}\n\n",
        f"o\n{2**63}\n{ROOT}\n",
        f"o\n1 \n{ROOT}\n",
        f"o\n1\n{ROOT[:-2]}B=\n",
        f"o\n1\n{ROOT}\n" + "x" * 70000 + "\n",
        f"o\n١\n{ROOT}\n",
    ],
)
def test_what_is_no_checkpoint_is_refused(text: str) -> None:
    with pytest.raises(IntegrityError):
        parse_checkpoint(text)


@pytest.mark.parametrize(
    "head",
    [
        Checkpoint(origin="", size=0, root=bytes(32)),
        Checkpoint(origin="o", size=-1, root=bytes(32)),
        Checkpoint(origin="o", size=1, root=bytes(31)),
        Checkpoint(origin="o", size=1, root=bytes(32), extensions=("a\nb",)),
        Checkpoint(origin="o", size=1, root=bytes(32), extensions=("",)),
    ],
)
def test_what_a_checkpoint_cannot_say_is_refused(head: Checkpoint) -> None:
    with pytest.raises(InvalidRequest):
        head.text()
