"""Values with sensible fields, so that a test names only what it is about."""

from __future__ import annotations

from itertools import count

import orjson

from ld_import.kinds import KINDS
from ld_import.ledger import SeenKeys, SqliteLedger
from ld_import.manifest import Mapping
from ld_import.model import (
    Batch,
    Entry,
    Item,
    ItemKey,
    Job,
    OpenBatch,
    Record,
    Result,
    RunStart,
    State,
    Target,
)
from ld_import.pipeline.planning.chunk import Rules
from ld_import.pipeline.planning.items import ItemReader
from ld_import.pipeline.planning.plan import Planner
from tests.clock import START
from tests.harness.records import video

RUNS = count()
SYSTEM = "archive"
TARGET = Target("https://server.example", "", "videos")


def make_record(number, line=None, **fields):
    """Return a record with the fields of a valid video."""
    return Record(line or number, orjson.dumps(video(number, **fields)))


def make_records(count):
    """Return so many records, lines 1 and up."""
    return [make_record(number) for number in range(1, count + 1)]


def make_entry(number=1, **fields):
    """Return a valid entry."""
    values = {
        "url": f"https://films.example/{number}.mp4",
        "fileName": f"Film {number}",
        "metadata": {},
    }
    return Entry(number, f"v{number}", {**values, **fields})


def make_item(number=1, **fields):
    """Return a checked item."""
    item = KINDS["videos"].item_from(make_entry(number, **fields), SYSTEM, b"digest-%d" % number)
    assert isinstance(item, Item)
    return item


def make_batch(item_count=3):
    """Return a batch of so many items."""
    return Batch(tuple(make_item(number) for number in range(1, item_count + 1)))


def make_key(number=1):
    """Return the key of the item with this number."""
    return ItemKey(SYSTEM, f"v{number}")


def make_open_batch(item_count=3, job_id="job1", created_at=START, existing=()):
    """Return a batch the ledger has open."""
    keys = tuple(make_key(number) for number in range(1, item_count + 1))
    return OpenBatch(1, keys, created_at, job_id, frozenset(existing))


def make_result(number=1, state=State.SUCCESS, word=None, reason=None, media_id="m1"):
    """Return what a job says of an item."""
    return Result(f"v{number}", state, word or str(state), reason, media_id)


def make_job(state="success", finished=True, results=()):
    """Return a job, by default finished and without items."""
    return Job("job1", state, finished, results)


def make_start(
    manifest="/manifest.yaml",
    template=None,
    system_name=SYSTEM,
    run_id="run-1",
    records_file="/records.jsonl",
):
    """Return the note of a run that begins."""
    return RunStart(
        run_id=run_id,
        manifest=manifest,
        records_file=records_file,
        system_name=system_name,
        external_id_template=template,
        command="ld-import videos",
        host="here",
        pid=1,
        started_at=START,
    )


def make_ledger(folder, target=TARGET, *, read_only=False):
    """Return a ledger in a folder; a run has begun unless it is read-only."""
    ledger = SqliteLedger(folder / "ledger.sqlite3", target, read_only=read_only)
    if not read_only:
        ledger.begin_run(make_start(run_id=f"run-{next(RUNS)}"))
    return ledger


def make_planner(ledger, *, mapping=None, rules=None, system_name=SYSTEM, checkpoint=None):
    """Return the deciding stage for videos."""
    mapping = mapping or Mapping(external_id=None, fields=None)
    reader = ItemReader(mapping, KINDS["videos"], system_name, checkpoint)
    return Planner(reader, ledger, SeenKeys(), rules or Rules())
