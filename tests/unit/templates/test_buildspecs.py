"""The buildspecs: what they promise whoever reads a failed build."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from awsrules.reports import read_junit
from delivery.cli.promote import promote

ROOT = Path(__file__).resolve().parents[3]
PROMOTE = "buildspecs/promote.yml"
SPECS = [
    "buildspec.yml",
    *(f"buildspecs/{n}.yml" for n in ("verify", "record", "review", "rollback")),
    PROMOTE,
]


def read(name: str) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((ROOT / name).read_text(encoding="utf-8"))
    return found


def commands(name: str, phase: str) -> list[str]:
    found: list[str] = read(name)["phases"][phase]["commands"]
    return found


@pytest.mark.parametrize("name", SPECS)
def test_python_is_pinned_and_the_lock_is_what_is_installed(name: str) -> None:
    install = read(name)["phases"]["install"]

    assert install["runtime-versions"] == {"python": "3.11"}
    assert "bash buildspecs/install" in install["commands"][0]


@pytest.mark.parametrize("name", SPECS)
def test_no_command_hides_its_failure(name: str) -> None:
    for phase in read(name)["phases"].values():
        assert phase.get("on-failure", "ABORT") == "ABORT"
        for command in phase["commands"]:
            assert "|| true" not in command
            assert "|| :" not in command


def test_only_the_rehearsal_lets_silence_about_holes_pass() -> None:
    """The switch is the plane's; nothing that reaches AWS sets it."""
    switch = "DEPENDENCY_AUDIT_WHEN_UNREACHABLE"
    shipped = [*(ROOT / "templates").glob("*"), ROOT / "buildspec.yml"]
    shipped += [each for each in (ROOT / "buildspecs").rglob("*") if each.is_file()]

    assert [each for each in shipped if switch in each.read_text("utf-8")] == []
    assert "--when-unreachable" not in (ROOT / "buildspecs/checks.sh").read_text(
        "utf-8"
    )


def test_what_was_asked_about_holes_is_kept_with_the_execution() -> None:
    kept = read("buildspec.yml")["env"]["exported-variables"]

    assert "DEPENDENCY_AUDIT" in kept
    assert (
        "deploy_pipeline.py dependencies" in (ROOT / "buildspecs/checks.sh").read_text()
    )


def test_the_pipeline_runs_these_buildspecs(pipeline) -> None:
    used = {
        each["Properties"]["Source"]["BuildSpec"]
        for name, each in pipeline["Resources"].items()
        if each["Type"] == "AWS::CodeBuild::Project" and name != "CheckProject"
    }

    assert used == set(SPECS)


def test_the_promotion_runs_the_tool_with_what_the_build_is_told() -> None:
    """Every value has its variable, so that nothing stands on a command line."""
    (command,) = commands(PROMOTE, "build")
    words = command.split()

    assert words == [".cache/tool/bin/python", "deploy_pipeline.py", "promote"]
    told = {each.envvar for each in promote.params if getattr(each, "envvar", None)}
    text = (ROOT / PROMOTE).read_text(encoding="utf-8")
    assert len(told) == 5
    assert {each for each in told if each not in text} == set()


def test_each_report_has_its_group(pipeline) -> None:
    groups = {
        each["Properties"]["Name"]["Fn::Sub"].partition("}")[2]
        for each in pipeline["Resources"].values()
        if each["Type"] == "AWS::CodeBuild::ReportGroup"
    }

    assert groups == {
        *(f"Build-{name}" for name in read("buildspec.yml")["reports"]),
        *(f"Verify-{name}" for name in read("buildspecs/verify.yml")["reports"]),
    }


def test_a_failed_build_publishes_nothing(tmp_path: Path) -> None:
    """Its artifacts are in a folder that only a successful build makes."""
    guard = commands("buildspec.yml", "post_build")[0]
    assert read("buildspec.yml")["artifacts"]["base-directory"] == "build/release"

    for succeeding, status in (("0", 1), ("1", 0)):
        ran = subprocess.run(
            ["bash", "-c", guard],
            env={**os.environ, "CODEBUILD_BUILD_SUCCEEDING": succeeding},
            check=False,
        )
        assert ran.returncode == status
    for phase in ("install", "pre_build", "build"):
        assert "build/release" not in " ".join(commands("buildspec.yml", phase))


# Stands in for the tool: tells what it was asked, which reports it found, and fails.
MEASURES = """\
import pathlib, sys
print(*sys.argv[1:], *sorted(each.name for each in pathlib.Path().glob("*.xml")))
sys.exit(4)
"""


@pytest.fixture
def halves(tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """The build's tests over a project with one tested function and one half that passes."""
    for folder in ("buildspecs", "src", "tests/unit/delivery", "tests/contract"):
        (tmp_path / folder).mkdir(parents=True)
    shutil.copy(ROOT / "buildspecs/tests.sh", tmp_path / "buildspecs")
    (tmp_path / "setup.cfg").write_text(
        "[tool:pytest]\npythonpath = src\nmarkers =\n    thorough: long\n"
        "[coverage:run]\nsource =\n    src\n"
    )
    (tmp_path / "deploy_pipeline.py").write_text(MEASURES)
    (tmp_path / "tests/unit/test_sum.py").write_text(
        "import sums\n\ndef test_sum():\n    assert sums.add(1, 2) == 3\n"
    )

    def run(code: str, tool: str) -> subprocess.CompletedProcess[str]:
        (tmp_path / "src/sums.py").write_text(code)
        (tmp_path / "tests/unit/delivery/test_tool.py").write_text(tool)
        return subprocess.run(
            ["bash", "buildspecs/tests.sh"],
            cwd=tmp_path,
            env={**os.environ, "PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin"},
            capture_output=True,
            text=True,
            check=False,
        )

    return run


ADD = "def add(a, b):\n    return a + b\n"
PASSES = "def test_tool():\n    assert 1 + 1 == 2\n"
UNCOVERED = "def other(a):\n" + "    a += 1\n" * 10


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("code", "tool", "status", "said"),
    [
        (ADD, PASSES, 0, "1 passed"),
        (ADD, PASSES.replace("== 2", "== 3"), 1, "These tests failed: tool"),
        (ADD.replace("+", "-"), PASSES, 1, "These tests failed: application"),
        (ADD + UNCOVERED, PASSES, 2, "total of 23 is less than fail-under=80"),
    ],
)
def test_one_failed_test_or_too_little_coverage_fails_the_build(
    halves: Callable[..., subprocess.CompletedProcess[str]],
    code: str,
    tool: str,
    status: int,
    said: str,
    tmp_path: Path,
) -> None:
    ran = halves(code, tool)

    assert said in ran.stdout + ran.stderr
    assert ran.returncode == status
    # Measured in any case; that the tool failed at it changes nothing.
    measured = next(e for e in ran.stdout.splitlines() if e.startswith("measure "))
    assert "junit.xml" in measured
    assert ("coverage.xml" in measured) == (status != 1)
    cases = {case["name"] for case in read_junit(tmp_path / "junit.xml")}
    assert cases == {"test_sum", "test_tool"}


def test_what_later_stages_need_travels_in_the_artifact() -> None:
    (copy,) = [
        each
        for each in commands("buildspec.yml", "post_build")
        if each.startswith("cp ")
    ]

    for needed in (
        "buildspecs",
        "deploy_pipeline.py",
        "environment_config.yaml",
        "requirements",
        "src/delivery",
        "src/awsrules",
        "tests/smoke",
        "tests/integration",
        "tests/post_deploy",
        "tests/support",
        "setup.cfg",
        "pyproject.toml",
    ):
        assert needed in copy.split()


def custom_step() -> str:
    (found,) = [
        each
        for each in commands("buildspec.yml", "build")
        if "buildspecs/custom" in each
    ]
    return found


def run_custom(folder: Path, steps: dict[str, str]) -> subprocess.CompletedProcess[str]:
    (folder / "buildspecs" / "custom").mkdir(parents=True)
    for name, text in steps.items():
        (folder / "buildspecs" / "custom" / name).write_text(text, encoding="utf-8")
    return subprocess.run(
        ["bash", "-c", custom_step()],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


def test_custom_steps_run_in_the_order_of_their_names(tmp_path: Path) -> None:
    ran = run_custom(tmp_path, {"20-b.sh": "echo second", "10-a.sh": "echo first"})

    assert ran.returncode == 0
    assert ran.stdout.index("first") < ran.stdout.index("second")


@pytest.mark.parametrize(
    "text", ["false\necho on", "exit 3", "echo $UNSET_NAME", "false | cat"]
)
def test_a_custom_step_that_fails_ends_the_build(tmp_path: Path, text: str) -> None:
    ran = run_custom(tmp_path, {"10-a.sh": text, "20-b.sh": "echo never"})

    assert ran.returncode != 0
    assert "never" not in ran.stdout


def test_the_example_of_a_custom_step_runs() -> None:
    ran = subprocess.run(
        ["bash", "-euo", "pipefail", "buildspecs/custom/00-example.sh"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert ran.returncode == 0, ran.stderr
    assert "The configuration of this build is" in ran.stdout


CHECKED = [
    *("deploy_pipeline.py", "rollback.py"),
    *(f"src/{n}/a.py" for n in ("delivery", "awsrules", "functions", "hooks")),
    *(f"tests/{n}/a.py" for n in ("contract", "docs", "integration", "post_deploy")),
    *(f"tests/{n}/a.py" for n in ("smoke", "support", "unit")),
]
RULES = ["setup.cfg", "pyproject.toml", ".bandit.yaml", "requirements/project.lock"]

REFUSES_BAD = """#!/bin/sh
echo "$@" >{given}
for each in "$@"; do
  [ -f "$each" ] && grep -H BAD "$each" && bad=1
done
exit ${{bad:-0}}
"""


@pytest.fixture
def checks(tmp_path: Path) -> Callable[[], tuple[int, str, str]]:
    """The checks over small files, with programs that refuse every file that says BAD.

    Gives the exit status, what was said, and what black was given.
    """
    for name in (*CHECKED, *RULES):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name, encoding="utf-8")
    shutil.copy(ROOT / "buildspecs/checks.sh", tmp_path)
    for name in ("flake8", "black", "bandit", "python"):
        program = tmp_path / "bin" / name
        program.parent.mkdir(exist_ok=True)
        text = REFUSES_BAD.format(given=tmp_path / f"given.{name}")
        program.write_text(text if name != "python" else "#!/bin/sh\nexit 0\n")
        program.chmod(0o755)

    def run() -> tuple[int, str, str]:
        given = tmp_path / "given.black"
        given.unlink(missing_ok=True)
        ran = subprocess.run(
            ["bash", "checks.sh"],
            cwd=tmp_path,
            env={**os.environ, "PATH": f"{tmp_path}/bin:/usr/bin:/bin"},
            capture_output=True,
            text=True,
            check=False,
        )
        return ran.returncode, ran.stdout, given.read_text() if given.exists() else ""

    return run


def test_a_failed_check_fails_the_checks_and_is_shown(
    tmp_path: Path, checks: Callable[[], tuple[int, str, str]]
) -> None:
    (tmp_path / "tests/unit/a.py").write_text("BAD", encoding="utf-8")

    for _ in range(2):  # what failed is never remembered as passed
        status, said, _ = checks()

        assert status == 1
        assert "flake8: FAILED" in said
        assert "tests/unit/a.py:BAD" in said
        assert "bandit: passed" in said
        assert "These checks failed: flake8 black" in said


def test_a_file_that_passed_is_not_checked_again_until_it_or_the_rules_change(
    tmp_path: Path, checks: Callable[[], tuple[int, str, str]]
) -> None:
    status, said, given = checks()
    assert status == 0, said
    assert sorted(CHECKED) == sorted(given.split()[1:])  # after --check
    assert f"black: passed ({len(CHECKED)} of {len(CHECKED)} files" in said

    assert checks()[2] == ""

    (tmp_path / "src/hooks/a.py").write_text("changed", encoding="utf-8")
    assert checks()[2].split()[1:] == ["src/hooks/a.py"]

    (tmp_path / "setup.cfg").write_text("other rules", encoding="utf-8")
    assert sorted(CHECKED) == sorted(checks()[2].split()[1:])
