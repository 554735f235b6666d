"""Facts and assumptions become quantities in a month, each under the key of its price."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal

from delivery.cost.assumptions import SECONDS_A_MONTH, Assumptions
from delivery.cost.facts import Action, Bucket, Does, Facts, Holds, StackFacts
from delivery.cost.model import ZERO, Usage
from delivery.cost.read import COMPUTE
from delivery.model import OF_A_BUILD, OF_A_DEPLOYMENT, OF_AN_APPROVAL

MEGABYTES_A_GIGABYTE = Decimal(1000)
KILOBYTES_A_GIGABYTE = Decimal(1_000_000)
# API Gateway counts these for each method once detailed metrics are on.
# https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-metrics-and-dimensions.html
METRICS_A_METHOD = 5
# What S3 asks of KMS for a bucket with a bucket key, of what it would ask without one.
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-key.html: up to 99 % less.
BUCKET_KEY_SHARE = Decimal("0.01")
# Objects that an action fetches and puts: its artifacts, with their checks.
READS_AN_ACTION, WRITES_AN_ACTION = 6, 2
# A line of an S3 access log.
ACCESS_LINE_KILOBYTES = Decimal("0.5")
# CloudTrail delivers a file about every five minutes.
# https://docs.aws.amazon.com/awscloudtrail/latest/userguide/get-and-view-cloudtrail-log-files.html
SECONDS_A_TRAIL_FILE = 300
# X-Ray's default rule: the first request of each second, and 5 % of the others.
# https://docs.aws.amazon.com/xray/latest/devguide/xray-console-sampling.html
TRACED_SHARE = Decimal("0.05")
# A metric costs for the hours in which it gets a value.
# https://aws.amazon.com/cloudwatch/pricing/
HOURS_A_MONTH = SECONDS_A_MONTH / 3600
# AWS charges at most this many rotations of a key.
MOST_ROTATIONS = 2


def usages(facts: Facts, assumed: Assumptions) -> tuple[Usage, ...]:
    """Return every quantity of a month that is more than nothing, section by section."""
    found: list[Usage] = []
    for stack in facts.stacks:
        found += _of_any_stack(stack, assumed)
    found += _of_the_pipeline(facts, assumed)
    found += _of_the_stores(facts, assumed)
    for stack in facts.environments:
        found += _of_an_environment(stack, facts, assumed)
    order = [each.section for each in facts.stacks]
    kept = (each for each in found if each.quantity > 0)
    return tuple(sorted(kept, key=lambda each: order.index(each.section)))


def _of_any_stack(stack: StackFacts, assumed: Assumptions) -> Iterator[Usage]:
    def use(price: str, what: str, quantity: int | Decimal) -> Usage:
        return Usage(stack.section, price, what, Decimal(quantity))

    rotations = min(MOST_ROTATIONS, int(assumed["month"] - 1) // 12)
    yield use("kms-key", "keys", stack.keys)
    yield use("kms-rotated", "rotated key material", stack.rotating_keys * rotations)
    yield use("secret", "secrets", stack.secrets)
    yield use("dashboard", "dashboards", stack.dashboards)
    yield use("alarm", "alarms", stack.alarms.standard)
    yield use("alarm-quick", "high-resolution alarms", stack.alarms.quick)
    yield use("alarm-composite", "composite alarms", stack.alarms.composite)
    yield use("web-acl", "web ACLs", stack.web_acls)
    yield use("web-acl-rules", "rules of web ACLs", stack.web_acl_rules)
    if stack.trails:
        files = SECONDS_A_MONTH / SECONDS_A_TRAIL_FILE
        yield use("s3-writes", "files of the trail", files)
        yield use("kms-requests", "encrypting the trail", files)


@dataclass(frozen=True, slots=True)
class Minutes:
    """What an action takes: whole minutes, as they are charged, and its shift apart."""

    work: Decimal
    shift: Decimal = ZERO


def minutes_of(action: Action, facts: Facts, assumed: Assumptions) -> Minutes:
    """Return how long an action takes; an approval is not charged."""
    match action.does:
        case Does.APPROVE:
            return Minutes(ZERO)
        case Does.BUILD | Does.CHECK:
            name = "build-minutes" if action.does is Does.BUILD else "check-minutes"
            more = assumed["install-minutes"] if action.installs else ZERO
            return Minutes(_whole(assumed[name] + more))
        case Does.DEPLOY:
            shift = Decimal(facts.shift_minutes(action.environment))
            return Minutes(_whole(assumed["deploy-minutes"]), shift)
        case _:
            return Minutes(_whole(assumed["action-minutes"]))


def _whole(minutes: Decimal) -> Decimal:
    """Round up, as CodePipeline and CodeBuild do for each action and build."""
    return minutes.to_integral_value(ROUND_CEILING)


def runs_of(action: Action, facts: Facts, assumed: Assumptions) -> Decimal:
    """Return how often an action runs in a month.

    An execution that ends in the build runs all up to the stage of the first build; so
    does one that a push to another branch starts, where nothing forbids it.
    """
    stages = list(dict.fromkeys(each.stage for each in facts.pipeline.actions))
    builds = [each.stage for each in facts.pipeline.actions if each.does is Does.BUILD]
    last = stages.index(builds[0]) if builds else -1
    if stages.index(action.stage) > last:
        return assumed["releases"]
    return executions(facts, assumed)


def executions(facts: Facts, assumed: Assumptions) -> Decimal:
    """Return how many executions start in a month."""
    pushes = facts.pipeline.pushes
    started = assumed["releases"] + assumed["failed-builds"]
    if pushes is None or pushes.of_one_branch:
        return started
    return started + assumed["branch-pushes"]


def _of_the_pipeline(facts: Facts, assumed: Assumptions) -> Iterator[Usage]:
    section = facts.pipeline.section
    for action in facts.pipeline.actions:
        if action.compute in COMPUTE:
            minutes = minutes_of(action, facts, assumed).work
            what = "the build" if action.does is Does.BUILD else "checks and records"
            runs = runs_of(action, facts, assumed)
            yield Usage(section, COMPUTE[action.compute], what, runs * minutes)
    yield from _action_minutes(facts, assumed)
    yield Usage(section, "metric", "the delivery's own", _measured(facts, assumed))
    yield from _logs(
        section,
        "builds",
        assumed["releases"] * assumed["build-log-megabytes"] / MEGABYTES_A_GIGABYTE,
        facts.pipeline.log_days,
        assumed,
    )
    approvals = sum(e.does is Does.APPROVE for e in facts.pipeline.actions)
    notices = approvals * assumed["releases"] + assumed["failed-builds"]
    if facts.pipeline.topics:
        yield Usage(section, "sns-requests", "notices", notices)
        mails = notices * facts.pipeline.emails
        yield Usage(section, "sns-emails", "notices by e-mail", mails)


def _measured(facts: Facts, assumed: Assumptions) -> Decimal:
    """Return the delivery's own metrics, as a month of one that always has values.

    Putting them takes some hundred requests; the first million of a month is free.
    """
    told = {
        Does.BUILD: len(OF_A_BUILD),
        Does.DEPLOY: len(OF_A_DEPLOYMENT),
        Does.APPROVE: len(OF_AN_APPROVAL),
    }
    hours = (
        told.get(each.does, 0) * min(runs_of(each, facts, assumed), HOURS_A_MONTH)
        for each in facts.pipeline.actions
    )
    return sum(hours, ZERO) / HOURS_A_MONTH


def _action_minutes(facts: Facts, assumed: Assumptions) -> Iterator[Usage]:
    section = facts.pipeline.section
    for action in facts.pipeline.actions:
        minutes = minutes_of(action, facts, assumed)
        runs = runs_of(action, facts, assumed)
        yield Usage(section, "pipeline-minutes", "actions", runs * minutes.work)
        what = f"shift in {action.environment}"
        yield Usage(section, "pipeline-minutes", what, runs * minutes.shift)


def _of_the_stores(facts: Facts, assumed: Assumptions) -> Iterator[Usage]:
    """Yield what the delivery stores: artifacts, caches, packages, logs and the trail."""
    runs = _runs(facts, assumed)
    writes, reads = runs * WRITES_AN_ACTION, runs * READS_AN_ACTION
    for stack in (facts.foundation, facts.pipeline):
        for bucket in stack.buckets:
            packages = bucket.holds is Holds.OBJECTS
            what = "packages" if packages else bucket.holds.value
            gigabytes = _stored(bucket, facts, assumed)
            yield Usage(stack.section, "s3-storage", what, gigabytes)
            if bucket.holds is Holds.ARTIFACTS:
                yield from _requests(stack.section, bucket, writes, reads, facts)


def _runs(facts: Facts, assumed: Assumptions) -> Decimal:
    """Return how often actions run in a month, of those that fetch and put artifacts."""
    working = (e for e in facts.pipeline.actions if e.does is not Does.APPROVE)
    return sum((runs_of(each, facts, assumed) for each in working), ZERO)


def _stored(bucket: Bucket, facts: Facts, assumed: Assumptions) -> Decimal:
    """Return the GB that a bucket of the delivery holds in the month of operation."""
    kept = assumed.kept_months(bucket.kept_days)
    match bucket.holds:
        case Holds.ARTIFACTS:
            megabytes = executions(facts, assumed) * assumed["artifact-megabytes"]
            megabytes *= kept
            megabytes += cache_megabytes(bucket, facts, assumed)
        case Holds.TRAIL:
            megabytes = assumed["trail-megabytes"] * kept
        case Holds.LOGS:
            requests = _runs(facts, assumed) * (WRITES_AN_ACTION + READS_AN_ACTION)
            megabytes = requests * ACCESS_LINE_KILOBYTES * kept / 1000
        case _:
            stores = (facts.foundation, facts.pipeline)
            alike = sum(b.holds is bucket.holds for s in stores for b in s.buckets)
            megabytes = assumed["releases"] * assumed["package-megabytes"] * kept
            megabytes /= alike
    return megabytes / MEGABYTES_A_GIGABYTE


def cache_megabytes(bucket: Bucket, facts: Facts, assumed: Assumptions) -> Decimal:
    """Return what caches hold if each run writes its own anew, which is the most.

    A version that was replaced is kept as long as the bucket keeps such versions.
    """
    cached = [each for each in facts.pipeline.actions if each.cached]
    current = Decimal(len({each.project for each in cached}))
    if bucket.versioned:
        kept = assumed.kept_months(bucket.noncurrent_days)
        for each in cached:
            current += kept * runs_of(each, facts, assumed)
    return current * assumed["cache-megabytes"]


def _requests(
    section: str, bucket: Bucket, writes: Decimal, reads: Decimal, facts: Facts
) -> Iterator[Usage]:
    """Yield requests to a bucket, what S3 asks of KMS for them, and the trail's events."""
    what = bucket.holds.value
    yield Usage(section, "s3-writes", f"{what}, written", writes)
    yield Usage(section, "s3-reads", f"{what}, read", reads)
    if bucket.own_key:
        share = BUCKET_KEY_SHARE if bucket.bucket_key else Decimal(1)
        yield Usage(section, "kms-requests", what, (writes + reads) * share)
    if facts.records_data_events:
        yield Usage(section, "trail-data-events", f"events of {what}", writes + reads)


def _logs(
    section: str, what: str, gigabytes: Decimal, days: int | None, assumed: Assumptions
) -> Iterator[Usage]:
    kept = assumed.kept_months(days)
    yield Usage(section, "log-ingestion", f"{what}, taken in", gigabytes)
    yield Usage(section, "log-storage", f"{what}, kept", gigabytes * kept)


def _of_an_environment(
    stack: StackFacts, facts: Facts, assumed: Assumptions
) -> Iterator[Usage]:
    section, requests = stack.section, assumed.requests_of(stack.section)
    yield from _calls(stack, requests, assumed)
    logged = requests * assumed["log-kilobytes"] / KILOBYTES_A_GIGABYTE
    if stack.functions:
        yield from _logs(section, "functions", logged, stack.log_days, assumed)
        yield Usage(section, "metric", "functions' own", assumed["custom-metrics"])
    if stack.apis:
        yield from _of_an_api(stack, requests, assumed)
    if stack.queues:
        queued = requests * assumed["failure-percent"] / 100
        yield Usage(section, "sqs-requests", "queues", queued)
    yield from _of_records(stack, facts, requests, assumed)


def _of_an_api(
    stack: StackFacts, requests: Decimal, assumed: Assumptions
) -> Iterator[Usage]:
    section = stack.section
    yield Usage(section, "api-requests", "requests", requests)
    sent = requests * assumed["response-kilobytes"] / KILOBYTES_A_GIGABYTE
    yield Usage(section, "transfer-out", "answers", sent)
    accessed = requests * assumed["access-log-kilobytes"] / KILOBYTES_A_GIGABYTE
    yield from _logs(section, "access", accessed, stack.access_log_days, assumed)
    if stack.detailed_metrics:
        quantity = Decimal(stack.routes * METRICS_A_METHOD)
        yield Usage(section, "metric", "the API's, by method", quantity)
    if stack.web_acls:
        yield Usage(section, "web-acl-requests", "inspected requests", requests)
    if stack.traced or any(each.traced for each in stack.functions):
        yield Usage(section, "traces", "traces", traces(requests))


def _calls(
    stack: StackFacts, requests: Decimal, assumed: Assumptions
) -> Iterator[Usage]:
    """Yield calls and GB-s: each route is called as often as the others."""
    seconds = assumed["duration-milliseconds"] / 1000
    for each in stack.functions:
        by_api = requests * each.routes / stack.routes if each.routes else ZERO
        calls = by_api + assumed["releases"] * each.hook_of
        yield Usage(stack.section, "lambda-requests", "calls", calls)
        compute = calls * seconds * each.memory_megabytes / 1024
        price = "lambda-arm" if each.arm else "lambda-x86"
        yield Usage(stack.section, price, "compute", compute)


def _of_records(
    stack: StackFacts, facts: Facts, requests: Decimal, assumed: Assumptions
) -> Iterator[Usage]:
    section = stack.section
    for bucket in stack.buckets:
        share = Decimal(len(stack.buckets))
        gigabytes = assumed["stored-gigabytes"] / share
        yield Usage(section, "s3-storage", bucket.holds.value, gigabytes)
        writes = requests * assumed["write-percent"] / 100 / share
        reads = requests / share - writes
        yield from _requests(section, bucket, writes, reads, facts)
    logs = facts.foundation.bucket(Holds.LOGS)
    if stack.buckets and logs:
        kept = assumed.kept_months(logs.kept_days)
        gigabytes = requests * ACCESS_LINE_KILOBYTES * kept / KILOBYTES_A_GIGABYTE
        yield Usage(section, "s3-storage", logs.holds.value, gigabytes)


def traces(requests: Decimal) -> Decimal:
    """Return how many of a month's requests X-Ray records, if they come evenly."""
    first = min(requests, SECONDS_A_MONTH)
    return first + (requests - first) * TRACED_SHARE
