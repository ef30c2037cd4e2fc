"""Write the vocabulary, the table of word embeddings and their card: `python -m training.encoder --out FOLDER`."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from ringwall.watch.encoder.encoder import TABLE, VOCABULARY
from ringwall.watch.encoder.table import assemble
from training import pins
from training.encoder import card
from training.encoder.pretrained import load_base


def main() -> None:
    """Write both files, pin them, and say in a card what they are."""
    parser = argparse.ArgumentParser(prog="python -m training.encoder", description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="the folder of the weights")
    options = parser.parse_args()
    base = load_base()
    vocabulary = json.loads(base.tokenizer)["model"]["vocab"]
    words = sorted(vocabulary, key=vocabulary.__getitem__)
    (options.out / VOCABULARY).write_text("".join(f"{word}\n" for word in words), "utf-8")
    (options.out / TABLE).write_bytes(assemble(base.words.numpy()))
    pins.pin(options.out)
    card.write(card.describe(options.out, base.words.numpy()), options.out)


if __name__ == "__main__":
    main()
