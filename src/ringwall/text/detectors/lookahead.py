"""Which patterns may make an engine look far past a match for the one it then gives back.

RE2 finds one match in time linear in the text, but all matches are found one after another, and each search may read on to the text's end
before it settles for a short match: `a([^b]*b)?` over a text of `a`s reads it once per `a`. Where that can happen, the searches share an
allowance (`literal.FAR_BYTES`); where it cannot, all of them together are linear.
"""

from __future__ import annotations

import re
from re import _constants as code  # type: ignore[attr-defined] # the standard library's own pattern parser
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

_REPEATS = (code.MAX_REPEAT, code.MIN_REPEAT)


def may_look_far(pattern: str) -> bool:
    """Say whether searches for all matches of a pattern may together cost more than time linear in the text.

    They cannot where each repetition without an upper bound

    1. ends the pattern: whoever is in it has matched already, so that a search reads on only as far as its match goes; or
    2. stands in no alternative and in no repeated group: then an earlier start that is still in such a repetition takes every way to a
       match that a later start takes, so that a search that finds the later one has not waited in vain.

    A pattern that the standard library's parser cannot read is taken to look far.
    """
    try:
        return _looks_far(parser.parse(pattern), nested=False, last=True)
    except (re.error, OverflowError, RecursionError, FutureWarning):
        return True


def _looks_far(sequence: Any, *, nested: bool, last: bool) -> bool:
    """Walk a sequence from its end; `last`: nothing that must match follows it. `nested`: it is part of an alternative or a repetition."""
    for operation, argument in reversed(list(sequence)):
        if _item_looks_far(operation, argument, nested=nested, last=last):
            return True
        last = last and _may_be_empty(operation, argument)
    return False


def _item_looks_far(operation: Any, argument: Any, *, nested: bool, last: bool) -> bool:
    if operation is code.SUBPATTERN:
        return _looks_far(argument[3], nested=nested, last=last)
    if operation is code.BRANCH:
        return any(_looks_far(branch, nested=True, last=last) for branch in argument[1])
    if operation in _REPEATS:
        _, most, body = argument
        endless = most is code.MAXREPEAT
        return (endless and nested and not last) or _looks_far(body, nested=True, last=last)
    return False


def _may_be_empty(operation: Any, argument: Any) -> bool:
    if operation in _REPEATS:
        return bool(argument[0] == 0)
    if operation is code.SUBPATTERN:
        return all(_may_be_empty(*item) for item in argument[3])
    if operation is code.BRANCH:
        return any(all(_may_be_empty(*item) for item in branch) for branch in argument[1])
    return False
