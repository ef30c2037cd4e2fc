"""Which guardrails a question to a model stands under: the request's, the caller's key's, and the one that the account enforces."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import msgspec

from ringwall.inference.compiled import CompiledGuardrails, Ready
from ringwall.inference.enforced import Enforced, EnforcedConfigurations
from ringwall.inference.errors import GuardrailNotFound, KeyGuardrailNotFound
from ringwall.inference.gateway import Guard, Wanted
from ringwall.inference.naming import version_word
from ringwall.vocabulary.principal import KeyGuardrail


class QuestionGuards:
    """Finds them, compiled. `find`: the id of a guardrail, by what an account calls it."""

    def __init__(self, compiled: CompiledGuardrails, enforced: EnforcedConfigurations, *, find: Callable[[str, str], str]) -> None:
        self._compiled = compiled
        self._enforced = enforced
        self._find = find

    async def guards(self, account_id: str, model_ids: Iterable[str], wanted: Wanted | None, standing: KeyGuardrail | None) -> list[Guard]:
        """Return the guardrails a question to a model stands under: the request's, the caller's key's, and the one the account enforces.

        Args:
            account_id: the tenant.
            model_ids: every name of the model: what is enforced for one of them is enforced.
            wanted: the guardrail that the request names.
            standing: the guardrail that the caller's key stands under (`Principal.guardrail`).

        Raises:
            GuardrailNotFound: the one that is named is not there, or the key's is gone.
        """
        found: list[Guard] = []
        if wanted is not None:
            identifier = self._find(account_id, wanted.identifier)
            ready = await self._compiled.ready(account_id, identifier, version_word(wanted.version))
            found.append(Guard(ready=ready, mode=wanted.mode))
        if standing is not None:
            found = await self._with_key(found, standing)
        for model_id in model_ids:
            enforced = await self._enforced.for_model(account_id, model_id)
            if enforced is not None:
                found.append(await self._enforced_guard(account_id, enforced))
                break
        return found

    async def _with_key(self, found: list[Guard], standing: KeyGuardrail) -> list[Guard]:
        """Add the key's guardrail: marks of a request open no way around it, and one that a request names too is asked once."""
        try:
            ready = await self._compiled.ready(standing.account_id, standing.identifier, standing.version)
        except GuardrailNotFound:
            raise KeyGuardrailNotFound("the guardrail of the key, or its version, does not exist any more") from None
        if [guard.ready.applied for guard in found] != [ready.applied]:
            return [*found, Guard(ready=ready, mode=standing.mode, every_turn=True)]
        mode = found[0].mode if standing.mode == "async" else standing.mode
        return [Guard(ready=ready, mode=mode, every_turn=True)]

    async def _enforced_guard(self, account_id: str, enforced: Enforced) -> Guard:
        """Selective guarding honours what the application marked; where nothing is said, marks open no way around an enforced guardrail."""
        configuration = enforced.configuration
        ready = await self._compiled.ready(account_id, configuration.guardrail_identifier, configuration.guardrail_version)
        selective = configuration.selective_content_guarding
        return Guard(
            ready=Ready(ready.guardrail, msgspec.structs.replace(ready.applied, origin=("ACCOUNT_ENFORCED",))),
            every_turn=selective is None or selective.messages != "SELECTIVE",
            system=selective is None or selective.system != "SELECTIVE",
        )
