"""What goes wrong between ringwall and a model's server; `aws`: the exception it becomes, where that does not follow from the family.

Messages name the row of the model table, never the server's address (a caller need not know it), nor anything the server said.
`MalformedAnswer` and `UpstreamFailed` are the dialects' own (`ringwall.wire.dialects.errors`).
"""

from __future__ import annotations

from ringwall.errors import CallerError, DependencyError, InvalidRequest, NotFound, Unserved


class ModelNotFound(NotFound, code="model-not-found"):
    """No row of the model table names this model."""

    remedy = "use a model that the table names, or add a row for it (docs/operations/upstreams.md)"


class EmbeddingsUnserved(Unserved, code="embeddings-unserved"):
    """The model's upstream is none that ringwall asks for embeddings."""

    remedy = "use a model whose row begins with `openai+`, or the built-in one (docs/operations/upstreams.md)"


class WrongKindOfModel(ModelNotFound, code="wrong-kind-of-model"):
    """The model is asked in another way: a classic model by InvokeEndpoint, a language model by the chat faces."""

    remedy = (
        "ask a model whose row begins with `sagemaker+` by InvokeEndpoint, and every other one by Converse, Messages or chat completions"
    )


class ModelRowRefused(InvalidRequest, code="model-row-refused"):
    """The row cannot stand in the model table."""

    remedy = "see docs/operations/upstreams.md for what a row holds"


class TooManyModels(CallerError, code="too-many-models", status=400, aws="ServiceQuotaExceededException"):
    """The account has as many rows in its model table as it may."""

    remedy = "delete rows that are no longer used, or name several models with one pattern"


class CredentialMissing(DependencyError, code="credential-missing", status=503):
    """The credential that the model's row names cannot be used."""

    remedy = "put the credential where the row's reference says (docs/operations/upstreams.md)"


class AddressRefused(DependencyError, code="address-refused", status=502):
    """The upstream is at an address that ringwall does not call."""

    remedy = "a row for a server in a private network says `allow_private`; link-local and metadata addresses are never called"


class UpstreamUnreachable(DependencyError, code="upstream-unreachable", status=502, aws="ServiceUnavailableException"):
    """No connection to the upstream could be made, or it answered nothing."""

    remedy = "check that the upstream is up and that the row's URI is right"


class UpstreamUnverified(UpstreamUnreachable, code="upstream-unverified"):
    """The upstream's TLS certificate does not hold."""

    remedy = "mend the certificate, or name its authority in the setting `upstream_ca_file`"


class CircuitOpen(UpstreamUnreachable, code="circuit-open", status=503):
    """The upstream failed so often that it is left alone for a while.

    `retry_after_s` is in the facts.
    """

    remedy = "repeat the request after a pause"


class UpstreamBrokeOff(DependencyError, code="upstream-broke-off", status=502, aws="ModelErrorException"):
    """The upstream ended its answer in the middle."""

    remedy = "repeat the request; see the upstream's own log"


class UpstreamTimeout(DependencyError, code="upstream-timeout", status=504, aws="ModelTimeoutException"):
    """The upstream took too long.

    `phase` is in the facts: `connect`, `first-byte`, `idle` or `total`.
    """

    remedy = "repeat the request, ask for a shorter answer, or give the row longer timeouts"


class UpstreamBusy(DependencyError, code="upstream-busy", status=429, aws="ThrottlingException"):
    """The upstream takes no more requests for now.

    `retry_after_s` is in the facts where it is known.
    """

    remedy = "repeat the request after a pause"


class UpstreamRefused(DependencyError, code="upstream-refused", status=502, aws="ModelErrorException"):
    """The upstream refused the request.

    `upstream_status` is in the facts; what it said is nowhere.
    """

    remedy = "check the request against what the model takes, and the row's credential; the upstream's own log says more"
