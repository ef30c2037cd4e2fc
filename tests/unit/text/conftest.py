"""Every test of the engine runs on each interpreter that is there."""

from __future__ import annotations

import pytest

from ringwall.text.interpreters import Interpreter, choose_interpreter
from ringwall.text.native_interpreter import native_is_built


@pytest.fixture(params=["python", "c"])
def interpreter(request: pytest.FixtureRequest) -> Interpreter:
    if request.param == "c" and not native_is_built():
        pytest.skip("the C interpreter is not built")
    return choose_interpreter(request.param)
