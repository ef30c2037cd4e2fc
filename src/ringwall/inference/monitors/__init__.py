"""Behavioural monitors, per account and model: attacks on classic models that need many queries, and unusual use of any model."""

from ringwall.inference.monitors.actions import DEFAULT_ACTIONS, Action, ActionRow, ActionTable, Response, parse_actions, respond
from ringwall.inference.monitors.calibration import Calibration, Terms, calibrate
from ringwall.inference.monitors.errors import BehaviourBlocked, CalibrationChanged, InvalidActions, InvalidCalibration, UnreadableVector
from ringwall.inference.monitors.monitors import Monitors, Snapshot
from ringwall.inference.monitors.query import Confidences, Kind, Query, Signal
from ringwall.inference.monitors.stored import StoredMonitors

__all__ = [
    "DEFAULT_ACTIONS",
    "Action",
    "ActionRow",
    "ActionTable",
    "BehaviourBlocked",
    "Calibration",
    "CalibrationChanged",
    "Confidences",
    "InvalidActions",
    "InvalidCalibration",
    "Kind",
    "Monitors",
    "Query",
    "Response",
    "Signal",
    "Snapshot",
    "StoredMonitors",
    "Terms",
    "UnreadableVector",
    "calibrate",
    "parse_actions",
    "respond",
]
