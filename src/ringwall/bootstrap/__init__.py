"""The one place where settings meet concrete classes."""

from ringwall.bootstrap.backups import back_up, look_at_storage, put_back
from ringwall.bootstrap.first_start import FirstStart
from ringwall.bootstrap.house import House, load_scorers, open_house
from ringwall.bootstrap.settings import (
    Settings,
    Sourced,
    describe_settings,
    load_settings,
    read_client_environment,
    read_environment,
)
from ringwall.bootstrap.tls import TlsFiles

__all__ = [
    "FirstStart",
    "House",
    "Settings",
    "Sourced",
    "TlsFiles",
    "back_up",
    "describe_settings",
    "load_scorers",
    "load_settings",
    "look_at_storage",
    "open_house",
    "put_back",
    "read_client_environment",
    "read_environment",
]
