"""What behavioural monitors refuse."""

from __future__ import annotations

from ringwall.errors import AccessDenied, CallerError, Conflict, DependencyError, InvalidRequest, NotFound, Throttled


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


class BehaviourBlocked(AccessDenied, code="behaviour-blocked"):
    """The account's recent queries to the model set off a monitor, and the account's actions say that such calls end here.

    AWS: AccessDeniedException. `kinds` is in the facts; thresholds and scores are not.
    """

    remedy = "if the use is rightful, ask whoever runs this ringwall to calibrate the model's monitors or to change the account's actions"


class BehaviourSlowed(Throttled, code="behaviour-slowed"):
    """As `BehaviourBlocked`, for a while: a row says `throttle`, or as many calls as may be wait already because a row slows them down.

    AWS: ThrottlingException.
    """

    remedy = "repeat the request after a pause, and more slowly"


class TooManyRows(CallerError, code="too-many-rows", status=413, aws="ValidationException"):
    """One call to a model that is watched holds more queries than are judged at once."""

    remedy = "send the rows in several calls"


class AnswerUnread(DependencyError, code="answer-unread", status=502, aws="ModelErrorException"):
    """The model's answer was to be softened, and is of a form whose confidences are not found: it is withheld whole."""

    remedy = "let the model answer in application/json, text/csv or application/x-npy (docs/operations/endpoints.md)"


class MonitorPolicyNotFound(NotFound, code="monitor-policy-not-found"):
    """The account has no monitor policy for this model."""

    remedy = "`ringwall monitor show` lists those that there are"


class TooManyMonitorPolicies(CallerError, code="too-many-monitor-policies", status=400, aws="ServiceQuotaExceededException"):
    """The account has as many monitor policies as it may."""

    remedy = "remove those that are no longer needed, or use one for every model: `*`"


class MonitorPolicyChanged(Conflict, code="monitor-policy-changed"):
    """Other requests changed the account's monitor policies at the same time.

    AWS: ConflictException.
    """

    remedy = "look at the policies that are stored now, and repeat the change if it is still wanted"


class MonitorNotCalibrated(NotFound, code="monitor-not-calibrated"):
    """The account has not calibrated the monitors for this model, so its vectors are not watched."""

    remedy = "`ringwall monitor calibrate MODEL FILE` takes honest traffic"
