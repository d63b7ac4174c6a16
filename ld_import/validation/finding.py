"""A finding about one record: an error makes the record invalid, a warning does not."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from ld_import.model import Invalid, Problem


class Level(StrEnum):
    """Severity of a finding."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


# The most severe first.
LEVELS = tuple(Level)


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding about the record on a line.

    - `field` is the dotted path in the entry, empty for the entry as a whole.
    - `text` is a sentence with the value; `advice` says what to do.
    - `rule` names the check that found it; empty for a problem without a check, whose
      group follows from its text.
    """

    level: Level
    line: int
    external_id: str | None
    field: str
    text: str
    advice: str = ""
    rule: str = ""


def finding_from(record: Invalid, problem: Problem) -> Finding:
    """Return the finding of a problem that makes a record invalid."""
    text, _, advice = problem.text.partition("; ")
    return Finding(Level.ERROR, record.line, record.external_id, problem.field, text, advice)
