"""A validation as a call: all findings about the records of a manifest, without a ledger."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from typing import Any

from ld_import.importer.planning import first_plan_of
from ld_import.importer.spec import ImportSpec
from ld_import.ledger import SeenKeys
from ld_import.model import Invalid, Item, Leave, Repeat
from ld_import.validation import Finding, Inspection, Level, finding_from

TakeFinding = Callable[[Finding], object]


class RecordCount:
    """Counts records once each by their lines, with one bit for each line of a file."""

    def __init__(self) -> None:
        """Start without records."""
        self._bits = bytearray()
        self.count = 0
        self.last = 0

    def add(self, line: int, number: int) -> None:
        """Count the record of a line once; `number` is its position, 0 if it is unknown.

        Of the records that share a line, only those with a number are distinguished.
        """
        if self._is_new(line) or number not in (0, self.last):
            self.count += 1
            self.last = number or self.last

    def _is_new(self, line: int) -> bool:
        """Add a line, and return whether it is a new one."""
        at, bit = line >> 3, 1 << (line & 7)
        if at >= len(self._bits):
            self._bits.extend(bytes(at + 1 - len(self._bits) + len(self._bits) // 8))
        is_new = not self._bits[at] & bit
        self._bits[at] |= bit
        return is_new


@dataclass(slots=True)
class Checked:
    """Counts of the records of a manifest, and the first one that would be sent.

    `read = good + invalid + repeated`; records with a warning are good. `more` are further members
    of the JSON document, such as the result of a check of URLs.
    """

    read: int = 0
    repeated: int = 0
    sample: Item | None = None
    has_errors: bool = False
    more: dict[str, Any] = field(default_factory=dict)
    _line: int = 0
    _invalid: RecordCount = field(default_factory=RecordCount)
    _warned: RecordCount = field(default_factory=RecordCount)

    @property
    def invalid(self) -> int:
        """Number of records with an error."""
        return self._invalid.count

    @property
    def is_last_invalid(self) -> bool:
        """Whether the record read last has an error."""
        return self._invalid.last == self.read

    @property
    def warned(self) -> int:
        """Number of records with a warning."""
        return self._warned.count

    @property
    def good(self) -> int:
        """Number of records that would be sent."""
        return self.read - self.invalid - self.repeated

    def begin(self, line: int) -> None:
        """Note that findings about this line are about the record read last, unless it is 0."""
        self._line = line

    def note(self, finding: Finding) -> None:
        """Count the record of a finding, once for each level; line 0 is not a record."""
        self.has_errors = self.has_errors or finding.level is Level.ERROR
        if not finding.line:
            return
        number = self.read if finding.line == self._line else 0
        if finding.level is Level.ERROR:
            self._invalid.add(finding.line, number)
        elif finding.level is Level.WARNING:
            self._warned.add(finding.line, number)


def check_records(
    spec: ImportSpec, inspections: Sequence[Inspection], take: TakeFinding
) -> Checked:
    """Check every record of a manifest, and pass each finding to `take`.

    The inspections see the valid items in order, and are closed. Raises the errors of reading a
    manifest.
    """
    checked = Checked()

    def report(findings: Iterable[Finding]) -> None:
        for finding in findings:
            checked.note(finding)
            take(finding)

    with ExitStack() as stack:
        for inspection in inspections:
            stack.enter_context(closing(inspection))
        seen = stack.enter_context(closing(SeenKeys()))
        records = stack.enter_context(closing(spec.manifest.records()))
        for decision in first_plan_of(spec, records, seen):
            checked.read += 1
            checked.begin(0 if isinstance(decision, Leave) else decision.line)
            _check(decision, checked, inspections, report)
        checked.begin(0)
        for inspection in inspections:
            report(inspection.finish())
    return checked


def _check(
    decision: Item | Leave | Invalid,
    checked: Checked,
    inspections: Sequence[Inspection],
    report: Callable[[Iterable[Finding]], None],
) -> None:
    if isinstance(decision, Item):
        # Most items have no findings: no call for them.
        for inspection in inspections:
            if found := inspection.inspect(decision):
                report(found)
        if checked.sample is None and not checked.is_last_invalid:
            checked.sample = decision
    elif isinstance(decision, Invalid):
        number = checked.read
        report(finding_from(decision, problem, number) for problem in decision.problems)
    elif decision.repeat is not None:
        checked.repeated += 1
        report([finding_of_repeat(decision.repeat)])


def finding_of_repeat(repeat: Repeat) -> Finding:
    """Return the finding about a record that is the same as an earlier one."""
    return Finding(
        Level.INFO,
        repeat.line,
        repeat.external_id,
        "externalId",
        f"the record has the same externalId and content as line {repeat.first_line}",
        "it is sent once",
        "repeated",
    )
