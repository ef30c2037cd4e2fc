"""Which logs a verifier believes, and how many of which witnesses must have seen what they say.

The text of a policy, a line each; `#` begins a comment line:

    log VKEY [URL]                          a log to believe
    witness NAME VKEY [URL]                 a witness, called NAME below
    group NAME any|all|K MEMBER...          holds when K of its members (witnesses or earlier groups) do
    quorum NAME|none                        what must hold; required, once

A checkpoint opens when a trusted log's own key signed it, under the log's own name, and the quorum holds. A witness is counted when its
cosignature verifies; a log's key is never one.

Source: C2SP tlog-policy, signed-note, tlog-cosignature.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

from ringwall.crypto.checkpoint import Checkpoint, parse_checkpoint
from ringwall.crypto.digests import sha256
from ringwall.crypto.notes import COSIGNATURE_V1, ED25519, ML_DSA_44, NoteKey, open_note, parse_vkey, vkey
from ringwall.errors import IntegrityError, InvalidRequest

POLICY_BYTES: Final = 256 * 1024
NONE: Final = "none"
_LINES: Final = 2_000
_CONTROLS: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_BLANKS: Final = re.compile(r"[ \t]+")
_NAME_CHARS: Final = 256
_COUNT: Final = re.compile(r"[1-9][0-9]{0,3}", re.ASCII)


class Witness(msgspec.Struct, frozen=True):
    """Somebody who cosigns checkpoints that they found consistent. url: where to ask; empty where only verified."""

    name: str
    key: NoteKey
    url: str = ""


class Group(msgspec.Struct, frozen=True):
    """Holds when `threshold` of its members hold."""

    name: str
    threshold: int
    members: tuple[str, ...]


class TrustedKey(msgspec.Struct, frozen=True):
    """A log's key, whose name is the log's origin."""

    key: NoteKey
    url: str = ""


class LogPolicy(msgspec.Struct, frozen=True):
    """What it takes to believe a checkpoint. quorum: a witness's or group's name, or `none`."""

    logs: tuple[TrustedKey, ...]
    witnesses: tuple[Witness, ...] = ()
    groups: tuple[Group, ...] = ()
    quorum: str = NONE

    def open(self, note: bytes) -> Checkpoint:
        """Return the checkpoint that a note holds, if this policy believes it.

        Raises:
            IntegrityError: not a checkpoint, not signed by its own log's key, or cosigned by too few.
        """
        log_keys = [log.key for log in self.logs]
        opened = open_note(note, [*log_keys, *(witness.key for witness in self.witnesses)])
        checkpoint = parse_checkpoint(opened.text)
        signed = {(each.key.name, each.key.key_id) for each in opened.signatures}
        if not any(key.name == checkpoint.origin and (key.name, key.key_id) in signed for key in log_keys):
            raise IntegrityError("no trusted key of the log that the checkpoint names signed it")
        if not self._holds({witness.name for witness in self.witnesses if (witness.key.name, witness.key.key_id) in signed}):
            raise IntegrityError(f"the witnesses who cosigned the checkpoint do not make the quorum `{self.quorum}`")
        return checkpoint

    def log_ids(self, origin: str) -> tuple[bytes, ...]:
        """Return the whole identities (32 bytes) of a log's Ed25519 keys."""
        return tuple(log_id(origin, log.key.public) for log in self.logs if log.key.name == origin and log.key.algorithm == ED25519)

    def _holds(self, cosigned: set[str]) -> bool:
        holding = set(cosigned)
        for group in self.groups:  # members are always earlier ones
            if len(holding.intersection(group.members)) >= group.threshold:
                holding.add(group.name)
        return self.quorum == NONE or self.quorum in holding

    def to_text(self) -> str:
        """Write the policy."""
        from_keys = [f"log {vkey(log.key)} {log.url}".rstrip() for log in self.logs]
        from_witnesses = [f"witness {each.name} {vkey(each.key)} {each.url}".rstrip() for each in self.witnesses]
        from_groups = [f"group {each.name} {each.threshold} {' '.join(each.members)}" for each in self.groups]
        return "".join(f"{line}\n" for line in (*from_keys, *from_witnesses, *from_groups, f"quorum {self.quorum}"))


def trust_logs(keys: Iterable[NoteKey]) -> LogPolicy:
    """Return the policy that believes these logs without witnesses.

    Raises:
        InvalidRequest: no key, or one that only cosigns.
    """
    return _checked(LogPolicy(tuple(TrustedKey(key) for key in keys)))


def log_id(origin: str, public: bytes) -> bytes:
    """Return the identity of a log's Ed25519 key, whose first four bytes stand in every signature of its (C2SP signed-note)."""
    return sha256(origin.encode() + b"\n" + bytes([ED25519]) + public)


def parse_policy(text: str) -> LogPolicy:
    """Read a policy.

    Raises:
        InvalidRequest: an unknown line, a name that is taken or not there, a threshold nobody reaches, no log, or not one quorum.
    """
    lines = text.split("\n")
    if len(text) > POLICY_BYTES or len(lines) > _LINES or _CONTROLS.search(text):
        raise InvalidRequest(f"a policy has at most {_LINES} lines and {POLICY_BYTES} characters, none a control character")
    logs: list[TrustedKey] = []
    witnesses: list[Witness] = []
    groups: list[Group] = []
    quorums: list[str] = []
    for number, line in enumerate(lines, 1):
        match _BLANKS.split(line.strip(" \t")):
            case [""]:
                continue
            case [word, *_] if word.startswith("#"):
                continue
            case ["log", key, *url] if len(url) <= 1:
                logs.append(TrustedKey(parse_vkey(key), "".join(url)))
            case ["witness", name, key, *url] if len(url) <= 1:
                witnesses.append(Witness(name, parse_vkey(key), "".join(url)))
            case ["group", name, count, *members] if members:
                groups.append(Group(name, _threshold(count, len(members)), _known(members, witnesses, groups)))
            case ["quorum", name]:
                quorums.append(name if name == NONE else _known([name], witnesses, groups)[0])
            case _:
                raise InvalidRequest(f"line {number} of the policy is no log, witness, group or quorum line")
    if len(quorums) != 1:
        raise InvalidRequest("a policy has one quorum line; `quorum none` asks for no witness")
    return _checked(LogPolicy(tuple(logs), tuple(witnesses), tuple(groups), quorums[0]))


def _threshold(count: str, members: int) -> int:
    if count == "any":
        return 1
    if count == "all":
        return members
    if not _COUNT.fullmatch(count) or int(count) > members:
        raise InvalidRequest(f"`{count[:64]}` is no threshold for {members} members: any, all, or a number up to that")
    return int(count)


def _known(members: Sequence[str], witnesses: Sequence[Witness], groups: Sequence[Group]) -> tuple[str, ...]:
    """Refuse names that the lines above do not define."""
    names = {*(each.name for each in witnesses), *(each.name for each in groups)}
    if not names.issuperset(members):
        raise InvalidRequest("a group's members, and the quorum, are witnesses or groups of the lines above")
    return tuple(members)


def _checked(policy: LogPolicy) -> LogPolicy:
    if not policy.logs:
        raise InvalidRequest("a policy that believes no log opens nothing")
    if any(log.key.algorithm not in {ED25519, ML_DSA_44} for log in policy.logs):
        raise InvalidRequest("a log signs with Ed25519 or ML-DSA-44; this key only cosigns")
    if any(each.key.algorithm not in {COSIGNATURE_V1, ML_DSA_44} for each in policy.witnesses):
        raise InvalidRequest("a witness signs with a time: its key is a cosignature key")
    names = [*(each.name for each in policy.witnesses), *(each.name for each in policy.groups)]
    if len(set(names)) != len(names) or not all(0 < len(name) <= _NAME_CHARS and name != NONE for name in names):
        raise InvalidRequest(f"every witness and group has a name of its own, of at most {_NAME_CHARS} characters, which is not `{NONE}`")
    members = [member for group in policy.groups for member in group.members]
    if len(set(members)) != len(members):
        raise InvalidRequest("a witness or group counts in one way only: it is a member once")
    keys = [*(log.key.public for log in policy.logs), *(each.key.public for each in policy.witnesses)]
    if len(set(keys)) != len(keys):
        raise InvalidRequest("a key stands twice, under whichever names")
    return policy
