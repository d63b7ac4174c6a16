"""The learned size of batches in a run, and in the next one."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

from ld_import.emulator import Fault
from ld_import.events import SizeChanged
from tests.harness.records import images, names, videos

# Whole programs, whose lines other tests cover.
pytestmark = pytest.mark.no_cover
POST = "POST import/videos"


def sizes_of(ended):
    """Return the sizes that a run changed to."""
    return [event.size for event in ended.events if isinstance(event, SizeChanged)]


def jobs_of(program):
    """Return the numbers of items of the batches in the ledger."""
    with closing(sqlite3.connect(program.ledger_path)) as db:
        return [count for (count,) in db.execute("SELECT item_count FROM batch ORDER BY batch_id")]


def size_row(program):
    """Return the row of what the ledger remembers."""
    with closing(sqlite3.connect(program.ledger_path)) as db:
        return db.execute(
            "SELECT size, fixed_seconds, item_seconds, most FROM batch_size"
        ).fetchone()


@pytest.mark.parametrize("kind", ["videos", "media-library"])
def test_size_grows_and_is_remembered(make_program, kind):
    """Quick jobs double the size, and the next run begins with the last one."""
    program = make_program(job_polls=0)
    program.kind = kind
    make = videos if kind == "videos" else images
    program.write(make(1000))

    ended = program.run(batch_size=None, parallel=1)

    assert ended.exit_code == 0
    assert sizes_of(ended) == [200, 400, 800]
    first = jobs_of(program)
    assert (first[0], sum(first), set(first)) == (100, 1000, {100, 200, 400})
    assert ended.summary["batchSize"] == {"mode": "auto", "first": 100, "last": 800}
    assert size_row(program)[0] == 800

    program.write(make(1800))
    again = program.run(batch_size=None, parallel=1)

    assert jobs_of(program)[len(first) :] == [800]
    assert again.summary["batchSize"]["first"] == 800


def test_fixed_size_is_not_remembered(program):
    """A size that the user chose never changes, and the ledger remembers nothing."""
    program.write(videos(20))
    ended = program.run(batch_size=5)
    assert ended.summary["batchSize"] == {"mode": "fixed", "first": 5, "last": 5}
    assert size_row(program) is None


def test_slow_jobs_shrink_batches(make_program):
    """After jobs of two minutes no batch takes more than a minute that was cut before, either."""
    program = make_program(job_seconds=120)
    program.write(videos(400))

    ended = program.run(batch_size=None, parallel=2)

    assert ended.exit_code == 0
    assert jobs_of(program)[:2] == [100, 100]
    assert max(jobs_of(program)[2:5]) <= 25
    assert sum(jobs_of(program)) == 400


def test_failed_job_halves_batches(make_program):
    """A job that fails as a whole halves the next batches; all items arrive."""
    program = make_program(job_polls=0)
    program.write(videos(200))
    program.emulator.script(Fault(on=POST, action="fail_job", times=1))

    ended = program.run(batch_size=None, parallel=1)

    assert ended.exit_code == 0
    assert sizes_of(ended)[0] == 50
    assert jobs_of(program) == [100, 50, 50, 50, 50]
    assert size_row(program)[3] == 50
    program.check_identities(names(200))
