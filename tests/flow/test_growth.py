"""Growth of the work with the manifest: counted, not timed, so that slow machines pass."""

from __future__ import annotations

import tracemalloc
from contextlib import closing
from dataclasses import asdict, dataclass

import pytest

from ld_import.emulator import Emulator, Settings
from ld_import.ledger import SqliteLedger
from ld_import.model import LeaveReason
from tests.clock import FakeClock
from tests.harness.program import Program
from tests.harness.records import videos
from tests.harness.shared import made_once
from tests.makers import make_ledger, make_planner, make_record

SIZES = (500, 1000, 2000)
BATCH = 100
# Thousands of records: tracing doubles their time, and other tests cover the same lines.
pytestmark = pytest.mark.no_cover


@dataclass
class Work:
    """The work of a run: SQL statements, records parsed, and requests."""

    statements: int = 0
    scans: int = 0
    parsed: int = 0
    requests: int = 0


class CountingMapping:
    """The mapping of a run, which counts the records it is given."""

    def __init__(self, mapping, work):
        self._mapping = mapping
        self._work = work

    def __getattr__(self, name):
        return getattr(self._mapping, name)

    def entry_from(self, record):
        self._work.parsed += 1
        return self._mapping.entry_from(record)

    def entries_from(self, records, checkpoint):
        self._work.parsed += len(records)
        return self._mapping.entries_from(records, checkpoint)


class CountedProgram(Program):
    """A program whose work is counted from the moment its ledger is open."""

    work: Work

    def _run(self, spec, watched, *rest):
        assert isinstance(watched, SqliteLedger)
        watched._db.set_trace_callback(self._statement)
        # A cached property of a frozen dataclass, which cannot be set otherwise.
        vars(spec)["mapping"] = CountingMapping(spec.mapping, self.work)
        ended = super()._run(spec, watched, *rest)
        self.work.requests = sum(ended.requests.values())
        return ended

    def _statement(self, text):
        self.work.statements += 1
        self.work.scans += "item NOT INDEXED" in text and "item_id IN" not in text

    def counted(self, **options):
        """Run and return the counted work."""
        self.work = Work()
        assert self.run(batch_size=BATCH, **options).exit_code == 0
        return self.work


@pytest.fixture(scope="module")
def works(tmp_path_factory, run_folder):
    """Return by size: the work of the import, of the night after it, and of the one after that."""

    def measure():
        return [counted_nights(tmp_path_factory.mktemp("growth"), size) for size in SIZES]

    measured = made_once(run_folder / "growth", measure)
    return {
        size: [Work(**work) for work in nights]
        for size, nights in zip(SIZES, measured, strict=True)
    }


def counted_nights(folder, size):
    """Return the work of three runs as JSON values."""
    clock = FakeClock()
    emulator = Emulator(Settings(job_polls=0), now=clock.timestamp, sleep=clock.sleep)
    program = CountedProgram(folder, emulator, clock)
    program.write(videos(size))
    nights = [asdict(program.counted()) for _ in range(3)]
    emulator.close()
    return nights


def growth(works, night, what):
    """Return the work for each additional record, between the two larger sizes."""
    small, large = (getattr(works[size][night], what) for size in SIZES[1:])
    return (large - small) / (SIZES[2] - SIZES[1])


@pytest.mark.parametrize("what", ["statements", "parsed", "requests"])
def test_import_is_linear(works, what):
    """The work of an import is linear in the number of records."""
    small, medium, large = (getattr(works[size][0], what) for size in SIZES)

    assert large - medium == pytest.approx(2 * (medium - small), rel=0.1, abs=10)


def test_import_parses_and_sends_each_record_once(works):
    """A record is parsed once, and a hundred of them make two requests."""
    assert growth(works, 0, "parsed") == 1
    assert growth(works, 0, "requests") == 2 / BATCH


def test_first_night_is_nearly_free(works):
    """The blocks that an import sent are known to the next run, which looks up no record."""
    assert [works[size][1].parsed for size in SIZES] == [0, 0, 0]
    assert [works[size][1].requests for size in SIZES] == [0, 0, 0]
    assert growth(works, 1, "statements") < 0.02


def test_night_after_a_change(tmp_path, make_emulator, clock):
    """After a change its block is read once: what was sent and what was left is known then."""
    program = CountedProgram(tmp_path, make_emulator(job_polls=0), clock)
    program.write(videos(1000))
    program.counted()
    changed = [{**record, "title": "Other"} for record in videos(1001)[700:702]]
    program.write([*videos(1001)[:700], *changed, *videos(1001)[702:]])

    night = program.counted()
    next_night = program.counted()

    assert 0 < night.parsed < 1000
    assert night.requests > 0
    assert (next_night.parsed, next_night.requests) == (0, 0)
    assert next_night.statements < 60


LEFT = {"failed": LeaveReason.FAILED_BEFORE, "repeated": LeaveReason.REPEATED}


@pytest.mark.parametrize("fault", [*LEFT])
def test_blocks_with_records_that_were_not_all_settled(tmp_path, make_emulator, clock, fault):
    """A failed item, or a record that is there twice, keeps its block from being left whole."""
    records = videos(600)
    if fault == "repeated":
        records[10] = records[9]
    settings = {"fail_url": {records[10]["url"]: "gone"}} if fault == "failed" else {}
    program = CountedProgram(tmp_path, make_emulator(job_polls=0, **settings), clock)
    program.write(records)
    program.work = Work()
    program.run(batch_size=BATCH)

    first, second = (program.run(batch_size=BATCH) for _ in range(2))

    assert first.exit_code == second.exit_code
    assert first.tally.left == second.tally.left
    assert first.tally.left[LEFT[fault]] == 1


def test_further_nights_are_nearly_free(works):
    """Further runs make one query for some hundred records, and no write."""
    assert [works[size][2].parsed for size in SIZES] == [0, 0, 0]
    assert [works[size][2].requests for size in SIZES] == [0, 0, 0]
    assert growth(works, 2, "statements") < 0.02


@pytest.mark.parametrize(
    ("gone", "new", "scans"),
    [(0, 0, 0), (0, 2, 0), (50, 2, 0), (50, 40, 0)],
    ids=["unchanged", "two", "two-for-others", "many-for-others"],
)
def test_known_items_are_not_read_for_their_urls(tmp_path, make_emulator, clock, gone, new, scans):
    """After a complete read only items missing in the manifest are compared by URL."""
    program = CountedProgram(tmp_path, make_emulator(job_polls=0), clock)
    program.write(videos(200))
    assert program.counted().scans == 0
    before = program.counted()
    program.write(videos(200 + new)[gone:])

    after = program.counted()

    assert after.scans == scans
    if not gone and not new:
        assert after.statements <= before.statements


def test_memory_does_not_grow_with_the_manifest(tmp_path):
    """Three times the records are decided in the same memory."""
    few, many = 2000, 6000

    assert peak_of_plan(tmp_path / "many", many) < 1.2 * peak_of_plan(tmp_path / "few", few)


def peak_of_plan(folder, count):
    """Return the peak memory in bytes while this number of new records is planned."""
    folder.mkdir()
    with closing(make_ledger(folder)) as ledger:
        planner = make_planner(ledger)
        tracemalloc.start()
        try:
            decided = sum(chunk.read for chunk in planner.chunks(map(make_record, range(1, count))))
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
            assert decided == count - 1
