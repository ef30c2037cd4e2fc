"""What can be wrong with a conversation between an application, ringwall and a model."""

from __future__ import annotations

from ringwall.errors import DependencyError, InvalidRequest


class MalformedAnswer(DependencyError):
    """The upstream answered something that is no answer in its dialect."""

    code = "malformed-answer"
    status = 502
    remedy = "check that the upstream's URI names the dialect it speaks"


class AnswerTooLarge(MalformedAnswer):
    """The upstream's answer has an event, or more blocks, than ringwall reads."""

    code = "answer-too-large"
    remedy = "ask for a shorter answer"


class UpstreamFailed(DependencyError):
    """The upstream says that it failed."""

    code = "upstream-failed"
    status = 502
    remedy = "retry, or see the upstream's own log"


class SeveralChoices(InvalidRequest):
    """ringwall asks for one answer at a time."""

    code = "several-choices"
    remedy = "leave `n` out, and send the request once for each answer you want"


class Unmaskable(InvalidRequest):
    """A text that had to be changed stands where only JSON can, and is none any more."""

    code = "unmaskable"
    remedy = "leave out what the policy masks, or carry it in a string"


class Untranslatable(InvalidRequest):
    """The request has a member that the upstream's dialect has no word for."""

    code = "untranslatable"
    remedy = "leave the member out, or choose a model whose upstream speaks the dialect of the request"
