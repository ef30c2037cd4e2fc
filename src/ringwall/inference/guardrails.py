"""The guardrail service: resources and their runs, in AWS's words; what the faces call.

Every method takes the account and an AWS-shaped request (member names as in the service model) and returns an AWS-shaped answer.
It leaves to others: who may (identity), the audit record (a run returns what is to be recorded), and the wire.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache, partial
from typing import Any

import msgspec

from ringwall.errors import RingwallError
from ringwall.guardrails import (
    Coverage,
    Evaluation,
    Guardrail,
    GuardrailConfig,
    PolicyRefused,
    Scorers,
    compile_guardrail,
    evaluate,
    normalise,
    record,
    render,
)
from ringwall.guardrails.checks import parse_checks, parse_messages, run_checks
from ringwall.guardrails.parsing import keep_own
from ringwall.guardrails.scoring import TextScores, scoring_guardrail, worst_scores
from ringwall.inference.catalogue import Catalogue
from ringwall.inference.compiled import CompiledGuardrails
from ringwall.inference.content import read_blocks, read_scope, read_source
from ringwall.inference.enforced import EnforcedConfigurations, parse_enforced
from ringwall.inference.errors import GuardrailNotFound
from ringwall.inference.naming import read_tags, version_word
from ringwall.inference.proofs import Proofs
from ringwall.inference.question_guards import QuestionGuards
from ringwall.inference.warnings import warnings_for
from ringwall.inference.watch_thresholds import PIN_REMEDY, AccountWatches, Watch
from ringwall.inference.workers import INLINE_CHARACTERS, Workers
from ringwall.keys import Digester, PageTokens
from ringwall.reasoning.guardrails import ProofChange, Standing
from ringwall.storage import Storage
from ringwall.text import interpreter_name
from ringwall.text.detectors import compile_detectors
from ringwall.vocabulary import Clock, Limits, new_id
from ringwall.watch.versions import ContentVersions

_TEXT_COST = 100  # characters that a scan costs besides those of its text
_CHECKS_KEPT = 32  # sets of detectors kept for InvokeGuardrailChecks


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """One guardrail run.

    answer: what ApplyGuardrail answers.
    coverage: the receipt in full.
    record: what the audit record keeps; no text.
    evaluation: everything, with the texts; for faces that show what each rule saw.
    """

    answer: dict[str, Any]
    coverage: Coverage
    record: dict[str, Any]
    evaluation: Evaluation


class CheckRun(msgspec.Struct, frozen=True, kw_only=True):
    """One run of stateless checks: what InvokeGuardrailChecks answers, and what the audit record keeps."""

    answer: dict[str, Any]
    record: dict[str, Any]


class Created(msgspec.Struct, frozen=True, kw_only=True):
    """A guardrail made from a document in the short form or AWS's, with what was changed and what is worth knowing."""

    answer: dict[str, Any]
    config: dict[str, Any]
    warnings: tuple[str, ...]


class Updated(msgspec.Struct, frozen=True, kw_only=True):
    """A DRAFT that was replaced: what UpdateGuardrail answers, and which proofs of the former DRAFT are lost."""

    answer: dict[str, Any]
    proofs: ProofChange


class ProofStatus(msgspec.Struct, frozen=True, kw_only=True):
    """What is proved of a guardrail or a version of it; `standing` is None where that is not known, and `why` says why."""

    guardrail_id: str
    version: str
    standing: Standing | None
    why: str


class Guardrails:
    """The service."""

    def __init__(  # noqa: PLR0913 - everything the service stands on, each by its name
        self,
        storage: Storage,
        *,
        keys: Digester,
        clock: Clock,
        region: str,
        scorers: Scorers,
        limits: Limits,
        workers: Workers | None = None,
        proofs: Proofs | None = None,
        versions: ContentVersions | None = None,
    ) -> None:
        self._keys = keys
        self._clock = clock
        self._scorers = scorers
        self._limits = limits
        self._workers = workers or Workers(inline_characters=INLINE_CHARACTERS[interpreter_name()])
        self._proofs = proofs or Proofs()
        pages = PageTokens(keys)
        self._enforced = EnforcedConfigurations(storage, clock=clock, region=region, pages=pages)
        self._catalogue = Catalogue(storage, clock=clock, region=region, pages=pages, enforced=self._enforced, warn=self.warnings)
        self.watches = AccountWatches(storage, clock, scorers, versions)
        self._compiled = CompiledGuardrails(
            storage, find=self._catalogue.find, arn=self._catalogue.arn, watch=self.watches.get, compile_config=self._compile
        )
        self.questions = QuestionGuards(self._compiled, self._enforced, find=self._catalogue.id_of)
        self._scoring: dict[str, Guardrail] = {}
        self._detectors = lru_cache(_CHECKS_KEPT)(compile_detectors)  # kept per service; an lru_cache may be shared by threads

    # -- resources ------------------------------------------------------------------------------------------------------------------

    async def create_guardrail(self, account_id: str, request: Mapping[str, Any]) -> dict[str, Any]:
        """Create a guardrail; CreateGuardrail."""
        made = await self._catalogue.recall(account_id, "CreateGuardrail", request)
        if made is None:
            config = self._catalogue.parse(request)
            await self._compile(config, await self.watches.get(account_id))
            made = await self._catalogue.create(account_id, request, config)
        arn = self._catalogue.arn(account_id, made.guardrail_id)
        return {"guardrailId": made.guardrail_id, "guardrailArn": arn, "version": made.version, "createdAt": made.at}

    async def create_from_document(self, account_id: str, document: Mapping[str, Any]) -> Created:
        """Create a guardrail from AWS's JSON or the short form of it (`ringwall.guardrails.talk`), with warnings."""
        normalised = normalise(document, generated_name=f"guardrail-{new_id(8)}")
        answer = await self.create_guardrail(account_id, normalised.config)
        config = self._catalogue.parse(normalised.config)
        return Created(answer=answer, config=normalised.config, warnings=(*normalised.warnings, *self.warnings(config)))

    async def update_guardrail(self, account_id: str, request: Mapping[str, Any]) -> dict[str, Any]:
        """Replace a guardrail's DRAFT; UpdateGuardrail."""
        return (await self.replace_draft(account_id, request, keeps_own=True)).answer

    async def replace_draft(self, account_id: str, request: Mapping[str, Any], *, keeps_own: bool = False) -> Updated:
        """Replace a guardrail's DRAFT, and say which proofs of the former one are lost. The change stands whatever is lost.

        Args:
            account_id: the tenant.
            request: of UpdateGuardrail.
            keeps_own: what AWS's shapes know nothing of (strengths by origin, readings) stays as it is.
        """
        config = self._catalogue.parse(request)
        revision = None
        if keeps_own:
            stored, revision = await self._catalogue.draft(account_id, request["guardrailIdentifier"])
            config = keep_own(config, stored.config)
        watch = await self.watches.get(account_id)
        new = await self._compile(config, watch)
        made, former = await self._catalogue.update(account_id, request["guardrailIdentifier"], config, revision=revision)
        arn = self._catalogue.arn(account_id, made.guardrail_id)
        old = self._compiled.at_hand(account_id, made.guardrail_id, made.version)
        if old is None or old.config != former or old.scorers != watch.scorers or old.own_thresholds != watch.thresholds:
            change = await self._proofs.change(lambda: compile_guardrail(former, watch.scorers, watch.thresholds), new)
        else:
            change = await self._proofs.change(lambda: old, new)
        answer = {"guardrailId": made.guardrail_id, "guardrailArn": arn, "version": made.version, "updatedAt": made.at}
        return Updated(answer=answer, proofs=change)

    async def proof_status(self, account_id: str, request: Mapping[str, Any]) -> ProofStatus:
        """Say what is proved of a guardrail or a version of it."""
        identifier = self._catalogue.id_of(account_id, request["guardrailIdentifier"])
        version = version_word(request.get("guardrailVersion"))
        try:
            ready = await self._compiled.ready(account_id, identifier, version)
        except GuardrailNotFound:
            raise
        except RingwallError as error:  # stored under other models or tables than this installation has
            return ProofStatus(guardrail_id=identifier, version=version, standing=None, why=f"it does not compile: {error.message}")
        standing, why = await self._proofs.status(ready.guardrail)
        return ProofStatus(guardrail_id=identifier, version=version, standing=standing, why=why)

    async def get_guardrail(self, account_id: str, request: Mapping[str, Any]) -> dict[str, Any]:
        """Show a guardrail or a version of it; GetGuardrail."""
        return await self._catalogue.show(account_id, request["guardrailIdentifier"], request.get("guardrailVersion"))

    async def list_guardrails(self, account_id: str, request: Mapping[str, Any]) -> dict[str, Any]:
        """List guardrails, or the versions of one; ListGuardrails."""
        return await self._catalogue.listing(account_id, request)

    async def delete_guardrail(self, account_id: str, request: Mapping[str, Any]) -> dict[str, Any]:
        """Delete a guardrail or a version of it; DeleteGuardrail."""
        await self._catalogue.delete(account_id, request["guardrailIdentifier"], request.get("guardrailVersion"))
        return {}

    async def create_guardrail_version(self, account_id: str, request: Mapping[str, Any]) -> dict[str, Any]:
        """Freeze the DRAFT under the next number; CreateGuardrailVersion."""
        made = await self._catalogue.recall(account_id, "CreateGuardrailVersion", request)
        if made is None:
            made = await self._catalogue.create_version(account_id, request["guardrailIdentifier"], request)
        return {"guardrailId": made.guardrail_id, "version": made.version}

    def warnings(self, config: GuardrailConfig) -> tuple[str, ...]:
        """Return what a user of this policy should know about the detectors behind it."""
        return warnings_for(config, self._scorers)

    # -- tags -----------------------------------------------------------------------------------------------------------------------

    async def tag_resource(self, account_id: str, request: Mapping[str, Any]) -> dict[str, Any]:
        """Add or change tags; TagResource."""
        added = read_tags(request["tags"])
        await self._catalogue.change_tags(account_id, request["resourceARN"], lambda tags: {**tags, **added})
        return {}

    async def untag_resource(self, account_id: str, request: Mapping[str, Any]) -> dict[str, Any]:
        """Remove tags; UntagResource."""
        removed = frozenset(request["tagKeys"])
        await self._catalogue.change_tags(
            account_id, request["resourceARN"], lambda tags: {key: value for key, value in tags.items() if key not in removed}
        )
        return {}

    async def list_tags_for_resource(self, account_id: str, request: Mapping[str, Any]) -> dict[str, Any]:
        """List tags; ListTagsForResource."""
        tags = await self._catalogue.tags(account_id, request["resourceARN"])
        return {"tags": [{"key": key, "value": value} for key, value in sorted(tags.items())]}

    # -- enforced guardrails --------------------------------------------------------------------------------------------------------

    async def put_enforced_guardrail_configuration(self, account_id: str, request: Mapping[str, Any], *, by: str) -> dict[str, Any]:
        """Enforce a guardrail version for the account's model calls; PutEnforcedGuardrailConfiguration. `by` is the caller's ARN."""
        configuration = parse_enforced(request["guardrailInferenceConfig"])
        found = await self._catalogue.find(account_id, configuration.guardrail_identifier, configuration.guardrail_version)
        configuration = msgspec.structs.replace(configuration, guardrail_identifier=found.stored.id)
        enforced = await self._enforced.put(account_id, request.get("configId"), configuration, by=by)
        return {"configId": enforced.config_id, "updatedAt": enforced.updated_at, "updatedBy": enforced.updated_by}

    async def list_enforced_guardrails_configuration(self, account_id: str, request: Mapping[str, Any]) -> dict[str, Any]:
        """List the account's enforced configuration; ListEnforcedGuardrailsConfiguration."""
        return await self._enforced.listing(account_id, request.get("nextToken"))

    async def delete_enforced_guardrail_configuration(self, account_id: str, request: Mapping[str, Any]) -> dict[str, Any]:
        """Stop enforcing; DeleteEnforcedGuardrailConfiguration."""
        await self._enforced.delete(account_id, request["configId"])
        return {}

    # -- runs -----------------------------------------------------------------------------------------------------------------------

    async def apply_guardrail(self, account_id: str, request: Mapping[str, Any]) -> Run:
        """Judge content; ApplyGuardrail.

        Raises:
            GuardrailNotFound: no such guardrail or version.
            ContentRefused, LimitExceeded: the content cannot be judged; nothing was passed.
            ScansWaiting: too much waits already.
        """
        source = read_source(request.get("source"))
        blocks = read_blocks(request["content"], source)
        scope = read_scope(request.get("outputScope"))
        identifier = self._catalogue.id_of(account_id, request["guardrailIdentifier"])
        ready = await self._compiled.ready(account_id, identifier, version_word(request["guardrailVersion"]))
        weight = ready.guardrail.plans[source].weight(_weight(block.text for block in blocks))
        evaluation, latency_ms = await self._workers.run(weight, lambda: evaluate(ready.guardrail, source, blocks, self._limits))
        return Run(
            answer=render(evaluation, ready.applied, scope=scope, latency_ms=latency_ms),
            coverage=evaluation.coverage,
            record=record(evaluation, ready.applied, lambda data: self._keys.digest(account_id, data)),
            evaluation=evaluation,
        )

    async def invoke_guardrail_checks(self, account_id: str, request: Mapping[str, Any]) -> CheckRun:
        """Score messages without a guardrail; InvokeGuardrailChecks.

        Raises:
            PolicyRefused, ContentRefused, LimitExceeded: what is asked for, or its texts, cannot be served.
        """
        checks = parse_checks(request["checks"])
        texts = parse_messages(request["messages"], self._limits)
        watch, limits = await self.watches.get(account_id), self._limits
        if watch.problem and (checks.harms or checks.attacks):
            raise PolicyRefused(watch.problem, remedy=PIN_REMEDY)
        scorer, finder, own = watch.scorers.content, watch.scorers.names, watch.thresholds
        answer, _ = await self._workers.run(
            _weight(each.text for each in texts),
            lambda: run_checks(
                checks,
                texts,
                detectors=self._detectors(checks.detectors),
                scorer=scorer,
                limits=limits,
                own_thresholds=own,
                finder=finder,
            ),
        )
        digests = [self._keys.digest(account_id, each.text.encode("utf-8", "surrogatepass")) for each in texts]
        return CheckRun(answer=answer, record={"checks": msgspec.to_builtins(checks), "usage": answer["usage"], "contentDigests": digests})

    @property
    def waiting_characters(self) -> int:
        """What waits to be scanned, or is being scanned, in worker threads."""
        return self._workers.waiting_characters

    def close(self) -> None:
        """Finish the scans and proofs under way and end the worker threads."""
        self._workers.close()
        self._proofs.close()

    async def score_texts(self, account_id: str, texts: Sequence[str]) -> tuple[str, list[TextScores]]:
        """Score texts by the content model that the account uses, as its guardrails read them; nothing is stored.

        Returns:
            the model's id, and one for each text.

        Raises:
            PolicyRefused: there is no model. LimitExceeded: a text is longer than a request may be.
        """
        watch = await self.watches.get(account_id)
        content = watch.scorers.content
        if content is None:
            raise PolicyRefused(watch.problem or "no learned detector of content is installed", remedy=PIN_REMEDY if watch.problem else "")
        guardrail = self._scoring.get(content.model_id)
        if guardrail is None:  # one per version of the model that some account uses: a handful
            guardrail = self._scoring[content.model_id] = await self._workers.apart(lambda: scoring_guardrail(content))
        score = partial(worst_scores, guardrail, limits=self._limits)
        # one at a time, so that what guardrails have to judge meanwhile does not wait for all of it
        return content.model_id, [await self._workers.apart(partial(score, text)) for text in texts]

    async def _compile(self, config: GuardrailConfig, watch: Watch) -> Guardrail:
        watch.refuse_if_absent(config)
        return await self._workers.apart(lambda: compile_guardrail(config, watch.scorers, watch.thresholds))


def _weight(texts: Iterable[str]) -> int:
    """Return how much there is to scan, in characters."""
    return sum(len(text) + _TEXT_COST for text in texts)
