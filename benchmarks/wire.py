"""The protocol work of one ApplyGuardrail: route, verify the signature, decode, encode.

    python benchmarks/wire.py                 # ringwall; moto.core beside it where its environment is there
    python benchmarks/wire.py --install       # make that environment first (.clients/peer-moto, from the package index)

Figures are process CPU microseconds a call: the median over rounds of the mean over a round. moto.core checks neither constraints
nor signatures; the ratio printed is of what both do: parse and serialize.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MOTO = ROOT / ".clients" / "peer-moto"
NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
BUDGET_US = 40.0


def answer() -> dict[str, object]:
    """An ApplyGuardrail answer with one masked entity, as a handler gives it."""
    usage = dict.fromkeys(
        (
            "topicPolicyUnits",
            "contentPolicyUnits",
            "wordPolicyUnits",
            "sensitiveInformationPolicyUnits",
            "sensitiveInformationPolicyFreeUnits",
            "contextualGroundingPolicyUnits",
        ),
        1,
    )
    return {
        "usage": usage,
        "action": "GUARDRAIL_INTERVENED",
        "actionReason": "Guardrail masked.",
        "outputs": [{"text": "write to {EMAIL} about the invoice, please, and do it before the end of the week"}],
        "assessments": [
            {
                "sensitiveInformationPolicy": {
                    "piiEntities": [{"match": "a@example.com", "type": "EMAIL", "action": "ANONYMIZED", "detected": True}],
                    "regexes": [],
                },
                "invocationMetrics": {
                    "guardrailProcessingLatency": 1,
                    "usage": usage,
                    "guardrailCoverage": {"textCharacters": {"guarded": 100, "total": 100}},
                },
            }
        ],
        "guardrailCoverage": {"textCharacters": {"guarded": 100, "total": 100}},
    }


def measure(work: Callable[[], object], rounds: int, calls: int = 2000) -> float:
    """Return microseconds of process CPU a call."""
    work()
    means = []
    for _ in range(rounds):
        begun = time.process_time()
        for _ in range(calls):
            work()
        means.append((time.process_time() - begun) / calls * 1e6)
    return statistics.median(means)


def ringwall(characters: int, rounds: int) -> dict[str, float]:
    begun = time.process_time()
    from ringwall.vocabulary import Limits
    from ringwall.wire import (
        HttpRequest,
        Router,
        SigningKey,
        SigV4Claim,
        decode_input,
        encode_output,
        parse_credentials,
        sign_request,
        verify_sigv4,
    )

    router = Router(["bedrock", "bedrock-runtime", "iam", "sts"])
    loaded_ms = (time.process_time() - begun) * 1e3
    limits = Limits()
    body = json.dumps({"source": "INPUT", "content": [{"text": {"text": ("call me: " * (characters // 9 + 1))[:characters]}}]}).encode()
    headers = (
        ("host", "127.0.0.1:8741"),
        ("user-agent", "Boto3/1.44.5 md/Botocore#1.44.5 ua/2.1 os/linux"),
        ("content-type", "application/json"),
        ("content-length", str(len(body))),
        ("amz-sdk-invocation-id", "6e0c1d2e-0000-4000-8000-000000000000"),
        ("amz-sdk-request", "attempt=1"),
    )
    path = b"/guardrail/abc123def456/version/DRAFT/apply"
    plain = HttpRequest("POST", path, b"", headers, body, secure=False)
    untouched = frozenset({"user-agent", "content-length", "amz-sdk-invocation-id", "amz-sdk-request"})
    request = sign_request(plain, SigningKey("AKIDEXAMPLE", SECRET, "us-east-1", "bedrock"), NOW, unsigned=untouched)
    match = router.match(request, "bedrock")
    value = answer()

    def authenticate() -> None:
        claim = parse_credentials(request)
        assert isinstance(claim, SigV4Claim)
        verify_sigv4(claim, request, SECRET, NOW)

    parts = {
        "request": measure(lambda: HttpRequest("POST", path, b"", request.headers, body, secure=False).index, rounds),
        "route": measure(lambda: router.match(request, "bedrock"), rounds),
        "sigv4": measure(authenticate, rounds),
        "decode": measure(lambda: decode_input(match, request, limits), rounds),
        "encode": measure(lambda: encode_output(match, value, "6e0c1d2e-0000-4000-8000-000000000000"), rounds),
    }
    return {"load four services (ms, once)": loaded_ms, **parts, "sum": sum(parts.values())}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--install", action="store_true")
    parser.add_argument("--characters", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=9)
    options = parser.parse_args()
    if options.install and not MOTO.exists():
        subprocess.run([sys.executable, "-m", "venv", MOTO], check=True)
        subprocess.run([MOTO / "bin" / "python", "-m", "pip", "install", "-q", "moto==5.2.5", "xmltodict", "werkzeug"], check=True)
    ours = ringwall(options.characters, options.rounds)
    print(f"ringwall, ApplyGuardrail of {options.characters} characters")
    for name, figure in ours.items():
        print(f"  {name:<32}{figure:8.1f}{'' if 'ms' in name else ' us'}")
    if options.characters <= 100:
        print(f"  budget {BUDGET_US} us: {'kept' if ours['sum'] <= BUDGET_US else 'BROKEN'}")
    if not (MOTO / "bin" / "python").exists():
        print("moto.core: not installed (--install), so no ratio")
        return
    worker = [MOTO / "bin" / "python", Path(__file__).with_name("wire_moto.py"), str(options.characters), str(options.rounds)]
    theirs = json.loads(subprocess.run(worker, check=True, capture_output=True, text=True).stdout)
    print("moto.core")
    for name, figure in theirs.items():
        print(f"  {name:<32}{figure:8.1f} us   {figure / ours[name]:5.1f} x ringwall")
    both = sum(theirs.values())
    print(f"  {'sum of both':<32}{both:8.1f} us   {both / (ours['decode'] + ours['encode']):5.1f} x ringwall")


if __name__ == "__main__":
    main()
