"""Where a case is played: in memory with an exception as the crash, or as real processes killed."""

from __future__ import annotations

import http.client
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

from ld_import.emulator import Emulator
from ld_import.emulator.serve import serving
from tests.clock import FakeClock
from tests.flow.crash_cases import Case
from tests.flow.crash_clock import QuickClock
from tests.flow.crash_forks import Forks
from tests.flow.crash_witness import Findings, Witness, look
from tests.flow.program import Crash, Fuse, Program

BATCH_SIZE = 2
SLOWER = 5
# A kill proves nothing about disks, so none is waited for where there is one of memory.
MEMORY = Path("/dev/shm")
FOLDERS = MEMORY if os.access(MEMORY, os.W_OK) else None


class Stage(Protocol):
    """One folder, one server, and a way to run the program there."""

    program: Program
    witness: Witness

    def run(self, at: int | None, options: dict[str, Any]) -> int | None:
        """Run the program, stopped at this step; return its exit code, `None` if it was stopped."""
        ...

    def wait(self, seconds: float) -> None:
        """Let time pass between two runs, and the server end what it has begun."""
        ...


@dataclass(frozen=True, slots=True)
class Stop:
    """How it ended when the program was stopped before step `at`, and run again.

    It is well when the last run ended with 0, nothing was lost, doubled or left unexplained, and
    nothing was sent again where a look-up could have proved it there.
    """

    at: int
    is_stopped: bool
    is_well: bool
    exit_code: int | None
    findings: Findings


Opener = Callable[[Case], Any]


def stops(case: Case, opener: Opener, steps: Iterable[int] | None = None) -> Iterator[Stop]:
    """Stop the program before its n-th step, for every n (of `steps`) until it no longer stops."""
    for at in count(1) if steps is None else steps:
        with opener(case) as stage:
            stop = _played(case, stage, at)
        yield stop
        if not stop.is_stopped:
            return


def _played(case: Case, stage: Stage, at: int) -> Stop:
    options = {"batch_size": BATCH_SIZE, "parallel": case.parallel, **case.options}
    if before := case.before():
        stage.program.write(before)
        assert stage.run(None, options) == 0
    if case.is_forgotten:
        shutil.rmtree(stage.program.ledger_path.parent)
        stage.witness.posts.clear()
    stage.program.write(case.records())
    is_stopped = stage.run(at, options) is None
    stage.wait(case.pause_seconds)
    for step in case.again:
        stage.run(step, options)
        stage.wait(case.pause_seconds)
    exit_code = stage.run(None, options)
    findings = look(stage.program, stage.witness, case.titles)
    may_repeat = 0 if case.is_provable else findings.sent_again
    # What others brought is theirs.
    may_skip = findings.disowned if case.is_forgotten else 0
    is_well = exit_code == 0 and findings == Findings(sent_again=may_repeat, disowned=may_skip)
    return Stop(at, is_stopped, is_well, exit_code, findings)


class InMemory:
    """Everything in this process and in the time of a story; the crash is an exception."""

    def __init__(self, case: Case, folder: Path) -> None:
        self._clock = FakeClock()
        self.emulator = Emulator(case.server, now=self._clock.timestamp, sleep=self._clock.sleep)
        self.witness = Witness(self.emulator)
        self.program = Program(folder, self.witness, self._clock, kind=case.kind)

    def run(self, at: int | None, options: dict[str, Any]) -> int | None:
        try:
            steps = None if at is None else Fuse(at)
            return self.program.run(steps=steps, **options).exit_code
        except Crash:
            return None

    def wait(self, seconds: float) -> None:
        self._clock.advance(seconds)


@contextmanager
def in_memory(case: Case) -> Iterator[InMemory]:
    """Open a stage in memory."""
    with tempfile.TemporaryDirectory(dir=FOLDERS) as folder:
        stage = InMemory(case, Path(folder))
        try:
            yield stage
        finally:
            stage.emulator.close()


class Killed:
    """A process for each run, killed by SIGKILL; a real socket, and a clock that hurries."""

    def __init__(self, case: Case, folder: Path, forks: Forks, server: Server) -> None:
        self._forks = forks
        self._server = server
        self.clock = QuickClock()
        # Between two processes a while passes that a slow job must outlast.
        slow = replace(case.server, job_seconds=case.server.job_seconds * SLOWER)
        self.emulator = Emulator(slow, now=self.clock.timestamp)
        self.witness = server.witness = Witness(self.emulator)
        self.program = Program(folder, None, self.clock, kind=case.kind)

    def run(self, at: int | None, options: dict[str, Any]) -> int | None:
        return self._forks.run(
            folder=str(self.program.folder),
            kind=self.program.kind,
            url=self._server.url,
            clock_began=self.clock.began,
            at=at,
            options=options,
        )

    def wait(self, seconds: float) -> None:
        self._server.settle()
        self.clock.skip(seconds)


class Server:
    """One real server for many stages, each with a witness of its own."""

    def __init__(self) -> None:
        self.url = ""
        self._idle = Emulator()
        self.witness = Witness(self._idle)

    async def app(self, scope, receive, send):
        """Let the emulator of the present stage answer."""
        if scope["type"] == "http":
            await self.witness.app(scope, receive, send)
        else:
            await self._idle.app(scope, receive, send)

    def settle(self) -> None:
        """Return once all that a dead client had sent has been answered or dropped."""
        # What it sent lies in the server's sockets already: a request made now comes after it.
        while self._is_asked_open():
            continue

    def _is_asked_open(self) -> bool:
        address = urlsplit(self.url).netloc
        connection = http.client.HTTPConnection(address)
        try:
            connection.request("GET", "/api/v1/health", headers={"Connection": "close"})
            connection.getresponse().read()
        finally:
            connection.close()
        return self.witness.open_count > 0

    def close(self) -> None:
        self._idle.close()


@contextmanager
def killing() -> Iterator[Opener]:
    """Start what real processes need, and give what opens a stage for them."""
    server = Server()
    with Forks() as forks, serving(server) as server.url:  # type: ignore[arg-type]

        @contextmanager
        def open_stage(case: Case) -> Iterator[Killed]:
            with tempfile.TemporaryDirectory(dir=FOLDERS) as folder:
                stage = Killed(case, Path(folder), forks, server)
                try:
                    yield stage
                finally:
                    stage.emulator.close()

        yield open_stage
    server.close()
