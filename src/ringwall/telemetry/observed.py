"""One finished request, as whoever watches sees it: numbers, names and keyed digests, never a text.

`Notes` is what the rooms note of a request while it is on its way; `Observed` is made of it once, at the end of the pipeline, and handed to
every observer. A room that notes asks `noting` for the request that it works for; where nobody watches there is none.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Protocol

import msgspec

from ringwall.telemetry.trace_context import TraceContext

POLICIES: Mapping[str, str] = {
    "topic": "topicPolicy",
    "content": "contentPolicy",
    "word": "wordPolicy",
    "managed-words": "wordPolicy",
    "pii": "sensitiveInformationPolicy",
    "regex": "sensitiveInformationPolicy",
    "grounding": "contextualGroundingPolicy",
}
"""The policy of a rule, by what its id begins with (Source: Amazon Bedrock API reference, GuardrailAssessment)."""

OTHER_POLICY = "otherPolicy"
CODE = "code-policy"
"""What judges an answer's code, where a guardrail judges its words; all its rules are of one policy."""

CODE_POLICY = "codePolicy"
WEIGHTS: Mapping[str, int] = {"NONE": 0, "ANONYMIZE": 1, "BLOCK": 2}


@dataclass(slots=True)
class Notes:
    """What is known of one request so far; times are seconds of `time.monotonic`, 0 where there is none.

    task: what the model is asked for: `chat` or `embeddings` (semantic conventions, `gen_ai.operation.name`).
    label: the model as metrics name it: the row's id where the operator's settings have it, else one word for all.
    first_token: when the first words left.
    guardrail_s: what scans took, waiting included.
    attempts: requests that were sent upstream.
    ended: the error that an answer broke off with after it had begun; nothing where it did not.
    """

    begun: float = field(default_factory=time.monotonic)
    trace: TraceContext | None = None
    task: str = "chat"
    model: str = ""
    label: str = ""
    provider: str = ""
    stream: bool = False
    first_token: float = 0.0
    guardrail_s: float = 0.0
    upstream_began: float = 0.0
    upstream_ended: float = 0.0
    attempts: int = 0
    finish: str = ""
    tokens_in: int = 0
    tokens_out: int = 0
    estimated: bool = False
    ended: str = ""


noting: ContextVar[Notes | None] = ContextVar("ringwall_noting", default=None)
"""The request that the running task works for."""


class RuleSeen(msgspec.Struct, frozen=True, gc=False):
    """A rule that saw something, or failed (which blocks)."""

    id: str
    action: str
    failed: bool

    @property
    def kind(self) -> str:
        """What its id begins with."""
        return self.id.partition("/")[0]


class RunSeen(msgspec.Struct, frozen=True, kw_only=True):
    """One run of a guardrail. `digests` are keyed under the account's own key."""

    guardrail: str
    version: str
    source: str
    action: str
    rules: tuple[RuleSeen, ...]
    characters: int
    digests: tuple[str, ...]


class Observed(msgspec.Struct, frozen=True, kw_only=True):
    """A request that is over.

    account_id: "" where the caller is unknown.
    at: Unix time at which it came; seconds: how long it took, a stream to its end.
    code: of the error that refused it or broke it off; "" for none. limit_kind: what was limited, where a limit refused it.
    watched: False for the reads that repeat by themselves (live counters, the ledger's hashes).
    """

    request_id: str
    account_id: str
    face: str
    service: str
    operation: str
    method: str
    status: int
    code: str
    limit_kind: str
    at: float
    seconds: float
    watched: bool
    judged: tuple[RunSeen, ...]
    notes: Notes

    @property
    def action(self) -> str:
        """The strongest action of its guardrails; "" where none judged."""
        runs = self.judged
        if len(runs) < 2:  # most have one: asked for by every observer
            return runs[0].action if runs else ""
        return max([run.action for run in runs], key=_weight)


def _weight(action: str) -> int:
    return WEIGHTS.get(action, 2)


class Observer(Protocol):
    """Sees every finished request. It takes microseconds, keeps a bounded memory, and never raises."""

    def observe(self, observed: Observed) -> None:
        """Take note of one."""
        ...


def strongest_by_policy(run: RunSeen) -> dict[str, str]:
    """Return each policy that saw something, with the strongest action of its rules; a rule that failed blocks."""
    found: dict[str, str] = {}
    for rule in run.rules:
        policy = CODE_POLICY if run.guardrail == CODE else POLICIES.get(rule.kind, OTHER_POLICY)
        action = "BLOCK" if rule.failed else rule.action
        if WEIGHTS.get(action, 2) >= WEIGHTS.get(found.get(policy, "NONE"), 2):
            found[policy] = action
    return found
