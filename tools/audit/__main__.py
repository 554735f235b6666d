"""Run all validators side by side and tell what they found: `make audit`."""

from __future__ import annotations

import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import monotonic

from audit.material import gather
from audit.model import Finding, Material
from audit.skips import Skip, left_out, remaining, skips_in
from audit.validators import VALIDATORS

ROOT = Path(__file__).resolve().parents[2]
PROGRAMS = ROOT / ".venv-audit" / "bin"
LEFT_OUT = Path(__file__).with_name("left_out.yaml")


def main() -> int:
    """Give 0 when nobody finds anything, 1 otherwise."""
    begun = monotonic()
    with tempfile.TemporaryDirectory(prefix="audit-") as folder:
        material = gather(ROOT, Path(folder))
        found = run_all(material, PROGRAMS)
    skips = skips_of(material)
    everything = list(dict.fromkeys(each for many in found.values() for each in many))
    open_ones = remaining(everything, skips)
    for each in sorted(open_ones, key=str):
        print(each)
    for tool, findings in found.items():
        print(f"{tool}: {len(findings)} found")
    print(
        f"{len(open_ones)} findings, {len(skips)} taken away with a reason, "
        f"{len(material.policies)} policies, {monotonic() - begun:.1f} s."
    )
    return 1 if open_ones else 0


def run_all(material: Material, programs: Path) -> dict[str, list[Finding]]:
    """Run the validators at the same time, each in processes of its own.

    Raises:
        DidNotRun: when one of them gave no answer.
    """
    with ThreadPoolExecutor(max_workers=len(VALIDATORS)) as pool:
        begun = {
            tool: pool.submit(run, material, programs)
            for tool, run in VALIDATORS.items()
        }
        return {tool: each.result() for tool, each in begun.items()}


def skips_of(material: Material) -> list[Skip]:
    """Give what the templates' comments and `left_out.yaml` take away."""
    beside = [
        skip
        for name in material.sources
        for skip in skips_in((material.root / name).read_text(encoding="utf-8"), name)
    ]
    return [*left_out(LEFT_OUT), *beside]


if __name__ == "__main__":
    sys.exit(main())
