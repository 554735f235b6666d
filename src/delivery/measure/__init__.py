"""What the delivery tells CloudWatch of itself: of each release, and of each build."""

from delivery.measure.build import Measured, measures_of_build
from delivery.measure.release import ReleaseTimes, measures_of_release

__all__ = ["Measured", "ReleaseTimes", "measures_of_build", "measures_of_release"]
