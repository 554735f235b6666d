"""What the stages need from outside, in our words; ``delivery.aws`` implements it.

Each method raises ``delivery.errors``: ``NotPermitted`` for credentials and permissions,
``Unreachable`` for what a later try may mend, ``PlaneUnavailable`` for a rehearsal plane
that does not answer. Absence is None, and never guessed from a refusal.
"""

from delivery.ports.clock import (
    Clock as Clock,
)
from delivery.ports.stacks import (
    DeployedStacks as DeployedStacks,
    ReviewStacks as ReviewStacks,
    Stacks as Stacks,
    Uploads as Uploads,
)
from delivery.ports.releases import (
    ReleaseStore as ReleaseStore,
    TestReports as TestReports,
)
from delivery.ports.account import (
    Account as Account,
    Connections as Connections,
    Capacity as Capacity,
    Functions as Functions,
    Secrets as Secrets,
    Subscriptions as Subscriptions,
    Topics as Topics,
)
from delivery.ports.pipelines import (
    Builds as Builds,
    Pipelines as Pipelines,
)
from delivery.ports.machine import (
    Plane as Plane,
    Repository as Repository,
    Store as Store,
)
from delivery.ports.history import (
    Commits as Commits,
    PipelinePast as PipelinePast,
    ShiftPast as ShiftPast,
)
from delivery.ports.logs import (
    Logs as Logs,
)
from delivery.ports.measures import (
    DeliveryMetrics as DeliveryMetrics,
)
from delivery.ports.rollback import (
    Aliases as Aliases,
    Shifts as Shifts,
    StackUndo as StackUndo,
    Transitions as Transitions,
)
from delivery.ports.maintenance import (
    Guards as Guards,
    Packages as Packages,
    Roles as Roles,
    Versions as Versions,
)
from delivery.ports.permissions import (
    Permissions as Permissions,
)
from delivery.ports.promotion import (
    HomePackages as HomePackages,
    Place as Place,
    Places as Places,
)
from delivery.ports.steering import (
    Steering as Steering,
)
from delivery.ports.screen import (
    Live as Live,
    Screen as Screen,
)
from delivery.ports.traffic import (
    Alarms as Alarms,
    Controls as Controls,
    RunningTraffic as RunningTraffic,
    Traffic as Traffic,
)
from delivery.ports.verification import (
    AlarmStates as AlarmStates,
    ApiStages as ApiStages,
    Endpoints as Endpoints,
    ErrorMetrics as ErrorMetrics,
    FunctionLogs as FunctionLogs,
    Invocations as Invocations,
    Trail as Trail,
)
