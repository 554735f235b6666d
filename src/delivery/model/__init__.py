"""Data that flows between the stages: frozen, in our words, without I/O.

``values``    plain values of every stage: secrets that hide, outcomes, and data as JSON knows it.
``stacks``    stacks, their change sets, events and resources.
``pipelines`` the pipeline: executions, stages and actions.
``builds``    builds and their reports.
``account``   what an account holds besides stacks and pipelines.
``verification`` what a verification expects, and what it found.
``traffic``   traffic of a rehearsal, and what is broken on purpose.
``permissions`` what a caller may have to be allowed to do.
``aliases``   aliases, versions and traffic shifts at one moment.
``logs``      lines of logs, and what writes them.
``overrides`` alarms that a shift watches, and the release that is let past them.
``revisions`` what decides that a function's version is published.
``history``   runs of actions, traffic shifts and commits, as they are looked back on.
``maintenance`` what is left over, and how the rest is guarded.
``measures``  what the delivery measures of itself.
``promotion`` what a place that takes releases in is made of.
``machine``   what is on this machine: answers, repository, rehearsal plane.
"""

from delivery.model.values import (
    Access as Access,
    Hidden as Hidden,
    Outcome as Outcome,
    plain as plain,
)
from delivery.model.stacks import (
    Cause as Cause,
    ChangeSet as ChangeSet,
    ResourceChange as ResourceChange,
    Stack as Stack,
    StackContents as StackContents,
    StackEvent as StackEvent,
    StackRequest as StackRequest,
    StackResource as StackResource,
)
from delivery.model.overrides import (
    IGNORED as IGNORED,
    OVERRIDDEN_ENVIRONMENT as OVERRIDDEN_ENVIRONMENT,
    OVERRIDE_REASON as OVERRIDE_REASON,
    SHIFT_ALARMS as SHIFT_ALARMS,
    WATCHED as WATCHED,
    FiringAlarm as FiringAlarm,
    Override as Override,
    override_of as override_of,
    override_variables as override_variables,
)
from delivery.model.promotion import (
    ARTIFACT_SHA256 as ARTIFACT_SHA256,
    COMMIT_ID as COMMIT_ID,
    NOT_GIVEN as NOT_GIVEN,
    PROMOTED_KEY as PROMOTED_KEY,
    PROMOTION_ACTION as PROMOTION_ACTION,
    PlaceStores as PlaceStores,
)
from delivery.model.pipelines import (
    ActionState as ActionState,
    Execution as Execution,
    PipelineState as PipelineState,
    StageState as StageState,
)
from delivery.model.builds import (
    Build as Build,
    BuildPhase as BuildPhase,
    ReportSummary as ReportSummary,
)
from delivery.model.account import (
    LEAST_UNRESERVED as LEAST_UNRESERVED,
    AliasRoute as AliasRoute,
    Concurrency as Concurrency,
    Identity as Identity,
    StoredObject as StoredObject,
    StoredSecret as StoredSecret,
)
from delivery.model.revisions import (
    OWN_DIGITS as OWN_DIGITS,
    as_deployed as as_deployed,
    same_content as same_content,
    with_own_digits as with_own_digits,
)
from delivery.model.aliases import (
    AliasNow as AliasNow,
    RunningShift as RunningShift,
    VersionNow as VersionNow,
)
from delivery.model.logs import (
    LogLine as LogLine,
    LogSource as LogSource,
)
from delivery.model.history import (
    ActionRun as ActionRun,
    CommitLog as CommitLog,
    CommitTimes as CommitTimes,
    ShiftRun as ShiftRun,
)
from delivery.model.maintenance import (
    BucketGuards as BucketGuards,
    HeldRole as HeldRole,
    StoredPackage as StoredPackage,
    TrailGuards as TrailGuards,
)
from delivery.model.measures import (
    APPROVAL_WAIT as APPROVAL_WAIT,
    COVERAGE as COVERAGE,
    DELIVERY_METRICS as DELIVERY_METRICS,
    DEPLOYMENTS as DEPLOYMENTS,
    ENVIRONMENT as ENVIRONMENT,
    LEAD_TIME as LEAD_TIME,
    OF_A_BUILD as OF_A_BUILD,
    OF_A_DEPLOYMENT as OF_A_DEPLOYMENT,
    OF_AN_APPROVAL as OF_AN_APPROVAL,
    TEST_PASS_RATE as TEST_PASS_RATE,
    DeliveryMetric as DeliveryMetric,
    Measure as Measure,
    Unit as Unit,
)
from delivery.model.machine import (
    Answers as Answers,
    PlaneInfo as PlaneInfo,
    Push as Push,
    WorkTree as WorkTree,
)
from delivery.model.traffic import (
    FiredAlarm as FiredAlarm,
    InForce as InForce,
    Injection as Injection,
    PlaneTime as PlaneTime,
    RequestKind as RequestKind,
    TrafficPlan as TrafficPlan,
    TrafficReport as TrafficReport,
    VersionCalls as VersionCalls,
)
from delivery.model.verification import (
    Answered as Answered,
    Call as Call,
    CheckResult as CheckResult,
    Expected as Expected,
    ExpectedAlias as ExpectedAlias,
    LoggedErrors as LoggedErrors,
    Verdict as Verdict,
    VersionFacts as VersionFacts,
    worst_of as worst_of,
)
from delivery.names import (
    APPLICATION_STACK_PREFIX as APPLICATION_STACK_PREFIX,
    DEFAULT_REGION as DEFAULT_REGION,
    ENVIRONMENTS as ENVIRONMENTS,
    FOUNDATION_STACK as FOUNDATION_STACK,
    METRIC_NAMESPACE as METRIC_NAMESPACE,
    PIPELINE_NAME as PIPELINE_NAME,
    PIPELINE_STACK as PIPELINE_STACK,
)
from delivery.model.permissions import (
    Asked as Asked,
)
