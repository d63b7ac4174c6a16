"""A validation as a call: findings of the schema and of inspections, counted by record."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest

from ld_import.importer.spec import ImportSpec
from ld_import.importer.validation import RecordCount, check_records
from ld_import.manifest import open_manifest
from ld_import.validation import Finding, Level
from tests.harness.records import broken, video


class LongNames:
    """Warns of long file names, refuses empty ones, and counts at the end."""

    def __init__(self):
        self.lines = []
        self.closed = 0

    def inspect(self, item):
        self.lines.append(item.line)
        if len(item.file_name) > 20:
            yield Finding(Level.WARNING, item.line, item.key.external_id, "fileName", "long")
            yield Finding(Level.WARNING, item.line, item.key.external_id, "fileName", "very long")
        if item.file_name == "-":
            yield Finding(Level.ERROR, item.line, item.key.external_id, "fileName", "a dash")

    def finish(self):
        yield Finding(Level.ERROR, self.lines[-1], None, "url", "the host is unknown")

    def close(self):
        self.closed += 1


@pytest.fixture
def spec_of(tmp_path):
    def make(records):
        path = tmp_path / "records.jsonl"
        path.write_bytes(b"".join(orjson.dumps(record) + b"\n" for record in records))
        return ImportSpec.for_manifest(
            open_manifest(path),
            kind="videos",
            system_name="town",
            server=None,
            ledger_path=Path(":memory:"),
        )

    return make


def test_inspections_see_every_valid_item(spec_of):
    """An inspection gets each valid item once, in order, then ends, and is closed."""
    names = LongNames()
    taken: list[Finding] = []
    records = [video(1), broken(2), video(3, fileName="x" * 30), video(1), video(4, fileName="-")]

    checked = check_records(spec_of([*records, video(5)]), [names], taken.append)

    assert names.lines == [1, 3, 5, 6]
    assert names.closed == 1
    assert [(finding.level, finding.line) for finding in taken] == [
        ("error", 2),
        ("warning", 3),
        ("warning", 3),
        ("info", 4),
        ("error", 5),
        ("error", 6),
    ]
    assert (checked.read, checked.good, checked.invalid, checked.repeated) == (6, 2, 3, 1)
    assert (checked.warned, checked.has_errors) == (1, True)


def test_the_sample_is_a_good_record(spec_of):
    """The sample is the first record without an error, also of an inspection."""
    records = [broken(1), video(2, fileName="-"), video(3), video(4)]

    checked = check_records(spec_of(records), [LongNames()], lambda finding: None)

    assert checked.sample is not None
    assert checked.sample.line == 3


def test_an_error_closes_the_inspections(spec_of):
    """Inspections are closed when the output of a finding fails."""
    names = LongNames()

    def fail(finding):
        raise RuntimeError

    with pytest.raises(RuntimeError):
        check_records(spec_of([broken(1)]), [names], fail)
    assert names.closed == 1


def test_count_of_records():
    """A line counts once, in any order; of records on one line, those with a number count."""
    records = RecordCount()
    for line in (5, 900, 5, 1, 64, 900, 8):
        records.add(line, 0)
    assert records.count == 5

    for number in (1, 1, 2, 0, 3):
        records.add(7, number)
    assert (records.count, records.last) == (8, 3)
