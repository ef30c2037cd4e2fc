"""From a finished request to the metrics. No label holds a text, and none holds more values than the tables and settings have.

Rules and models that an account named itself are counted under one word: `regex/own`, `own`.
"""

from __future__ import annotations

from ringwall.telemetry import instruments as are
from ringwall.telemetry.instruments import Store
from ringwall.telemetry.observed import Observed, RuleSeen, RunSeen, strongest_by_policy

LIMIT_CODES = frozenset({"limit-reached", "ask-too-large"})
UPSTREAM_CODES = frozenset(
    {
        "address-refused",
        "answer-too-large",
        "circuit-open",
        "credential-missing",
        "malformed-answer",
        "upstream-broke-off",
        "upstream-busy",
        "upstream-failed",
        "upstream-refused",
        "upstream-timeout",
        "upstream-unreachable",
        "upstream-unverified",
    }
)
_NAMED_BY_ACCOUNTS = frozenset({"topic", "regex"})
_OWN = "own"


class Meters:
    """Observes requests for the operator."""

    def __init__(self, *, accounts: bool) -> None:
        """Begin; `accounts`: count by account, too."""
        self.store = Store()
        self._accounts = accounts

    def observe(self, observed: Observed) -> None:
        """Count one request."""
        store, notes = self.store, observed.notes
        status = f"{observed.status // 100}xx"
        store.add(are.REQUESTS, (observed.face, observed.operation, status))
        store.record(are.DURATION, (observed.face, observed.operation), observed.seconds)
        if self._accounts and observed.account_id:
            store.add(are.ACCOUNT_REQUESTS, (observed.account_id, status))
        if observed.code:
            store.add(are.ERRORS, (observed.code,))
            if observed.code in LIMIT_CODES:
                store.add(are.LIMIT_REFUSALS, (observed.limit_kind,))
        if observed.judged:
            store.record(are.SCAN_DURATION, (observed.face,), notes.guardrail_s)
            for run in observed.judged:
                self._count_run(run)
        if notes.model:
            self._count_answer(observed)

    def _count_run(self, run: RunSeen) -> None:
        store = self.store
        store.add(are.RUNS, (run.source, run.action))
        if not run.rules:
            return
        for policy, action in strongest_by_policy(run).items():
            store.add(are.POLICY_ACTIONS, (policy, run.source, action))
        for name, action in dict.fromkeys((_rule_label(rule), "BLOCK" if rule.failed else rule.action) for rule in run.rules):
            store.add(are.RULE_HITS, (name, action))

    def _count_answer(self, observed: Observed) -> None:
        store, notes = self.store, observed.notes
        model = (notes.task, notes.provider, notes.label)
        store.record(are.SERVER_DURATION, (*model, observed.code), observed.seconds)
        if not notes.upstream_began:
            return  # the question was blocked or refused: no model was asked
        if notes.first_token:
            store.record(are.FIRST_TOKEN, model, notes.first_token - notes.begun)
        store.record(are.CLIENT_DURATION, (*model, observed.code), notes.upstream_ended - notes.upstream_began)
        store.record(are.TOKENS, (*model, "input"), notes.tokens_in)
        store.record(are.TOKENS, (*model, "output"), notes.tokens_out)
        if notes.attempts > 1:
            store.add(are.UPSTREAM_RETRIES, (notes.label,), notes.attempts - 1)
        if observed.code in UPSTREAM_CODES:
            store.add(are.UPSTREAM_ERRORS, (notes.label, observed.code))


def _rule_label(rule: RuleSeen) -> str:
    return f"{rule.kind}/{_OWN}" if rule.kind in _NAMED_BY_ACCOUNTS else rule.id
