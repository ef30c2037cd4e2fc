"""IAM and Cedar evaluators, information-flow labels, temporal monitors: the permission decision as a function.

Today: IAM, and the rules of web ACLs (`waf`).
"""

from ringwall.policies.compiled import CompiledStatement, PolicySet, Request, StatementId, compile_policies
from ringwall.policies.document import Policy, Statement
from ringwall.policies.errors import MalformedPolicyDocument, PolicyTooLarge
from ringwall.policies.evaluation import Decision, PolicySets, evaluate, request_context
from ringwall.policies.grammar import parse_policy, read_stored_policy

__all__ = [
    "CompiledStatement",
    "Decision",
    "MalformedPolicyDocument",
    "Policy",
    "PolicySet",
    "PolicySets",
    "PolicyTooLarge",
    "Request",
    "Statement",
    "StatementId",
    "compile_policies",
    "evaluate",
    "parse_policy",
    "read_stored_policy",
    "request_context",
]
