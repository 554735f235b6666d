"""Defects to sow into our own templates, one at a time, by subject."""

from seeded.defect import Defect
from seeded.names import NAMES_AND_PARAMETERS
from seeded.privilege import PRIVILEGE
from seeded.safeguards import SAFEGUARDS
from seeded.structure import DEVELOPMENT, STRUCTURE
from seeded.triggers import BUILD_STAGE, TRIGGERS_AND_BUILDS, condition
from seeded.watching import WATCHING

DEFECTS = (
    *STRUCTURE,
    *TRIGGERS_AND_BUILDS,
    *WATCHING,
    *SAFEGUARDS,
    *NAMES_AND_PARAMETERS,
    *PRIVILEGE,
)

__all__ = ["BUILD_STAGE", "DEFECTS", "DEVELOPMENT", "Defect", "condition"]
