"""Deploy a stack: a snapshot and a request become a plan, and that a change set."""
