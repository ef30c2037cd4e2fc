"""How many of each an account may have: AWS's defaults.

Source: IAM User Guide, "IAM and AWS STS quotas".
"""

from __future__ import annotations

from typing import Final

ACCESS_KEYS_PER_USER: Final = 2
API_KEYS_PER_USER: Final = 2
GROUPS_PER_USER: Final = 10
ATTACHED_POLICIES: Final = 10  # per user, role or group
VERSIONS_PER_POLICY: Final = 5
USERS: Final = 5_000
GROUPS: Final = 300
ROLES: Final = 1_000
POLICIES: Final = 1_500
MANAGED_POLICY_CHARS: Final = 6_144  # white space does not count
TRUST_POLICY_CHARS: Final = 2_048
SESSION_POLICY_CHARS: Final = 2_048
SESSION_POLICY_ARNS: Final = 10
INLINE_POLICY_CHARS: Final = {"user": 2_048, "group": 5_120, "role": 10_240}  # all inline policies of one together
