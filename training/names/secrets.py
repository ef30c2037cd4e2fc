"""How user names and passwords look."""

from __future__ import annotations

import random
import re
import string
from collections.abc import Callable, Mapping, Sequence

from training.names import people

Lists = Mapping[str, Sequence[str]]
_MARKS = "!@#$%^&*?-_+=.~"


def _word(lists: Lists, rng: random.Random) -> str:
    name = rng.choice(("thing", "adjective", "city", "first", "nick", "org_root"))
    return re.sub(r"[^a-z]", "", rng.choice(lists[name]).lower()) or "word"


def username(lists: Lists, rng: random.Random) -> str:
    """Return a user name."""
    first, last = (re.sub(r"[^a-z]", "", rng.choice(lists[name]).lower()) or "x" for name in ("first", "last"))
    word, other, figure = _word(lists, rng), _word(lists, rng), rng.choice((str(rng.randint(1, 99)), str(rng.randint(1960, 2015)), ""))
    made = rng.choice(
        (
            f"{first}.{last}",
            f"{first[0]}{last}",
            f"{first}_{last}{figure}",
            f"{first}{figure}",
            f"{last}{first[0]}",
            f"{first}{last}",
            f"{word}{other}{figure}",
            f"{word}_{other}",
            f"x{word}x{figure}",
            f"{word.capitalize()}{other.capitalize()}{figure}",
            f"{word}-{figure or '7'}",
            f"{rng.choice(('svc', 'adm', 'dev', 'u', 'usr', 'ops', 'app'))}{rng.choice(('-', '_', ''))}{other}{figure}",
            f"{people.invented(rng).lower()}{figure}",
            f"{rng.choice(string.ascii_lowercase)}{rng.randint(1000, 999999)}",
        )
    )
    return made if len(made) > 2 else made + "42"


def password(lists: Lists, rng: random.Random) -> str:
    """Return a password: random, words with figures and marks, a phrase, or a bad habit."""
    word, other = _word(lists, rng), _word(lists, rng)
    mark = rng.choice(_MARKS)
    leet = word.translate(str.maketrans("aeios", "@31o$"))
    return rng.choice(
        (
            "".join(rng.choice(string.ascii_letters + string.digits + _MARKS) for _ in range(rng.randint(7, 20))),
            "".join(rng.choice(string.ascii_letters + string.digits) for _ in range(rng.randint(8, 24))),
            f"{word.capitalize()}{rng.randint(1, 9999)}{mark}",
            f"{word.capitalize()}{rng.randint(1, 2025)}",
            f"{word}{mark}{other}{rng.randint(1, 99)}",
            f"{leet.capitalize()}{mark}{rng.randint(10, 99)}",
            f"{word}{rng.randint(1, 9999)}",
            f"{word}-{other}-{_word(lists, rng)}-{rng.randint(1, 99)}",
            f"{mark}{word}{other.upper()}{mark}{rng.randint(1, 9)}",
            rng.choice(("qwerty", "abc", "letmein", "iloveyou", "admin", "welcome", "changeme", "hunter", "dragon"))
            + rng.choice(("", "1", "123", "2024", "!", "12345", "#1")),
            str(rng.randint(100000, 99999999)),
            f"{word}{other}",
        )
    )


MAKERS: dict[str, Callable[[Lists, random.Random], str]] = {"username": username, "handle": username, "password": password}
