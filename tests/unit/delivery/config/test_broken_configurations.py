"""Broken configurations: each is refused by file, line, key and what is allowed."""

from __future__ import annotations

from pathlib import Path

import pytest
from broken_configurations import BROKEN, Broken

from delivery.config import load_configuration
from delivery.errors import BadInput


@pytest.mark.parametrize("broken", BROKEN, ids=lambda each: each.name)
def test_a_broken_configuration_is_refused_with_its_line_and_key(
    tmp_path: Path, broken: Broken
) -> None:
    path = tmp_path / "environment_config.yaml"
    path.write_text(broken.text, encoding="utf-8")

    with pytest.raises(BadInput) as refused:
        load_configuration(path)

    assert f"environment_config.yaml:{broken.line}: {broken.told}" in str(refused.value)


def test_the_list_is_long_enough_to_mean_something() -> None:
    assert len({each.text for each in BROKEN}) == len(BROKEN) >= 30


def test_what_is_no_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "environment_config.yaml"
    path.write_bytes(b"version: 1\n\xff\xfe\n")

    with pytest.raises(BadInput, match="cannot be read"):
        load_configuration(path)
