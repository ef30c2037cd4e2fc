"""Words every room uses: identifiers and ARNs, principals, audit records, spans, clocks (as arguments), limits."""

from ringwall.vocabulary.arn import Arn, own_resource
from ringwall.vocabulary.clock import Clock, system_clock
from ringwall.vocabulary.identifiers import new_id
from ringwall.vocabulary.limits import Limits
from ringwall.vocabulary.principal import Principal
from ringwall.vocabulary.record import AuditRecord
from ringwall.vocabulary.span import Span

__all__ = ["Arn", "AuditRecord", "Clock", "Limits", "Principal", "Span", "new_id", "own_resource", "system_clock"]
