"""Traffic shifting, before it happens: can its alarms fire, and whom does it expose?

``names``      the values of a template, as far as it says them
``read``       how each function's alias shifts, and the alarms there are
``emitters``   who emits a metric, if anybody does
``liveness``   whether an alarm can fire during a shift
``findings``   what would not protect users; ``validate`` refuses it
``schedules``  CodeDeploy's configurations, and one's own
``watched``    which alarms notice failing requests, and how they count
``chances``    exact chances of counts;  ``badness`` of a bad period
``periods``    when M of the last N periods are bad;  ``sliding`` minute by minute
``firing``     the chance that an alarm fires at each moment
``blast``      requests exposed, time to detection and recovery, false stops
``assess``     all of it for one environment
``evidence``   how much traffic a rehearsal needs, so that an alarm cannot miss it
``page``       the same as one HTML page with a plot
"""

from delivery.strategy.assess import Assessment, FunctionAssessment, assess
from delivery.strategy.evidence import Evidence, find_evidence, shares_of
from delivery.strategy.findings import shift_findings
from delivery.strategy.model import Prediction, Severity, ShiftFinding, Traffic

__all__ = [
    "Assessment",
    "Evidence",
    "FunctionAssessment",
    "Prediction",
    "Severity",
    "ShiftFinding",
    "Traffic",
    "assess",
    "find_evidence",
    "shares_of",
    "shift_findings",
]
