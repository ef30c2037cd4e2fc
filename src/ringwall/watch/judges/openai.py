"""A judge behind any server that speaks OpenAI's chat completions: Llama Guard and its kin, or a model that is asked for JSON."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import msgspec

from ringwall.watch.judges.answers import json_prompt, read_json, read_llama_guard
from ringwall.watch.judges.http import Server
from ringwall.watch.judges.judge import JudgeFailed, Labels

Answers = Literal["llama-guard", "json"]
MOST_TOKENS = 100  # of a verdict


class _Message(msgspec.Struct, frozen=True):
    content: str


class _Choice(msgspec.Struct, frozen=True):
    message: _Message
    finish_reason: str | None = None


class _Completion(msgspec.Struct, frozen=True):
    choices: tuple[_Choice, ...]


class OpenAiJudge:
    """A `Judge`. `llama-guard`: the text is the user's message, the server's chat template makes the task of it; `json`: our own task."""

    def __init__(self, server: Server, model: str, labels: Labels, *, answers: Answers = "llama-guard", credential: str = "") -> None:
        """Take where the judge is (a URL that ends before `/chat/completions`) and what its answers mean."""
        self._server = server
        self._model, self._labels, self._answers = model, labels, answers
        self._headers = {"Authorization": f"Bearer {credential}"} if credential else {}

    @property
    def model_id(self) -> str:
        """The model's name; what the server makes of it cannot be checked from here."""
        return f"openai:{self._model}"

    def judge(self, text: str) -> Mapping[str, float]:
        """Return 1 for each category that the judge finds, and 0 for its others.

        Raises:
            JudgeFailed: there is no answer in time, or one that is no verdict.
        """
        asked = json_prompt(text, self._labels) if self._answers == "json" else text.encode("utf-8", "replace").decode()
        body: dict[str, Any] = {
            "model": self._model,
            "messages": [{"role": "user", "content": asked}],
            "temperature": 0,
            "max_tokens": MOST_TOKENS,
            "stream": False,
        }
        if self._answers == "json":
            body["response_format"] = {"type": "json_object"}
        answer = _content(self._server.post("/chat/completions", body, self._headers))
        return read_json(answer, self._labels) if self._answers == "json" else read_llama_guard(answer, self._labels)


def _content(data: bytes) -> str:
    try:
        choices = msgspec.json.decode(data, type=_Completion).choices
    except msgspec.DecodeError:
        raise JudgeFailed("the judge's server did not answer with a chat completion") from None
    if len(choices) != 1 or choices[0].finish_reason not in {None, "stop"}:
        raise JudgeFailed("the judge's answer is not one whole message")
    return choices[0].message.content
