"""A broken configuration stops every command before it does anything."""

from __future__ import annotations

import pytest
from broken_configurations import BROKEN, Broken


@pytest.mark.parametrize("broken", BROKEN, ids=lambda each: each.name)
def test_deploy_ends_with_bad_input_and_has_changed_nothing(
    run, world, tmp_path, broken: Broken
) -> None:
    path = tmp_path / "environment_config.yaml"
    path.write_text(broken.text, encoding="utf-8")

    result = run(
        "--yes", "--config", str(path), "--owner=clinic", "--repository=records"
    )

    assert result.exit_code == 2
    assert f"environment_config.yaml:{broken.line}: {broken.told}" in result.stderr
    assert result.stdout == ""
    assert world.stacks.requests == [] and world.stacks.stacks == {}
    assert world.secrets.values == {}
