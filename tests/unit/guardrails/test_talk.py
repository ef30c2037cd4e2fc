"""The short form becomes a configuration AWS would take."""

from __future__ import annotations

import copy

import pytest

from ringwall.guardrails import PolicyRefused, compile_guardrail, normalise, parse_config
from tests.unit.guardrails.scorers import SCORERS

TALK = {
    "blockedInputMessaging": "Policy violation",
    "blockedOutputsMessaging": "Response blocked",
    "contentPolicyConfig": {
        "filtersConfig": [{"type": "HATE", "inputStrength": "HIGH"}, {"type": "PROMPT_INJECTION", "inputStrength": "MEDIUM"}]
    },
}


def test_the_talks_own_json_compiles_with_a_warning_per_change() -> None:
    before = copy.deepcopy(TALK)
    normalised = normalise(TALK, generated_name="guardrail-x")
    assert before == TALK
    assert normalised.config["name"] == "guardrail-x"
    assert normalised.config["contentPolicyConfig"]["filtersConfig"] == [
        {"type": "HATE", "inputStrength": "HIGH", "outputStrength": "HIGH"},
        {"type": "PROMPT_ATTACK", "inputStrength": "MEDIUM", "outputStrength": "NONE"},
    ]
    assert len(normalised.warnings) == 4
    assert compile_guardrail(parse_config(normalised.config), SCORERS).rules == ("content/HATE", "content/PROMPT_ATTACK")


def test_the_talks_own_json_is_refused_as_it_is() -> None:
    with pytest.raises(PolicyRefused):
        parse_config(TALK)


def test_a_complete_configuration_is_left_alone() -> None:
    complete = normalise(TALK, generated_name="n").config
    again = normalise(complete, generated_name="other")
    assert again.config == complete
    assert again.warnings == ()


@pytest.mark.parametrize("document", [[], "text", None, 5])
def test_only_objects_are_guardrails(document: object) -> None:
    with pytest.raises(PolicyRefused):
        normalise(document, generated_name="n")


@pytest.mark.parametrize(
    "policy",
    [
        None,
        [],
        "text",
        {},
        {"filtersConfig": None},
        {"filtersConfig": "HATE"},
        {"filtersConfig": ["HATE", None, 3]},
        {"filtersConfig": [{}]},
    ],
)
def test_malformed_policies_are_passed_on_and_refused_there(policy: object) -> None:
    normalised = normalise({**TALK, "contentPolicyConfig": policy}, generated_name="n")
    with pytest.raises(PolicyRefused):
        parse_config(normalised.config)
