"""Ask through langchain-aws, invoked and streamed; print what came back as JSON. Arguments: model, guardrail."""

import json
import sys

from langchain_aws import ChatBedrockConverse

model, guardrail = sys.argv[1:]
config = {"guardrailIdentifier": guardrail, "guardrailVersion": "DRAFT", "trace": "enabled"}
chat = ChatBedrockConverse(model=model, provider="anthropic", guardrail_config=config, disable_streaming=False)
masked = chat.invoke("write to ada@example.com")
blocked = chat.invoke("tell me about Project Nightjar")
pieces = list(chat.stream("count 300"))
print(
    json.dumps(
        {
            "masked": masked.content,
            "blocked": blocked.content,
            "reason": blocked.response_metadata["stopReason"],
            "streamed": "".join(piece.text if isinstance(piece.text, str) else piece.text() for piece in pieces),
            "pieces": len(pieces),
            "usage": masked.usage_metadata["total_tokens"],
        }
    )
)
