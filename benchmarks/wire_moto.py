"""moto.core's parse and serialize on the same ApplyGuardrail; run by wire.py in moto's own environment."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from botocore.loaders import Loader
from moto.core.model import ServiceModel
from moto.core.parse import PROTOCOL_PARSERS
from moto.core.serialize import get_serializer_class
from werkzeug.datastructures import Headers, MultiDict

sys.path.insert(0, str(Path(__file__).parent))
from wire import answer, measure


def main() -> None:
    characters, rounds = int(sys.argv[1]), int(sys.argv[2])
    model = ServiceModel(Loader().load_service_model("bedrock-runtime", "service-2"), "bedrock-runtime")
    operation = model.operation_model("ApplyGuardrail")
    body = json.dumps({"source": "INPUT", "content": [{"text": {"text": ("call me: " * (characters // 9 + 1))[:characters]}}]}).encode()
    request = {
        "method": "POST",
        "values": MultiDict(),
        "headers": Headers([("content-type", "application/json")]),
        "body": body,
        "url_path": "/guardrail/abc123def456/version/DRAFT/apply",
        "url_params": {"guardrailIdentifier": "abc123def456", "guardrailVersion": "DRAFT"},
    }
    value = answer()
    parser, serializer = PROTOCOL_PARSERS["rest-json"], get_serializer_class("bedrock-runtime", "rest-json")
    assert parser(operation).parse(request)["source"] == "INPUT"
    figures = {
        "decode": measure(lambda: parser(operation).parse(request), rounds, 500),
        "encode": measure(lambda: serializer(operation).serialize(value), rounds, 500),
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
