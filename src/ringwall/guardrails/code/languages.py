"""Which language a piece of code is in: by the word on its fence, else by signs that little else has.

A word that names no programming language (`text`, `output`, `json`) does not speak for what stands below it: signs are looked for there as
if the fence had no word.
"""

from __future__ import annotations

import re
from typing import Literal

Basis = Literal["label", "signs", "none"]

_NAMES: dict[str, str] = {
    "python": "python py python2 python3 py2 py3 ipython ipython3 python-repl pycon pyi pyw sage cython gyp",
    "javascript": "javascript js jsx node mjs cjs ecmascript",
    "typescript": "typescript ts tsx mts cts",
    "bash": "bash sh shell zsh ksh dash ash shell-session shellscript console terminal shell-script",
    "powershell": "powershell ps1 pwsh posh",
    "batch": "bat batch cmd dos",
    "java": "java jsp",
    "kotlin": "kotlin kt kts",
    "scala": "scala",
    "groovy": "groovy gradle",
    "go": "go golang",
    "rust": "rust rs",
    "c": "c h",
    "cpp": "cpp c++ cc cxx hpp cplusplus",
    "csharp": "csharp c# cs",
    "swift": "swift",
    "objective-c": "objective-c objc objectivec",
    "ruby": "ruby rb irb erb",
    "php": "php php3 php4 php5 phtml",
    "perl": "perl pl",
    "lua": "lua",
    "r": "r rlang",
    "sql": "sql mysql postgresql postgres psql plsql tsql sqlite",
    "html": "html htm xhtml vue svelte",
    "dockerfile": "dockerfile docker containerfile",
    "terraform": "terraform tf hcl",
    "yaml": "yaml yml",
    "make": "make makefile mk",
    "elixir": "elixir ex exs",
    "haskell": "haskell hs",
}
ALIASES: dict[str, str] = {alias: name for name, aliases in _NAMES.items() for alias in aliases.split()}
"""The word on a fence, in lower case, to the canonical name."""

_INERT = (
    "json jsonc json5 jsonl ndjson csv tsv text txt plain plaintext output log out result markdown md mdx rst toml ini properties mermaid"
)
INERT: frozenset[str] = frozenset(_INERT.split(" "))
"""Words for what nothing runs. Signs of code below such a word still count."""

_NO_EXTENSIONS = frozenset({"node", "console", "terminal", "shell", "out", "result", "plain", "output"})

_WORD = re.compile(r"[A-Za-z0-9_+#-]+")
_CLASS = re.compile(r"\{[^}]*?\.([A-Za-z0-9_+#-]+)")
_SHEBANG = re.compile(r"#![^\r\n]*?\b(python|node|bash|zsh|ksh|dash|sh|ruby|perl|php|pwsh|lua)[0-9.]*\b")
_INFO_CHARS = 200
_FIRST_LINES = 400  # signs are looked for in the first lines; a program that has none there is of no known language

_SIGNS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("php", re.compile(r"^\s*<\?php\b")),
    ("html", re.compile(r"^\s*<(?:!doctype html|html|script)\b", re.IGNORECASE)),
    ("python", re.compile(r"^\s*(?:from [\w.]+ import [\w*(]|(?:async )?def \w+\(|class \w+(?:\([^)]*\))?:|if __name__ ?== ?['\"]|>>> )")),
    ("python", re.compile(r"^import [a-z_][\w.]*(?: as \w+)?(?:, ?[a-z_][\w.]*(?: as \w+)?)*[ \t]*(?:#.*)?$")),
    ("go", re.compile(r"^package [a-z]\w*[ \t]*$")),
    ("c", re.compile(r"^[ \t]*#include [<\"]")),
    ("java", re.compile(r"^\s*public (?:static void main\b|(?:final |abstract )?class \w)")),
    ("javascript", re.compile(r"^\s*(?:const|let|var) (?:\w+|\{[^}]*\}) ?= ?(?:await )?(?:require\(|import\()")),
)


def label_of(info: str) -> str:
    """Return the first word of an info string in lower case: that of ` Python title=x`, `{.python}` and `python:a.py` is `python`."""
    info = info[:_INFO_CHARS]
    styled = _CLASS.search(info)
    found = styled[1] if styled else (word[0] if (word := _WORD.search(info)) else "")
    return found.lower().removeprefix("language-").removeprefix("lang-")


def language_of(info: str, text: str) -> tuple[str, Basis]:
    """Return the canonical language of a fenced block and how it is known.

    The language is "" where it is not known, and a word of `INERT` where that is all that is known; then the basis is "none".
    """
    label = label_of(info)
    if label in ALIASES:
        return ALIASES[label], "label"
    signed = language_by_signs(text)
    return (signed, "signs") if signed else (label if label in INERT else "", "none")


def language_by_signs(text: str) -> str:
    """Return the language that certain signs tell of, or ""."""
    if shebang := _SHEBANG.match(text):
        return ALIASES[shebang[1]]
    for line in re.split(r"\r\n|\r|\n", text, maxsplit=_FIRST_LINES)[:_FIRST_LINES]:
        for language, sign in _SIGNS:
            if sign.match(line):
                return language
    return ""


def language_of_file(name: str) -> str:
    """Return the language of a file by its name, a word of `INERT`, or "" where the name does not tell."""
    stem = re.split(r"[/\\]", name)[-1].lower()
    if stem in {"dockerfile", "makefile"}:
        return ALIASES[stem]
    extension = stem.rpartition(".")[2] if "." in stem else ""
    return "" if extension in _NO_EXTENSIONS else canonical(extension)


def canonical(word: str) -> str:
    """Return the canonical name of a language, a word of `INERT` as it is, or "" for what is neither."""
    return ALIASES.get(word.lower()) or (word.lower() if word.lower() in INERT else "")
