"""Which statements a question is about, as far as patterns tell."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Generic, Protocol, TypeVar

import msgspec

from ringwall.reasoning.policy.language import Language, disjoint


class Taking(Protocol):
    """What takes requests: languages that hold every action and resource of these."""

    actions: Language
    resources: Language


class Focus(msgspec.Struct, frozen=True):
    """Languages that the action and the resource of every request in question are in; statements outside of them are left out."""

    actions: tuple[Language, ...] = ()
    resources: tuple[Language, ...] = ()

    def meets(self, statement: Taking) -> bool:
        """Say whether the statement can take a request in focus, as far as its patterns tell."""
        # The last languages are the narrowest: most statements fall at the first question.
        return not (
            any(disjoint(language, statement.actions) for language in reversed(self.actions))
            or any(disjoint(language, statement.resources) for language in reversed(self.resources))
        )

    def on(self, statement: Taking) -> Focus:
        """Narrow the focus to what a statement takes."""
        return Focus((*self.actions, statement.actions), (*self.resources, statement.resources))


_Statement = TypeVar("_Statement", bound=Taking)


class ByService(Generic[_Statement]):
    """Statements by the services of their actions: most that a question is not about are never looked at."""

    def __init__(self, statements: Sequence[_Statement]) -> None:
        self._statements = statements
        self._places: dict[str, list[int]] = {}
        self._anywhere: list[int] = []
        for place, one in enumerate(statements):
            services = _services(one.actions)
            for service in services or ():
                self._places.setdefault(service, []).append(place)
            if services is None:
                self._anywhere.append(place)

    def near(self, focus: Focus) -> Iterable[_Statement]:
        """Return the statements that the services do not keep from meeting a focus, in their order."""
        services = _services(focus.actions[-1]) if focus.actions else None
        if services is None:
            return self._statements
        places = sorted({*self._anywhere, *(place for service in services for place in self._places.get(service, ()))})
        return map(self._statements.__getitem__, places)


def _services(actions: Language) -> frozenset[str] | None:
    """Return what stands before the colon in every action of a language; None where a pattern leaves it open."""
    parted = [one.prefix.partition(":") for one in actions]
    return frozenset(service for service, _, _ in parted) if all(colon for _, colon, _ in parted) else None
