"""The page about strategy tells of every rule and option, and of no other."""

from __future__ import annotations

import re
from pathlib import Path

from delivery.cli.strategy import strategy

ROOT = Path(__file__).resolve().parents[4]
PAGE = (ROOT / "docs" / "strategy.md").read_text(encoding="utf-8")


def test_every_rule_is_documented_and_no_other() -> None:
    source = "".join(
        (ROOT / "src/delivery/strategy" / name).read_text(encoding="utf-8")
        for name in ("findings.py", "liveness.py")
    )
    rules = set(re.findall(r'"((?:alarm|shift|too)-[a-z-]+)"', source))
    documented = set(re.findall(r"^\| `((?:alarm|shift|too)-[a-z-]+)` \|", PAGE, re.M))
    assert documented == rules


def test_every_option_of_its_own_is_documented_with_its_default() -> None:
    rows = dict(re.findall(r"^\| `(--[a-z-]+)` \| ([^|]+) \|", PAGE, re.M))
    for option in strategy.params:
        name = option.opts[0]
        if name in rows:
            default = str(option.default).removesuffix(".0")
            assert rows[name].strip() == default
    assert set(rows) == {
        "--rate",
        "--error-rate",
        "--baseline",
        "--response-minutes",
    }
