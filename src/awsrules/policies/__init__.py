"""What IAM decides about one request, from the policies that apply to it.

``evaluate`` is the whole: identity policies, the permissions boundary and the policy of the
resource. Service control policies and session policies are not looked at. Source: AWS IAM
User Guide, "Policy evaluation logic".
"""

from awsrules.policies.evaluate import evaluate, trusts
from awsrules.policies.matching import matches_action, matches_pattern
from awsrules.policies.model import (
    ALLOWED,
    Decision,
    Outcome,
    Policy,
    Request,
    Statement,
    read_policy,
    statements_of,
)

__all__ = [
    "ALLOWED",
    "Decision",
    "Outcome",
    "Policy",
    "Request",
    "Statement",
    "evaluate",
    "matches_action",
    "matches_pattern",
    "read_policy",
    "statements_of",
    "trusts",
]
