"""Languages of patterns and pieces of value families, compared with counting everything out."""

from __future__ import annotations

import base64
import itertools
from decimal import Decimal
from typing import NamedTuple

from hypothesis import given
from hypothesis import strategies as st

from ringwall.policies.pattern import Variable, Wild, glob, resolve, tokenize
from ringwall.reasoning.policy.errors import Inexpressible
from ringwall.reasoning.policy.focus import ByService, Focus
from ringwall.reasoning.policy.formula import Compare, Reads, Text
from ringwall.reasoning.policy.key_values import KeyFacts, value_for, values_for
from ringwall.reasoning.policy.language import ANY_RUN, Language, contains, disjoint, exactly, linear, pattern, within
from ringwall.reasoning.policy.readings import passes, representatives
from ringwall.reasoning.policy.shortest import _shortest, witness

PATTERNS = st.text(alphabet="ab:*?", max_size=6)
TEXTS = st.text(alphabet="ab:c\u00e9", max_size=8)
SMALL = ["".join(chars) for length in range(7) for chars in itertools.product("ab:c", repeat=length)]


@given(PATTERNS, TEXTS, st.booleans())
def test_a_pattern_matches_what_the_evaluator_lets_it_match(text: str, value: str, arn: bool) -> None:
    tokens = tokenize(text, variables=False)
    assert linear(tokens, arn=arn).matches(value) == glob(tokens, "arn" if arn else "text").matches(value)


TOKENS = st.lists(st.sampled_from(["a", ":", "b:", Wild.ANY, Wild.ONE, Variable("k:a"), Variable("k:b")]), max_size=6).map(tuple)


@given(TOKENS, TEXTS, TEXTS, TEXTS, st.booleans())
def test_references_resolve_as_variables_do(tokens: tuple[object, ...], a: str, b: str, value: str, arn: bool) -> None:
    context = {"k:a": (a,), "k:b": (b,)}
    try:
        found = linear(tokens, arn=arn)  # type: ignore[arg-type]
    except Inexpressible:
        assert arn
        assert any(one is Wild.ANY and isinstance(after, Variable) for one, after in itertools.pairwise(tokens))
        return
    resolved = resolve(tokens, context)  # type: ignore[arg-type]
    assert resolved is not None
    matched = glob(resolved, "arn" if arn else "text").matches(value)
    assert found.resolved({"k:a": a, "k:b": b}).matches(value) == matched
    assert found.widened().matches(value) >= matched
    if matched and len(found.references) == 1 and tokens.count(Variable(found.references[0])) == 1:
        assert (found.references[0], {"k:a": a, "k:b": b}[found.references[0]]) in list(found.readings(value))


@given(st.lists(st.tuples(PATTERNS, st.booleans(), st.booleans()), min_size=1, max_size=4))
def test_a_witness_is_found_exactly_where_there_is_one(parts: list[tuple[str, bool, bool]]) -> None:
    languages = [((linear(tokenize(text, variables=False), arn=arn),), inside) for text, arn, inside in parts]
    inside = tuple(one for one, wanted in languages if wanted)
    outside = tuple(one for one, wanted in languages if not wanted)
    found = witness(inside, outside)
    fitting = [text for text in SMALL if all(contains(one, text) for one in inside) and not any(contains(one, text) for one in outside)]
    if found is None:
        assert not fitting
    else:
        assert all(contains(one, found) for one in inside)
        assert not any(contains(one, found) for one in outside)


@given(PATTERNS, PATTERNS, st.booleans(), st.booleans())
def test_disjoint_patterns_share_no_text(one: str, other: str, arn: bool, arn_too: bool) -> None:
    here, there = linear(tokenize(one, variables=False), arn=arn), linear(tokenize(other, variables=False), arn=arn_too)
    shared = [text for text in SMALL if here.matches(text) and there.matches(text)]
    assert not (shared and disjoint((here,), (there,)))
    assert disjoint((here,), (there,)) == (_shortest(((here,), (there,)), ()) is None)


@given(PATTERNS, PATTERNS, st.booleans(), st.booleans())
def test_a_pattern_is_within_another_where_no_text_of_it_is_outside(one: str, other: str, arn: bool, arn_too: bool) -> None:
    here, there = linear(tokenize(one, variables=False), arn=arn), linear(tokenize(other, variables=False), arn=arn_too)
    alone = [text for text in SMALL if here.matches(text) and not there.matches(text)]
    assert not (alone and within(here, there))
    assert within(here, there) == (_shortest(((here,),), ((there,),)) is None)


class Taken(NamedTuple):
    """What takes some actions, and every resource."""

    actions: Language
    resources: Language = (pattern((ANY_RUN,)),)


ACTIONS = st.lists(st.sampled_from(["*", "s3:*", "s3:get*", "s*:get", "kb:?", "kb:get", "s3", "mail:send"]), min_size=1, max_size=3)


@given(ACTIONS, st.lists(ACTIONS, max_size=8))
def test_statements_found_by_service_are_all_that_meet_the_question(asked: list[str], taken: list[list[str]]) -> None:
    def language(texts: list[str]) -> Language:
        return tuple(linear(tokenize(one, variables=False), arn=False) for one in texts)

    statements = [Taken(language(one)) for one in taken]
    for focus in (Focus(), Focus((language(["*"]), language(asked)), ())):
        near = [one for one in ByService(statements).near(focus) if focus.meets(one)]
        assert near == [one for one in statements if focus.meets(one)]


def test_patterns_compare_by_identity() -> None:
    assert linear(tokenize("a*", variables=False), arn=False) is linear(tokenize("a*", variables=False), arn=False)
    assert pattern(()) is pattern(())


NUMBERS = st.decimals(min_value=-50, max_value=50, places=2).map(lambda one: format(one, "f"))
MOMENTS = st.integers(-(10**4), 10**10).map(str) | st.sampled_from(
    ["2026", "2026-05", "2026-05-01T12:00:00Z", "2026-05-01T12:00:00.000001Z", "1969"]
)
NETWORKS = st.sampled_from(
    ["10.0.0.0/8", "10.1.0.0/16", "10.1.2.3", "0.0.0.0/0", "255.255.255.255", "::/0", "fc00::/7", "::ffff:10.0.0.0/104", "ffff::/16"]
)
ADDRESSES = st.ip_addresses().map(str) | st.sampled_from(
    ["10.1.2.3", "10.1.2.4", "::ffff:10.1.2.3", "fd00::1", "::", "255.255.255.255", "no"]
)
CONTENTS = st.binary(max_size=2).map(lambda one: base64.b64encode(one).decode())
FAMILIES = {
    "number": (NUMBERS, NUMBERS | st.just("few"), ["=", "<", "<=", ">", ">="]),
    "date": (MOMENTS, MOMENTS | st.just("soon"), ["=", "<", "<=", ">", ">="]),
    "boolean": (st.sampled_from(["true", "FALSE"]), st.sampled_from(["true", "False", "1"]), ["="]),
    "bytes": (CONTENTS, CONTENTS | st.just("%"), ["="]),
    "address": (NETWORKS, ADDRESSES, ["within"]),
}


@given(st.data(), st.sampled_from(sorted(FAMILIES)))
def test_some_representative_passes_the_same_tests_as_any_value(data: st.DataObject, family: str) -> None:
    bounds, values, relations = FAMILIES[family]
    drawn = data.draw(
        st.lists(st.tuples(st.sampled_from(relations), st.lists(bounds, min_size=1, max_size=3).map(tuple)), min_size=1, max_size=4)
    )
    tests = [Compare(family, relation, several) for relation, several in drawn]  # type: ignore[arg-type]
    tests_and_reading = [*tests, Reads(family)]  # type: ignore[list-item, arg-type]
    value = data.draw(values)
    profile = [passes(test, value) for test in tests_and_reading]
    profiles = [[passes(test, one) for test in tests_and_reading] for one in representatives(family, [test.bounds for test in tests])]  # type: ignore[arg-type]
    assert profile in profiles
    assert value_for(list(zip(tests_and_reading, profile, strict=True))) is not None


FACTS = st.tuples(PATTERNS.map(lambda text: Text((linear(tokenize(text, variables=False), arn=False),))), st.booleans())


@given(st.sampled_from([None, True, False]), st.sampled_from([None, True, False]), st.lists(FACTS, max_size=3), st.lists(FACTS, max_size=2))
def test_values_agree_with_the_facts_and_are_missing_only_where_there_are_none(
    given_: bool | None, several: bool | None, some: list[tuple[Text, bool]], every: list[tuple[Text, bool]]
) -> None:
    facts = KeyFacts(given=given_, several=several, some=tuple(some), every=tuple(every))

    def agree(values: tuple[str, ...]) -> bool:
        return (
            (given_ is None or given_ == bool(values))
            and (several is None or several == (len(values) > 1))
            and all(any(passes(test, value) == outcome for value in values) for test, outcome in some)
            and all(passes(test, value) == outcome for value in values for test, outcome in every)
        )

    found = values_for(facts)
    if found is not None:
        assert agree(found)
    else:
        short = ["", "a", "b", ":", "c", "ab", "a:", "ba"]
        assert not any(agree(values) for length in range(3) for values in itertools.product(short, repeat=length))


def test_a_key_compared_as_text_and_number_is_decided_where_the_words_are_few() -> None:
    words = Text(exactly("5", "many"))
    assert value_for([(words, True), (Compare("number", "<", ("10",)), True)]) == "5"
    assert value_for([(words, True), (Compare("number", ">", ("10",)), True)]) is None
    assert value_for([(words, True), (Reads("number"), False)]) == "many"
    assert Decimal(value_for([(Compare("number", ">", ("10",)), True)]) or 0) > 10
