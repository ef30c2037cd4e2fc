"""What is done about a signal: a table of rows, and one function that combines those that apply."""

from __future__ import annotations

from typing import Annotated, Final

import msgspec
from msgspec import Meta

from ringwall.inference.monitors.errors import BehaviourBlocked, BehaviourSlowed
from ringwall.inference.monitors.flags import FLAGS_WINDOW
from ringwall.inference.monitors.query import Confidences, Kind, Signal

ROWS_MAX: Final = 64
SLOW_DOWN_MS_MAX: Final = 60_000


class Record(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="record"):
    """Write it down, and nothing else."""


class SlowDown(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="slow_down"):
    """Let the answer wait."""

    ms: Annotated[int, Meta(ge=1, le=SLOW_DOWN_MS_MAX)]


class RoundConfidences(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="round_confidences"):
    """Give confidences with few digits."""

    digits: Annotated[int, Meta(ge=0, le=6)]


class WithholdConfidences(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="withhold_confidences"):
    """Give the class only."""


class Throttle(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="throttle"):
    """Refuse the call as too many, 429, and say when it may be repeated."""

    retry_after_s: Annotated[int, Meta(ge=1, le=3_600)] = msgspec.field(default=60, name="retryAfterS")


class Block(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="block"):
    """Refuse the call."""


Action = Record | SlowDown | RoundConfidences | WithholdConfidences | Throttle | Block


class ActionRow(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"):
    """From `at_count` flagged queries among the last 1,000 on, the action is taken."""

    kind: Kind
    at_count: Annotated[int, Meta(ge=1, le=FLAGS_WINDOW)]
    action: Action


class ActionTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The rows for one model of an account. What no row names is recorded, and no more: a false alarm costs nobody anything then."""

    rows: Annotated[tuple[ActionRow, ...], Meta(max_length=ROWS_MAX)] = ()


class Response(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be done about one call: everything that its rows ask for, the stricter of two of a kind.

    digits: of the confidences; None leaves them as they are. blocked_by: the kinds that refuse the call; none lets it pass.
    retry_after_s: the call is refused as too many, if not for good; 0: it is not.
    """

    slow_down_ms: int = 0
    digits: int | None = None
    withhold: bool = False
    blocked_by: tuple[Kind, ...] = ()
    retry_after_s: int = 0

    @property
    def softens(self) -> bool:
        """Whether confidences are not to be given as they are."""
        return self.withhold or self.digits is not None

    def check(self) -> None:
        """Let the call pass, or refuse it.

        Raises:
            BehaviourBlocked, BehaviourSlowed: a row says so.
        """
        if self.blocked_by:
            raise BehaviourBlocked("recent queries of this account to the model set off a behavioural monitor", kinds=list(self.blocked_by))
        if self.retry_after_s:
            raise BehaviourSlowed(
                "recent queries of this account to the model set off a behavioural monitor", retry_after_s=self.retry_after_s
            )

    def soften(self, answer: Confidences) -> Confidences:
        """Return the answer as it may be given; the class stays the one that the model gave."""
        if self.withhold:
            return msgspec.structs.replace(answer, values=())
        if self.digits is None:
            return answer
        return msgspec.structs.replace(answer, values=tuple(round(value, self.digits) for value in answer.values))


def respond(table: ActionTable, signals: list[Signal]) -> Response:
    """Combine the rows that apply to signals, in whatever order both come."""
    count = {one.kind: one.count for one in signals}
    due = [row for row in table.rows if count.get(row.kind, 0) >= row.at_count]
    actions = [row.action for row in due]
    return Response(
        slow_down_ms=max((one.ms for one in actions if isinstance(one, SlowDown)), default=0),
        digits=min((one.digits for one in actions if isinstance(one, RoundConfidences)), default=None),
        withhold=any(isinstance(one, WithholdConfidences) for one in actions),
        retry_after_s=max((one.retry_after_s for one in actions if isinstance(one, Throttle)), default=0),
        blocked_by=tuple(sorted({row.kind for row in due if isinstance(row.action, Block)})),
    )
