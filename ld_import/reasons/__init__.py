"""Items that need attention: grouped by cause, each group with the command to run next."""

from ld_import.reasons.groups import Case, ReasonGroup, ReasonGroups
from ld_import.reasons.next_steps import Commands

__all__ = ["Case", "Commands", "ReasonGroup", "ReasonGroups"]
