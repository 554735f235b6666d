"""Operate a pipeline: where an execution stands, why it failed, who has to decide."""
