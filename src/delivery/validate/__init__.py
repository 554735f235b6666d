"""Findings before any call to AWS: parameters, lint, house rules, proofs.

Each rule is a small function with an id; `rules.RULES` lists them.
"""

from delivery.validate.model import Finding, Level, Rule, Subject
from delivery.validate.rules import RULES, chosen_rules, run_rules, timed_rules

__all__ = [
    "RULES",
    "Finding",
    "Level",
    "Rule",
    "Subject",
    "chosen_rules",
    "run_rules",
    "timed_rules",
]
