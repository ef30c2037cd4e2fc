"""Limits on requests, tokens, cost and concurrent calls, per account, key, model and route."""

from ringwall.inference.limits.errors import AskTooLarge, InvalidLimit, LimitNotFound, LimitReached, LimitsUnavailable, UnpricedModel
from ringwall.inference.limits.grant import Grant, Usage
from ringwall.inference.limits.limits import Limits
from ringwall.inference.limits.memory import MemoryStore
from ringwall.inference.limits.prices import PriceTable, read_prices, shipped_prices
from ringwall.inference.limits.rule import Rule, Subject, counted_key, parse_rules
from ringwall.inference.limits.shared import SharedStore
from ringwall.inference.limits.stored import StoredLimits

__all__ = [
    "AskTooLarge",
    "Grant",
    "InvalidLimit",
    "LimitNotFound",
    "LimitReached",
    "Limits",
    "LimitsUnavailable",
    "MemoryStore",
    "PriceTable",
    "Rule",
    "SharedStore",
    "StoredLimits",
    "Subject",
    "UnpricedModel",
    "Usage",
    "counted_key",
    "parse_rules",
    "read_prices",
    "shipped_prices",
]
