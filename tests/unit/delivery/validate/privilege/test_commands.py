"""What commands call, read from the tool's own adapters."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from delivery.validate.privilege.commands import _COMMANDS, calls_of, uses_in

FLOWS = Path(__file__).resolve().parents[5] / "src" / "delivery"

# Methods that make no call of AWS, and those of the ledger that only other commands reach.
NOT_HERE = {
    "releases record": {"touched"},
    "review": {"page", "put_new", "touched", "url"},
    "verify": {"put_new", "touched"},
}


def test_a_methods_calls_are_followed_through_its_helpers() -> None:
    names = [action for action, _ in calls_of("deployed.StackReader.contents")]
    assert sorted(names) == [
        "cloudformation:DescribeStacks",
        "cloudformation:GetTemplate",
        "cloudformation:ListStackResources",
    ]
    (only,) = calls_of("verification.CloudWatchLogs.errors")
    assert only[0] == "logs:FilterLogEvents"


def test_a_method_of_a_base_class_is_found_in_the_class_that_inherits_it() -> None:
    (found,) = calls_of("review.ThrowawayChangeSets.discard")
    assert found[0] == "cloudformation:DeleteChangeSet"


def test_a_row_for_a_method_that_is_gone_is_an_error() -> None:
    with pytest.raises(LookupError, match="StackReader.forgotten"):
        calls_of("deployed.StackReader.forgotten")


def test_every_row_calls_something() -> None:
    methods = [each for used in _COMMANDS.values() for each in used if ":" not in each]
    assert len(methods) > 30
    assert [each for each in methods if not calls_of(each)] == []


@pytest.mark.parametrize(
    ("command", "files"),
    [
        ("releases record", ("flows/record.py", "ledger/book.py")),
        ("review", ("flows/review.py", "flows/firing.py", "ledger/book.py")),
        ("verify", ("flows/verify.py", "ledger/book.py")),
    ],
)
def test_what_a_commands_flow_calls_on_a_port_stands_in_its_rows(
    command: str, files: tuple[str, ...]
) -> None:
    ports = "stacks|functions|pipelines|store|builds|reports|states"
    text = "".join((FLOWS / each).read_text() for each in files)
    called = set(re.findall(rf"self\.(?:{ports})\.(\w+)\(", text))
    rows = next(v for k, v in _COMMANDS.items() if k.endswith(command))
    listed = {each.rpartition(".")[2] for each in rows if ":" not in each}
    assert len(called & listed) >= 2
    assert called - listed <= NOT_HERE[command]


def test_a_script_is_read_with_the_buildspec_that_runs_it(tmp_path: Path) -> None:
    (tmp_path / "buildspecs").mkdir()
    script = "# aws s3 rm x\naws sqs purge-queue --queue-url u\n"
    (tmp_path / "buildspecs" / "own.sh").write_text(script)
    (use,) = uses_in("- bash buildspecs/own.sh now", tmp_path, "buildspec.yml")
    assert (use.action, use.where) == ("sqs:PurgeQueue", "buildspecs/own.sh")


def test_the_custom_steps_of_a_build_are_read_as_the_build_runs_them(
    tmp_path: Path,
) -> None:
    steps = tmp_path / "buildspecs" / "custom"
    steps.mkdir(parents=True)
    (steps / "10-tell.sh").write_text("aws sns publish --topic-arn t --message m\n")
    loop = 'for step in buildspecs/custom/*.sh; do bash "$step"; done'
    (use,) = uses_in(loop, tmp_path, "buildspec.yml")
    assert use.action == "sns:Publish"
    assert use.where == "buildspecs/custom/10-tell.sh"


def test_an_environment_that_a_command_names_narrows_its_needs(tmp_path: Path) -> None:
    text = "python deploy_pipeline.py verify production"
    assert {each.environment for each in uses_in(text, tmp_path, "b")} == {"production"}
    open_one = 'python deploy_pipeline.py releases record "$ENVIRONMENT"'
    assert {each.environment for each in uses_in(open_one, tmp_path, "b")} == {""}
