"""The work of ``diagnose``: the failures of a status, the cause first."""

from __future__ import annotations

from collections.abc import Iterator


from delivery.cli.fitting import echo
from delivery.cli.options import Settings
from delivery.cli.screen import print_result
from delivery.cli.wiring import Tools
from delivery.operate.status import Failure, Status


def show_diagnosis(settings: Settings, execution_id: str) -> None:
    """Print why the execution failed, or that it did not."""
    status = Tools(settings).status_reader().read_with_failures(execution_id)
    if settings.as_json:
        execution = status.execution
        print_result(
            {
                "execution": execution.id if execution else None,
                "status": execution.status.value if execution else "NotStarted",
                "failures": [each.as_data() for each in status.failures],
            }
        )
        return
    echo("\n".join(diagnosis_lines(status)))


def diagnosis_lines(status: Status) -> list[str]:
    """Return the diagnosis as lines; the first one names the cause."""
    if status.failures:
        return [line for each in status.failures for line in _lines(each)]
    execution = status.execution
    if execution is None:
        return ["There is no execution yet. Next: ./deploy_pipeline.py start"]
    summary = f": {execution.status_summary}" if execution.status_summary else ""
    return [
        f"No action of execution {execution.id} failed; it is "
        f"{execution.status.value}{summary}."
    ]


def _lines(failure: Failure) -> Iterator[str]:
    yield f"{failure.stage}/{failure.action}: {failure.cause}"
    for detail in dict.fromkeys([*failure.details, *failure.tests]):
        yield f"  {detail}"
    if failure.url:
        yield f"  Log:  {failure.url}"
    if failure.next_step:
        yield f"  Next: {failure.next_step}"
