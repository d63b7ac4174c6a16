"""Items that need attention: grouped by cause, each group with the command to run next."""

from typing import TYPE_CHECKING

from ld_import.lazy_names import lazy_names

_HOMES = {
    "Case": "ld_import.reasons.groups",
    "Commands": "ld_import.reasons.next_steps",
    "ReasonGroup": "ld_import.reasons.groups",
    "ReasonGroups": "ld_import.reasons.groups",
}

if TYPE_CHECKING:
    from ld_import.reasons.groups import Case, ReasonGroup, ReasonGroups
    from ld_import.reasons.next_steps import Commands

__all__ = ["Case", "Commands", "ReasonGroup", "ReasonGroups"]

__getattr__ = lazy_names(__name__, _HOMES)
