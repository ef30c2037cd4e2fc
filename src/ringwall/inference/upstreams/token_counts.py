"""How many tokens a question is to its model: asked of those who know, never guessed.

    anthropic     `/v1/messages/count_tokens`
    bedrock       CountTokens, of the Converse request that ringwall would send
    openai        `/tokenize`, where the row says that the server has it (vLLM); OpenAI itself has nothing that counts
    development   counts its own

What is counted is the request as it would be sent, without the members that say how to answer and are in no prompt; a member that may be
in the prompt, and that the counting operation does not take, is refused by name.

Sources: Anthropic API reference, "Count tokens in a message"; Amazon Bedrock API reference, CountTokens; vLLM, `TokenizeChatRequest`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, NamedTuple
from urllib.parse import quote

from ringwall.errors import InvalidRequest
from ringwall.inference.upstreams.doors import Call, write_post
from ringwall.inference.upstreams.row import Address, Kind, ModelRow
from ringwall.wire.dialects.errors import MalformedAnswer

TOKENS_MOST = 2**31 - 1  # CountTokens answers with a 32-bit integer


class TokensUncounted(InvalidRequest, code="tokens-uncounted"):
    """Nobody counts this question's tokens exactly, and ringwall does not sell a guess as a count."""

    remedy = (
        "ask the model itself, whose answer says what it cost, or count with a model whose upstream counts (docs/operations/upstreams.md)"
    )


class Counter(NamedTuple):
    """How one kind of upstream counts.

    target: from the URI's path and the model's name to the request's path. write: from the request's body to the counted one.
    answer: the member that has the count.
    """

    target: Callable[[str, str], str]
    write: Callable[[dict[str, Any]], dict[str, Any]]
    answer: str


def counter_of(row: ModelRow, address: Address) -> Counter:
    """Return how a row's upstream counts.

    Raises:
        TokensUncounted: it does not.
    """
    counter = COUNTERS.get(address.kind)
    if counter is None or (address.kind == "openai" and not row.tokenize):
        raise TokensUncounted(f"the upstream of model `{row.id}` counts no tokens")
    return counter


def write_count(counter: Counter, address: Address, name: str, body: dict[str, Any], *, credential: str, now: datetime) -> Call:
    """Make the request that counts.

    Args:
        counter: from `counter_of`.
        address: where.
        name: the model, as the upstream knows it.
        body: the request that would be sent, in the door's dialect.
        credential: its value; "" where there is none.
        now: for the signature.

    Raises:
        TokensUncounted: it has a member that may be in the prompt and is not counted.
        CredentialMissing: the credential is none of this kind.
    """
    return write_post(address, counter.target(address.path, name), counter.write(body), credential=credential, now=now)


def read_count(counter: Counter, answer: Mapping[str, Any]) -> int:
    """Read the count.

    Raises:
        MalformedAnswer: there is none.
    """
    count = answer.get(counter.answer)
    if type(count) is not int or not 0 <= count <= TOKENS_MOST:
        raise MalformedAnswer("the upstream's answer has no number of tokens")
    return count


_ANSWERING = {  # how to answer, and for whom: in no prompt
    "anthropic": frozenset(
        ("max_tokens", "temperature", "top_p", "top_k", "stop_sequences", "stream", "metadata", "service_tier", "inference_geo")
    ),
    "bedrock": frozenset(("inferenceConfig", "requestMetadata", "performanceConfig", "serviceTier", "additionalModelResponseFieldPaths")),
    "openai": frozenset(
        (
            *("max_tokens", "max_completion_tokens", "temperature", "top_p", "top_k", "min_p", "n", "stop", "seed", "stream"),
            *("stream_options", "presence_penalty", "frequency_penalty", "logprobs", "top_logprobs", "logit_bias", "user", "metadata"),
            *("store", "service_tier", "parallel_tool_calls", "response_format"),
        )
    ),
}
_COUNTED = {
    "bedrock": frozenset(("messages", "system", "toolConfig", "additionalModelRequestFields")),
    "openai": frozenset(
        (
            *("model", "messages", "tools", "chat_template", "chat_template_kwargs", "add_generation_prompt", "continue_final_message"),
            *("add_special_tokens", "mm_processor_kwargs", "media_io_kwargs"),
        )
    ),
}


def _anthropic(body: dict[str, Any]) -> dict[str, Any]:
    """Leave out what is in no prompt; the rest is counted, or refused by the upstream."""
    return {name: value for name, value in body.items() if name not in _ANSWERING["anthropic"]}


def _bedrock(body: dict[str, Any]) -> dict[str, Any]:
    return {"input": {"converse": _counted("bedrock", body)}}


def _openai(body: dict[str, Any]) -> dict[str, Any]:
    if body.get("tool_choice") == "none" and body.get("tools"):
        raise TokensUncounted("whether tools that may not be called are in the prompt is the server's own affair")
    return _counted("openai", {name: value for name, value in body.items() if name != "tool_choice"})


def _counted(kind: str, body: dict[str, Any]) -> dict[str, Any]:
    counted = {name: value for name, value in body.items() if name not in _ANSWERING[kind]}
    for name in counted:
        if name not in _COUNTED[kind]:
            raise TokensUncounted(f"the upstream does not count the member `{name[:100]}`, which may be in the prompt")
    return counted


COUNTERS: dict[Kind, Counter] = {
    "anthropic": Counter(lambda path, _: f"{path}/v1/messages/count_tokens", _anthropic, "input_tokens"),
    "bedrock": Counter(lambda path, name: f"{path}/model/{quote(name, safe='')}/count-tokens", _bedrock, "inputTokens"),
    "openai": Counter(lambda path, _: f"{path.removesuffix('/v1')}/tokenize", _openai, "count"),
}
"""By the kind of upstream; one that is not here does not count. `development` is asked without a request."""
