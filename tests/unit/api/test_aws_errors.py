"""Every error of the package has an AWS name that the operation, or every AWS service, may answer with."""

from __future__ import annotations

import importlib
import pkgutil
import warnings
from collections.abc import Iterator

import pytest

import ringwall
from ringwall.api.aws.registry import SERVED
from ringwall.api.faces.aws_errors import COMMON_JSON, COMMON_QUERY, TABLE, aws_error
from ringwall.errors import AccessDenied, Bug, Conflict, InvalidRequest, LimitExceeded, NotFound, RingwallError, Throttled, Unserved
from ringwall.wire import ConstraintsViolated, SignatureDoesNotMatch, load_service


def every_error_class() -> list[type[RingwallError]]:
    """Import every module of the package, then walk the tree of errors."""
    for module in pkgutil.walk_packages(ringwall.__path__, "ringwall."):
        if not module.name.endswith("__main__") and ".migrations." not in module.name:  # Alembic runs those itself
            with warnings.catch_warnings():
                warnings.filterwarnings("ignore", "The verify_requirements argument", DeprecationWarning)  # bandit's own, as it loads
                importlib.import_module(module.name)

    def below(kind: type[RingwallError]) -> Iterator[type[RingwallError]]:
        yield kind
        for child in kind.__subclasses__():
            yield from below(child)

    return list(dict.fromkeys(below(RingwallError)))


def make(kind: type[RingwallError]) -> RingwallError:
    """Make an error without its constructor, which may ask for facts that no renderer reads."""
    error = kind.__new__(kind)
    RingwallError.__init__(error, "a message")
    return error


def test_every_error_class_has_a_modelled_or_common_name_at_every_served_operation() -> None:
    classes = every_error_class()
    assert len(classes) > 40
    assert len(SERVED) > 60
    for row in SERVED:
        service = load_service(row.service)
        modelled = {code for _, code in service.operation(row.name).errors.values()}
        for protocol in service.protocols:
            common = COMMON_QUERY if protocol == "query" else COMMON_JSON
            for kind in classes:
                named = aws_error(make(kind), row.service, row.name, protocol)
                assert named.code in modelled | set(common), (row.name, protocol, kind)
                assert 400 <= named.status < 600
                assert (named.fault == "server") == (named.status >= 500)


def test_every_error_class_has_a_common_name_where_no_operation_was_found() -> None:
    for kind in every_error_class():
        for protocol, common in (
            ("rest-json", COMMON_JSON),
            ("json", COMMON_JSON),
            ("query", COMMON_QUERY),
            ("smithy-rpc-v2-cbor", COMMON_JSON),
        ):
            assert aws_error(make(kind), "", "", protocol).code in common


def test_every_family_of_errors_has_a_row_of_its_own() -> None:
    families = {kind.code for kind in every_error_class() if kind.__module__ == "ringwall.errors"}
    assert families <= set(TABLE)


def test_no_code_names_two_families() -> None:
    owners: dict[str, set[type]] = {}
    for kind in every_error_class():
        owners.setdefault(kind.code, set()).add(kind)
    for code, kinds in owners.items():
        statuses = {kind.status for kind in kinds}
        assert len(statuses) == 1, f"`{code}` is said with {statuses}"


@pytest.mark.parametrize(
    ("error", "service", "operation", "protocol", "code", "status"),
    [
        pytest.param(NotFound("x"), "bedrock", "GetGuardrail", "rest-json", "ResourceNotFoundException", 404, id="a missing guardrail"),
        pytest.param(NotFound("x"), "iam", "GetUser", "query", "NoSuchEntity", 404, id="a missing user"),
        pytest.param(NotFound("x"), "sts", "GetCallerIdentity", "query", "ValidationError", 400, id="a service that models nothing"),
        pytest.param(Conflict("x"), "bedrock", "CreateGuardrail", "rest-json", "ConflictException", 400, id="a conflict"),
        pytest.param(Conflict("x"), "iam", "CreateUser", "query", "EntityAlreadyExists", 409, id="a user twice"),
        pytest.param(
            LimitExceeded("x"), "bedrock-runtime", "ApplyGuardrail", "rest-json", "ValidationException", 400, id="a text that is too long"
        ),
        pytest.param(LimitExceeded("x"), "", "", "rest-json", "ValidationException", 400, id="a body that is too long"),
        pytest.param(Throttled("x"), "bedrock-runtime", "ApplyGuardrail", "rest-json", "ThrottlingException", 429, id="throttled"),
        pytest.param(AccessDenied("x"), "bedrock", "ListGuardrails", "rest-json", "AccessDeniedException", 403, id="denied at Bedrock"),
        pytest.param(AccessDenied("x"), "iam", "ListUsers", "query", "AccessDenied", 403, id="denied at IAM"),
        pytest.param(
            SignatureDoesNotMatch("x"),
            "bedrock",
            "ListGuardrails",
            "rest-json",
            "InvalidSignatureException",
            403,
            id="a wrong secret at Bedrock",
        ),
        pytest.param(
            SignatureDoesNotMatch("x"), "sts", "GetCallerIdentity", "query", "SignatureDoesNotMatch", 403, id="a wrong secret at STS"
        ),
        pytest.param(ConstraintsViolated(("x",)), "bedrock", "CreateGuardrail", "rest-json", "ValidationException", 400, id="a constraint"),
        pytest.param(InvalidRequest("x"), "iam", "CreateUser", "query", "InvalidInput", 400, id="a wrong argument at IAM"),
        pytest.param(Unserved("x"), "", "", "rest-json", "UnknownOperationException", 501, id="not served keeps its status"),
        pytest.param(Bug("x"), "bedrock", "ListGuardrails", "rest-json", "InternalServerException", 500, id="our fault, modelled"),
        pytest.param(Bug("x"), "iam", "ListUsers", "query", "ServiceFailure", 500, id="our fault at IAM"),
        pytest.param(Bug("x"), "", "", "query", "InternalFailure", 500, id="our fault, before an operation was found"),
    ],
)
def test_an_error_is_named_as_the_operation_names_it(
    error: RingwallError, service: str, operation: str, protocol: str, code: str, status: int
) -> None:
    named = aws_error(error, service, operation, protocol)
    assert (named.code, named.status) == (code, status)
