"""Planning in a worker process: same results as in one process, and no worker outlives its run."""

from __future__ import annotations

import asyncio
import gzip
import os
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import closing, suppress
from itertools import count
from pathlib import Path
from typing import Any

import orjson
import pytest

from ld_import.clock import SystemClock
from ld_import.emulator import Fault, Settings
from ld_import.errors import Interrupted, ManifestError
from ld_import.importer import prefetch, worker, worker_process
from ld_import.importer.planning import planner_of
from ld_import.importer.prefetch import PrefetchedPlan, RecordingSeen
from ld_import.importer.protocol import (
    GREETING,
    HEADER_BYTES,
    DamagedFrame,
    End,
    PlanRequest,
    Resume,
    SeenColumns,
    SeenKey,
    frame_of,
    header_of,
    message_of,
)
from ld_import.importer.spec import kind_named
from ld_import.importer.worker_process import PlanWorker
from ld_import.kinds import KINDS
from ld_import.kinds.field_hashes import hashes_from
from ld_import.ledger import LedgerReader, SeenKeys
from ld_import.manifest import open_manifest
from ld_import.model import Entry, Send
from ld_import.pipeline.planning import record_blocks
from ld_import.pipeline.planning.chunk import Rules
from ld_import.pipeline.planning.plan_source import LocalPlan
from ld_import.pipeline.shutdown import StoppableClock
from tests.harness.counts import assert_adds_up
from tests.harness.records import broken, video
from tests.makers import SYSTEM, TARGET, make_key, make_ledger

POST = "POST import/videos"
READY_SECONDS = 30
DEADLINE_SECONDS = 30
LOOK_EVERY_SECONDS = 0.02
# Between two looks at a process that a signal stops or continues.
SIGNAL_SECONDS = 0.001
COUNT = 300
SMALL_CHUNKS = 0x0F
WORKER = f"""
from ld_import.importer.worker import main
from ld_import.pipeline.planning import record_blocks

record_blocks.END_MASK = {SMALL_CHUNKS}
main()
"""
# Source of a fake worker: it writes these bytes to the descriptor it is given.
SAY = "import os, sys; (lambda words: os.write(int(sys.argv[1]), words))"
# A program that starts a worker whatever the size of the manifest, and waits until it is ready.
EAGER = """
import select, sys
from ld_import.importer import prefetch

prefetch.SMALLEST_BYTES = 1
is_ready = lambda self: bool(select.select([self._connection], [], [], 30)[0])
prefetch.PlanWorker.has_message = property(is_ready)

from ld_import.__main__ import run

run()
"""


def said(self):
    """Wait until a worker is ready: without it the moment of the handover would vary."""
    return bool(select.select([self._connection], [], [], READY_SECONDS)[0])


@pytest.fixture
def small_chunks(monkeypatch):
    """Make chunks small, so that a few records fill many chunks."""
    monkeypatch.setattr(record_blocks, "END_MASK", SMALL_CHUNKS)


@pytest.fixture
def eager(monkeypatch, small_chunks):
    """Start a worker for a manifest of any size, and wait for it after the first chunk."""
    monkeypatch.setattr(prefetch, "SMALLEST_BYTES", 1)
    monkeypatch.setattr(PlanWorker, "has_message", property(said))
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1}, raising=False)
    monkeypatch.setattr(worker_process, "CPU_QUOTA", Path("/nowhere"))


@pytest.fixture
def start(starter):
    """Return a function that starts a worker process by a fork, which saves 0.2 s of CPU time."""

    def start(connection):
        null = subprocess.DEVNULL
        return starter.start(
            ["0"], code=WORKER, stdin=connection, stdout=null, stderr=null, start_new_session=True
        )

    return start


@pytest.fixture
def helpers(monkeypatch, start):
    """Return the list of workers that this process starts, by forks."""
    return watched(monkeypatch, start)


@pytest.fixture
def new_helpers(monkeypatch):
    """Return the list of workers that this process starts, each a new Python."""
    return watched(monkeypatch, worker_process.start_worker)


def watched(monkeypatch, start):
    made = []

    class Watched(PlanWorker):
        is_planning = False

        def __init__(self):
            super().__init__(start)
            made.append(self)

        def resume(self, message):
            super().resume(message)
            self.is_planning = True

    monkeypatch.setattr(prefetch, "PlanWorker", Watched)
    return made


def write(place, records, name="talks", system_name=None):
    """Write a manifest and the file of its records; return the path of the manifest."""
    lines = b"".join(orjson.dumps(record) + b"\n" for record in records)
    (place.folder / f"{name}.jsonl").write_bytes(lines)
    path = place.folder / f"{name}.yaml"
    path.write_text(f"systemName: {system_name or place.system_name}\nsource: {name}.jsonl\n")
    return path


def many(count=COUNT, **fields):
    return [video(number, **fields) for number in range(1, count + 1)]


def is_gone(number):
    """Return whether a process has ended; a zombie counts as ended."""
    try:
        state = Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return True
    return state in "ZX"


def helper_of(number):
    """Return the id of the worker that a process has started, or `None`."""
    for path in Path("/proc").glob("[0-9]*"):
        try:
            # The parent first: reading the command line of every process costs twice as much.
            parent = int((path / "stat").read_text().rpartition(")")[2].split()[1])
            if parent == number and b"ld_import.importer.worker" in (path / "cmdline").read_bytes():
                return int(path.name)
        except OSError:
            continue
    return None


def until(what, seconds=DEADLINE_SECONDS, every=LOOK_EVERY_SECONDS):
    """Return the first truthy result of a function; fail if that takes too long."""
    end = time.monotonic() + seconds
    while not (found := what()):
        assert time.monotonic() < end
        time.sleep(every)  # noqa: TID251 (other processes are waited for)
    return found


def counts_of(summary):
    """Return the counts of a summary, without the values that differ from run to run."""
    told = {key: value for key, value in summary.items() if isinstance(value, int | dict)}
    return {key: value for key, value in told.items() if key != "requests"}


def rows_of(path):
    """Return the ledger's rows, without times and ids of the server."""
    kept = ("externalId", "line", "state", "reason", "checksum", "fileName", "url", "attempts")
    with LedgerReader(path) as reader:
        rows = [{name: one.get(name) for name in kept} for one in reader.items()]
    return sorted(rows, key=lambda row: (row["line"] or 0, str(row)))


def story(size=120):
    """Return the records of two runs; planning the second one reaches every kind of decision."""
    half, most = size // 2, size * 5 // 6
    first = many(2 * size)
    first[7] = video(8, url="https://films.example/gone.mp4")
    new = [video(number) for number in range(5001, 5001 + 2 * size)]
    second = [
        *new[:size],
        # Repetitions near and far, before and after the handover, with the same content …
        new[0],
        new[size - 1],
        *first[:half],
        # … and with other content.
        video(5001, fileName="Another"),
        video(1, fileName="Another"),
        *[video(number, fileName=f"Changed {number}") for number in range(half + 1, most)],
        first[8],
        video(half + 1, fileName=f"Changed {half + 1}"),
        video(half + 2, fileName="Another"),
        broken(9001),
        *new[size:],
        *first[most:],
        new[3],
        first[2],
        broken(9002),
        video(size, fileName="Another"),
        new[size * 11 // 6],
    ]
    return first, second


# Tracing doubles its time, and other tests cover the same lines.
@pytest.mark.no_cover
def test_results_are_the_same(place, eager, helpers, monkeypatch):
    """A worker plans exactly like this process: counts, requests and every ledger row are equal."""
    place.emulator.settings = Settings(job_polls=0, fail_url={"/gone.mp4": "gone"})
    results = []
    for name, smallest in (("here", 10**9), ("ahead", 1)):
        first, second = story()
        ledger = place.folder / name / "ledger.sqlite3"
        flags = ("--ledger", ledger, "--parallel", "1", "--batch-size", "100")
        monkeypatch.setattr(prefetch, "SMALLEST_BYTES", 10**9)
        manifest = write(place, first, name, f"{place.system_name}-{name}")
        place.summary(manifest, *flags, code=3)
        monkeypatch.setattr(prefetch, "SMALLEST_BYTES", smallest)
        write(place, second, name, f"{place.system_name}-{name}")
        summary = place.summary(manifest, *flags, code=3)
        again = place.summary(manifest, *flags, code=3)
        results.append((counts_of(summary), summary["requests"], rows_of(ledger), counts_of(again)))

    here, there = results
    assert [one.is_planning for one in helpers] == [True]
    assert here == there
    assert min(here[0][part] for part in ("invalid", "repeated", "unchanged", "failedBefore")) > 0
    assert here[0]["sent"] == 240 + 39


def test_nothing_remains(place, eager, new_helpers):
    """After a run the worker has ended, and no write-ahead log remains beside the ledger."""
    place.summary(write(place, many()), "--batch-size", "100", "--no-wait")

    assert [one.is_planning for one in new_helpers] == [True]
    assert new_helpers[0]._process.returncode is not None
    assert not place.ledger_path.with_name("ledger.sqlite3-wal").exists()


def test_worker_checks_items_against_the_project(place, eager, helpers):
    """Items that the server would refuse are invalid also where the worker decides."""
    records = many()
    for number in (3, COUNT - 1, COUNT):
        records[number - 1] = video(number, metadata={"titel": "A"})

    summary = place.summary(write(place, records), "--batch-size", "100", "--no-wait", code=3)

    assert [one.is_planning for one in helpers] == [True]
    assert (summary["invalid"], summary["preflight"]["refused"]) == (3, 3)
    assert {row["line"] for row in place.rows().values() if row["state"] == "invalid"} == {
        3,
        COUNT - 1,
        COUNT,
    }


def test_few_changes_start_no_worker(place, eager, helpers):
    """A dry run and a run with few changes start no worker."""
    manifest = write(place, many())
    place.summary(manifest, "--dry-run")
    assert helpers == []

    place.imported(manifest, "--batch-size", "100")
    del helpers[:]
    write(place, [*many(COUNT - 1), video(COUNT, fileName="Changed")])
    summary = place.summary(manifest)

    assert (summary["unchanged"], summary["sent"]) == (COUNT - 1, 1)
    assert helpers == []


@pytest.mark.parametrize(
    ("text", "usable"),
    [
        ("max 100000", 4),
        ("100000 100000", 1),
        ("150000 100000", 1),
        ("200000 100000", 2),
        ("10000 100000", 1),
        ("800000 100000", 4),
        ("nonsense", 4),
        (None, 4),
    ],
)
def test_cpu_quota_of_a_container(tmp_path, monkeypatch, text, usable):
    """A CPU quota of a container limits the number of usable processors."""
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1, 2, 3}, raising=False)
    monkeypatch.setattr(worker_process, "CPU_QUOTA", tmp_path / "cpu.max")
    if text is not None:
        (tmp_path / "cpu.max").write_text(f"{text}\n")

    assert worker_process.usable_cpus() == usable


@pytest.mark.parametrize("cpus", [{0}, {0, 1}])
def test_one_processor_plans_alone(place, eager, helpers, monkeypatch, cpus):
    """A machine with one processor starts no worker."""
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: cpus, raising=False)

    place.summary(write(place, many(120)), "--no-wait")

    assert len(helpers) == len(cpus) - 1


def test_only_a_file_is_read_by_another(place, eager, helpers):
    """Records that a reader keeps in an unnamed temporary file are planned in this process."""
    place.summary(place.write(*many(120)), "--no-wait")

    assert helpers == []


@pytest.mark.parametrize(
    ("program", "command"),
    [
        ("/nowhere/python", worker_process.COMMAND),
        (sys.executable, ("-c", "")),
        (sys.executable, ("-c", f"{SAY}(b'\\0' * 8)")),
        (sys.executable, ("-c", f"{SAY}(b'ld-import of yesterday' * 9)")),
        (sys.executable, ("-c", f"print('chatter' * 99); {SAY}({GREETING!r}); sys.exit(3)")),
    ],
)
def test_worker_that_does_not_start(place, eager, monkeypatch, program, command):
    """A worker that does not start, dies at once or is another program does not affect the run."""
    monkeypatch.setattr(worker_process, "COMMAND", command)
    monkeypatch.setattr(sys, "executable", program)

    summary = place.summary(write(place, many(140)), "--batch-size", "100", "--no-wait")

    assert summary["sent"] == 140


def test_helper_that_comes_too_late(place, eager, helpers, monkeypatch):
    """The run does not wait for its worker; the keys kept for the handover are limited."""
    asked = count()
    monkeypatch.setattr(prefetch, "MOST_SEEN", 20)
    monkeypatch.setattr(PlanWorker, "has_message", property(lambda self: next(asked) > 2))

    summary = place.summary(write(place, many()), "--batch-size", "100", "--no-wait")

    assert summary["sent"] == COUNT
    assert [one.is_planning for one in helpers] == [False]


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSTOP])
def test_worker_that_is_killed_or_stopped(make_place, eager, helpers, monkeypatch, number):
    """A worker that is killed or stopped while it plans does not change the result of the run."""
    monkeypatch.setattr(prefetch, "SILENT_SECONDS", 0.0)
    monkeypatch.setattr(prefetch, "SILENT_CHECKS", 2)
    monkeypatch.setattr(prefetch, "CHECK_EVERY_SECONDS", 0.05)
    lost = []

    async def lose(seconds):
        (helper,) = helpers
        if helper._process.poll() is None:
            helper._process.send_signal(number)
            lost.append(helper._process.pid)

    place = make_place(Fault(on=POST, nth=4, action="slow"), sleep=lose)
    # More than the pipe between the two processes holds.
    manifest = write(place, many(500, metadata={"title": "x" * 9000}))

    summary = place.summary(manifest, "--parallel", "1", "--batch-size", "50")

    assert lost
    assert is_gone(lost[0])
    assert summary["sent"] == summary["outcomes"]["success"] == 500
    assert [entry["created"] for entry in place.mine()] == [1] * 500


def test_as_a_user_starts_it(place):
    """With a large manifest the installed command starts a worker, and every item arrives."""
    count = 1500
    manifest = write(place, many(count, metadata={"title": "x" * 4000}))

    with place.start("videos", manifest, "--json", "-q", "--batch-size", "100") as process:
        child = until(lambda: helper_of(process.pid))
        out, err = process.communicate(timeout=DEADLINE_SECONDS)

    assert (process.returncode, err) == (0, b"")
    assert orjson.loads(out)["outcomes"]["success"] == count == len(place.mine())
    assert is_gone(child)


def start_eager(place, *arguments, **options):
    """Start a process that plans with a worker whatever the size of its manifest."""
    return place.start(*arguments, code=EAGER, **options)


@pytest.mark.parametrize("is_stopped", [False, True])
def test_killed_program_leaves_no_helper(place, is_stopped):
    """A worker ends within a second after its parent is killed, even if it is stopped then."""
    place.emulator.settings = Settings(job_seconds=60)
    manifest = write(place, many(20_000))

    with start_eager(place, "videos", manifest, "-q", start_new_session=True) as process:
        child = until(lambda: helper_of(process.pid))
        until(lambda: place.ledger_path.exists() and len(place.jobs()) > 1)
        assert not is_gone(child)
        if is_stopped:
            os.kill(child, signal.SIGSTOP)
            until(lambda: state_of(child) == "T")
        process.kill()
        process.wait()
        until(lambda: is_gone(child), seconds=3)


def test_signals_to_both_processes(place):
    """Signals to both processes at once stop the import in order, with the code of its signal."""
    place.emulator.settings = Settings(job_seconds=60)
    manifest = write(place, many(20_000))

    with start_eager(place, "videos", manifest, "--json") as process:
        child = until(lambda: helper_of(process.pid))
        until(lambda: len(place.jobs()) > 1)
        os.kill(child, signal.SIGTERM)
        os.kill(child, signal.SIGINT)
        process.send_signal(signal.SIGTERM)
        out, _ = process.communicate(timeout=DEADLINE_SECONDS)

    assert process.returncode == 128 + signal.SIGTERM == orjson.loads(out)["exitCode"]
    assert is_gone(child)


def test_ctrl_c_ends_both(place):
    """Ctrl-C reaches the main process only; it ends with 130 and stops its worker."""
    place.emulator.settings = Settings(job_seconds=60)
    manifest = write(place, many(20_000))

    with start_eager(place, "videos", manifest, "--json", start_new_session=True) as process:
        child = until(lambda: helper_of(process.pid))
        until(lambda: len(place.jobs()) > 1)
        assert os.getpgid(child) != os.getpgid(process.pid)
        os.killpg(process.pid, signal.SIGINT)
        out, err = process.communicate(timeout=DEADLINE_SECONDS)

    summary = orjson.loads(out)
    assert process.returncode == 130 == summary["exitCode"]
    assert_adds_up(summary)
    assert summary["outcomes"]["open"] == summary["sent"] > 0
    assert b"stopped on request" in err
    assert is_gone(child)


def test_whether_a_helper_is_ready():
    """`has_message` never blocks; the end of the worker counts as well."""
    with closing(PlanWorker()) as one:
        assert not one.has_message
        assert until(lambda: one.has_message)

    async def ask():
        with closing(PlanWorker()) as other:
            other._process.kill()
            assert until(lambda: other.has_message)
            return await other.is_ready()

    assert not asyncio.run(ask())


def test_token_is_not_handed_on(place):
    """The environment of the worker does not contain the token."""
    with closing(PlanWorker()):
        number = until(lambda: helper_of(os.getpid()))
        words = until(Path(f"/proc/{number}/environ").read_bytes)

    assert b"LD_IMPORT_SERVER=" in words
    assert b"demo-token" not in words


# Tracing doubles its time, and other tests cover the same lines.
@pytest.mark.no_cover
def test_file_that_breaks_off(place, eager, helpers, monkeypatch):
    """An error that only the worker meets is reported like an error of this process."""
    noise = [video(one, metadata={"title": os.urandom(800).hex()}) for one in range(1, 1001)]
    packed_lines = gzip.compress(b"".join(orjson.dumps(one) + b"\n" for one in noise))
    told = []
    for name, smallest in (("here", 10**9), ("ahead", 1)):
        monkeypatch.setattr(prefetch, "SMALLEST_BYTES", smallest)
        (place.folder / "films.jsonl.gz").write_bytes(packed_lines[: len(packed_lines) // 2])
        flags = ("--system-name", f"{place.system_name}-{name}", "--ledger", f"{name}.sqlite3")
        ended = place.run("videos", "films.jsonl.gz", *flags, "--json", "--no-wait")
        told.append(
            (
                ended.code,
                counts_of(ended.document),
                [line.partition(" [run")[0] for line in ended.err.splitlines()],
            )
        )

    assert [one.is_planning for one in helpers] == [True]
    assert told[0] == told[1]
    code, counts, words = told[0]
    assert code == ManifestError.exit_code == counts["exitCode"]
    assert counts["read"] > 300
    assert any("the gzip data ends too early" in line for line in words)


@pytest.mark.parametrize("other", [many(50), [*many(100)[::-1], *many()[100:]], None])
def test_file_that_is_replaced(place, eager, helpers, monkeypatch, other):
    """A records file that is replaced or deleted during the run is reported with exit code 8."""
    manifest = write(place, many())
    records = place.folder / "talks.jsonl"
    resume = PlanWorker.resume

    def replace(self, message):
        records.unlink()
        if other is not None:
            write(place, other)
        resume(self, message)

    monkeypatch.setattr(PlanWorker, "resume", replace)
    summary = place.summary(manifest, "--batch-size", "100", "--no-wait", code=8)

    assert [one.is_planning for one in helpers] == [True]
    assert helpers[0]._process.returncode is not None
    assert counts_of(summary)["read"] == summary["sent"] == COUNT


@pytest.mark.parametrize("flags", [("--limit", "170"), ("--only", "v3", "--only", "nobody")])
def test_part_of_a_manifest(place, eager, flags, monkeypatch):
    """`--only` and `--limit` count and report the same with a worker."""
    told = []
    for name, smallest in (("here", 10**9), ("ahead", 1)):
        monkeypatch.setattr(prefetch, "SMALLEST_BYTES", smallest)
        manifest = write(place, many(), name, f"{place.system_name}-{name}")
        ended = place.run(
            "videos", manifest, "--json", "--no-wait", "--ledger", f"{name}.db", *flags
        )
        told.append((counts_of(ended.document), "nobody" in ended.err))

    assert told[0] == told[1]


class Bench:
    """A planner and its worker over one file; nothing is sent."""

    def __init__(self, folder, records, rules=None, clock=None, **changes):
        self.path = path = folder / "talks.jsonl"
        path.write_bytes(b"".join(orjson.dumps(record) + b"\n" for record in records))
        self.ledger = make_ledger(folder)
        self.clock = clock or SystemClock()
        manifest = open_manifest(path)
        self.request = PlanRequest(
            **{
                "manifest": manifest,
                "kind": "videos",
                "has_random_ids": False,
                "external_id": None,
                "system_name": SYSTEM,
                "rules": rules or Rules(),
                "ledger_path": folder / "ledger.sqlite3",
                "target": TARGET,
                **changes,
            }
        )
        self.begin()

    def begin(self):
        """Start planning from the first record."""
        manifest = self.request.manifest
        self.seen = SeenKeys()
        noted = RecordingSeen(self.seen)
        right = PlanRequest(**{**fields_of(self.request), "kind": "videos"})
        planner = planner_of(right, self.ledger, noted)
        here = LocalPlan(planner, manifest.records(), manifest.position)
        self.chunks = PrefetchedPlan(here, planner, noted, self.request, self.clock)

    def handover(self, read=0):
        planner = planner_of(self.request, self.ledger, self.seen)
        manifest = open_manifest(self.path)
        next(records := manifest.records())
        records.close()
        return Resume(self.request, manifest.file_id, read, planner.state(), SeenColumns())

    async def all(self):
        with closing(self.chunks):
            return [(one, self.chunks.share_read()) async for one in self.chunks]

    def decided(self):
        """Return all decisions, without the marks that only a worker computes."""
        chunks = [one for one, _ in asyncio.run(self.all())]
        return [bare(one) for chunk in chunks for one in chunk.decisions]

    def close(self):
        self.seen.close()
        self.ledger.close()


def bare(decision):
    if isinstance(decision, Send):
        return decision._replace(item=decision.item._replace(field_hashes=b""))
    return decision


def fields_of(request):
    return {name: getattr(request, name) for name in PlanRequest.__dataclass_fields__}


def test_progress_with_a_worker(tmp_path, eager, helpers):
    """The share read grows to 1.0 across the handover; unknown ids of `--only` are listed."""
    rules = Rules(only=frozenset({*(f"v{number}" for number in range(1, COUNT + 101)), "v9999"}))
    with closing(Bench(tmp_path, many(), rules)) as bench:
        found = asyncio.run(bench.all())

        assert bench.chunks.not_in_manifest == [
            *(f"v{number}" for number in range(COUNT + 1, COUNT + 101)),
            "v9999",
        ]
    shares = [share for _, share in found]
    assert [one.is_planning for one in helpers] == [True]
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    assert sum(chunk.read for chunk, _ in found) == COUNT


def test_helper_that_hangs(tmp_path, eager, helpers, monkeypatch):
    """One signal stops the run even if the worker hangs."""
    resume = PlanWorker.resume

    clock = StoppableClock(SystemClock())

    def stop(self, message):
        os.kill(self._process.pid, signal.SIGSTOP)
        resume(self, message)
        asyncio.get_running_loop().call_later(0.1, clock.stop, signal.SIGINT)

    async def ask(bench):
        bench.chunks._clock = clock
        async with asyncio.timeout(DEADLINE_SECONDS):
            await bench.all()

    monkeypatch.setattr(PlanWorker, "resume", stop)
    with closing(Bench(tmp_path, many())) as bench, pytest.raises(Interrupted):
        asyncio.run(ask(bench))

    assert helpers[0]._process.returncode == -signal.SIGKILL


def state_of(number):
    """Return the state letter of a process in /proc."""
    return Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0]


def stop_and_continue(number, times):
    """Stop and continue a process that waits for its reader; return the number of stops."""
    until(lambda: state_of(number) in "SZ")
    for done in range(times):
        if state_of(number) == "Z":
            return done
        os.kill(number, signal.SIGSTOP)
        until(lambda: state_of(number) in "TZ", every=SIGNAL_SECONDS)
        os.kill(number, signal.SIGCONT)
        until(lambda: state_of(number) != "T", every=SIGNAL_SECONDS)
    return times


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_helper_that_is_stopped_and_continued(
    tmp_path, eager, new_helpers, monkeypatch, unbuffered
):
    """Hundreds of SIGSTOPs, as by a debugger or a paused container, lose no byte."""
    monkeypatch.setenv("PYTHONUNBUFFERED", unbuffered)
    records = many(2500, metadata={"title": "x" * 1800})
    stops = 0

    async def lines(bench):
        nonlocal stops
        found = []
        with closing(bench.chunks):
            async for chunk in bench.chunks:
                found += [one.item.line for one in chunk.decisions]
                if new_helpers and new_helpers[0].is_planning:
                    stops += stop_and_continue(new_helpers[0]._process.pid, 50)
            assert bench.chunks._is_ahead
        return found

    with closing(Bench(tmp_path, records)) as bench:
        assert bench.path.stat().st_size > 4_000_000
        assert asyncio.run(lines(bench)) == [*range(1, 2501)]

    assert stops > 300


def cut(at, byte):
    """Return a change that ends a worker in the middle of a message."""

    def change(number, words):
        if number == at:
            raise Ended(words[:byte])
        return words

    return change


def flipped(at, byte):
    """Return a change that flips a bit in one message of a worker."""

    def change(number, words):
        if number != at:
            return words
        changed = bytearray(words)
        changed[byte] ^= 0x40
        return bytes(changed)

    return change


def repeated(at, times):
    """Return a change that repeats or drops one message of a worker."""
    return lambda number, words: words * times if number == at else words


MIXED = [
    *many(40),
    *many(10),
    broken(90),
    *[video(number, fileName="Another") for number in range(35, 60)],
    *[video(number) for number in range(100, 200)],
    video(120, fileName="Another"),
    *many(70),
]
RULES = [
    Rules(),
    Rules(limit=70),
    Rules(only=frozenset({"v3", "v55", "v70", "v150", "nobody"})),
]


@pytest.fixture
def lend(monkeypatch):
    """Return a function that runs the worker in a thread and changes its messages."""

    def lend(change=lambda number, words: words, kill=lambda: None):
        def start(line):
            return InThread(line, change, kill)

        monkeypatch.setattr(prefetch, "PlanWorker", lambda: PlanWorker(start))

    return lend


# Tracing doubles its time, and other tests cover the same lines.
@pytest.mark.no_cover
@pytest.mark.no_cover
@pytest.mark.parametrize("rules", RULES)
def test_plan_continues_wherever_a_worker_ends(tmp_path, eager, lend, monkeypatch, rules):
    """A worker that ends, or whose messages are damaged, lost or doubled, changes no decision."""
    changes = [
        *(cut(at, byte) for at in (0, 1, 4) for byte in (0, 1, HEADER_BYTES - 1, HEADER_BYTES, -1)),
        *(cut(at, 10**9) for at in range(12)),
        *(flipped(at, byte) for at in (0, 1, 3) for byte in (0, 7, HEADER_BYTES - 1, 40, -1)),
        *(repeated(at, times) for at in (1, 3) for times in (0, 2)),
    ]
    with closing(Bench(tmp_path, MIXED, rules)) as bench:
        monkeypatch.setattr(prefetch, "SMALLEST_BYTES", 10**9)
        alone = bench.decided(), bench.chunks.not_in_manifest
        monkeypatch.setattr(prefetch, "SMALLEST_BYTES", 1)
        for change in changes:
            lend(change)
            bench.begin()
            assert (bench.decided(), bench.chunks.not_in_manifest) == alone


# Tracing doubles its time, and other tests cover the same lines.
@pytest.mark.no_cover
@pytest.mark.no_cover
def test_run_continues_wherever_a_worker_ends(place, eager, lend, monkeypatch):
    """If the worker ends early, every count and ledger row is as in one process."""
    place.emulator.settings = Settings(job_polls=0, fail_url={"/gone.mp4": "gone"})
    results = []
    for ends_after in (None, 1, 4, 9):
        first, second = story(60)
        name = f"after-{ends_after}"
        flags = ("--ledger", place.folder / name / "ledger.sqlite3", "--batch-size", "70")
        monkeypatch.setattr(prefetch, "SMALLEST_BYTES", 10**9)
        manifest = write(place, first, name, f"{place.system_name}-{name}")
        place.summary(manifest, *flags, code=3)
        if ends_after is not None:
            monkeypatch.setattr(prefetch, "SMALLEST_BYTES", 1)
            lend(cut(ends_after, -1))
        write(place, second, name, f"{place.system_name}-{name}")
        summary = place.summary(manifest, *flags, "--parallel", "1", code=3)
        results.append((counts_of(summary), summary["requests"], rows_of(flags[1])))

    assert results[0][0]["sent"] == 120 + 19
    assert results[1:] == results[:1] * 3


class Slow(SystemClock):
    """A clock on which an hour passes at each sleep; it calls a function at a given sleep."""

    def __init__(self, looks, call):
        self.looks, self.call, self.hours = looks, call, 0

    def monotonic(self):
        return self.hours * 3600.0

    async def sleep(self, seconds):
        self.hours += 1
        if self.hours == self.looks:
            self.call()
        await super().sleep(seconds)


@pytest.mark.parametrize(("looks", "is_given_up"), [(5, False), (10**9, True)])
def test_silent_helper(tmp_path, eager, lend, monkeypatch, looks, is_given_up):
    """A silent worker is given up after a number of checks, not by the time on the clock."""
    monkeypatch.setattr(prefetch, "CHECK_EVERY_SECONDS", 0.005)
    go_on = threading.Event()
    in_time = []

    def wait(number, words):
        if number == 2:
            in_time.append(go_on.wait(DEADLINE_SECONDS))
        return words

    lend(wait, kill=go_on.set)
    with closing(Bench(tmp_path, many(), clock=Slow(looks, go_on.set))) as bench:
        decided = bench.decided()
        assert bench.chunks._is_ahead is not is_given_up

    assert in_time == [True]
    assert [one.item.line for one in decided] == [*range(1, COUNT + 1)]


def test_error_in_the_worker_alone(tmp_path, eager, helpers):
    """An error that only the worker meets ends the worker, and the run continues without it."""
    with closing(Bench(tmp_path, many(), kind="nonsense")) as bench:
        found = asyncio.run(bench.all())

    assert [one.is_planning for one in helpers] == [True]
    assert sum(chunk.read for chunk, _ in found) == COUNT


def test_worker_continues_after_a_handover(tmp_path):
    """A worker greets, continues at the position of the handover, and computes marks."""
    with closing(Bench(tmp_path, many(600))) as bench:
        *portions, end = served(frame_of(bench.handover(read=100)))

    assert end == End([])
    chunks = [chunk for portion in portions for chunk in portion.chunks]
    sent = [one for chunk in chunks for one in chunk.decisions]
    assert [one.item.line for one in sent] == list(range(101, 601))
    assert all(
        isinstance(one, Send) and one.item.field_hashes == hashes_from(one.item.body)
        for one in sent
    )


@pytest.mark.parametrize("has_random_ids", [False, True])
def test_kind_is_the_same_there(has_random_ids):
    """A kind is restored from its name, with or without random ids."""
    kind = kind_named("media-library", has_random_ids=has_random_ids)
    entry = Entry(1, "a1", {"externalId": "a1", "asset": {}})
    twice = [kind.item_from(entry, SYSTEM, b"") for _ in range(2)]

    assert kind.name == "media-library"
    assert (kind is KINDS["media-library"]) is not has_random_ids
    assert twice[0] == twice[1]


def test_worker_without_a_handover():
    """A worker that receives no handover only greets."""
    assert served(b"") == []


def test_keys_before_the_handover_are_known(tmp_path):
    """Keys from before the handover count as repeated, whatever the ledger holds."""
    with closing(Bench(tmp_path, many(5))) as bench:
        handover = bench.handover()
        handover.seen.add(make_key(2), 9, b"other")
        portion, *_ = served(frame_of(handover))

    (chunk,) = portion.chunks
    told = [type(one).__name__ for one in chunk.decisions]
    assert told == ["Send", "Invalid", "Send", "Send", "Send"]
    assert "already appears on line 9" in chunk.decisions[1].problems[0].text


def test_keys_for_the_handover_are_limited(monkeypatch):
    """Keys beyond the limit are not kept for the handover; `SeenKeys` still knows them."""
    monkeypatch.setattr(prefetch, "MOST_SEEN", 2)
    with closing(SeenKeys()) as seen:
        noted = RecordingSeen(seen)
        for number in (1, 2):
            noted.put(make_key(number), number, b"x")
        assert list(noted.keys or ()) == [
            SeenKey(make_key(1), 1, b"x"),
            SeenKey(make_key(2), 2, b"x"),
        ]
        noted.put(make_key(3), 3, b"x")

        assert noted.keys is None
        assert noted.put(make_key(1), 4, b"y") == (1, b"x") == noted.get(make_key(1))


def served(request):
    """Return the messages with which a worker answers a request."""
    found, number = [], count()
    answer = words_of(request)
    assert answer.startswith(GREETING)
    at = len(GREETING)
    while at < len(answer):
        length, checksum = header_of(answer[at : at + HEADER_BYTES], next(number))
        at += HEADER_BYTES
        found.append(message_of(answer[at : at + length], checksum))
        at += length
    return found


def words_of(request):
    """Return the bytes with which a worker answers a request."""
    ours, theirs = socket.socketpair()
    with ours:
        serving = InThread(theirs)
        theirs.close()
        ours.sendall(request)
        ours.shutdown(socket.SHUT_WR)
        answer = b"".join(iter(lambda: ours.recv(1_000_000), b""))
        serving.wait()
    return answer


class Ended(Exception):
    """Ends a worker after these bytes."""

    def __init__(self, words=b""):
        super().__init__()
        self.words = words


class InThread:
    """A worker in a thread of this process."""

    def __init__(self, line, change=lambda number, words: words, kill=lambda: None):
        self.line = line.dup()
        self.change = change
        self.kill = kill
        self.number = -1
        self.thread = threading.Thread(target=self.serve)
        self.thread.start()

    def serve(self):
        # As in the worker process, an error ends it.
        with self.line, suppress(OSError, DamagedFrame, ManifestError):
            try:
                line: Any = self
                worker.serve(line)
            except Ended as ended:
                self.line.sendall(ended.words)

    def makefile(self, mode):
        return self.line.makefile(mode)

    def sendall(self, words):
        self.number += 1
        self.line.sendall(self.change(self.number, words))

    def wait(self, timeout=None):
        self.thread.join(DEADLINE_SECONDS)
        return 0
