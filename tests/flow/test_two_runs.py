"""Two runs at once with one ledger: exactly one works, and the other names it.

The server holds a request until the test releases it, so that every pair of runs overlaps.
"""

from __future__ import annotations

import asyncio
import re
import signal
import socket
import subprocess
import threading
from contextlib import contextmanager

import pytest

from ld_import.emulator.faults import Fault
from ld_import.ledger import LedgerReader
from ld_import.pipeline.delivery import reconcile
from tests.harness.records import videos

POST = "POST import/videos"
QUESTIONS = (
    "ledger runs",
    "ledger jobs",
    "ledger items",
    "ledger show v1",
    "ledger export",
    "videos --dry-run",
)
ROUNDS = 25
DEADLINE_SECONDS = 60
PAIRS_SECONDS = 300
LOOK_EVERY_SECONDS = 0.01
# Before look-ups of a batch that a killed run left; here it never arrived.
SHORT_WAITS_SECONDS = (0.01, 0.02)
# Forks two runs at a time, which begin at the same moment.
PAIRS = """
import os, sys
from ld_import.cli.app import main
from ld_import.pipeline.delivery import reconcile

reconcile.WAITS_SECONDS = tuple(map(float, sys.argv[1:]))

def run(number, released, words):
    for stream, name in ((1, "out"), (2, "err")):
        os.dup2(os.open(f"{number}.{name}", os.O_CREAT | os.O_WRONLY | os.O_TRUNC), stream)
    sys.argv = ["ld-import", *words]
    os.read(released, 1)
    os._exit(main(words))

for line in sys.stdin:
    folder, *words = line.split()
    os.chdir(folder)
    barrier, release = os.pipe()
    numbers = {}
    for number in (1, 2):
        child = os.fork()
        if not child:
            os.close(release)
            run(number, barrier, words)
        numbers[child] = number
    os.close(barrier)
    os.close(release)
    for _ in (1, 2):
        child, status = os.wait()
        print(numbers[child], child, os.waitstatus_to_exitcode(status), flush=True)
"""


def is_alive(process):
    """Return whether a process is still running after a moment."""
    try:
        process.wait(LOOK_EVERY_SECONDS)
    except subprocess.TimeoutExpired:
        return True
    return False


@contextmanager
def deadline(process, seconds=DEADLINE_SECONDS):
    """Kill a process that does not end in time, so that the test fails instead of hanging."""
    timer = threading.Timer(seconds, process.kill)
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


class Held:
    """A place whose server holds the next import request until it is released."""

    def __init__(self, make_place):
        self._let_go = threading.Event()
        self.place = make_place(sleep=self._wait)

    async def _wait(self, seconds):
        await asyncio.to_thread(self._let_go.wait, DEADLINE_SECONDS)

    @contextmanager
    def holding(self):
        """Hold one import request until the block ends or `let_go` is called."""
        self._let_go.clear()
        self.place.emulator.script(Fault(on=POST, action="slow", seconds=1))
        try:
            yield
        finally:
            self.let_go()

    def let_go(self):
        self._let_go.set()

    @contextmanager
    def run_held(self, *arguments):
        """Yield a process whose import request has arrived and is held."""
        before = self.place.emulator.requests[POST]
        with self.holding(), self.place.start(*arguments) as process, deadline(process):
            while self.place.emulator.requests[POST] == before and is_alive(process):
                pass
            assert process.poll() is None, process.communicate()
            try:
                yield process
            finally:
                self.let_go()
                process.kill()


@pytest.fixture
def held(make_place, monkeypatch):
    """Return a place whose server holds requests."""
    monkeypatch.setattr(reconcile, "WAITS_SECONDS", SHORT_WAITS_SECONDS)
    return Held(make_place)


@pytest.fixture
def pairs(held):
    """Return a process that forks pairs of runs."""
    with (
        held.place.start(*SHORT_WAITS_SECONDS, code=PAIRS, stdin=subprocess.PIPE) as process,
        deadline(process, PAIRS_SECONDS),
    ):
        yield process
        process.stdin.close()
        assert process.wait() == 0


def meet(held, pairs, folder):
    """Start two runs in a directory; return code, process and error text of each, in order."""
    ended = []
    with held.holding():
        pairs.stdin.write(f"{folder} videos --no-wait\n".encode())
        pairs.stdin.flush()
        for _ in range(2):
            number, process, code = map(int, pairs.stdout.readline().split())
            ended.append((code, process, (folder / f"{number}.err").read_text()))
            held.let_go()
    return ended


def assert_names(text, process, command):
    """Check that a refusal names process, host, start and command of the other run."""
    host = re.escape(socket.gethostname())
    words = rf"\(process {process} on {host} since 20[-0-9]+T[:0-9]+Z: ld-import {command}\)"
    assert re.search(words, text), text
    assert "hint: wait for the other run to end" in text


def assert_one_worked(held, ended, request_count):
    """Check that the first run to end was refused and named the other one."""
    (refused, _, text), (code, worker, _) = ended
    assert (refused, code) == (10, 0), ended
    assert_names(text, worker, "videos --no-wait")
    assert held.place.emulator.requests[POST] == request_count + 1


def test_two_runs_where_there_is_no_ledger(held, pairs):
    """If there is no ledger yet, exactly one of two runs creates directory, lock and ledger."""
    for number in range(1, ROUNDS + 1):
        folder = held.place.folder / str(number)
        folder.mkdir()
        held.place.write(*videos(3), name=f"{number}/manifest.json")
        ended = meet(held, pairs, folder)

        assert_one_worked(held, ended, number - 1)
        with LedgerReader(folder / ".ld-import" / "ledger.sqlite3") as reader:
            assert reader.counts() == {"submitted": 3}
            assert len(reader.runs(limit=-1)) == 1


def test_two_runs_where_others_were(held, pairs):
    """The refusal names the running process, not one that ended before or was killed."""
    with held.run_held("videos", held.place.write(*videos(1)), "--no-wait") as killed:
        killed.kill()
        killed.wait()
    for number in range(2, ROUNDS + 2):
        held.place.write(*videos(number))
        ended = meet(held, pairs, held.place.folder)

        assert_one_worked(held, ended, number - 1)
    assert len(held.place.mine()) == ROUNDS + 1
    assert all(entry["created"] == 1 for entry in held.place.mine())


def test_two_processes_as_a_shell_starts_them(held):
    """Of two simultaneous commands one ends with 0, the other with 10."""
    held.place.write(*videos(3))
    with (
        held.holding(),
        held.place.start_python("videos", "--no-wait") as one,
        held.place.start_python("videos", "--no-wait") as other,
        deadline(one),
        deadline(other),
    ):
        while is_alive(one) and is_alive(other):
            pass
        held.let_go()
        texts = {each.pid: each.communicate()[1].decode() for each in (one, other)}
    worker, refused = sorted((one, other), key=lambda each: each.returncode)

    assert (worker.returncode, refused.returncode) == (0, 10), texts
    assert_names(texts[refused.pid], worker.pid, "videos --no-wait")
    assert len(held.place.mine()) == 3


def test_killed_run_holds_nothing(held):
    """A killed run holds no lock: the next run starts at once and finishes the work."""
    manifest = held.place.write(*videos(3))
    with held.run_held("videos", manifest) as killed:
        assert held.place.run("videos", manifest).code == 10
        killed.send_signal(signal.SIGKILL)
        killed.wait()

    assert held.place.imported(manifest)["notSent"] == 0
    assert {entry["created"] for entry in held.place.mine()} == {1}
    assert len(held.place.mine()) == 3


def test_questions_while_a_run_works(held):
    """Reading commands do not wait for a run and see its commits."""
    held.place.write(*videos(1))
    held.place.run("videos", "--no-wait")
    (job,) = held.place.jobs()
    held.place.write(*videos(2))
    with held.run_held("videos", "--no-wait") as process:
        ended = {
            question: held.place.run(*question.split())
            for question in (*QUESTIONS, f"status {job['id']}")
        }

        assert process.poll() is None
    assert {question: one.code for question, one in ended.items()} == dict.fromkeys(ended, 0)
    assert '"state":"pending"' in ended["ledger export"].out
