"""The work of ``rehearse run``: compose the rehearsal, and report what it saw."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import urlsplit


from delivery.cli.deploying import (
    deploy_to_place,
    product_deployer,
    remember,
    wanted_deployment,
)
from delivery.cli.fitting import echo, table
from delivery.cli.options import Settings
from delivery.cli.screen import print_dry_run, print_result
from delivery.cli.showing import failure_lines
from delivery.cli.source import push_branch
from delivery.cli.straining import Wanted, make_strain, strained_lines
from delivery.cli.wiring import PlaneSettings, Tools
from delivery.flows.deploy import Deployed
from delivery.flows.rehearse_places import Received, RehearsedPlace
from delivery.flows.rehearse import Rehearsal, Rehearser
from delivery.names import DEFAULT_REGION
from delivery.model import Answers, Hidden, Outcome, Push
from delivery.operate.shift import AliasJourney

if TYPE_CHECKING:
    from delivery.config import Place

_DONE = 0
_FAILED = 1

NEXT_COMMANDS = (
    "./deploy_pipeline.py --local status",
    "./deploy_pipeline.py --local start",
    './deploy_pipeline.py --local approve ApproveStaging --comment "…"',
    "aws --endpoint-url {endpoint} codepipeline get-pipeline-state "
    "--name MedicalRecordAnalysisPipeline",
    "./deploy_pipeline.py --local verify production",
    "./rollback.py production --local",
    "./deploy_pipeline.py rehearse run --inject production:errors=30%",
    "./deploy_pipeline.py rehearse stop",
)


def rehearse_two_releases(
    settings: Settings,
    where: PlaneSettings,
    *,
    dry_run: bool,
    asked: Wanted | None = None,
) -> int:
    """Run the rehearsal and report it; return the exit code."""
    local = replace(settings, local=True, yes=True)
    tools = Tools(local, plane_settings=where, brief=True)
    if dry_run:
        print_dry_run(
            f"a plane would be started on port {where.port}, and two releases made on "
            "it; state that a running plane holds is discarded",
            *(
                f"the second release would have {injection}"
                for injection in (asked.injections if asked else ())
            ),
            as_json=settings.as_json,
        )
        return _DONE
    rehearsal = make_rehearser(tools, asked).run(tools.repository.work_tree())
    if settings.as_json:
        print_result(rehearsal.as_data())
    else:
        echo("\n".join(report_lines(rehearsal)))
    return _DONE if rehearsal.outcome is Outcome.PASSED else _FAILED


def make_rehearser(tools: Tools, asked: Wanted | None = None) -> Rehearser:
    """Compose the rehearsal; what talks to the plane is made once it runs.

    It acts in one account of the plane, which stands for the home's, whichever that is.
    """
    from delivery.config import in_one_account, of_other_accounts

    elsewhere = of_other_accounts(tools.configuration)
    tools.configuration = in_one_account(tools.configuration)

    def deploy(answers: Answers, token: Hidden) -> Deployed:
        deployer = product_deployer(tools, branch=answers.branch, dry_run=False)
        pushed_already = replace(deployer, before_pipeline=lambda: None)
        deployed = pushed_already.deploy(wanted_deployment(tools, answers, token))
        remember(tools, answers, deployed)
        return deployed

    def place_of(region: str) -> RehearsedPlace:
        there = Tools(
            replace(tools.settings, region=region),
            plane_settings=tools.plane_settings,
            brief=True,
        )
        there.screen, there.plane = tools.screen, tools.plane
        there.configuration = tools.configuration
        return RehearsedPlace(
            region,
            deploy=lambda: deploy_to_place(there),
            pipelines=lambda: there.pipelines,
            reader=there.status_reader,
            clock=there.clock,
            poll_seconds=there.poll_seconds,
        )

    def push(branch: str) -> Push:
        return push_branch(tools, branch)

    return Rehearser(
        plane=tools.plane,
        pipelines=lambda: tools.pipelines,
        stacks=lambda: tools.stacks,
        functions=lambda: tools.functions,
        reader=tools.status_reader,
        decider=tools.decider,
        clock=tools.clock,
        screen=tools.screen,
        deploy=deploy,
        push=push,
        poll_seconds=tools.poll_seconds,
        strain=(lambda: make_strain(tools, asked)) if asked else None,
        places=[place_of(each) for each in tools.configuration.pipeline.promotes_to],
        left_out=[_left_out(each) for each in elsewhere],
    )


def _left_out(place: Place) -> dict[str, str]:
    """Say of a place of another account that it is not rehearsed, and what can be done."""
    return {
        "resource": str(place),
        "type": "a place of another account",
        "reason": "neither deployed nor promoted to; by hand, as docs/places.md has it: "
        f"AWS_ACCESS_KEY_ID={place.account} ./deploy_pipeline.py --local deploy "
        f"--region {place.region}",
    }


def report_lines(rehearsal: Rehearsal) -> Iterator[str]:
    """Yield the report that a rehearsal ends with."""
    yield from _timing_lines(rehearsal)
    for release in rehearsal.releases:
        for failure in release.status.failures:
            yield from failure_lines(failure)
    for place in rehearsal.received:
        yield from _received_lines(place)
    yield from _shift_lines(rehearsal)
    if rehearsal.strained is not None:
        yield from strained_lines(rehearsal.strained)
    yield from _not_rehearsed_lines(rehearsal)
    yield from _not_allowed_lines(rehearsal)
    yield from _api_lines(rehearsal)
    yield from ("", "Try next:")
    for command in NEXT_COMMANDS:
        yield f"  {command.format(endpoint=rehearsal.endpoint_url)}"
    if rehearsal.verdict:
        yield from ("", rehearsal.verdict)
    yield from ("", f"The rehearsal {rehearsal.outcome.value}.")


def _timing_lines(rehearsal: Rehearsal) -> Iterator[str]:
    yield ""
    for phase in rehearsal.phases:
        yield f"{phase.name:<22} {phase.seconds:7.1f} s"
    for number, release in enumerate(rehearsal.releases, start=1):
        yield ""
        yield (
            f"Release {number}: {release.outcome.value}, commit {release.commit[:8]}, "
            f"{release.seconds:.1f} s"
        )
        rows = [
            (each.name, each.outcome.value, f"{each.seconds:7.1f} s")
            for each in release.stages
        ]
        yield from table(rows, ("Stage", "Outcome", "Duration")).splitlines()


def _received_lines(place: Received) -> Iterator[str]:
    """Say what became of the releases in a place that they were promoted to."""
    yield from ("", f"In {place.region}: {place.outcome.value}")
    for number, release in enumerate(place.releases, start=1):
        yield f"  release {number}: {release.outcome.value}, {release.seconds:.1f} s"
        for failure in release.status.failures:
            yield from failure_lines(failure)


def _shift_lines(rehearsal: Rehearsal) -> Iterator[str]:
    yield from ("", "The aliases (version, +new version@its share):")
    if not rehearsal.journeys:
        yield "  none seen: the second release did not get there"
    for journey in rehearsal.journeys:
        yield f"  {journey.function}:{journey.alias}  {journey}{_remark(journey)}"


def _remark(journey: AliasJourney) -> str:
    if journey.shifted:
        return ""
    if journey.returned:
        return "  (returned)"
    return "  (did not shift through weights)"


def _not_rehearsed_lines(rehearsal: Rehearsal) -> Iterator[str]:
    yield from ("", "Not rehearsed:")
    if not rehearsal.not_rehearsed:
        yield "  nothing: every resource that the templates ask for was made"
    for item in rehearsal.not_rehearsed:
        yield f"  {item['resource']} ({item['type']}): {item['reason']}"


def _not_allowed_lines(rehearsal: Rehearsal) -> Iterator[str]:
    """Say what roles may not; with REHEARSAL_PERMISSIONS=watch it was let through."""
    yield from ("", "Not allowed by a role's policies:")
    if not rehearsal.not_allowed:
        yield "  nothing: the roles may do all that they were seen to do"
    for item in rehearsal.not_allowed:
        role = item["role"].rpartition("/")[2]
        yield f"  {role}: {item['action']} on {item['resource']}, {item['reason']}"


def _api_lines(rehearsal: Rehearsal) -> Iterator[str]:
    if not rehearsal.api_url:
        return
    yield from ("", f"Production's API: {rehearsal.api_url}")
    yield f"  {curl_line(rehearsal.api_url, rehearsal.endpoint_url)}"


def curl_line(api_url: str, endpoint_url: str) -> str:
    """Return a signed request to the API's health route, sent to the plane.

    ``--connect-to`` keeps the API's own host in the request and in its signature.
    """
    api, plane = urlsplit(api_url), urlsplit(endpoint_url)
    return (
        f"curl --aws-sigv4 aws:amz:{DEFAULT_REGION}:execute-api "
        f"--user rehearsal:rehearsal --connect-to {api.hostname}:80:{plane.netloc} "
        f"http://{api.hostname}{api.path.rstrip('/')}/health"
    )
