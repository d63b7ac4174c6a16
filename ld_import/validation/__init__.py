"""Findings about the records of a manifest, and their groups: one cause is one line."""

from ld_import.validation.finding import Finding, Level, finding_from

__all__ = ["Finding", "Level", "finding_from"]
