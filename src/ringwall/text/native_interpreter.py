"""The C interpreter, where it is built."""

from __future__ import annotations

from ringwall.text.python_interpreter import PythonInterpreter


def native_is_built() -> bool:
    """Say whether the C extension is there and reads this version of the tables."""
    return False


class NativeInterpreter(PythonInterpreter):
    """Placeholder base until the extension is loaded."""

    name = "c"
