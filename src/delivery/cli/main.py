"""The table of commands behind ``deploy_pipeline.py``."""

from __future__ import annotations

import click

from delivery.cli.lazy import LazyCommand, LazyGroup
from delivery.cli.options import common_options

COMMANDS = {
    "deploy": LazyCommand(
        "delivery.cli.deploy:deploy",
        "Create or update foundation and pipeline (the default).",
    ),
    "diff": LazyCommand(
        "delivery.cli.diff:diff", "Show what a deployment would change."
    ),
    "destroy": LazyCommand(
        "delivery.cli.destroy:destroy",
        "Delete stacks, after showing what goes and what stays.",
    ),
    "render": LazyCommand(
        "delivery.cli.render:render",
        "Write what an environment's deployment would be given.",
    ),
    "validate": LazyCommand(
        "delivery.cli.validate:validate",
        "Check configuration and templates, without AWS.",
    ),
    "dependencies": LazyCommand(
        "delivery.cli.dependencies:dependencies",
        "Ask whether a pinned dependency has a known hole.",
    ),
    "measure": LazyCommand(
        "delivery.cli.measure:measure",
        "Put a build's test pass rate and coverage where the dashboard reads them.",
    ),
    "config": LazyCommand(
        "delivery.cli.config:config", "Explain the effective configuration."
    ),
    "strategy": LazyCommand(
        "delivery.cli.strategy:strategy",
        "Predict what a bad release would do, and whether its alarms can fire.",
    ),
    "cost": LazyCommand(
        "delivery.cli.cost:cost",
        "Estimate what the delivery and each environment cost in a month.",
    ),
    "status": LazyCommand(
        "delivery.cli.status:status", "Show where the latest execution stands."
    ),
    "diagnose": LazyCommand(
        "delivery.cli.diagnose:diagnose", "Say why an execution failed, cause first."
    ),
    "logs": LazyCommand(
        "delivery.cli.logs:logs", "Show logs of builds, functions and hooks."
    ),
    "start": LazyCommand("delivery.cli.start:start", "Start an execution."),
    "stop": LazyCommand("delivery.cli.steer:stop", "Stop the running execution."),
    "retry": LazyCommand(
        "delivery.cli.steer:retry", "Run the failed stage of an execution again."
    ),
    "approve": LazyCommand(
        "delivery.cli.approve:approve", "Let an execution pass an approval stage."
    ),
    "reject": LazyCommand(
        "delivery.cli.approve:reject", "Stop an execution at an approval stage."
    ),
    "rotate-token": LazyCommand(
        "delivery.cli.rotate_token:rotate_token",
        "Replace the GitHub token, and prove that the new one works.",
    ),
    "releases": LazyCommand(
        "delivery.cli.releases:releases",
        "Show what was released, and check that its ledger is whole.",
    ),
    "promote": LazyCommand(
        "delivery.cli.promote:promote",
        "Hand a verified release to other places.",
    ),
    "review": LazyCommand(
        "delivery.cli.review:review",
        "Show what an execution would change in an environment.",
    ),
    "report": LazyCommand(
        "delivery.cli.report:report",
        "Show what really happened: pipeline, releases, the five DORA metrics.",
    ),
    "maintenance": LazyCommand(
        "delivery.cli.maintenance:maintenance",
        "Look after it each week, month and quarter; delete what is left over.",
    ),
    "verify": LazyCommand(
        "delivery.cli.verify:verify",
        "Check that an environment is what its ledger says, and answers.",
    ),
    "drill": LazyCommand(
        "delivery.cli.drill:drill",
        "Practise a rollback: back and forward again, under traffic.",
    ),
    "rehearse": LazyCommand(
        "delivery.cli.rehearse:rehearse",
        "Run the whole product on this machine, without AWS.",
    ),
}


@click.group(
    cls=LazyGroup,
    table=COMMANDS,
    default="deploy",
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 88},
)
@common_options
def cli() -> None:
    """Deliver the Medical Record Analysis System: from a commit to production.

    Without a command it deploys the pipeline, and asks for what it needs.
    """


def main() -> None:
    """Run the tool; never returns."""
    cli.main(prog_name="deploy_pipeline.py")
