"""Stages for crash cases: in memory with an exception or copied files, or killed processes."""

from __future__ import annotations

import http.client
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

from ld_import.emulator import Emulator
from ld_import.emulator.serve import serving
from tests.clock import FakeClock
from tests.flow.crash_cases import Case
from tests.flow.crash_witness import Findings, Post, Witness, look
from tests.harness.crashing import Crash, Fuse
from tests.harness.killed import networked, run_until_killed
from tests.harness.memory_disk import memory_folder
from tests.harness.program import Program
from tests.harness.quick_clock import QuickClock
from tests.harness.starter import Starter

BATCH_SIZE = 2
SLOWER = 5
INDEX_SUFFIX = "-shm"
# A kill proves nothing about disks, so that a disk in memory is used where there is one.
FOLDERS = memory_folder()


class Stage(Protocol):
    """A directory and a server, and a way to run the program with them."""

    program: Program
    witness: Witness

    def run(self, at: int | None, options: dict[str, Any]) -> int | None:
        """Run the program up to this step; return its exit code, or `None` if it was stopped."""
        ...

    def wait(self, seconds: float) -> None:
        """Let time pass between two runs, and the server finish open requests."""
        ...


@dataclass(frozen=True, slots=True)
class Stop:
    """Result of a program that was stopped before step `at` and run again.

    `is_well` means that the last run exited with 0, nothing was lost, doubled or unexplained, and
    nothing was sent again that a look-up could have proved to be there.
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
            _prepare(case, stage)
            is_stopped = stage.run(at, _options(case)) is None
            stop = _recovered(case, stage, at, is_stopped)
        yield stop
        if not stop.is_stopped:
            return


def filmed_stops(case: Case) -> Iterator[Stop]:
    """Do the same in memory: run once, and recover from what a stop before each step leaves.

    Steps that leave the same bytes in ledger and server at the same time are recovered from once.
    """
    with tempfile.TemporaryDirectory(dir=FOLDERS) as folder:
        with closing(InMemory(case, Path(folder))) as stage:
            _prepare(case, stage)
            frames = stage.film(_options(case))
        recovered: dict[Frame, Stop] = {}
        for at, frame in enumerate(frames, start=1):
            is_stopped = at < len(frames)
            if frame not in recovered:
                with closing(InMemory(case, Path(folder), frame)) as stage:
                    recovered[frame] = _recovered(case, stage, at, is_stopped)
            yield replace(recovered[frame], at=at, is_stopped=is_stopped)


def _options(case: Case) -> dict[str, Any]:
    return {"batch_size": BATCH_SIZE, "parallel": case.parallel, **case.options}


def _prepare(case: Case, stage: Stage) -> None:
    """Do the earlier run, and write the manifest of the run that is stopped."""
    if before := case.before():
        stage.program.write(before)
        assert stage.run(None, _options(case)) == 0
    if case.is_forgotten:
        shutil.rmtree(stage.program.ledger_path.parent)
        stage.witness.posts.clear()
    stage.program.write(case.records())


def _recovered(case: Case, stage: Stage, at: int, is_stopped: bool) -> Stop:
    """Run the stopped program again, and compare what there is in the end."""
    stage.wait(case.pause_seconds)
    for step in case.again:
        stage.run(step, _options(case))
        stage.wait(case.pause_seconds)
    exit_code = stage.run(None, _options(case))
    findings = look(stage.program, stage.witness, case.titles)
    may_repeat = 0 if case.is_provable else findings.sent_again
    # Entries of others may be skipped.
    may_skip = findings.disowned if case.is_forgotten else 0
    is_well = exit_code == 0 and findings == Findings(sent_again=may_repeat, disowned=may_skip)
    return Stop(at, is_stopped, is_well, exit_code, findings)


@dataclass(frozen=True, slots=True)
class Frame:
    """All that is left of a program that was stopped: files, those of the server too, and time.

    Without the index that SQLite keeps beside a log, which no process that starts later reads.
    """

    files: tuple[tuple[Path, bytes], ...]
    posts: tuple[Post, ...]
    elapsed: float


class InMemory:
    """A stage in this process with a fake clock; the crash is an exception.

    The server keeps everything in a file, so that a `Frame` is complete.
    """

    def __init__(self, case: Case, folder: Path, frame: Frame | None = None) -> None:
        self._folder = folder
        self._clock = FakeClock()
        if frame is not None:
            self._restore(frame)
        self.emulator = Emulator(
            case.server,
            store_path=folder / "server.sqlite3",
            now=self._clock.timestamp,
            sleep=self._clock.sleep,
        )
        self.witness = Witness(self.emulator)
        self.witness.posts.extend(frame.posts if frame else ())
        self.program = Program(folder, self.witness, self._clock, kind=case.kind)

    def run(self, at: int | None, options: dict[str, Any]) -> int | None:
        try:
            steps = None if at is None else Fuse(at)
            return self.program.run(steps=steps, **options).exit_code
        except Crash:
            return None

    def film(self, options: dict[str, Any]) -> list[Frame]:
        """Run the program to its end; return a frame before each step, and one after the last."""
        frames: list[Frame] = []
        steps = Fuse(1, end=lambda: frames.append(self.frame()))
        assert self.program.run(steps=steps, **options).exit_code == 0
        return [*frames, self.frame()]

    def frame(self) -> Frame:
        """Return what a kill at this moment would leave."""
        files = (path for path in sorted(self._folder.rglob("*")) if path.is_file())
        return Frame(
            tuple(
                (path.relative_to(self._folder), path.read_bytes())
                for path in files
                if not path.name.endswith(INDEX_SUFFIX)
            ),
            tuple(self.witness.posts),
            self._clock.elapsed,
        )

    def wait(self, seconds: float) -> None:
        self._clock.advance(seconds)

    def close(self) -> None:
        self.emulator.close()

    def _restore(self, frame: Frame) -> None:
        # In the same directory: a ledger has the path of its manifest.
        shutil.rmtree(self._folder)
        for path, data in frame.files:
            (self._folder / path).parent.mkdir(parents=True, exist_ok=True)
            (self._folder / path).write_bytes(data)
        self._clock.advance(frame.elapsed)


@contextmanager
def in_memory(case: Case) -> Iterator[InMemory]:
    """Open a stage in memory."""
    with (
        tempfile.TemporaryDirectory(dir=FOLDERS) as folder,
        closing(InMemory(case, Path(folder))) as stage,
    ):
        yield stage


class Killed:
    """A stage with real sockets and a fast clock: a process that is killed, and what runs again."""

    def __init__(self, case: Case, folder: Path, starter: Starter, server: Server) -> None:
        self._starter = starter
        self._server = server
        self.clock = QuickClock()
        # Starting a process takes time, which a slow job must outlast.
        slow = replace(case.server, job_seconds=case.server.job_seconds * SLOWER)
        self.emulator = Emulator(slow, now=self.clock.timestamp)
        self.witness = server.witness = Witness(self.emulator)
        self.program = networked(folder, case.kind, server.url, self.clock)

    def run(self, at: int | None, options: dict[str, Any]) -> int | None:
        if at is None:
            return self.program.run(**options).exit_code
        return run_until_killed(self._starter, self.program, at, options)

    def wait(self, seconds: float) -> None:
        self._server.settle()
        self.clock.skip(seconds)


class Server:
    """One real server for many stages, each with its own witness."""

    def __init__(self) -> None:
        self.url = ""
        self._idle = Emulator()
        self.witness = Witness(self._idle)

    async def app(self, scope, receive, send):
        """Pass a request to the witness of the current stage."""
        if scope["type"] == "http":
            await self.witness.app(scope, receive, send)
        else:
            await self._idle.app(scope, receive, send)

    def settle(self) -> None:
        """Return once all requests of a dead client have been answered or dropped."""
        # Its bytes are in the server's sockets already: a request made now comes after them.
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
def killing(starter: Starter) -> Iterator[Opener]:
    """Start the server, and yield a function that opens a stage."""
    server = Server()
    with serving(server) as server.url:  # type: ignore[arg-type]

        @contextmanager
        def open_stage(case: Case) -> Iterator[Killed]:
            with tempfile.TemporaryDirectory(dir=FOLDERS) as folder:
                stage = Killed(case, Path(folder), starter, server)
                try:
                    yield stage
                finally:
                    stage.emulator.close()

        yield open_stage
    server.close()
