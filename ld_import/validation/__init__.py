"""Findings about the records of a manifest, and their groups: one cause is one line."""

from typing import TYPE_CHECKING

from ld_import.lazy_names import lazy_names

_HOMES = {
    "Finding": "ld_import.validation.finding",
    "FindingGroups": "ld_import.validation.groups",
    "Group": "ld_import.validation.groups",
    "Inspection": "ld_import.validation.inspection",
    "Level": "ld_import.validation.finding",
    "finding_from": "ld_import.validation.finding",
    "grouped": "ld_import.validation.groups",
}

if TYPE_CHECKING:
    from ld_import.validation.finding import Finding, Level, finding_from
    from ld_import.validation.groups import FindingGroups, Group, grouped
    from ld_import.validation.inspection import Inspection

__all__ = [
    "Finding",
    "FindingGroups",
    "Group",
    "Inspection",
    "Level",
    "finding_from",
    "grouped",
]

__getattr__ = lazy_names(__name__, _HOMES)
