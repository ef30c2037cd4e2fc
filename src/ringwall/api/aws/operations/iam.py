"""IAM: every operation that ringwall serves, in one table."""

from __future__ import annotations

from ringwall.api.aws.operation import Operation
from ringwall.api.aws.operations import iam_policies, iam_roles, iam_simulation, iam_users
from ringwall.api.aws.operations.iam_holders import holder_rows

OPERATIONS: tuple[Operation, ...] = (
    *iam_users.OPERATIONS,
    *iam_roles.OPERATIONS,
    *iam_policies.OPERATIONS,
    *iam_simulation.OPERATIONS,
    *holder_rows("User"),
    *holder_rows("Role"),
    *holder_rows("Group"),
)
