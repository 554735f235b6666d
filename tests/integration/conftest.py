"""What the integration tests share: the deployed API, named by STACK_OUTPUTS."""

from __future__ import annotations

import pytest
from deployed import deployed_api
from signed_api import SignedApi


@pytest.fixture(scope="session")
def api() -> SignedApi:
    """Return a signed client of the API under test."""
    return deployed_api()
