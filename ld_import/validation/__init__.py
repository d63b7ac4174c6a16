"""Findings about the records of a manifest, and their groups: one cause is one line."""

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
