"""Upstream models: which server a model's name leads to, and how it is asked."""

from ringwall.inference.upstreams.answer import Answer
from ringwall.inference.upstreams.connections import Connections
from ringwall.inference.upstreams.counting import Counted
from ringwall.inference.upstreams.credentials import Credentials
from ringwall.inference.upstreams.models import ModelTable, Route, StoredRow
from ringwall.inference.upstreams.row import DEVELOPMENT_ROW, ModelRow, Timeouts
from ringwall.inference.upstreams.upstreams import UpstreamRules, Upstreams

__all__ = [
    "DEVELOPMENT_ROW",
    "Answer",
    "Connections",
    "Counted",
    "Credentials",
    "ModelRow",
    "ModelTable",
    "Route",
    "StoredRow",
    "Timeouts",
    "UpstreamRules",
    "Upstreams",
]
