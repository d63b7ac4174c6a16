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
# Between the sentence of a problem and its advice.
SEPARATOR = "; "


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding about the record on a line.

    - `field` is the dotted path in the entry, empty for the entry as a whole.
    - `text` is a sentence with the value; `advice` says what to do.
    - `rule` names the check that found it; empty for a problem without a check, whose
      group follows from its text.
    - `number` is the position of the record in the manifest if it is known: records can share a
      line, and need not have an externalId.
    """

    level: Level
    line: int
    external_id: str | None
    field: str
    text: str
    advice: str = ""
    rule: str = ""
    number: int = 0


def finding_from(record: Invalid, problem: Problem, number: int = 0) -> Finding:
    """Return the finding of a problem that makes a record, with this number, invalid."""
    text, advice = _split(problem.text)
    return Finding(
        Level.ERROR,
        record.line,
        record.external_id,
        problem.field,
        text,
        advice,
        problem.rule,
        number,
    )


def _split(text: str) -> tuple[str, str]:
    """Return sentence and advice: the first `; ` between them is not part of a quoted value."""
    at = text.find(SEPARATOR)
    while at >= 0 and text.count('"', 0, at) % 2:
        at = text.find(SEPARATOR, at + 1)
    if at < 0:
        # The value is cut, or has a quote itself.
        at = text.find(SEPARATOR, max(text.rfind('"'), text.find("…"), 0))
    return (text, "") if at < 0 else (text[:at], text[at + len(SEPARATOR) :])
