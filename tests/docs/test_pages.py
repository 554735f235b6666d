"""What README and docs say can be typed, and what they point to is there."""

from __future__ import annotations

import re
import shlex
import subprocess
from pathlib import Path

import click
import pytest

from delivery.cli.main import cli
from delivery.cli.rollback import rollback

ROOT = Path(__file__).resolve().parents[2]
PAGES = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
TOOL = "./deploy_pipeline.py"
ROLLBACK = "./rollback.py"
# Programs of a shell line that are not ours to check.
FOREIGN = {"aws", "curl", "git", "cd", "export", "sam", "pre-commit", "python"}


def _relative(page: Path) -> str:
    return str(page.relative_to(ROOT))


def _shell_lines(page: Path) -> list[str]:
    text = page.read_text(encoding="utf-8")
    blocks = re.findall(r"```(?:sh|bash|console)\n(.*?)```", text, re.S)
    joined = "\n".join(blocks).replace("\\\n", " ")
    return [line.strip().removeprefix("$ ") for line in joined.splitlines() if line]


def _inline_commands(page: Path) -> list[str]:
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.S)
    spans = re.findall(r"`([^`]+)`", text)
    return [span for span in spans if span.startswith((TOOL, ROLLBACK, "make "))]


def _commands(page: Path) -> list[str]:
    lines = [line for line in _shell_lines(page) if not line.startswith("#")]
    return [*lines, *_inline_commands(page)]


COMMANDS = [
    pytest.param(command, id=f"{_relative(page)}: {command}")
    for page in PAGES
    for command in dict.fromkeys(_commands(page))
]


def _targets() -> set[str]:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    return set(re.findall(r"^([a-z]+):", makefile, re.M))


def _parse(words: list[str]) -> None:
    """Let click read the words as the tool would, without running anything."""
    command: click.Command = cli
    if words in (["--help"], ["-h"]):
        return
    context = cli.make_context("deploy_pipeline.py", list(words))
    while isinstance(command, click.Group):
        name, found, rest = command.resolve_command(
            context, [*context.protected_args, *context.args]
        )
        assert found is not None, f"there is no command {name}"
        if {"--help", "-h"} & set(rest):
            return
        command = found
        context = found.make_context(name, list(rest), parent=context)


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_of_the_docs_is_one_the_tool_accepts(command: str) -> None:
    words = shlex.split(re.split(" #| [|<] ", command)[0])
    while words and re.match(r"[A-Z_]+=", words[0]):
        # What a variable is set from is a program too: NAME=$(program …).
        inner = words[0].partition("=$(")[2]
        words = [inner, *words[1:]] if inner else words[1:]
    if not words:
        return
    if words[0] == "make":
        assert set(words[1:]) <= _targets()
    elif words[0] in (TOOL, "deploy_pipeline.py"):
        _parse(
            [
                re.sub(r"^(<.*>|ENV|ENVIRONMENT)$", "production", word)
                for word in words[1:]
            ]
        )
    elif words[0] == ROLLBACK:
        named = [re.sub("^(<.*>|ENV|ENVIRONMENT)$", "production", w) for w in words[1:]]
        rollback.make_context("rollback.py", named)
    elif words[0].startswith("./") or words[0].startswith("."):
        assert (ROOT / words[0]).exists()
    else:
        assert words[0] in FOREIGN, f"say in this test how {words[0]} is checked"


@pytest.mark.parametrize("page", PAGES, ids=_relative)
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    targets = re.findall(r"\]\((?!https?://|#)([^)#]+)", page.read_text("utf-8"))
    missing = [name for name in targets if not (page.parent / name).exists()]
    assert missing == []


def test_the_readme_lists_every_command_of_the_tool() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    context = click.Context(cli)
    missing = [name for name in cli.list_commands(context) if f"`{name}" not in readme]
    assert missing == []


def test_the_readme_lists_the_exit_codes_of_the_errors() -> None:
    from delivery.errors import DeliveryError

    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    codes = {DeliveryError.exit_code}
    codes |= {branch.exit_code for branch in DeliveryError.__subclasses__()}
    missing = [code for code in codes if f"| {code} |" not in readme]
    assert missing == []


def test_pages_speak_of_the_project_alone() -> None:
    tracked = subprocess.run(
        ["git", "ls-files", "*.md", "*.py", "*.yml", "*.yaml", "Makefile", "*.cfg"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    strange = re.compile(r"(?<![\w.])/(?:work|root|home)/(?!\.cache)\w+")
    found = [
        f"{name}:{number}"
        for name in tracked
        if name != _relative(Path(__file__)) and (ROOT / name).exists()
        for number, line in enumerate(
            (ROOT / name).read_text(encoding="utf-8").splitlines(), 1
        )
        if strange.search(line)
    ]
    assert found == []
