"""What a release is made of: its bill of materials, and whether a part has a known hole."""

from delivery.supply.audit import (
    Audit,
    Audited,
    Hole,
    audit_dependencies,
    read_accepted,
)
from delivery.supply.bill import Bill, bill_of_materials

__all__ = [
    "Audit",
    "Audited",
    "Bill",
    "Hole",
    "audit_dependencies",
    "bill_of_materials",
    "read_accepted",
]
