"""Rows of the model table hold references to secrets, and are shown: what looks like a secret itself is refused.

Looked for: the formats of known keys and tokens (`text.detectors.secrets`) in every member, and a run of letters and digits without order
in a reference's name, where nothing but a person's word stands. A secret of no known format in a path is not found.
"""

from __future__ import annotations

import re
from functools import cache

from ringwall.inference.upstreams.errors import ModelRowRefused
from ringwall.inference.upstreams.row import ModelRow
from ringwall.text.detectors import DetectorConfig, Detectors, compile_detectors

_RUN = re.compile(r"[A-Za-z0-9]{20,}")
_TURN = re.compile(r"(?<=[0-9])(?=[A-Za-z])|(?<=[A-Za-z])(?=[0-9])")
_TURNS = 3  # from digits to letters or back: a person's word has a year or a number at its end, a token digits all over


class SecretInRow(ModelRowRefused, code="secret-in-row"):
    """The row holds what looks like a secret.

    AWS: ValidationException.
    """

    remedy = "put the secret in a file or a variable, name that in `credential`, and replace the secret: it has been sent"


@cache
def _secrets() -> Detectors:
    return compile_detectors(DetectorConfig(secrets=True))


def refuse_secrets(row: ModelRow) -> None:
    """Refuse a row that holds a secret.

    Raises:
        SecretInRow: a member looks like one; it is named, not quoted.
    """
    named = row.credential.partition(":")[2]
    members = {
        "id": (row.id,),
        "aliases": row.aliases,
        "upstream": (row.upstream,),
        "model": (row.model,),
        "credential": (named,),
    }
    for member, values in members.items():
        if any(value and _secrets().scan(value, readings="raw").findings for value in values):
            raise SecretInRow(f"`{member}` looks like a secret")
    if any(_is_random(run) for run in _RUN.findall(named)):
        raise SecretInRow("`credential` looks like a secret, where the name of one belongs")


def _is_random(run: str) -> bool:
    return len(_TURN.findall(run)) >= _TURNS
