"""Create a guardrail and apply it with aiobotocore; print what came back as JSON."""

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
        try:
            await runtime.converse(modelId="any", messages=[{"role": "user", "content": [{"text": "hi"}]}])
            unserved = ""
        except runtime.exceptions.ClientError as error:
            unserved = f"{error.response['ResponseMetadata']['HTTPStatusCode']} {error.response['Error']['Message']}"
    print(json.dumps({"masked": masked, "blocked": blocked, "clean": clean, "unserved": unserved}))


asyncio.run(main())
