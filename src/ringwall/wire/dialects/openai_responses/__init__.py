"""OpenAI Responses: `POST /v1/responses`, as applications ask by it. The question is translated for every upstream.

Source: OpenAI API reference, "Responses" and "Streaming events"; `reasoning_text` as vLLM and gpt-oss answer it.
"""

from ringwall.wire.dialects.openai_responses.dialect import OpenAIResponses

__all__ = ["OpenAIResponses"]
