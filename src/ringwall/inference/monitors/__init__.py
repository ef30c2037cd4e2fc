"""Behavioural monitors, per account and model: attacks on classic models that need many queries, and unusual use of any model."""

from ringwall.inference.monitors.actions import Action, ActionRow, ActionTable, Response, respond
from ringwall.inference.monitors.calibration import Calibration, Terms, calibrate
from ringwall.inference.monitors.errors import (
    AnswerUnread,
    BehaviourBlocked,
    BehaviourSlowed,
    CalibrationChanged,
    InvalidCalibration,
    MonitorPolicyNotFound,
    TooManyRows,
    UnreadableVector,
)
from ringwall.inference.monitors.monitors import Monitors, Snapshot
from ringwall.inference.monitors.policies import EVERY_MODEL, StoredPolicies
from ringwall.inference.monitors.query import Confidences, Kind, Query, Signal
from ringwall.inference.monitors.stored import Seen, StoredMonitors, kept_salt
from ringwall.inference.monitors.watching import BehaviourMonitors, Watched

__all__ = [
    "EVERY_MODEL",
    "Action",
    "ActionRow",
    "ActionTable",
    "AnswerUnread",
    "BehaviourBlocked",
    "BehaviourMonitors",
    "BehaviourSlowed",
    "Calibration",
    "CalibrationChanged",
    "Confidences",
    "InvalidCalibration",
    "Kind",
    "MonitorPolicyNotFound",
    "Monitors",
    "Query",
    "Response",
    "Seen",
    "Signal",
    "Snapshot",
    "StoredMonitors",
    "StoredPolicies",
    "Terms",
    "TooManyRows",
    "UnreadableVector",
    "Watched",
    "calibrate",
    "kept_salt",
    "respond",
]
