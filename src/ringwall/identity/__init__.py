"""Accounts, principals, credentials, and the permission check with its inputs looked up."""

from ringwall.identity.access_keys import NewAccessKey, NewApiKey
from ringwall.identity.caller import Caller
from ringwall.identity.entities import Account, User
from ringwall.identity.room import Administrator, Identity

__all__ = ["Account", "Administrator", "Caller", "Identity", "NewAccessKey", "NewApiKey", "User"]
