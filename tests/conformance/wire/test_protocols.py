"""The wire against botocore's protocol cases: every case that applies, and a reason for each that does not pass.

aws = modelled: the cases are the Smithy protocol tests as botocore carries them; no live AWS was asked.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from .protocol_cases import Case, cases, run_error, run_input, run_output, run_output_bytes

pytestmark = pytest.mark.shared

APPLICABLE, AT_LEAST = 440, 430

EXCEPTIONS = {
    "input rest-json:RestJsonHttpPrefixHeadersAreNotPresent": "an empty map leaves no header: the bytes do not say that it was there",
    "input rest-json:RestJsonOmitsEmptyListQueryValues": "empty lists leave no query parameter: the bytes do not say that they were there",
    "input rest-json:RestJsonQueryParamsStringListMap": "a client's case: on the server the map holds every parameter (Smithy, httpQueryParams)",
    "input rest-json:RestJsonQueryPrecedence": "a client's case: what the named member has overwritten is not on the wire",
    "input rest-json:RestJsonHttpWithEmptyStructurePayload": "`{}` is read as an empty structure; the bytes do not say that it was absent",
    "input rest-json:RestJsonHttpWithHeadersButNoPayload": "`{}` is read as an empty structure; the bytes do not say that it was absent",
    "input rest-json:MediaTypeHeaderInputBase64": "a JSON header is handed on as the value, as botocore's parser does, not as its text",
    "input query:QueryEmptyQueryMaps": "an empty map leaves no field: the bytes do not say that it was there",
    "output query:QueryXmlLists": "botocore's parser looks for flattened lists under their items' name, the case has the member's; boto3 must work",
}
HELD_TO_BYTES = {  # botocore's parser cannot read these: they are held to the response in the case itself
    "output rest-json:RestJsonHttpPayloadTraitsWithNoBlobBody",
    "output rest-json:RestJsonHttpPayloadWithUnsetUnion",
    "output rest-json:HttpPrefixHeadersResponse",
    "output rest-json:RestJsonInputAndOutputWithQuotedStringHeaders",
    "output rest-json:RestJsonInputAndOutputWithTimestampHeaders",
}


def _passes(run: Callable[[Case], None], case: Case) -> bool:
    try:
        run(case)
    except Exception:  # noqa: BLE001 - whatever a case does wrong, it has not passed
        return False
    return True


def _is_error(case: Case) -> bool:
    return "errorCode" in case.case


def test_at_least_430_of_the_440_protocol_cases_pass_and_each_exception_has_a_reason(
    shared: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = shared / "vectors" / "botocore" / "protocols"
    skipped = frozenset(json.loads((folder / "protocol-tests-ignore-list.json").read_text())["general"]["input"]["suites"])
    passed: Counter[str] = Counter()
    failed: set[str] = set()
    total = 0
    for case in cases(folder, "input", skipped):
        total += 1
        name = f"input {case.id}"
        if _passes(run_input, case):
            passed[f"input {case.file}"] += 1
        else:
            failed.add(name)
    for case in cases(folder, "output"):
        if _is_error(case):
            continue
        total += 1
        name = f"output {case.id}"
        if _passes(run_output_bytes if name in HELD_TO_BYTES else run_output, case):
            passed[f"output {case.file}"] += 1
        else:
            failed.add(name)
    with capsys.disabled():
        print(f"\nprotocol cases: {passed.total()} of {total} pass ({dict(passed)})")
        for name in sorted(failed):
            print(f"  {name}: {EXCEPTIONS.get(name, 'NO REASON GIVEN')}")
    assert total == APPLICABLE
    assert failed == set(EXCEPTIONS)
    assert passed.total() >= AT_LEAST


def test_error_cases_are_read_back_by_botocore(shared: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = shared / "vectors" / "botocore" / "protocols"
    found = [case for case in cases(folder, "output") if _is_error(case)]
    failed = {f"error {case.id}" for case in found if not _passes(run_error, case)}
    with capsys.disabled():
        print(f"\nerror cases: {len(found) - len(failed)} of {len(found)} pass")
    assert len(found) == 46
    assert not failed
