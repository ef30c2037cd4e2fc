"""Train the matcher of denied topics: `python -m training.topics --datasets FOLDER --out FOLDER [--kept FILE]`."""

from __future__ import annotations

from training.topics.train import main

if __name__ == "__main__":
    main()
