"""Server-rendered pages over the same operations; templates, one stylesheet, one small script.

What stands between a request and a page, in order:

1. Host check and size limits (the application's, before anything else is looked at).
2. Static files and the sign-in page need no session; everything else does.
3. A form must come from a page of this very origin, and carry the session's token.
4. The page calls native operations in process: the same permission check and the same record as over HTTP.
"""

from __future__ import annotations

from ringwall.console.console import Console

__all__ = ["Console"]
