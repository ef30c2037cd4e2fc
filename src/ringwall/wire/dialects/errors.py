"""What can be wrong with a conversation between an application, ringwall and a model."""

from __future__ import annotations

from ringwall.errors import DependencyError, InvalidRequest


class MalformedAnswer(DependencyError, code="malformed-answer", status=502):
    """The upstream answered something that is no answer in its dialect."""

    remedy = "check that the upstream's URI names the dialect it speaks"


class AnswerTooLarge(MalformedAnswer, code="answer-too-large"):
    """The upstream's answer has an event, or more blocks, than ringwall reads."""

    remedy = "ask for a shorter answer"


class UpstreamFailed(DependencyError, code="upstream-failed", status=502):
    """The upstream says that it failed."""

    remedy = "retry, or see the upstream's own log"


class SeveralChoices(InvalidRequest, code="several-choices"):
    """ringwall asks for one answer at a time."""

    remedy = "leave `n` out, and send the request once for each answer you want"


class StoresNoText(InvalidRequest, code="stores-no-text"):
    """The request wants something kept, or refers to something that was: ringwall stores no text."""

    remedy = "send the whole conversation in `input`, with `store` false, and wait for the answer"


class HostedTool(InvalidRequest, code="hosted-tool"):
    """The request has a tool that the vendor would run itself."""

    remedy = "offer functions, and run them in the application"


class Unmaskable(InvalidRequest, code="unmaskable"):
    """A text that had to be changed stands where only JSON can, and is none any more."""

    remedy = "leave out what the policy masks, or carry it in a string"


class Untranslatable(InvalidRequest, code="untranslatable"):
    """The request has a member that the upstream's dialect has no word for."""

    remedy = "leave the member out, or choose a model whose upstream speaks the dialect of the request"
