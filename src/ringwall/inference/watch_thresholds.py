"""What an account wants of the learned content model: thresholds fitted on its own harmless texts, and a version that is pinned.

Rules this file upholds: thresholds hold for the model that they were fitted with, and for no other; ones that detect less than the model
card's are refused unless they are asked for by name; a pinned version that is not there judges nothing, and its absence is a refusal.
No text is stored here, nor a digest of one.
"""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Callable
from typing import Final, NamedTuple

import msgspec

from ringwall.errors import CallerError, Conflict, NotFound, RingwallError
from ringwall.guardrails import ContentThresholds, GuardrailConfig, PolicyRefused, Scorers
from ringwall.inference.account_document import AccountDocument
from ringwall.inference.watch_wishes import Fitted, Wishes
from ringwall.storage import Storage
from ringwall.vocabulary import Clock
from ringwall.watch.strengths import weaker
from ringwall.watch.versions import ContentVersions

KIND: Final = "watch"
PIN_REMEDY: Final = "pin a version that is here, or none (`ringwall watch pin`, `ringwall watch unpin`)"


class ThresholdsNotFound(NotFound, code="thresholds-not-found"):
    """The account has no thresholds of its own."""

    remedy = "fit some with `ringwall watch calibrate`"


class PinNotFound(NotFound, code="pin-not-found"):
    """The account has pinned no version of the content model."""


class WeakerThresholds(CallerError, code="weaker-thresholds", status=409):
    """The thresholds detect less than those of the model card."""

    remedy = "say that this is meant (`--allow-weaker`, `allowWeaker`), or look for harmful texts in the sample first"


class ThresholdsRefused(CallerError, code="thresholds-refused"):
    """These are no thresholds of the model that the account uses."""


class FittedForAnotherModel(Conflict, code="fitted-for-another-model"):
    """The thresholds were fitted with another model than the account uses now."""

    remedy = "fit them again: `ringwall watch calibrate`"


class Watch(NamedTuple):
    """What an account's guardrails are compiled with, now.

    thresholds: the account's that hold; empty where it has none, or where they were fitted with another model.
    problem: why there is no content model, though one was asked for; empty where there is one.
    """

    scorers: Scorers
    version: str
    thresholds: ContentThresholds
    wishes: Wishes
    problem: str

    @property
    def is_stale(self) -> bool:
        """Whether the account has thresholds that do not hold, since they were fitted with another model."""
        return self.wishes.fitted is not None and not self.thresholds

    def refuse_if_absent(self, config: GuardrailConfig) -> None:
        """Refuse a policy that needs the content model where the one that is pinned is not there.

        Raises:
            PolicyRefused: it does.
        """
        if self.problem and config.content_filters:
            raise PolicyRefused(self.problem, remedy=PIN_REMEDY)


class AccountWatches:
    """The wishes of all accounts, and what follows from them."""

    def __init__(self, storage: Storage, clock: Clock, scorers: Scorers, versions: ContentVersions | None = None) -> None:
        """Take the installation's scorers, and the versions of the content model that may stand in the place of theirs."""
        self._documents = AccountDocument(storage, KIND, msgspec.json.Decoder(Wishes))
        self._clock = clock
        self._scorers = scorers
        self._versions = versions or ContentVersions(scorers.content)

    def versions(self) -> tuple[str, ...]:
        """Return the versions that can be pinned."""
        return self._versions.names()

    async def get(self, account_id: str) -> Watch:
        """Return what an account's guardrails are compiled with.

        Raises:
            IntegrityError: what is stored cannot be read; nothing may pass then.
        """
        wishes = await self._documents.get(account_id) or Wishes()
        content, problem = self._scorers.content, ""
        if wishes.pin:
            try:
                content = self._versions.at_hand(wishes.pin) or await asyncio.to_thread(self._versions.scorer, wishes.pin)
            except RingwallError as error:
                content, problem = None, f"the account pins `{wishes.pin}`: {error.message}"
        scorers = self._scorers if content is self._scorers.content else dataclasses.replace(self._scorers, content=content)
        if content is None:
            return Watch(scorers, wishes.pin, {}, wishes, problem)
        fitted = wishes.fitted
        thresholds = fitted.thresholds if fitted is not None and fitted.model == content.model_id else {}
        return Watch(scorers, self._versions.name_of(content), thresholds, wishes, problem)

    async def put_thresholds(self, account_id: str, fitted: Fitted, *, allow_weaker: bool) -> Fitted:
        """Have an account's guardrails use thresholds, in the place of any before. What is weaker is found here, whatever `fitted` says.

        Raises:
            FittedForAnotherModel: the account uses another model by now. ThresholdsRefused: they are none of it.
            WeakerThresholds: they detect less than the model card's, and that is not asked for. Conflict: a race.
        """
        watch = await self.get(account_id)
        content = watch.scorers.content
        if content is None:
            raise ThresholdsRefused(watch.problem or "no learned detector of content is installed")
        if fitted.model != content.model_id:
            raise FittedForAnotherModel(f"the account uses `{content.model_id}`, and these thresholds are for another model")
        fitted = msgspec.structs.replace(fitted, weaker=find_weaker(fitted.thresholds, content.thresholds))
        if fitted.weaker and not allow_weaker:
            told = "; ".join(f"{category} at {', '.join(levels)}" for category, levels in fitted.weaker.items())
            raise WeakerThresholds(f"less would be detected than by the model card's thresholds: {told}")
        await self._change(account_id, lambda wishes: msgspec.structs.replace(wishes, fitted=fitted))
        return fitted

    async def remove_thresholds(self, account_id: str) -> None:
        """Go back to the model card's thresholds.

        Raises:
            ThresholdsNotFound: the account has none of its own. Conflict: a race.
        """

        def change(wishes: Wishes) -> Wishes:
            if wishes.fitted is None:
                raise ThresholdsNotFound("the account has no thresholds of its own: the model card's hold")
            return msgspec.structs.replace(wishes, fitted=None)

        await self._change(account_id, change)

    async def pin(self, account_id: str, version: str, *, by: str) -> str:
        """Have an account use one version of the content model, whatever the installation's is; return its name.

        Raises:
            UnknownModelVersion: there is none. WeightsRefused: its files are not the released ones. Conflict: a race.
        """
        name = self._versions.resolve(version)
        await asyncio.to_thread(self._versions.scorer, name)
        now = self._clock()
        await self._change(account_id, lambda wishes: msgspec.structs.replace(wishes, pin=name, pinned_at=now, pinned_by=by))
        return name

    async def unpin(self, account_id: str) -> None:
        """Have an account use the installation's version again.

        Raises:
            PinNotFound: it has pinned none. Conflict: a race.
        """

        def change(wishes: Wishes) -> Wishes:
            if not wishes.pin:
                raise PinNotFound("the account pins no version of the content model")
            return msgspec.structs.replace(wishes, pin="", pinned_at=None, pinned_by="")

        await self._change(account_id, change)

    async def _change(self, account_id: str, change: Callable[[Wishes], Wishes]) -> None:
        lost = Conflict("the account's wishes of the learned watch were changed by others all the while", remedy="repeat the change")
        await self._documents.change(account_id, lambda wishes: change(wishes or Wishes()), lost=lost)


def find_weaker(thresholds: ContentThresholds, shipped: ContentThresholds) -> dict[str, tuple[str, ...]]:
    """Return per category the levels at which thresholds detect less than the shipped ones; categories where none does are left out.

    Raises:
        ThresholdsRefused: a category is none of the model's, or its thresholds do not rise.
    """
    found = {}
    for category, levels in thresholds.items():
        if category not in shipped:
            raise ThresholdsRefused(f"the model has no category `{category}`")
        if not levels[0] < levels[1] < levels[2]:
            raise ThresholdsRefused(f"the thresholds of {category} do not rise from LOW to HIGH")
        found[category] = weaker(levels, shipped[category])
    return {category: levels for category, levels in found.items() if levels}
