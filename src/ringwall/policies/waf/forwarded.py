"""The address a statement looks at: the peer's, or one that a header forwards.

A request without the header does not match a statement that reads it ("WAF doesn't apply the rule to the web request at all"). Inside a Not
that makes a match: whoever leaves the header out does not pass a rule that lets only known addresses through.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from ringwall.policies.waf.element import Element
from ringwall.policies.waf.request import Address, RequestView, read_address

FORWARDED_MAX = 10  # of a longer list with the position ANY, the last ones are looked at

AddressTest = Callable[[Address], bool]


class Forwarded(NamedTuple):
    """A forwarded address: from which header, from which place in it, and what counts where there is none that is valid."""

    header: str
    fallback_matches: bool
    position: str

    def addresses(self, request: RequestView) -> list[Address | None] | None:
        """Return the addresses at the position, None for one that is not valid; no list where the header is absent."""
        values = request.header(self.header)
        if not values:
            return None
        texts = [text.strip() for text in b",".join(values).decode("latin-1").split(",")]
        if self.position == "ANY":
            return [read_address(text) for text in texts[-FORWARDED_MAX:]]
        return [read_address(texts[-1 if self.position == "LAST" else 0])]

    def matches(self, request: RequestView, test: AddressTest) -> bool:
        """Say whether an address at the position passes a test."""
        found = self.addresses(request)
        if found is None:
            return False
        valid = [address for address in found if address is not None]
        return any(test(address) for address in valid) if valid else self.fallback_matches


def read_forwarded(element: Element, name: str, *, position: bool) -> Forwarded | None:
    """Read `IPSetForwardedIPConfig` (with a position) or `ForwardedIPConfig` (the first address)."""
    if name not in element:
        return None
    config = element.element(name).known("HeaderName", "FallbackBehavior", *(("Position",) if position else ()))
    return Forwarded(
        header=config.text("HeaderName", most=255).lower(),
        fallback_matches=config.word("FallbackBehavior", ("MATCH", "NO_MATCH")) == "MATCH",
        position=config.word("Position", ("FIRST", "LAST", "ANY")) if position else "FIRST",
    )
