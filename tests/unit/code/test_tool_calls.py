"""Code in what a model calls tools with: which arguments hold it, and in which language."""

from __future__ import annotations

import pytest

from ringwall.api.native.code_policy import OPERATIONS
from ringwall.errors import CallerError, InvalidRequest
from ringwall.guardrails.code.config import TOOL_ARGUMENTS, CodePolicyConfig, check_code_policy
from ringwall.guardrails.code.tool_calls import code_in_call

PUT = next(each for each in OPERATIONS if each.row.name == "PutCodePolicy")
CALLS: dict[str, tuple[str, str, tuple[str, ...], list[tuple[str, str]]]] = {
    "an argument of the name": ("run", '{"code": "f()"}', TOOL_ARGUMENTS, [("", "f()")]),
    "the name in capitals": ("run", '{"CODE": "f()"}', TOOL_ARGUMENTS, [("", "f()")]),
    "another name": ("run", '{"words": "f()"}', TOOL_ARGUMENTS, []),
    "a tool that is a language": ("python", '{"code": "f()"}', TOOL_ARGUMENTS, [("python", "f()")]),
    "a member beside it": ("python", '{"code": "f()", "language": "Ruby"}', TOOL_ARGUMENTS, [("ruby", "f()")]),
    "a member beside it that names none": ("python", '{"code": "f()", "lang": "klingon"}', TOOL_ARGUMENTS, [("python", "f()")]),
    "the policy's word": ("python", '{"code": "f()", "language": "ruby"}', ("*.code=js",), [("javascript", "f()")]),
    "one pattern with a word of two": ("run", '{"code": "f()"}', ("run.code=go", "*.code"), [("go", "f()")]),
    "signs": ("run", '{"script": "#!/bin/sh\\nls"}', TOOL_ARGUMENTS, [("bash", "#!/bin/sh\nls")]),
    "a command": ("run", '{"command": "ls"}', TOOL_ARGUMENTS, [("bash", "ls")]),
    "a command with Python's signs": ("run", '{"command": "import os"}', TOOL_ARGUMENTS, [("python", "import os")]),
    "a list of words": ("run", '{"command": ["ls", 3, " ", "-l"]}', TOOL_ARGUMENTS, [("bash", "ls"), ("bash", "-l")]),
    "in an object in a list": ("run", '{"steps": [{"source": "f()"}, [{"code": "g()"}]]}', TOOL_ARGUMENTS, [("", "f()"), ("", "g()")]),
    "below an argument that counts": ("run", '{"code": {"code": "f()"}}', TOOL_ARGUMENTS, [("", "f()")]),
    "files by their names": ("run", '{"code": {"a.py": "f()", "b": [["g()"]]}}', TOOL_ARGUMENTS, [("", "f()"), ("", "g()")]),
    "no text": ("run", '{"code": null, "source": ""}', TOOL_ARGUMENTS, []),
    "this tool": ("run", '{"a": "f()"}', ("run.a",), [("", "f()")]),
    "another tool": ("run", '{"a": "f()"}', ("walk.a",), []),
    "another tool, and arguments that are no JSON": ("run", '{"a', ("walk.a",), []),
    "no arguments": ("run", " ", TOOL_ARGUMENTS, []),
}


@pytest.mark.parametrize("case", CALLS)
def test_code_is_found_in_its_language(case: str) -> None:
    tool, arguments, patterns, expected = CALLS[case]
    found = code_in_call(tool, arguments, patterns)
    assert [(block.language, block.text) for block in found] == expected
    assert all(block.kind == "file" for block in found)


@pytest.mark.parametrize("arguments", ["{", '{"code": "a", "code": "b"}', "\ud800", "[" * 100 + "]" * 100])
def test_arguments_that_nobody_reads_alike_are_refused(arguments: str) -> None:
    with pytest.raises(CallerError):
        code_in_call("run", arguments, TOOL_ARGUMENTS)


def config_of(document: dict[str, object]) -> CodePolicyConfig:
    """Read a policy as PutCodePolicy does."""
    config: CodePolicyConfig = PUT.convert({"codePolicyConfig": document}).code_policy_config
    check_code_policy(config)
    return config


def test_a_document_has_defaults_and_a_part_that_judges() -> None:
    config = config_of({"severity": "HIGH", "languages": ["python"], "toolArguments": ["run.code=py"]})
    assert config == CodePolicyConfig(severity="HIGH", languages=("python",), tool_arguments=("run.code=py",))
    assert (config.policy.action, config.policy.severity, config.policy.languages) == ("BLOCK", "HIGH", ("python",))
    assert config_of({}).tool_arguments == TOOL_ARGUMENTS


@pytest.mark.parametrize(
    ("document", "word"),
    [
        ({"action": "SHOUT"}, "codePolicyConfig.action"),
        ({"languages": ["py"]}, "py"),
        ({"toolArguments": ["code"]}, "toolArguments"),
        ({"toolArguments": ["run.code=klingon"]}, "klingon"),
        ({"blockedMessage": ""}, "blockedMessage"),
        ({"tone": "kind"}, "tone"),
    ],
)
def test_a_document_that_cannot_stand_is_refused(document: dict[str, object], word: str) -> None:
    with pytest.raises(InvalidRequest, match=word):
        config_of(document)
