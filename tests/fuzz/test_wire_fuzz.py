"""Mutated requests, signatures, events, CBOR and JSON: everything is read or refused with a RingwallError, nothing else is raised.

The mutator here is seeded, so a failure repeats; `wire_fuzz.py` runs the same targets under atheris, guided by coverage.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from random import Random

import pytest

from .wire_targets import TARGETS, run, seeds

CI_CASES, ALL_CASES = 10_000, 1_000_000
ATHERIS_CASES = 100_000
DICTIONARY = (
    b"%2F", b"%00", b"%ff", b"..", b"//", b"?", b"&", b"=", b"+", b"\n", b"\r\n", b"\x00", b"\xff\xfe", b"\xed\xa0\x80", b"\\ud800", b"\\u0000",
    b"NaN", b"Infinity", b"-1e999", b"1" * 400, b'"', b"{", b"}", b"[" * 70, b"]", b":", b",", b"null", b'{"a":1,"a":2}', b"member.1.", b".999999999.",
    b"Action=", b"content-encoding: gzip\n", b"x-amz-target: a.b\n", b"x-amz-date: 20260102T030405Z\n", b"STREAMING-", b"UNSIGNED-PAYLOAD",
    b"\n\ndata: ", b"data: [DONE]\n\n", b'"index":1,', b'"type":"text"', b'"stop_reason":"end_turn"', b"\xef\xbb\xbf",
    b"\xc1\xfb\x7f\xf8\x00\x00\x00\x00\x00\x00", b"\xd8\x23", b"\xbf", b"\xff", b"\x9b\xff\xff\xff\xff\xff\xff\xff\xff", b"\x7f\xff\xff\xff",
)  # fmt: skip


def mutated(random: Random, data: bytes, others: list[bytes]) -> bytes:
    """Change a case in one to six places."""
    out = bytearray(data)
    for _ in range(random.randint(1, 6)):
        at = random.randint(0, len(out))
        kind = random.randint(0, 6)
        if kind == 0 and out:
            out[at % len(out)] ^= 1 << random.randint(0, 7)
        elif kind == 1:
            out[at:at] = random.choice(DICTIONARY)
        elif kind == 2:
            del out[at : at + random.randint(1, 8)]
        elif kind == 3:
            end = min(len(out), at + random.randint(1, 40))
            out[end:end] = out[at:end]
        elif kind == 4:
            other = random.choice(others)
            cut = random.randint(0, len(other))
            out[at:] = other[cut:]
        elif kind == 5:
            out[at : at + 1] = random.randbytes(random.randint(1, 4))
        else:
            out[at : at + random.randint(0, 6)] = random.choice(DICTIONARY)
    return bytes(out[:4096])


def run_cases(target: str, cases: int, seed: int) -> None:
    random = Random(seed)
    pool = seeds(target)
    for number in range(cases):
        case = mutated(random, random.choice(pool), pool)
        try:
            run(target, case)
        except Exception as error:  # any other exception is what we look for; the case belongs in the report
            error.add_note(f"target {target}, case {number}: {case!r}")
            raise
        if number % 50 == 0 and len(pool) < 200:
            pool.append(case)


@pytest.mark.parametrize("target", TARGETS)
def test_ten_thousand_mutated_cases_are_read_or_refused(target: str) -> None:
    run_cases(target, CI_CASES, seed=1)


def test_seeds_themselves_are_taken() -> None:
    for target, function in TARGETS.items():
        for case in seeds(target):
            if target != "route_and_decode":
                function(case)  # raises where a valid case is refused


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("target", TARGETS)
def test_a_million_mutated_cases_are_read_or_refused(target: str) -> None:
    run_cases(target, ALL_CASES, seed=2)


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("target", TARGETS)
def test_atheris_finds_nothing_that_is_neither_read_nor_refused(target: str) -> None:
    pytest.importorskip("atheris", reason="atheris: has no wheel for this platform")
    harness = Path(__file__).with_name("wire_fuzz.py")
    done = subprocess.run([sys.executable, harness, target, "--cases", str(ATHERIS_CASES)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-4000:]
