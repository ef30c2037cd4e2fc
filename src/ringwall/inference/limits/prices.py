"""What models cost: a versioned table, in US dollars per million tokens.

A model that the table has not has no price, and is not free. Models that run here are listed with the price 0.
"""

from __future__ import annotations

import re
from importlib.resources import files
from typing import Annotated

import msgspec
from msgspec import Meta

from ringwall.inference.limits.errors import UnpricedModel, UnreadablePrices

_Price = Annotated[str, Meta(pattern=r"^[0-9]{1,5}(\.[0-9]{1,3})?\Z")]
_REGIONAL = re.compile(r"(?:us|us-gov|eu|apac|jp|au|ca|sa|global)\.(?=[a-z0-9-]+\.)")
_TABLE = "prices.json"


class Price(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"input_usd": "in", "output_usd": "out"}):
    """Of one model: US dollars per million tokens in and out."""

    input_usd: _Price
    output_usd: _Price

    def cost(self, tokens_in: int, tokens_out: int) -> int:
        """Return what tokens cost, in billionths of a dollar: exact."""
        return tokens_in * _thousandths(self.input_usd) + tokens_out * _thousandths(self.output_usd)


class PriceTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Prices by model id; `version` is recorded with what was decided by it."""

    version: Annotated[str, Meta(min_length=1, max_length=64)]
    note: str
    models: dict[Annotated[str, Meta(min_length=1, max_length=256)], Price]

    def price(self, model_id: str) -> Price:
        """Return a model's price; a Bedrock inference profile (`eu.anthropic...`) costs what its model does, unless it is listed itself.

        Raises:
            UnpricedModel: the table has none.
        """
        found = self.models.get(model_id) or self.models.get(_REGIONAL.sub("", model_id, count=1))
        if found is None:
            raise UnpricedModel(f"the price table `{self.version}` has no price for the model `{model_id[:128]}`")
        return found


def dearer(one: Price, other: Price) -> Price:
    """Return what costs as much as the dearer of two prices, in and out."""
    return Price(
        max(one.input_usd, other.input_usd, key=_thousandths),
        max(one.output_usd, other.output_usd, key=_thousandths),
    )


def _thousandths(price: str) -> int:
    """Return thousandths of a dollar per million tokens, which are billionths of a dollar per token."""
    whole, _, part = price.partition(".")
    return int(whole) * 1000 + int(part.ljust(3, "0"))


def read_prices(raw: bytes) -> PriceTable:
    """Read a price table.

    Raises:
        UnreadablePrices: it is malformed.
    """
    try:
        return msgspec.json.decode(raw, type=PriceTable)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise UnreadablePrices(f"the price table is malformed: {str(error)[:200]}") from error


def shipped_prices() -> PriceTable:
    """Return the table that comes with ringwall."""
    return read_prices(files("ringwall.inference.limits").joinpath(_TABLE).read_bytes())
