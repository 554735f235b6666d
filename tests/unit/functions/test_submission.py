"""A bundle's way from text to a stored analysis."""

from __future__ import annotations

import json

import synthetic
from medical_records.submission import Submission, read_submission


def test_same_content_in_another_order_has_the_same_id() -> None:
    bundle = synthetic.bundle(seed=1)
    turned = dict(reversed(bundle.items()))

    one = read_submission(json.dumps(bundle))
    other = read_submission(json.dumps(turned, indent=2))

    assert isinstance(one, Submission) and isinstance(other, Submission)
    assert one.analysis_id == other.analysis_id
