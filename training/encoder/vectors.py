"""Write the vectors that the word pieces are checked with: `python -m training.encoder.vectors --out FILE`.

The texts are our own; the pieces and their places are what the package `tokenizers` makes of them with the base model's own file.
"""

from __future__ import annotations

import argparse
import json
from importlib.metadata import version
from pathlib import Path

from tokenizers import Tokenizer

from training.encoder.pretrained import load_base

TEXTS = (
    "",
    " \t\n ",
    "Plain words, in a row.",
    "UPPER lower MiXeD 12,345.67 a_b-c/d\\e",
    "unbelievably antidisestablishmentarianism xqzvbnmkjh",
    "caf\u00e9 na\u00efve \u00c5ngstr\u00f6m Stra\u00dfe \u0130stanbul \u0391\u03b2\u03a3 \u041f\u0440\u0438\u0432\u0435\u0442",
    "cafe\u0301 with a combining accent, and zal\u0336g\u0335o\u0337",
    "\u4f60\u597d\u4e16\u754c and \u3053\u3093\u306b\u3061\u306f \uc548\ub155 \u0e2a\u0e27\u0e31\u0e2a\u0e14\u0e35",
    "\u05e9\u05dc\u05d5\u05dd \u0645\u0631\u062d\u0628\u0627 \u0939\u093f\u0928\u094d\u0926\u0940",
    "emoji \U0001f600\U0001f468\u200d\U0001f469\u200d\U0001f467 and \u2764\ufe0f",
    "zero\u200bwidth soft\u00adhyphen bom\ufeff null\x00byte bell\x07 tab\there",
    "line\u2028separator para\u2029graph next\x85line nbsp\u00a0space ideographic\u3000space",
    "quotes \u201cleft right\u201d dash\u2014en\u2013 ellipsis\u2026 $5+6=11 <tag> ^~`|",
    "\ufb01ligature \uff26\uff35\uff2c\uff2c\uff37\uff29\uff24\uff34\uff28 \u2160\u2161 \u00bd \u00b2",
    "x" * 100,
    "x" * 101,
    "a " + "\u00e9" * 120,
    "https://example.com/path?query=1&b=%20#frag user@example.com",
    "def f(x):\n    return {'a': [1, 2], \"b\": None}  # comment",
    "replacement\ufffdcharacter and a\u0300\u0316\u0302stack",
)


def main() -> None:
    """Write them."""
    parser = argparse.ArgumentParser(prog="python -m training.encoder.vectors", description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="the file to write")
    options = parser.parse_args()
    tokenizer = Tokenizer.from_str(load_base().tokenizer.decode())
    tokenizer.no_padding()
    tokenizer.no_truncation()
    made = [(text, tokenizer.encode(text, add_special_tokens=False)) for text in TEXTS]
    vectors = [{"text": text, "ids": each.ids, "spans": [list(span) for span in each.offsets]} for text, each in made]
    source = f"the package tokenizers {version('tokenizers')}, with the tokenizer of all-MiniLM-L6-v2; python -m training.encoder.vectors"
    options.out.write_text(json.dumps({"source": source, "vectors": vectors}, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
