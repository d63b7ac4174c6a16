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


class LineSet:
    """A set of line numbers that takes one bit for each line of a file."""

    def __init__(self) -> None:
        """Start empty."""
        self._bits = bytearray()
        self.count = 0

    def add(self, line: int) -> None:
        """Add a line, unless it is in the set."""
        at, bit = line >> 3, 1 << (line & 7)
        if at >= len(self._bits):
            self._bits.extend(bytes(at + 1 - len(self._bits) + len(self._bits) // 8))
        if not self._bits[at] & bit:
            self._bits[at] |= bit
            self.count += 1

    def __contains__(self, line: int) -> bool:
        """Return whether a line is in the set."""
        at = line >> 3
        return at < len(self._bits) and bool(self._bits[at] & 1 << (line & 7))


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
    _invalid: LineSet = field(default_factory=LineSet)
    _warned: LineSet = field(default_factory=LineSet)

    @property
    def invalid(self) -> int:
        """Number of records with an error."""
        return self._invalid.count

    def is_invalid(self, line: int) -> bool:
        """Return whether the record of this line has an error."""
        return line in self._invalid

    @property
    def warned(self) -> int:
        """Number of records with a warning."""
        return self._warned.count

    @property
    def good(self) -> int:
        """Number of records that would be sent."""
        return self.read - self.invalid - self.repeated

    def note(self, finding: Finding) -> None:
        """Count the record of a finding, once for each level; line 0 is not a record."""
        self.has_errors = self.has_errors or finding.level is Level.ERROR
        if not finding.line:
            return
        if finding.level is Level.ERROR:
            self._invalid.add(finding.line)
        elif finding.level is Level.WARNING:
            self._warned.add(finding.line)


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
            _check(decision, checked, inspections, report)
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
        if checked.sample is None and not checked.is_invalid(decision.line):
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
