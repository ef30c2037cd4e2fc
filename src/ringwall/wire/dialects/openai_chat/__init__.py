"""OpenAI chat completions: `POST /v1/chat/completions`, as OpenAI, vLLM, Ollama and many others serve it.

Source: OpenAI API reference, "Chat Completions"; `reasoning_content` and `reasoning` as DeepSeek, vLLM and Ollama answer them.
"""

from ringwall.wire.dialects.openai_chat.dialect import OpenAIChat

__all__ = ["OpenAIChat"]
