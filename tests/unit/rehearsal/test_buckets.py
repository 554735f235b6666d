"""Bucket policies with their TLS condition."""

from __future__ import annotations

from typing import Any

import pytest

from rehearsal.buckets import applies

WITHOUT_TLS = {"Bool": {"aws:SecureTransport": "false"}}


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        ({}, True),
        (WITHOUT_TLS, False),
        ({"Bool": {"aws:SecureTransport": [True]}}, True),
        ({"StringEquals": {"s3:x-amz-acl": "bucket-owner-full-control"}}, False),
    ],
)
def test_a_statement_counts_when_its_conditions_are_known_to_hold(
    condition: dict[str, Any], holds: bool
) -> None:
    assert applies({"Effect": "Deny", "Condition": condition}) is holds
