"""The work of ``deploy``: answers, summary, the flow, and what to remember."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING


from delivery.cli.answers import (
    Known,
    collect_answers,
    collect_token,
    suggestions,
)
from delivery.cli.fitting import echo
from delivery.cli.options import Settings
from delivery.cli.placing import (
    here_of,
    home_reach,
    missing_places,
    receives_here,
    refuse_a_strange_place,
    shown,
)
from delivery.cli.screen import print_result
from delivery.cli.source import push_branch
from delivery.cli.wiring import Tools
from delivery.deploy.answers import answers_of_a_receiver
from delivery.deploy.memory import remembered_answers, with_deployment
from delivery.deploy.template import read_template
from delivery.errors import BadInput, Refused
from delivery.flows.notices import notice_warnings
from delivery.flows.deploy import Deployed, ProductDeployer, Wanted
from delivery.flows.room import RoomCheck
from delivery.names import ENVIRONMENTS, PIPELINE_NAME
from delivery.model import (
    Access,
    Answers,
    Hidden,
    Identity,
    StoredSecret,
)

if TYPE_CHECKING:
    from delivery.config import Configuration, Place


def deploy_product(
    settings: Settings,
    *,
    given: Mapping[str, str],
    token_stdin: bool,
    even_while_running: bool,
    dry_run: bool,
) -> None:
    """Ask for what was not given, and deploy."""
    configuration = Tools(settings).configuration
    tools = Tools(in_an_allowed_region(settings, configuration))
    tools.configuration = configuration
    refuse_a_strange_place(tools)
    run = DeployRun(tools, _answers(tools, given), dry_run, even_while_running)
    run.execute(token_stdin=token_stdin)


def _answers(tools: Tools, given: Mapping[str, str]) -> Answers:
    """Ask for what is not known; a place that others promote to has no questions."""
    if receives_here(tools):
        _refuse_answers(tools, given)
        return answers_of_a_receiver()
    memory, local = tools.config_file.read(), tools.settings.local
    return collect_answers(
        Known(
            given=given,
            remembered=remembered_answers(memory, local=local),
            suggested={
                **suggestions(tools.repository.work_tree()),
                **remembered_answers(memory, local=not local),
            },
        )
    )


def _refuse_answers(tools: Tools, given: Mapping[str, str]) -> None:
    """Refuse flags that mean nothing where releases come from another place.

    Raises:
        BadInput: naming them.
    """
    if given:
        raise BadInput(
            f"{tools.region} is not asked for {', '.join(sorted(given))}.",
            why=f"It gets its releases from {tools.configuration.project.region} "
            f"(pipeline.promotes_to in {tools.settings.config_path}).",
            next_step="Leave those flags out.",
        )


@dataclass(frozen=True, slots=True)
class DeployRun:
    """One run of ``deploy`` with its answers."""

    tools: Tools
    answers: Answers
    dry_run: bool = False
    even_while_running: bool = False

    def execute(self, *, token_stdin: bool) -> None:
        """Validate, ask, execute, recommend."""
        identity = self.tools.identity
        self._refuse_without_room()
        deployer = self._deployer()
        token = self._token(deployer, token_stdin)
        wanted = wanted_deployment(self.tools, self.answers, token)
        self._summarise(identity)
        if not self.dry_run and not self.tools.screen.confirm("Go on?"):
            raise Refused(
                "Nothing was changed.",
                why="The summary was not confirmed.",
                next_step="Run it again with other answers.",
            )
        deployed = deployer.deploy(wanted)
        if not self.dry_run:
            remember(self.tools, self.answers, deployed)
        self._report(deployed)

    @property
    def _receives(self) -> bool:
        return self.answers.access is Access.PROMOTION

    @property
    def _home(self) -> Place:
        from delivery.config import home_of

        return home_of(self.tools.configuration, self.tools.identity.account)

    @property
    def _promotes_to(self) -> tuple[Place, ...]:
        from delivery.config import places_of

        if self._receives:
            return ()
        return places_of(self.tools.configuration, self.tools.identity.account)

    def _refuse_without_room(self) -> None:
        """Ask the account first, where the configuration counts on it."""
        check = RoomCheck(
            self.tools.capacity, self.tools.deployed_stacks, self.tools.screen
        )
        check.check(
            self.tools.configuration,
            reserved_by(
                self.tools,
                (
                    ENVIRONMENTS[-1:]
                    if self._receives
                    else ENVIRONMENTS[
                        : ENVIRONMENTS.index(self.answers.environment) + 1
                    ]
                ),
            ),
        )

    def _deployer(self) -> ProductDeployer:
        return product_deployer(
            self.tools,
            branch=self.answers.branch,
            dry_run=self.dry_run,
            even_while_running=self.even_while_running,
        )

    def _token(self, deployer: ProductDeployer, from_stdin: bool) -> Hidden | None:
        if self.answers.access is not Access.TOKEN:
            return None
        stored: StoredSecret | None = deployer.stored_token()
        return collect_token(from_stdin=from_stdin, stored=stored is not None)

    def _summarise(self, identity: Identity) -> None:
        from delivery.config import asks

        say, here = self.tools.screen.say, here_of(self.tools)
        where = "rehearsal plane" if self.tools.settings.local else "AWS"
        say()
        say(f"  Account      {identity.account} ({where}), {self.tools.region}")
        if self._receives:
            say(f"  Releases     of {shown(self._home, here)}")
            if asks(self.tools.configuration, here, home_reach(self.tools)):
                say("  Approval     here, before each release")
        else:
            say(f"  Source       {self.answers.owner}/{self.answers.repository}")
            say(f"  Branch       {self.answers.branch}")
            say(f"  Access       by {self.answers.access}")
        say(f"  Reaches      {self.answers.environment}")
        if promoted := self._promotes_to:
            say(f"  Promotes to  {', '.join(shown(each, here) for each in promoted)}")
        say()

    def _report(self, deployed: Deployed) -> None:
        for warning in self._warnings():
            self.tools.screen.warn(warning)
        if self.tools.settings.as_json:
            print_result({**deployed.as_data(), "dry_run": self.dry_run})
            return
        for name, value in deployed.outputs.items():
            echo(f"{name:<20} {value}")
        if deployed.execution:
            echo(f"{'Execution':<20} {deployed.execution.id} (already running)")
        echo(_conclusion(deployed, self.dry_run))
        if not self.dry_run:
            echo(self._next_step())

    def _next_step(self) -> str:
        local = " --local" if self.tools.settings.local else ""
        if self._receives:
            home = self._home
            return (
                f"Next: ./deploy_pipeline.py{local} --region {home.region}, so that "
                f"{shown(home, here_of(self.tools))} promotes here."
            )
        return f"Next: ./deploy_pipeline.py{local} status --watch"

    def _warnings(self) -> list[str]:
        if self.dry_run:
            return []
        notices = notice_warnings(self.tools.stacks, self.tools.subscriptions)
        return [*notices, *missing_places(self.tools, self._promotes_to)]


def product_deployer(
    tools: Tools, *, branch: str, dry_run: bool, even_while_running: bool = False
) -> ProductDeployer:
    """Compose what deploys the product; on the plane the branch is pushed to it first."""

    def push_to_plane() -> None:
        if receives_here(tools):
            return
        # A push to a pipeline that listens would start it, and is start's to make.
        listens = tools.pipelines.state(PIPELINE_NAME) is not None
        if tools.settings.local and not (listens and tools.plane.has_branch(branch)):
            push_branch(tools, branch)

    return ProductDeployer(
        deployer=tools.stack_deployer(dry_run=dry_run),
        stacks=tools.stacks,
        secrets=tools.secrets,
        connections=tools.connections,
        pipelines=tools.pipelines,
        uploads=tools.uploads,
        clock=tools.clock,
        screen=tools.screen,
        region=tools.region,
        dry_run=dry_run,
        even_while_running=even_while_running,
        before_pipeline=push_to_plane,
    )


def deploy_to_place(tools: Tools) -> None:
    """Deploy a place that the home promotes to, and remember it."""
    answers = answers_of_a_receiver()
    deployer = product_deployer(tools, branch=answers.branch, dry_run=False)
    remember(tools, answers, deployer.deploy(wanted_deployment(tools, answers, None)))


def remember(tools: Tools, answers: Answers, deployed: Deployed) -> None:
    """Write ``pipeline_config.json``: what was answered and made, never the token."""
    tools.config_file.write(
        with_deployment(
            tools.config_file.read(),
            answers=answers,
            identity=tools.identity,
            region=tools.region,
            outputs=deployed.outputs,
            local=tools.settings.local,
        )
    )


def wanted_deployment(tools: Tools, answers: Answers, token: Hidden | None) -> Wanted:
    """Read templates and configuration into what shall be deployed."""
    from delivery.config import delivery_parameters, delivery_tags, place_parameters

    templates = tools.root / "templates"
    return Wanted(
        answers=answers,
        token=token,
        foundation=read_template(templates / "foundation.yaml"),
        pipeline=read_template(templates / "pipeline.yaml"),
        configured={
            **delivery_parameters(tools.configuration),
            **place_parameters(
                tools.configuration,
                here_of(tools),
                tools.identity.partition,
                home_reach(tools) if receives_here(tools) else "",
            ),
        },
        tags=delivery_tags(tools.configuration),
    )


def reserved_by(tools: Tools, environments: Sequence[str]) -> dict[str, int]:
    """Give the concurrency that each of these environments reserves."""
    from delivery.cli.rendering import TEMPLATE, read_application, targets_of
    from delivery.render import template_configuration
    from delivery.validate.exposure import reserved_in

    application = read_application(tools.root / TEMPLATE)
    return {
        target.name: reserved_in(
            application,
            template_configuration(application, target)["Parameters"],
            region=tools.region,
        )
        for target in targets_of(tools.configuration)
        if target.name in environments
    }


def in_an_allowed_region(settings: Settings, configuration: Configuration) -> Settings:
    """Settle the region: the given one, else the configured one.

    Raises:
        Refused: for a region that the configuration's data residency excludes.
    """
    if settings.local and not settings.region:
        return settings
    region = settings.region or configuration.project.region
    allowed = configuration.compliance.allowed_regions
    if region not in allowed:
        raise Refused(
            f"Nothing is deployed to {region}.",
            why="Records may be held in " + ", ".join(allowed) + " only "
            f"(compliance.allowed_regions in {settings.config_path}).",
            next_step="Give an allowed region, or change the rule with those who own it.",
        )
    return replace(settings, region=region)


def _conclusion(deployed: Deployed, dry_run: bool) -> str:
    if dry_run:
        return "Dry run: nothing was changed."
    if not deployed.changed:
        return "No changes: foundation and pipeline are as the templates say."
    return "Deployed."
