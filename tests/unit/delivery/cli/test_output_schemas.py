"""Each command's ``--output json`` fits its schema in docs/schemas; none lacks one."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from types import SimpleNamespace
from typing import Any

import click
import pytest
from click.testing import CliRunner
from delivery_fakes import (
    FakeAccount,
    FakeScreen,
    failed_build,
    make_action,
    make_execution,
    make_stack,
    make_stage,
    make_state,
    waiting_stage,
)
from jsonschema import Draft202012Validator
from log_fakes import line
from maintenance_fakes import Delivery
from output_schemas import FOLDER, commands_of, problems
from promotion_fakes import HOME, role_of, write_artifact
from release_fakes import SCOPE, LedgerBuilder, make_contents
from report_fakes import execution, run, shift
from rollback_fakes import make_world, undoer_of
from rotation_fakes import NEW
from rotation_fakes import World as RotationWorld

from awsrules.statuses import BuildStatus
from delivery.cli import drilling, releases, releasing, rollback, undoing, verifying
from delivery.cli.main import cli
from delivery.cli.options import Settings
from delivery.deploy.access import secret_text
from delivery.errors import DeliveryError
from delivery.flows.drill import Drilled, Leg, Plan
from delivery.flows.record import Recorded
from delivery.flows.rehearse import Rehearsal
from delivery.flows.release import Release, StageResult
from delivery.flows.releases import ReleaseReader
from delivery.flows.undone import Undone
from delivery.ledger.events import RolledBack
from delivery.ledger.releases import releases_of
from delivery.model import (
    BuildPhase,
    CheckResult,
    CommitLog,
    CommitTimes,
    Hidden,
    Injection,
    Outcome,
    ResourceChange,
    StackResource,
    StoredSecret,
    TrafficReport,
    Verdict,
)
from delivery.operate.shift import journeys_of
from delivery.rollback.options import Way

COMMANDS = [*commands_of(cli), "rollback"]
FLAGS = "--owner=clinic --repository=records --branch=main --environment=production"
COMMIT = "c0ffee0123456789c0ffee0123456789c0ffee01"
LAMBDA = "medical-record-analysis-lambda-production"
VERDICT = Verdict(
    "production",
    (
        CheckResult("aliases", Outcome.PASSED, "As recorded."),
        CheckResult("trail", Outcome.INCONCLUSIVE, "Nothing yet.", "Look again."),
    ),
)
UNDONE = Undone(
    "production", Way.TRAFFIC_FIRST, "Done.", (), 0.4, from_release=2, to_release=1
)


class Row:
    """What a row of the table works with: the runner, the fakes, and pytest's helpers."""

    def __init__(self, run: Any, world: Any, monkeypatch: Any, folder: Any) -> None:
        self.run, self.world = run, world
        self.monkeypatch, self.folder = monkeypatch, folder

    def tool(self, *words: str, stdin: str = "") -> str:
        result = self.run(*words, "--output", "json", stdin=stdin)
        assert result.stdout, result.stderr
        return str(result.stdout)

    def alone(self, command: click.Command, *words: str) -> str:
        """Run a command whose module has tools of its own."""
        result = CliRunner(mix_stderr=False).invoke(
            command, [*words, "--output", "json"], obj=Settings(yes=True)
        )
        assert result.stdout, (result.stderr, result.exception)
        return str(result.stdout)


def _deployed_product(row: Row) -> None:
    for name in ("foundation", "pipeline"):
        full = f"medical-record-analysis-{name}"
        row.world.stacks.stacks[full] = make_stack(full, outputs=Outputs())
    row.world.stacks.outputs = Outputs()
    row.world.secrets.values["made-SourceTokenSecretArn"] = StoredSecret(
        "v7", secret_text(Hidden("ghp_synthetic_token"))
    )
    answers = dict(each.removeprefix("--").split("=") for each in FLAGS.split())
    row.world.config_file.data = {
        "deployments": {"aws": {"answers": {**answers, "access": "token"}}}
    }


class Outputs(dict):
    """A stack's outputs: each that a template asks for is there."""

    def __missing__(self, name: str) -> str:
        return f"made-{name}"

    def __contains__(self, name: object) -> bool:
        return str(name)[0].isupper()

    def get(self, name: str, default: Any = None) -> Any:
        return self[name]


def _deploy(row: Row) -> Iterator[str]:
    row.world.stacks.outputs = Outputs()
    yield row.tool("deploy", *FLAGS.split(), "--access=connection", "--yes")
    yield row.tool("deploy", *FLAGS.split(), "--access=connection", "--dry-run")
    yield row.tool("deploy", *_other(row), "--yes")


def _other(row: Row) -> tuple[str, ...]:
    file = row.folder / "other.yaml"
    file.write_text("Resources: {Topic: {Type: AWS::SNS::Topic}}")
    return "--template", str(file), "--stack-name", "other"


def _diff(row: Row) -> Iterator[str]:
    yield row.tool("diff", *_other(row))
    _deployed_product(row)
    row.world.stacks.changes = (
        ResourceChange("Key", "AWS::KMS::Key", "Modify", "True", "ReplaceAndDelete"),
        ResourceChange(
            "Role", "AWS::IAM::Role", "Modify", paths=("/Properties/Policies",)
        ),
    )
    yield row.tool("diff")


def _destroy(row: Row) -> Iterator[str]:
    stack = make_stack(LAMBDA)
    row.world.stacks.stacks[LAMBDA] = stack
    template = "Resources: {T: {Type: AWS::DynamoDB::Table, DeletionPolicy: Delete}}"
    held = (StackResource("T", "AWS::DynamoDB::Table", "table-1"),)
    contents = replace(make_contents(template=template), stack=stack, resources=held)
    row.world.deployed_stacks.found[stack.id] = contents
    yield row.tool("destroy", "--environment", "production", "--dry-run")
    yield row.tool("destroy", "--environment", "production", "--yes")


def _failed_build(row: Row) -> None:
    action = make_action("Build", "Failed", provider="CodeBuild", external_id="B:1")
    row.world.pipelines.runs = [make_execution(status="Failed")]
    row.world.pipelines.states = [make_state(make_stage("Build", "Failed", action))]
    row.world.pipelines.history = {"execution-1": {"Build": (action,)}}
    phase = BuildPhase("BUILD", BuildStatus.FAILED)
    row.world.builds.builds["B:1"] = failed_build(phase)
    row.world.builds.log = ["FAILED tests/a.py::test_b - no"]


def _waiting(row: Row) -> None:
    row.world.pipelines.runs = [make_execution()]
    source = make_stage("Source", "Succeeded", make_action("GitHub"))
    row.world.pipelines.states = [make_state(source, waiting_stage())]


def _status(row: Row) -> Iterator[str]:
    row.world.pipelines.states = [make_state(make_stage("Source"))]
    yield row.tool("status")
    _waiting(row)
    yield row.tool("status")
    _failed_build(row)
    yield row.tool("status")


def _diagnose(row: Row) -> Iterator[str]:
    row.world.pipelines.states = [make_state(make_stage("Source"))]
    yield row.tool("diagnose")
    _failed_build(row)
    yield row.tool("diagnose")


def _logs(row: Row) -> Iterator[str]:
    held = StackResource("Analyze", "AWS::Lambda::Function", "mra-analyze")
    contents = replace(make_contents("development"), resources=(held,))
    row.world.deployed_stacks.found = {contents.stack.name: contents}
    row.world.logs.groups["/aws/lambda/mra-analyze"] = [line("1", -5), line("2", -1)]
    yield row.tool("logs")


def _start(row: Row) -> Iterator[str]:
    _waiting(row)
    yield row.tool("start")
    yield row.tool("start", "--commit", COMMIT)
    yield row.tool("start", "--dry-run")
    yield row.tool("start", "--commit", COMMIT, "--dry-run")


def _stop(row: Row) -> Iterator[str]:
    _waiting(row)
    yield row.tool("stop", "--dry-run")
    yield row.tool("stop", "--yes")


def _retry(row: Row) -> Iterator[str]:
    _failed_build(row)
    yield row.tool("retry", "--dry-run")
    yield row.tool("retry")


def _approve(row: Row) -> Iterator[str]:
    for dry in (["--dry-run"], []):
        _waiting(row)
        yield row.tool("approve", "ApproveStaging", "--comment=read", "--yes", *dry)


def _reject(row: Row) -> Iterator[str]:
    for dry in (["--dry-run"], []):
        _waiting(row)
        yield row.tool("reject", "ApproveStaging", "--comment=dosage", "--yes", *dry)


def _rotate(row: Row) -> Iterator[str]:
    rotation = RotationWorld()
    row.monkeypatch.setattr(
        "delivery.cli.wiring.Tools.token_rotator", lambda tools: rotation.rotator()
    )
    yield row.tool("rotate-token", "--dry-run")
    yield row.tool("rotate-token", "--token-stdin", stdin=NEW.reveal())


def _ledger(row: Row) -> LedgerBuilder:
    ledger = LedgerBuilder()
    for name, version, good in (("one", "7", True), ("two", "8", False)):
        ledger.release(name, version, good=good)
    reader = ReleaseReader(FakeAccount(), SCOPE.region, ledger.store)
    recorded = Recorded(releases_of(ledger.events)[0], tuple(ledger.events[-2:]))
    recorder = SimpleNamespace(record=lambda occasion: recorded)
    tools = SimpleNamespace(release_reader=lambda: reader, recorder=lambda: recorder)
    row.monkeypatch.setattr(releasing, "Tools", lambda settings: tools)
    return ledger


def _releases_list(row: Row) -> Iterator[str]:
    _ledger(row)
    yield row.alone(releases.releases, "list")


def _releases_verify(row: Row) -> Iterator[str]:
    _ledger(row)
    yield row.alone(releases.releases, "verify", "production")


def _releases_record(row: Row) -> Iterator[str]:
    _ledger(row)
    row.monkeypatch.setenv("PIPELINE_EXECUTION_ID", "execution-1")
    (row.folder / "packaged.yaml").write_text("Resources: {}\n")
    digest = sha256(b"Resources: {}\n").hexdigest()
    manifest = {"build_id": "Build:1", "template": {"sha256": digest}}
    (row.folder / "deployment_manifest.json").write_text(json.dumps(manifest))
    words = ("--outcome", "verified", "--artifact", str(row.folder))
    yield row.alone(releases.releases, "record", "production", *words)


def _report(row: Row) -> Iterator[str]:
    yield row.tool("report")
    ledger = LedgerBuilder(row.world.release_store)
    for name, good in (("one", True), ("two", True), ("three", False)):
        ledger.release(name, good=good)
    ledger.add(RolledBack(3, 2, "bad", 2.0), release=2)
    row.world.clock.now = lambda: ledger.events[-1].at + timedelta(days=1)
    began = ledger.events[0].at
    past, commits = row.world.pipeline_past, row.world.commits
    past.executions = [execution("x", 0, "Failed", started_at=began, changed_at=None)]
    past.runs = [replace(run("x", 0, "Failed"), started_at=began)]
    row.world.shift_past.shifts = [shift(0), shift(1, "InProgress", ended_at=None)]
    made = CommitTimes("two", began, began, ("one",))
    commits.found = CommitLog({"two": made}, frozenset({"one", "two"}))
    yield row.tool("report", "--html", str(row.folder / "report.html"))
    past.executions, commits.found = None, None
    yield row.tool("report", "--environment", "staging", "--days", "365")


def _review(row: Row) -> Iterator[str]:
    from datetime import UTC, datetime

    from delivery.cli import review, reviewing
    from delivery.flows.review import Published
    from delivery.review.report import Finding, Review, Revision

    found = Review(
        environment="staging",
        stack="medical-record-analysis-lambda-staging",
        creates=False,
        execution="execution-1",
        made_at=datetime(2026, 11, 23, tzinfo=UTC),
        revision=Revision("c0ffee0123456789", "Mend it"),
        finding=Finding.NO_CHANGES,
    )
    published = Published(found, "https://console/reviews/1/staging.txt")
    reviewer = SimpleNamespace(review=lambda candidate: published)
    tools = SimpleNamespace(reviewer=lambda execution: reviewer)
    row.monkeypatch.setattr(reviewing, "Tools", lambda settings: tools)
    (row.folder / "packaged.yaml").write_text("Resources: {}\n")
    (row.folder / "template-configuration.staging.json").write_text("{}")
    words = ("--artifact", str(row.folder), "--execution", "execution-1")
    yield row.alone(review.review, "staging", *words)


def _promote(row: Row) -> Iterator[str]:
    digest = write_artifact(row.folder)
    row.monkeypatch.setenv("RELEASE_BUCKET", HOME)
    row.world.places["eu-west-1"].refuses = DeliveryError("No.")
    words = ("promote", "--artifact", str(row.folder), "--artifact-sha256", digest)
    to = [f"--to={role_of(each)}" for each in ("eu-west-1", "us-east-2")]
    yield row.tool(*words, "--execution=e-1", *to, "--dry-run")
    yield row.tool(*words, "--execution=e-1", *to)


def _verified(row: Row) -> SimpleNamespace:
    """Tools that verify whatever is expected."""
    tools = SimpleNamespace(
        release_reader=lambda: None,
        verifier=lambda: SimpleNamespace(verify=lambda expected: VERDICT),
        clock=row.world.clock,
    )
    expected = SimpleNamespace(release=2)
    row.monkeypatch.setattr(verifying, "expected_now", lambda *w, **n: expected)
    row.monkeypatch.setattr(verifying, "Tools", lambda settings: tools)
    return tools


def _verify(row: Row) -> Iterator[str]:
    from delivery.cli.verify import verify

    _verified(row)
    yield row.alone(verify, "production")


def _rollback(row: Row) -> Iterator[str]:
    _verified(row)
    world = make_world()
    tools = SimpleNamespace(
        undoer=lambda environment: undoer_of(world),
        clock=row.world.clock,
        account=row.world.account,
        stacks=row.world.stacks,
        topics=row.world.topics,
        screen=FakeScreen(),
    )
    row.monkeypatch.setattr(undoing, "Tools", lambda settings: tools)
    yield row.alone(rollback.rollback, "production", "--verify")
    row.monkeypatch.setattr(undoing, "verified", lambda *words: VERDICT)
    yield row.alone(rollback.rollback, "production", "--reconcile", "--dry-run")
    yield row.alone(rollback.rollback, "production", "--stack", "--dry-run")
    words = ("--stack", "--reason", "analysis answers 500", "--yes")
    yield row.alone(rollback.rollback, "production", *words)


def _drill(row: Row) -> Iterator[str]:
    from delivery.cli.drill import drill

    requests = TrafficReport(100, 20.0, 5.0, {200: 100}, {"list": 100}, {})
    legs = tuple(Leg(name, UNDONE, VERDICT, 7.0) for name in ("back", "forward"))
    made = SimpleNamespace(
        plan=lambda: Plan(served=2, back_to=1),
        run=lambda plan: Drilled("staging", legs, requests),
    )
    row.monkeypatch.setattr(drilling, "_compose", lambda tools, asked: made)
    yield row.alone(drill, "staging", "--dry-run")
    yield row.alone(drill, "staging")


def _rehearse_run(row: Row) -> Iterator[str]:
    from delivery.flows.rehearse import Phase
    from delivery.model import AliasRoute
    from delivery.operate.status import status_of

    state = status_of(
        make_state(make_stage("Source", "Succeeded")), make_execution(), {}
    )
    stages = (StageResult("Source", Outcome.PASSED, 1.25),)
    made = Release("execution-1", "c0ffee0123", Outcome.PASSED, stages, state)
    routes = [
        AliasRoute("analyze", "live", "1"),
        AliasRoute("analyze", "live", "1", {"2": 0.1}),
        AliasRoute("analyze", "live", "2"),
    ]
    missing = ({"resource": "Trail", "type": "AWS::X", "reason": "no records"},)
    done = Rehearsal(
        "http://127.0.0.1:4599",
        (Phase("Start the plane", 1.0),),
        (made, made),
        journeys=tuple(journeys_of(routes)),
        production={"ApiUrl": "https://abc.execute-api.us-east-1.amazonaws.com/p"},
        not_rehearsed=missing,
    )
    rehearser = SimpleNamespace(run=lambda tree: done)
    row.monkeypatch.setattr(
        "delivery.cli.rehearsing.make_rehearser", lambda *asked: rehearser
    )
    yield row.tool("rehearse", "run")
    yield row.tool("rehearse", "run", "--dry-run")


def _inject(row: Row) -> Iterator[str]:
    row.world.plane.up = True
    row.world.controls.injected.append(Injection("production", "errors", {"rate": 0.3}))
    yield row.tool("rehearse", "inject")
    yield row.tool("rehearse", "inject", "staging:memory", "--dry-run")


def _traffic(row: Row) -> Iterator[str]:
    row.world.plane.up = True
    outputs = {"ApiUrl": "https://api/v1", "ApiKeyId": "key"}
    row.world.stacks.stacks[LAMBDA] = make_stack(LAMBDA, outputs=outputs)
    yield row.tool("rehearse", "traffic", "--seconds", "1")


def _plane(*words: str) -> Callable[[Row], Iterator[str]]:
    def shown(row: Row) -> Iterator[str]:
        for up in (False, True):
            row.world.plane.up = up
            yield row.tool("rehearse", *words)

    return shown


def _stop_plane(row: Row) -> Iterator[str]:
    yield from _plane("stop", "--dry-run")(row)
    yield from _plane("stop")(row)


def _reset_plane(row: Row) -> Iterator[str]:
    yield from _plane("reset", "--dry-run")(row)
    yield from _plane("reset", "--yes")(row)


def _plainly(*words: str) -> Callable[[Row], Iterator[str]]:
    def shown(row: Row) -> Iterator[str]:
        yield row.tool(*words)

    return shown


def _render(row: Row) -> Iterator[str]:
    yield row.tool("render")
    yield row.tool("render", "--write-to", str(row.folder))


def _dependencies(row: Row) -> Iterator[str]:
    """Nobody is asked: nothing listens on port 9 of this machine."""
    yield row.tool("dependencies", "--service", "http://127.0.0.1:9/v1/query")


def _maintenance(kind: str) -> Callable[[Row], Iterator[str]]:
    def shown(row: Row) -> Iterator[str]:
        row.monkeypatch.setenv(
            "DEPENDENCY_AUDIT_SERVICE", "http://127.0.0.1:9/v1/query"
        )
        yield row.tool("maintenance", kind)
        _failed_build(row)
        row.world.pipeline_past.executions = [make_execution(status="Failed")]
        row.world.pipeline_past.runs = [run("one", 1, stage="Build", category="Build")]
        yield row.tool("maintenance", kind)

    return shown


def _clean_up(row: Row) -> Iterator[str]:
    world = row.world
    delivery = Delivery(
        world.release_store,
        world.stacks,
        world.deployed_stacks,
        world.versions,
        world.packages,
    )
    for version in range(1, 14):
        delivery.release(str(version))
    yield row.tool("maintenance", "clean-up", "--dry-run", "--older-than", "0")
    yield row.tool("maintenance", "clean-up", "--yes", "--older-than", "0")


def _measure(row: Row) -> Iterator[str]:
    junit, coverage = row.folder / "junit.xml", row.folder / "coverage.xml"
    files = (f"--junit={junit}", f"--coverage={coverage}")
    yield row.tool("measure", *files)
    junit.write_text('<t><testcase name="a"/></t>')
    coverage.write_text('<coverage lines-valid="4" lines-covered="3"/>')
    yield row.tool("measure", *files)


TABLE: dict[str, Callable[[Row], Iterator[str]]] = {
    "deploy": _deploy,
    "diff": _diff,
    "destroy": _destroy,
    "render": _plainly("render"),
    "dependencies": _dependencies,
    "measure": _measure,
    "validate": _plainly("validate", "--only", "parameter-described"),
    "config-explain": _plainly("config", "explain"),
    "strategy": _plainly("strategy"),
    "cost": _plainly("cost"),
    "status": _status,
    "diagnose": _diagnose,
    "logs": _logs,
    "start": _start,
    "stop": _stop,
    "retry": _retry,
    "approve": _approve,
    "reject": _reject,
    "rotate-token": _rotate,
    "releases-list": _releases_list,
    "releases-record": _releases_record,
    "releases-verify": _releases_verify,
    "report": _report,
    "maintenance-weekly": _maintenance("weekly"),
    "maintenance-monthly": _maintenance("monthly"),
    "maintenance-quarterly": _maintenance("quarterly"),
    "maintenance-clean-up": _clean_up,
    "promote": _promote,
    "review": _review,
    "verify": _verify,
    "drill": _drill,
    "rehearse-run": _rehearse_run,
    "rehearse-inject": _inject,
    "rehearse-traffic": _traffic,
    "rehearse-start": _plane("start"),
    "rehearse-stop": _stop_plane,
    "rehearse-status": _plane("status"),
    "rehearse-reset": _reset_plane,
    "rollback": _rollback,
}


# They simulate shifts, or estimate a month of all stacks, for a second or more.
THOROUGH = {
    "strategy",
    "cost",
    "report",
    "maintenance-weekly",
    "maintenance-monthly",
    "maintenance-quarterly",
}


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(each, marks=pytest.mark.thorough) if each in THOROUGH else each
        for each in COMMANDS
    ],
)
def test_what_a_command_prints_as_json_fits_its_schema(
    name, run, world, monkeypatch, tmp_path
) -> None:
    shown = list(TABLE[name](Row(run, world, monkeypatch, tmp_path)))
    assert shown
    assert [each for text in shown for each in problems(name, text)] == []


def test_no_command_lacks_a_schema_and_no_schema_a_command() -> None:
    assert sorted(path.stem for path in FOLDER.glob("*.json")) == sorted(COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_a_schema_is_one_of_draft_2020_12_and_names_what_it_allows(name) -> None:
    schema = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(schema)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema["title"] and schema["description"]
    for found in _objects(schema):
        assert "additionalProperties" in found, found


def _objects(schema: Any) -> Iterator[dict[str, Any]]:
    """Yield every part of a schema that describes an object."""
    if isinstance(schema, dict):
        if "object" in (schema.get("type") or "") and "properties" in schema:
            yield schema
        for each in schema.values():
            yield from _objects(each)
    elif isinstance(schema, list):
        for each in schema:
            yield from _objects(each)


def test_an_output_with_a_field_too_many_is_told() -> None:
    assert problems("rehearse-stop", '{"stopped": true, "running": false, "x": 1}')
