"""Make the fakes of the ports importable as ``delivery_fakes``, and hand out fresh ones."""

from __future__ import annotations

import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest


def _load(name: str, file: Path) -> object:
    if name in sys.modules:
        return sys.modules[name]
    spec = spec_from_file_location(name, file)
    assert spec is not None and spec.loader is not None
    module = module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


fakes = _load("delivery_fakes", Path(__file__).parent / "fakes.py")


@pytest.fixture
def clock():
    return fakes.FakeClock()


@pytest.fixture
def stacks():
    return fakes.FakeStacks()


@pytest.fixture
def screen():
    return fakes.FakeScreen()


@pytest.fixture
def pipelines():
    return fakes.FakePipelines()
