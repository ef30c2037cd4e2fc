"""Compute the root over the base 64 lines of standard input with pymerkle."""

import base64
import sys

from pymerkle import InmemoryTree

tree = InmemoryTree(algorithm="sha256")
for line in sys.stdin:
    tree.append_entry(base64.b64decode(line))
print(tree.get_root().hex())
