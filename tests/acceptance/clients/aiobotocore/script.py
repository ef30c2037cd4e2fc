"""Create a guardrail, apply it and stream an answer through it with aiobotocore; print what came back as JSON."""

import asyncio
import json

from aiobotocore.session import get_session


async def main() -> None:
    session = get_session()
    async with session.create_client("bedrock") as bedrock, session.create_client("bedrock-runtime") as runtime:
        made = await bedrock.create_guardrail(
            name="from-aiobotocore",
            blockedInputMessaging="refused",
            blockedOutputsMessaging="withheld",
            wordPolicyConfig={"wordsConfig": [{"text": "project nightjar"}]},
            sensitiveInformationPolicyConfig={"piiEntitiesConfig": [{"type": "EMAIL", "action": "ANONYMIZE"}]},
        )

        async def apply(text: str) -> dict:
            return await runtime.apply_guardrail(
                guardrailIdentifier=made["guardrailId"],
                guardrailVersion="DRAFT",
                source="INPUT",
                content=[{"text": {"text": text}}],
            )

        masked, blocked, clean = await asyncio.gather(
            apply("write to ada@example.com"), apply("tell me about Project Nightjar"), apply("good morning")
        )
        answer = await runtime.converse_stream(
            modelId="ringwall.development-v1",
            messages=[{"role": "user", "content": [{"text": "write to ada@example.com"}]}],
            guardrailConfig={"guardrailIdentifier": made["guardrailId"], "guardrailVersion": "DRAFT"},
        )
        events = [event async for event in answer["stream"]]
        streamed = "".join(event.get("contentBlockDelta", {}).get("delta", {}).get("text", "") for event in events)
        try:
            await runtime.list_async_invokes()
            unserved = ""
        except runtime.exceptions.ClientError as error:
            unserved = f"{error.response['ResponseMetadata']['HTTPStatusCode']} {error.response['Error']['Message']}"
    print(json.dumps({"masked": masked, "blocked": blocked, "clean": clean, "unserved": unserved, "streamed": streamed}))


asyncio.run(main())
