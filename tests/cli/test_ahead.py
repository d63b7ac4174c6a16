"""Planning in a second process: the same results, and it ends with the run, however that ends."""

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
    End,
    Garbled,
    PlanRequest,
    Resume,
    SeenKey,
    measured,
    packed,
    unpacked,
)
from ld_import.importer.spec import kind_named
from ld_import.importer.worker_process import PlanWorker
from ld_import.kinds import KINDS
from ld_import.kinds.marks import marks_from
from ld_import.ledger import LedgerReader, SeenKeys
from ld_import.manifest import open_manifest
from ld_import.model import Entry, Send
from ld_import.pipeline.planning import record_blocks
from ld_import.pipeline.planning.chunk import Rules
from ld_import.pipeline.planning.plan_source import LocalPlan
from ld_import.pipeline.shutdown import StoppableClock
from tests.makers import SYSTEM, TARGET, make_key, make_ledger

from .place import assert_adds_up, broken, video

POST = "POST import/videos"
READY_SECONDS = 30
DEADLINE_SECONDS = 30
LOOK_EVERY_SECONDS = 0.01
COUNT = 1500
# What a program does that is started as a helper.
SAY = "import os, sys; (lambda words: os.write(int(sys.argv[1]), words))"
# A program that does not look how large a manifest is, and waits for its helper.
EAGER = """
import select, sys
from ld_import.importer import prefetch

prefetch.SMALLEST_BYTES = 1
is_ready = lambda self: bool(select.select([self._line], [], [], 30)[0])
prefetch.PlanWorker.has_message = property(is_ready)

from ld_import.__main__ import run

run()
"""


def said(self):
    """Wait for a helper to say something: where it is ready differs from time to time."""
    return bool(select.select([self._line], [], [], READY_SECONDS)[0])


@pytest.fixture
def eager(monkeypatch):
    """Let every manifest be large enough for a helper, and wait for it after the first chunk."""
    monkeypatch.setattr(prefetch, "SMALLEST_BYTES", 1)
    monkeypatch.setattr(PlanWorker, "has_message", property(said))
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1}, raising=False)
    monkeypatch.setattr(worker_process, "CPU_QUOTA", Path("/nowhere"))


@pytest.fixture
def helpers(monkeypatch):
    """Return the helpers that are started in this process."""
    made = []

    class Watched(PlanWorker):
        is_planning = False

        def __init__(self):
            super().__init__()
            made.append(self)

        def resume(self, message):
            super().resume(message)
            self.is_planning = True

    monkeypatch.setattr(prefetch, "PlanWorker", Watched)
    return made


def write(place, records, name="talks", system_name=None):
    """Write a manifest beside a file of its records, and return its path."""
    lines = b"".join(orjson.dumps(record) + b"\n" for record in records)
    (place.folder / f"{name}.jsonl").write_bytes(lines)
    path = place.folder / f"{name}.yaml"
    path.write_text(f"systemName: {system_name or place.system_name}\nsource: {name}.jsonl\n")
    return path


def many(count=COUNT, **fields):
    return [video(number, **fields) for number in range(1, count + 1)]


def is_gone(number):
    """Tell whether a process has ended, also if nobody asked how."""
    try:
        state = Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return True
    return state in "ZX"


def helper_of(number):
    """Return the process that plans for another one, `None` if there is none."""
    for path in Path("/proc").glob("[0-9]*"):
        try:
            words = (path / "cmdline").read_bytes()
            parent = int((path / "stat").read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
        if parent == number and b"ld_import.importer.worker" in words:
            return int(path.name)
    return None


def until(what, seconds=DEADLINE_SECONDS):
    """Return what is asked for as soon as there is something; fail if that takes too long."""
    end = time.monotonic() + seconds
    while not (found := what()):
        assert time.monotonic() < end
        time.sleep(LOOK_EVERY_SECONDS)  # noqa: TID251 (other processes are waited for)
    return found


def counts_of(summary):
    """Return what a summary counts, without what differs from run to run."""
    told = {key: value for key, value in summary.items() if isinstance(value, int | dict)}
    return {key: value for key, value in told.items() if key != "requests"}


def rows_of(path):
    """Return what a ledger knows of each item, without times and what the server made up."""
    kept = ("externalId", "line", "state", "reason", "checksum", "fileName", "url", "attempts")
    with LedgerReader(path) as reader:
        rows = [{name: one.get(name) for name in kept} for one in reader.items()]
    return sorted(rows, key=lambda row: (row["line"] or 0, str(row)))


def story(size=600):
    """Return the records of two runs: of the second everything can be said that a plan says."""
    half, most = size // 2, size * 5 // 6
    first = many(2 * size)
    first[7] = video(8, url="https://films.example/gone.mp4")
    new = [video(number) for number in range(5001, 5001 + 2 * size)]
    second = [
        *new[:size],
        # Repeated near and far, before and after the helper takes over, with the same content…
        new[0],
        new[size - 1],
        *first[:half],
        # … and with another.
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


def test_results_are_the_same(place, eager, helpers, monkeypatch):
    """What is planned ahead is what is planned here: counts, requests, and every ledger row."""
    place.emulator.settings = Settings(job_polls=0, fail_url={"/gone.mp4": "gone"})
    results = []
    for name, smallest in (("here", 10**9), ("ahead", 1)):
        first, second = story()
        ledger = place.folder / name / "ledger.sqlite3"
        flags = ("--ledger", ledger, "--parallel", "1", "--batch-size", "200")
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
    assert here[0]["sent"] == 1200 + 199


def test_nothing_remains(place, eager, helpers):
    """After a run its helper is gone, and the ledger has no log beside it."""
    place.summary(write(place, many()), "--batch-size", "300", "--no-wait")

    assert [one.is_planning for one in helpers] == [True]
    assert helpers[0]._process.returncode is not None
    assert not place.ledger_path.with_name("ledger.sqlite3-wal").exists()


def test_a_night_needs_no_helper(place, eager, helpers):
    """Where nothing or little is to be sent, and with a dry run, no process is started."""
    manifest = write(place, many())
    place.summary(manifest, "--dry-run")
    assert helpers == []

    place.imported(manifest, "--batch-size", "300")
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
def test_container_may_have_part_of_the_machine(tmp_path, monkeypatch, text, usable):
    """What a container is given by time counts like what it is given by processors."""
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1, 2, 3}, raising=False)
    monkeypatch.setattr(worker_process, "CPU_QUOTA", tmp_path / "cpu.max")
    if text is not None:
        (tmp_path / "cpu.max").write_text(f"{text}\n")

    assert worker_process.usable_cpus() == usable


@pytest.mark.parametrize("cpus", [{0}, {0, 1}])
def test_one_processor_plans_alone(place, eager, helpers, monkeypatch, cpus):
    """Without a second processor there is nothing to gain."""
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: cpus, raising=False)

    place.summary(write(place, many(600)), "--no-wait")

    assert len(helpers) == len(cpus) - 1


def test_only_a_file_is_read_by_another(place, eager, helpers):
    """What a format keeps in a file without a name is planned here."""
    place.summary(place.write(*many(600)), "--no-wait")

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
def test_helper_that_cannot_be_had(place, eager, monkeypatch, program, command):
    """A process that does not start, dies at once or is another program is done without."""
    monkeypatch.setattr(worker_process, "COMMAND", command)
    monkeypatch.setattr(sys, "executable", program)

    summary = place.summary(write(place, many(700)), "--batch-size", "300", "--no-wait")

    assert summary["sent"] == 700


def test_helper_that_comes_too_late(place, eager, helpers, monkeypatch):
    """Nobody waits: what is met until it is ready is kept for it, and not without end."""
    asked = count()
    monkeypatch.setattr(prefetch, "MOST_SEEN", 500)
    monkeypatch.setattr(PlanWorker, "has_message", property(lambda self: next(asked) > 2))

    summary = place.summary(write(place, many()), "--batch-size", "300", "--no-wait")

    assert summary["sent"] == COUNT
    assert [one.is_planning for one in helpers] == [False]


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSTOP])
def test_lost_helper_is_not_needed(make_place, eager, monkeypatch, number):
    """A helper that is killed or stopped for good while it plans: the run ends as without one."""
    monkeypatch.setattr(prefetch, "SILENT_SECONDS", 0.0)
    monkeypatch.setattr(prefetch, "SILENT_LOOKS", 2)
    monkeypatch.setattr(prefetch, "LOOK_EVERY_SECONDS", 0.05)
    lost = []

    async def lose(seconds):
        found = helper_of(os.getpid())
        if found is not None:
            os.kill(found, number)
            lost.append(found)

    place = make_place(Fault(on=POST, nth=4, action="slow"), sleep=lose)
    # More than can wait between the two processes.
    manifest = write(place, many(1200, metadata={"title": "x" * 4000}))

    summary = place.summary(manifest, "--parallel", "1")

    assert lost
    assert is_gone(lost[0])
    assert summary["sent"] == summary["outcomes"]["success"] == 1200
    assert [entry["created"] for entry in place.mine()] == [1] * 1200


def test_as_a_user_starts_it(place):
    """A large manifest has a helper, which is ready when it is, and all arrives."""
    count = 7000
    manifest = write(place, many(count, metadata={"title": "x" * 1000}))

    with place.start("videos", manifest, "--json", "-q", "--batch-size", "300") as process:
        child = until(lambda: helper_of(process.pid))
        out, err = process.communicate(timeout=DEADLINE_SECONDS)

    assert (process.returncode, err) == (0, b"")
    assert orjson.loads(out)["outcomes"]["success"] == count == len(place.mine())
    assert is_gone(child)


def start_eager(place, *arguments, **options):
    """Start a real program that plans with a helper, whatever the size of its manifest."""
    return subprocess.Popen(
        [sys.executable, "-c", EAGER, *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=place.folder,
        **options,
    )


@pytest.mark.parametrize("is_stopped", [False, True])
def test_killed_program_leaves_no_helper(place, is_stopped):
    """A helper whose program was killed ends within a second, also one that is stopped then."""
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


def test_stopped_service(place):
    """A signal to all processes at once is one to the import: it ends in order, by its code."""
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
    """The signal of a terminal reaches the program alone, which ends as ever, and its helper."""
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
    """It is looked whether it said something, without waiting for it; its end counts, too."""
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
    """The helper does not get the token, which it has no use for."""
    with closing(PlanWorker()):
        number = until(lambda: helper_of(os.getpid()))
        words = until(Path(f"/proc/{number}/environ").read_bytes)

    assert b"LD_IMPORT_SERVER=" in words
    assert b"demo-token" not in words


def test_file_that_breaks_off(place, eager, helpers, monkeypatch):
    """What only the helper can find out is told like what is found out here."""
    noise = [video(number, fileName=os.urandom(200).hex()) for number in range(1, 8001)]
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
    assert counts["read"] > 1000
    assert any("the gzip data ends too early" in line for line in words)


@pytest.mark.parametrize("other", [many(50), [*many(100)[::-1], *many()[100:]], None])
def test_file_that_is_replaced(place, eager, helpers, monkeypatch, other):
    """A new export in the place of the records, or none, is for the next run, and this is said."""
    manifest = write(place, many())
    records = place.folder / "talks.jsonl"
    resume = PlanWorker.resume

    def replace(self, message):
        records.unlink()
        if other is not None:
            write(place, other)
        resume(self, message)

    monkeypatch.setattr(PlanWorker, "resume", replace)
    summary = place.summary(manifest, "--batch-size", "300", "--no-wait", code=8)

    assert [one.is_planning for one in helpers] == [True]
    assert helpers[0]._process.returncode is not None
    assert counts_of(summary)["read"] == summary["sent"] == COUNT


@pytest.mark.parametrize("flags", [("--limit", "700"), ("--only", "v3", "--only", "nobody")])
def test_part_of_a_manifest(place, eager, flags, monkeypatch):
    """What was asked for and is not there, and what is held back, are told the same."""
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
    """A planner and its helper over one file, without anything that is sent."""

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
        """Begin to plan, as if nothing had been planned so far."""
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
        return Resume(self.request, manifest.file_id, read, planner.state(), [])

    async def all(self):
        with closing(self.chunks):
            return [(one, self.chunks.share_read()) async for one in self.chunks]

    def decided(self):
        """Return all decisions, without what a helper makes ready."""
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


def test_progress_is_told(tmp_path, eager, helpers):
    """The share that is read grows to all of it; missing ids are reported at the end."""
    rules = Rules(only=frozenset({*(f"v{number}" for number in range(1, 1600)), "v9999"}))
    with closing(Bench(tmp_path, many(), rules)) as bench:
        found = asyncio.run(bench.all())

        assert bench.chunks.not_in_manifest == [
            *(f"v{number}" for number in range(COUNT + 1, 1600)),
            "v9999",
        ]
    shares = [share for _, share in found]
    assert [one.is_planning for one in helpers] == [True]
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    assert sum(chunk.read for chunk, _ in found) == COUNT


def test_helper_that_hangs(tmp_path, eager, helpers, monkeypatch):
    """One request to stop is enough, also when nothing is heard of the helper any more."""
    resume = PlanWorker.resume

    def stop(self, message):
        os.kill(self._process.pid, signal.SIGSTOP)
        resume(self, message)

    async def ask(bench):
        clock = bench.chunks._clock = StoppableClock(SystemClock())
        asyncio.get_running_loop().call_later(0.5, clock.stop, signal.SIGINT)
        async with asyncio.timeout(DEADLINE_SECONDS):
            await bench.all()

    monkeypatch.setattr(PlanWorker, "resume", stop)
    with closing(Bench(tmp_path, many())) as bench, pytest.raises(Interrupted):
        asyncio.run(ask(bench))

    assert helpers[0]._process.returncode == -signal.SIGKILL


def state_of(number):
    """Return the letter of what a process does now."""
    return Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0]


def stop_and_continue(number, times):
    """Stop and continue a process that waits for its reader; return how often that was."""
    until(lambda: state_of(number) in "SZ")
    for done in range(times):
        if state_of(number) == "Z":
            return done
        os.kill(number, signal.SIGSTOP)
        until(lambda: state_of(number) in "TZ")
        os.kill(number, signal.SIGCONT)
        until(lambda: state_of(number) != "T")
    return times


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_helper_that_is_stopped_and_continued(tmp_path, eager, helpers, monkeypatch, unbuffered):
    """Hundreds of stops, as of a debugger or a paused container, lose not one byte."""
    monkeypatch.setenv("PYTHONUNBUFFERED", unbuffered)
    records = many(7000, metadata={"title": "x" * 600})
    stops = 0

    async def lines(bench):
        nonlocal stops
        found = []
        with closing(bench.chunks):
            async for chunk in bench.chunks:
                found += [one.item.line for one in chunk.decisions]
                if helpers and helpers[0].is_planning:
                    stops += stop_and_continue(helpers[0]._process.pid, 50)
            assert bench.chunks._is_ahead
        return found

    with closing(Bench(tmp_path, records)) as bench:
        assert bench.path.stat().st_size > 4_000_000
        assert asyncio.run(lines(bench)) == [*range(1, 7001)]

    assert stops > 300


def cut(at, byte):
    """Let a helper end in the middle of what it says."""

    def change(number, words):
        if number == at:
            raise Ended(words[:byte])
        return words

    return change


def flipped(at, byte):
    """Let one byte of what a helper says be another."""

    def change(number, words):
        if number != at:
            return words
        changed = bytearray(words)
        changed[byte] ^= 0x40
        return bytes(changed)

    return change


def repeated(at, times):
    """Let one message of a helper come twice, or not at all."""
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
def small_chunks(monkeypatch):
    """Let chunks be small, such that there are many of few records."""
    monkeypatch.setattr(record_blocks, "END_MASK", 0x0F)


@pytest.fixture
def lend(monkeypatch):
    """Return how to let a helper in a thread say other words than it would."""

    def lend(change=lambda number, words: words, kill=lambda: None):
        def start(line):
            return InThread(line, change, kill)

        monkeypatch.setattr(prefetch, "PlanWorker", lambda: PlanWorker(start))

    return lend


@pytest.mark.parametrize("rules", RULES)
def test_plan_goes_on_wherever_a_helper_ends(
    tmp_path, eager, small_chunks, lend, monkeypatch, rules
):
    """Ended within or between messages, damaged, lost or doubled: the decisions are the same."""
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


def test_run_goes_on_wherever_a_helper_ends(place, eager, small_chunks, lend, monkeypatch):
    """Every count and ledger row is as in one process, and nothing is created twice."""
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
    """A clock by which an hour passes at each look, and which calls after so many of them."""

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
    """It may be silent as long as it was looked at a few times only, however late it is."""
    monkeypatch.setattr(prefetch, "LOOK_EVERY_SECONDS", 0.005)
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


def test_mistake_in_the_helper_alone_is_harmless(tmp_path, eager, helpers):
    """An error of its own only ends it; one that this process meets, too, is raised here."""
    with closing(Bench(tmp_path, many(), kind="nonsense")) as bench:
        found = asyncio.run(bench.all())

    assert [one.is_planning for one in helpers] == [True]
    assert sum(chunk.read for chunk, _ in found) == COUNT


def test_helper_serves_whoever_asks(tmp_path):
    """It greets, and goes on from where the plan stood; marks come with what is to be sent."""
    with closing(Bench(tmp_path, many(600))) as bench:
        *portions, end = served(packed(bench.handover(read=100)))

    assert end == End([])
    chunks = [chunk for portion in portions for chunk in portion.chunks]
    sent = [one for chunk in chunks for one in chunk.decisions]
    assert [one.item.line for one in sent] == list(range(101, 601))
    assert all(
        isinstance(one, Send) and one.item.field_hashes == marks_from(one.item.body) for one in sent
    )


@pytest.mark.parametrize("has_random_ids", [False, True])
def test_kind_is_the_same_there(has_random_ids):
    """A kind is known by its name, whether the server chooses the ids or not."""
    kind = kind_named("media-library", has_random_ids=has_random_ids)
    entry = Entry(1, "a1", {"externalId": "a1", "asset": {}})
    twice = [kind.item_from(entry, SYSTEM, b"") for _ in range(2)]

    assert kind.name == "media-library"
    assert (kind is KINDS["media-library"]) is not has_random_ids
    assert twice[0] == twice[1]


def test_helper_nobody_needs():
    """A process whose program ends before there is anything to do has only greeted."""
    assert served(b"") == []


def test_what_was_met_before_is_known(tmp_path):
    """Keys that were sent before the helper took over are repeated, wherever the ledger is."""
    with closing(Bench(tmp_path, many(5))) as bench:
        handover = bench.handover()._replace(seen=[SeenKey(make_key(2), 9, b"other")])
        portion, *_ = served(packed(handover))

    (chunk,) = portion.chunks
    told = [type(one).__name__ for one in chunk.decisions]
    assert told == ["Send", "Invalid", "Send", "Send", "Send"]
    assert "already appears on line 9" in chunk.decisions[1].problems[0].text


def test_what_is_noted_stays_small(monkeypatch):
    """More than a helper is to be told is not kept; a `Seen` answers all the same."""
    monkeypatch.setattr(prefetch, "MOST_SEEN", 2)
    with closing(SeenKeys()) as seen:
        noted = RecordingSeen(seen)
        for number in (1, 2):
            noted.put(make_key(number), number, b"x")
        assert noted.keys == [SeenKey(make_key(1), 1, b"x"), SeenKey(make_key(2), 2, b"x")]
        noted.put(make_key(3), 3, b"x")

        assert noted.keys is None
        assert noted.put(make_key(1), 4, b"y") == (1, b"x") == noted.get(make_key(1))


def served(request):
    """Return all messages a helper answers a request with."""
    found, number = [], count()
    answer = words_of(request)
    assert answer.startswith(GREETING)
    at = len(GREETING)
    while at < len(answer):
        length, checksum = measured(answer[at : at + HEADER_BYTES], next(number))
        at += HEADER_BYTES
        found.append(unpacked(answer[at : at + length], checksum))
        at += length
    return found


def words_of(request):
    """Return all that a helper says to a request."""
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
    """A helper ends after these words."""

    def __init__(self, words=b""):
        super().__init__()
        self.words = words


class InThread:
    """Serves as a helper process does, in a thread of this one."""

    def __init__(self, line, change=lambda number, words: words, kill=lambda: None):
        self.line = line.dup()
        self.change = change
        self.kill = kill
        self.number = -1
        self.thread = threading.Thread(target=self.serve)
        self.thread.start()

    def serve(self):
        # An error ends a helper.
        with self.line, suppress(OSError, Garbled, ManifestError):
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
