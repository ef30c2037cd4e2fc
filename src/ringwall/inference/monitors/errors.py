"""What behavioural monitors refuse."""

from __future__ import annotations

from ringwall.errors import AccessDenied, Conflict, InvalidRequest


class UnreadableVector(InvalidRequest, code="unreadable-vector"):
    """The input is not a vector of finite numbers of the length that the model takes.

    AWS: ValidationException. The numbers themselves are not in the message.
    """

    remedy = "send as many finite numbers as the model takes"


class InvalidCalibration(InvalidRequest, code="invalid-calibration"):
    """The benign traffic that was given cannot calibrate the monitors.

    AWS: ValidationException.
    """

    remedy = "docs/operations/monitors.md says how much benign traffic is needed, and of what kind"


class CalibrationChanged(Conflict, code="calibration-changed"):
    """Another request stored a calibration of the model at the same time.

    AWS: ConflictException.
    """

    remedy = "look at the calibration that is stored now, and repeat the change if it is still wanted"


class InvalidActions(InvalidRequest, code="invalid-actions"):
    """The table of actions is malformed.

    AWS: ValidationException.
    """

    remedy = "docs/operations/monitors.md shows one"


class BehaviourBlocked(AccessDenied, code="behaviour-blocked"):
    """The account's recent queries to the model set off a monitor, and the account's actions say that such calls end here.

    AWS: AccessDeniedException. `kinds` is in the facts; thresholds and scores are not.
    """

    remedy = "if the use is rightful, ask whoever runs this ringwall to calibrate the model's monitors or to change the account's actions"
