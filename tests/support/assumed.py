"""Run a test under every setting of what AWS does not document."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from rehearsal.assumptions import Setting, each_alone, every_combination

# The plane's own answers, and each other answer alone among them.
under_each_assumption = pytest.mark.parametrize("setting", each_alone(), ids=str)
# All answers to all questions: for tests that take no time.
under_every_assumption = pytest.mark.parametrize(
    "setting", every_combination(), ids=str
)


@contextmanager
def assuming(control: Callable[..., Any], setting: Setting) -> Iterator[None]:
    """Let ``setting`` be in force, until all faults are cleared at the end."""
    for name in setting.names:
        control("POST", "faults", {"kind": "assumption", "target": name})
    try:
        yield
    finally:
        control("DELETE", "faults")
