// Create a guardrail, apply it and stream an answer through it with the AWS SDK for JavaScript v3 (the runtime client speaks cleartext HTTP/2 by default).
import { BedrockClient, CreateGuardrailCommand } from "@aws-sdk/client-bedrock";
import { ApplyGuardrailCommand, BedrockRuntimeClient, ConverseStreamCommand } from "@aws-sdk/client-bedrock-runtime";

const bedrock = new BedrockClient({});
const runtime = new BedrockRuntimeClient({});
const made = await bedrock.send(
  new CreateGuardrailCommand({
    name: "from-javascript",
    blockedInputMessaging: "refused",
    blockedOutputsMessaging: "withheld",
    wordPolicyConfig: { wordsConfig: [{ text: "project nightjar" }] },
    sensitiveInformationPolicyConfig: { piiEntitiesConfig: [{ type: "EMAIL", action: "ANONYMIZE" }] },
  }),
);
const apply = (text) =>
  runtime.send(
    new ApplyGuardrailCommand({
      guardrailIdentifier: made.guardrailId,
      guardrailVersion: "DRAFT",
      source: "INPUT",
      content: [{ text: { text } }],
    }),
  );
const handler = runtime.config.requestHandler.constructor.name;
const masked = await apply("write to ada@example.com");
const blocked = await apply("tell me about Project Nightjar");
const clean = await apply("good morning");
const answer = await runtime.send(
  new ConverseStreamCommand({
    modelId: "ringwall.development-v1",
    messages: [{ role: "user", content: [{ text: "write to ada@example.com" }] }],
    guardrailConfig: { guardrailIdentifier: made.guardrailId, guardrailVersion: "DRAFT" },
  }),
);
let streamed = "";
let reason = "";
for await (const event of answer.stream) {
  streamed += event.contentBlockDelta?.delta?.text ?? "";
  reason = event.messageStop?.stopReason ?? reason;
}
let refused = "";
try {
  await bedrock.send(new CreateGuardrailCommand({ name: "!", blockedInputMessaging: "a", blockedOutputsMessaging: "b" }));
} catch (error) {
  refused = error.name;
}
console.log(JSON.stringify({ handler, masked, blocked, clean, refused, streamed, reason }));
process.exit(0);
