"""The work of ``diff``: change sets made, read, removed, and told on stdout."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass


from delivery.cli.answers import Known, collect_answers
from delivery.cli.deploying import (
    in_an_allowed_region,
    product_deployer,
    wanted_deployment,
)
from delivery.cli.fitting import echo
from delivery.cli.options import Settings
from delivery.cli.other import Other, other_differences
from delivery.cli.placing import receives_here, refuse_a_strange_place
from delivery.cli.screen import PlainScreen, make_screen, print_result
from delivery.cli.wiring import Tools
from delivery.deploy.answers import answers_of_a_receiver
from delivery.deploy.differences import Differences, StackDifference
from delivery.deploy.memory import remembered_answers
from delivery.errors import EXIT_DIFFERENT, EXIT_DONE
from delivery.flows.deploy import Deployed
from delivery.model import Answers, ResourceChange
from delivery.names import FOUNDATION_STACK, PIPELINE_NAME, PIPELINE_STACK


@dataclass(frozen=True, slots=True)
class QuietScreen(PlainScreen):
    """Says nothing of changes: they are the result, and that goes to stdout."""

    def say(self, text: str = "") -> None:
        """Say nothing."""

    def changes(
        self,
        title: str,
        changes: Sequence[ResourceChange],
        *,
        widened: Sequence[str] = (),
    ) -> None:
        """Show nothing."""

    @contextmanager
    def working(self, title: str) -> Iterator[Callable[[str], None]]:
        """Show that it takes time all the same."""
        with make_screen(yes=self.yes).working(title) as tell:
            yield tell


def show_differences(settings: Settings, other: Other | None, *, tell: bool) -> int:
    """Print what would change; return the exit code."""
    tools = Tools(settings)
    tools.screen = QuietScreen(yes=settings.yes)
    found = other_differences(tools, other) if other else _of_the_product(tools)
    if settings.as_json:
        print_result(found.as_data())
    else:
        echo("\n".join(found.lines()))
    return EXIT_DIFFERENT if tell and found.different else EXIT_DONE


def _of_the_product(tools: Tools) -> Differences:
    """Look at foundation and pipeline with the answers of the last deployment."""
    settings = in_an_allowed_region(tools.settings, tools.configuration)
    tools.settings = settings
    refuse_a_strange_place(tools)
    answers = _answers(tools)
    deployer = product_deployer(tools, branch=answers.branch, dry_run=True)
    deployed = deployer.deploy(wanted_deployment(tools, answers, None))
    return _differences(deployed, _running(tools))


def _answers(tools: Tools) -> Answers:
    """Return those of the last deployment; a place that others promote to has its own."""
    if receives_here(tools):
        return answers_of_a_receiver()
    memory = tools.config_file.read()
    remembered = remembered_answers(memory, local=tools.settings.local)
    return collect_answers(Known(given=remembered, remembered={}, suggested={}))


def _differences(deployed: Deployed, running: str) -> Differences:
    pairs = (
        (FOUNDATION_STACK, deployed.foundation),
        (PIPELINE_STACK, deployed.pipeline),
    )
    stacks = tuple(
        StackDifference(
            name, each.stack is None, each.changed, each.changes, each.widened
        )
        for name, each in pairs
        if each is not None
    )
    unknown = (
        ""
        if deployed.pipeline
        else f"Stack {PIPELINE_STACK}: known once the foundation's changes are made."
    )
    return Differences(stacks, running, unknown)


def _running(tools: Tools) -> str:
    if tools.pipelines.state(PIPELINE_NAME) is None:
        return ""
    runs = tools.pipelines.executions(PIPELINE_NAME, limit=10)
    return next((each.id for each in runs if each.status.running), "")
