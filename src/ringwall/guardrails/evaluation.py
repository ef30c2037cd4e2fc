"""One run of a compiled guardrail over content blocks: verdicts, outcome, and a receipt of what was read."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from ringwall.errors import LimitExceeded
from ringwall.guardrails.content import Block, Grounds, grounds_of, guarded_indices
from ringwall.guardrails.errors import ContentRefused
from ringwall.guardrails.guardrail import Guardrail, Plan
from ringwall.guardrails.instructions import Told, with_passages
from ringwall.guardrails.judging import content_verdicts, finding_verdicts, grounding_verdict, topic_verdicts
from ringwall.guardrails.policy import Source, TextOrigin
from ringwall.guardrails.scan import Seen, scan_blocks
from ringwall.guardrails.verdict import Outcome, Verdict, combine
from ringwall.vocabulary import Limits


class BlockCoverage(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """How one content block was treated."""

    qualifiers: tuple[str, ...]
    guarded: bool
    origin: str = ""
    characters: int
    bytes: int


class Coverage(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What was read, by what: the receipt of one evaluation. It holds no text.

    characters_guarded: of the blocks that content, topic, word and sensitive information rules judged.
    characters_grounded: of source, query and answer that contextual grounding compared.
    characters_read: of all readings together, as the readings' budget counts them.
    thresholds: of the learned content filters that ran: the scores at which confidence becomes LOW, MEDIUM and HIGH.
    own_thresholds: which of these are the account's, fitted on its own harmless texts; the others are the model card's.
    unchecked: what the configuration or the content left unchecked, in sentences; empty where everything ran.
    """

    policy_digest: str
    source: Source
    rules: tuple[str, ...]
    blocks: tuple[BlockCoverage, ...]
    characters_total: int
    characters_guarded: int
    characters_grounded: int
    characters_read: int
    readings: tuple[tuple[str, ...], ...]
    interpreter: str
    models: tuple[str, ...]
    exhausted: bool
    unchecked: tuple[str, ...]
    thresholds: dict[str, tuple[float, float, float]] = {}
    own_thresholds: tuple[str, ...] = ()


class Evaluation(msgspec.Struct, frozen=True, kw_only=True):
    """What a guardrail says about one content."""

    guardrail: Guardrail
    source: Source
    blocks: tuple[Block, ...]
    guarded: tuple[int, ...]
    verdicts: tuple[Verdict, ...]
    outcome: Outcome
    coverage: Coverage


class _Run(msgspec.Struct, frozen=True):
    """What one evaluation is about."""

    guardrail: Guardrail
    plan: Plan
    blocks: tuple[Block, ...]
    guarded: tuple[int, ...]
    grounds: Grounds | None


UNREAD = "what is folded or encoded is not read: the guardrail's readings are RAW"
_NOTHING = Seen(hits={}, readings=(), chains=(), interpreter="", characters=0, exhausted=False, failed="")


def evaluate(guardrail: Guardrail, source: Source, blocks: Sequence[Block], limits: Limits) -> Evaluation:
    """Judge content blocks.

    1. Find which blocks are guarded, and what grounding compares.
    2. Scan the guarded blocks in all readings; an engine that raises or runs out of budget fails every rule that depends on it.
    3. Score the learned rules over the readings; a scorer that raises fails its rules. A detected attack is traced in what tools and
       documents say.
    4. Combine all verdicts; where no rule applies, the receipt says what was left unchecked.

    Raises:
        ContentRefused: the content lacks what the policy needs, or holds nothing to guard.
        LimitExceeded: more characters or blocks than the limits allow; nothing was read.
    """
    refuse_over_limits(sum(len(block.text) for block in blocks), len(blocks), limits)
    plan = guardrail.plans[source]
    unchecked: list[str] = []
    guarded = guarded_indices(source, blocks)  # 1
    run = _Run(guardrail, plan, tuple(blocks), guarded, _grounds(plan, blocks, unchecked))
    has_text = any(blocks[index].text for index in guarded)
    if not plan.rule_ids:
        unchecked.append(f"no filter is enabled for {source}")
    elif not has_text:
        unchecked.append("the guarded content holds no characters")
    seen = _NOTHING
    verdicts: list[Verdict] = []
    if has_text and plan.detectors is not None:
        seen = scan_blocks(plan, [(index, blocks[index].text) for index in guarded], limits)  # 2
        origins = {index: origin for index in guarded if (origin := blocks[index].origin_on(source))}
        if guardrail.config.readings == "RAW":
            unchecked.append(UNREAD)
        unchecked += _unscored(plan, frozenset(origins.values())) + _unlearned(plan)
        judged = content_verdicts(guardrail, plan.content, seen, origins)  # 3
        told = [Told(index, blocks[index].text, origin) for index, origin in origins.items()]
        verdicts += with_passages(guardrail, plan, judged, seen=seen, told=told, limits=limits)
        verdicts += topic_verdicts(guardrail, plan.topics, seen)
        verdicts += finding_verdicts(plan, seen)
    if run.grounds is not None:
        verdicts += [grounding_verdict(guardrail, rule, run.grounds) for rule in plan.grounding]
    return Evaluation(
        guardrail=guardrail,
        source=source,
        blocks=run.blocks,
        guarded=guarded,
        verdicts=tuple(verdicts),
        outcome=combine(verdicts) if verdicts else _unjudged(unchecked),  # 4
        coverage=_coverage(run, seen, verdicts, unchecked),
    )


def _unscored(plan: Plan, origins: frozenset[TextOrigin]) -> list[str]:
    """Say which content filters' scores do not count for an origin that is there, because its strength is NONE."""
    return [
        f"{rule.type} is not scored for {origin}"
        for origin in sorted(origins)
        for rule in plan.content
        if rule.by_origin.get(origin) == "NONE"
    ]


def _unlearned(plan: Plan) -> list[str]:
    """Say which types of personal data are looked for by rules alone, because this installation runs without the learned finder."""
    return [f"{', '.join(plan.unlearned)} are looked for by rules only: the learned finder is not loaded"] if plan.unlearned else []


def refuse_over_limits(characters: int, blocks: int, limits: Limits) -> None:
    """Refuse content that is larger than the limits.

    Raises:
        LimitExceeded: it is.
    """
    if characters > limits.text_chars:
        raise LimitExceeded(f"the content is longer than {limits.text_chars} characters", remedy="send it in several requests")
    if blocks > limits.content_blocks:
        raise LimitExceeded(f"the content has more than {limits.content_blocks} blocks", remedy="send it in several requests")


def _unjudged(unchecked: Sequence[str]) -> Outcome:
    """Return the outcome where no rule applies, which must have been said in `unchecked`."""
    if not unchecked:
        return combine(())  # raises: no verdict and no reason is a broken promise, not a pass
    return Outcome(action="NONE")


def _grounds(plan: Plan, blocks: Sequence[Block], unchecked: list[str]) -> Grounds | None:
    if not plan.grounding:
        return None
    grounds = grounds_of(blocks)
    if grounds is None:
        if any(rule.action == "BLOCK" for rule in plan.grounding) or plan.detectors is None:
            raise ContentRefused(
                "the guardrail checks contextual grounding, and the content lacks a grounding source, a query or an answer",
                remedy="qualify one block grounding_source and one query, or disable the grounding filters",
            )
        unchecked.append("contextual grounding: the content lacks a grounding source, a query or an answer")
    return grounds


def _coverage(run: _Run, seen: Seen, verdicts: Sequence[Verdict], unchecked: Sequence[str]) -> Coverage:
    scorers = run.guardrail.scorers
    reads = bool(seen.chains)
    models = (
        scorers.content.model_id if scorers.content is not None and run.plan.content and reads else "",
        scorers.topics.model_id if scorers.topics is not None and run.plan.topics and reads else "",
        scorers.grounding.model_id if scorers.grounding is not None and run.grounds is not None else "",
        run.plan.names.finder.model_id if run.plan.names is not None and reads else "",
    )
    guarded = frozenset(run.guarded if verdicts else ())
    of_blocks = tuple([_block_coverage(block, run.plan.source, index in guarded) for index, block in enumerate(run.blocks)])
    grounds = run.grounds
    whole = len(verdicts) == len(run.plan.rule_ids)
    return Coverage(
        policy_digest=run.guardrail.digest,
        source=run.plan.source,
        rules=run.plan.rule_ids if whole else tuple([verdict.rule_id for verdict in verdicts]),
        blocks=of_blocks,
        characters_total=sum([block.characters for block in of_blocks]),
        characters_guarded=sum([block.characters for block in of_blocks if block.guarded]),
        characters_grounded=0 if grounds is None else len(grounds.source) + len(grounds.query) + len(grounds.answer),
        characters_read=seen.characters,
        readings=seen.chains,
        interpreter=seen.interpreter,
        models=tuple([model for model in models if model]),
        exhausted=seen.exhausted,
        unchecked=tuple(unchecked),
        thresholds=run.plan.thresholds if models[0] else {},
        own_thresholds=tuple([name for name in run.guardrail.own_thresholds if name in run.plan.thresholds]) if models[0] else (),
    )


def _block_coverage(block: Block, source: Source, guarded: bool) -> BlockCoverage:
    size = len(block.text)
    return BlockCoverage(
        qualifiers=tuple(sorted(block.qualifiers)) if block.qualifiers else (),
        guarded=guarded,
        origin=block.origin_on(source),
        characters=size,
        bytes=size if block.text.isascii() else len(block.text.encode("utf-8", "surrogatepass")),
    )
