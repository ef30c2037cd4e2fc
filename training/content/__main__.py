"""Train the content model: `python -m training.content --datasets FOLDER --out FOLDER --docs FOLDER`.

The arithmetic is pinned to one thread and to kernels that every x86-64 machine has, before numpy is loaded, so that the same locked
requirements give the same bytes.
"""

from __future__ import annotations

import os

PINNED = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "OPENBLAS_CORETYPE": "Nehalem"}

if __name__ == "__main__":
    os.environ.update(PINNED)
    from training.content.train import main

    main()
