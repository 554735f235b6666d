"""The work of ``destroy``: plan, confirmation, deletion, report."""

from __future__ import annotations


from delivery.cli import ask
from delivery.cli.fitting import echo
from delivery.cli.options import Settings
from delivery.cli.screen import print_result
from delivery.cli.wiring import Tools
from delivery.deploy.removal import PRODUCTION, DestroyPlan, all_stacks
from delivery.errors import BadInput, Refused
from delivery.names import APPLICATION_STACK_PREFIX


def destroy_stacks(
    settings: Settings,
    *,
    environment: str | None,
    stack_name: str | None,
    dry_run: bool,
) -> None:
    """Show what goes and what stays, ask, and delete."""
    tools = Tools(settings)
    destroyer = tools.destroyer()
    plan = destroyer.plan(_names(environment, stack_name))
    for removal in plan.removals:
        for line in removal.lines():
            tools.screen.say(line)
    if plan.removals and not dry_run:
        destroyer.spare_running(plan)
        _confirm(tools, plan)
        destroyer.destroy(plan)
    if settings.as_json:
        print_result({"stacks": plan.as_data(), "dry_run": dry_run})
        return
    echo(_conclusion(plan, dry_run))


def _names(environment: str | None, stack_name: str | None) -> tuple[str, ...]:
    if environment and stack_name:
        raise BadInput(
            "--environment and --stack-name exclude each other.",
            next_step="Give one of them.",
        )
    if environment:
        return (APPLICATION_STACK_PREFIX + environment,)
    return (stack_name,) if stack_name else all_stacks()


def _confirm(tools: Tools, plan: DestroyPlan) -> None:
    """Ask; production's name has to be typed, so that no habit answers."""
    yes = tools.settings.yes
    if plan.touches_production and not yes and ask.is_interactive():
        typed = ask.text(f"Type {PRODUCTION} to delete it", flag="--yes")
        agreed = typed == PRODUCTION
    else:
        agreed = tools.screen.confirm("Delete these stacks?")
    if not agreed:
        raise Refused(
            "Nothing was deleted.",
            why="The deletion was not confirmed.",
            next_step="Run it again when it should be done.",
        )


def _conclusion(plan: DestroyPlan, dry_run: bool) -> str:
    count = len(plan.removals)
    if not count:
        return "There is nothing to delete."
    kept = sum(len(each.holdings.kept) for each in plan.removals)
    left = f" {kept} resources are left behind." if kept else ""
    if dry_run:
        return f"Dry run, nothing was deleted. Stacks that would be: {count}.{left}"
    return f"Deleted stacks: {count}.{left}"
