"""Accounts, principals, credentials, and the permission check with its inputs looked up."""
