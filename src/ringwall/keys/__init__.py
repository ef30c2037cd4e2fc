"""Customer keys, data keys, envelope encryption, and key release to attested enclaves.

Today: one root key ring from a reference (`file:`, `env:`), from which the keys that seal secrets at rest and the keys of text digests
are derived; the keys that sign the logs' checkpoints; customer keys in a local ring or AWS KMS, and the accounts' data keys under them.
"""

from ringwall.keys.keys import Keys, open_keys
from ringwall.keys.log_keys import LogKeys, LogKeyStore
from ringwall.keys.page_tokens import BadPageToken, Digester, PageTokens
from ringwall.keys.root import RootKeys, rotate_root_key

__all__ = ["BadPageToken", "Digester", "Keys", "LogKeyStore", "LogKeys", "PageTokens", "RootKeys", "open_keys", "rotate_root_key"]
