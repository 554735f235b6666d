"""Fixtures of the traffic hooks' tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hook_aws import Aws, Context, stubbed_aws


@pytest.fixture
def aws() -> Iterator[Aws]:
    with stubbed_aws() as both:
        yield both


@pytest.fixture
def context() -> Context:
    return Context()
