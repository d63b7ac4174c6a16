"""Servers and results that all processes of a test run share, be it one process or many workers.

The first user starts the server. Each user holds a shared lock, which the kernel releases even if
the user is killed. The last one to leave kills the server and deletes its folder; a guard, which
is this file run as a script, does so if the last one was killed.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

LOOPBACK = "127.0.0.1"
# Below the ports that Linux gives to outgoing connections, which would take them at any moment.
PORTS = range(10_000, 22_000)
# Kept, since the end of a `Popen` object whose process still runs is a ResourceWarning.
_started: list[subprocess.Popen[bytes]] = []


def free_ports(number: int, offset: int = 0) -> list[int]:
    """Return ports on which nothing listens, and neither at `offset` above them."""
    found: list[int] = []
    while len(found) < number:
        port = random.choice(PORTS)
        if port not in found and all(_is_free(port + more) for more in {0, offset}):
            found.append(port)
    return found


def _is_free(port: int) -> bool:
    with contextlib.closing(socket.socket()) as one:
        try:
            one.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


@dataclass
class Launch:
    """The processes of a server, its folder, and the facts that its users need.

    `leftovers` are files outside the folder that the server does not remove.
    """

    folder: Path
    facts: dict[str, Any] = field(default_factory=dict)
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)
    leftovers: list[str] = field(default_factory=list)

    def run(self, command: Sequence[str], **environment: str) -> subprocess.Popen[bytes]:
        """Start a process with the folder as home; its output goes to a file there."""
        place = {"HOME": str(self.folder), "TMPDIR": str(self.folder)}
        with (self.folder / f"output-{len(self.processes)}.txt").open("wb") as output:
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=self.folder,
                env={**os.environ, **place, **environment},
                # Ctrl-C in a terminal is for the tests only.
                start_new_session=True,
            )
        self.processes.append(process)
        _started.append(process)
        return process

    def check(self) -> None:
        """Raise with the end of its output if a process has ended."""
        for number, process in enumerate(self.processes):
            if process.poll() is not None:
                output = (self.folder / f"output-{number}.txt").read_text(errors="replace")
                raise RuntimeError(f"{process.args!r} ended with {process.returncode}: {output}")

    def state(self) -> dict[str, Any]:
        """Return the state that `end` and later users read."""
        return {
            "facts": self.facts,
            "processes": [process.pid for process in self.processes],
            "leftovers": self.leftovers,
        }


class Shared:
    """A server of this test run, in `folder`; `launch` starts it if no other user has."""

    def __init__(self, folder: Path, launch: Callable[[Launch], None]) -> None:
        """Become a user without a server yet."""
        self._folder = folder
        self._launch = launch
        self._lock: int | None = None

    def facts(self) -> Mapping[str, Any]:
        """Return the facts of the server, which runs until `close` at least."""
        self._folder.mkdir(parents=True, exist_ok=True)
        if self._lock is None:
            # Waits for a last user that is ending the server.
            self._lock = _locked(self._folder / "users.lock", fcntl.LOCK_SH)
        starting = _locked(self._folder / "start.lock", fcntl.LOCK_EX)
        try:
            if not _state_path(self._folder).exists():
                self._start()
            facts: Mapping[str, Any] = json.loads(_state_path(self._folder).read_bytes())["facts"]
            return facts
        finally:
            os.close(starting)

    def close(self) -> None:
        """End the server if this is its last user. Safe to repeat."""
        if self._lock is None:
            return
        with contextlib.suppress(BlockingIOError):
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            end(self._folder)
        os.close(self._lock)
        self._lock = None

    def _start(self) -> None:
        place = self._folder / "files"
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir()
        launch = Launch(place)
        try:
            self._launch(launch)
        finally:
            # Even if it failed: `end` reads from there which processes to kill.
            _state_path(self._folder).write_text(json.dumps(launch.state()), encoding="utf-8")
            if sys.exc_info()[0] is not None:
                end(self._folder)
        _guard(self._folder)


def _guard(folder: Path) -> None:
    command = [sys.executable, "-I", "-S", __file__, str(folder)]
    guard = subprocess.Popen(command, stdin=subprocess.DEVNULL, start_new_session=True)
    _started.append(guard)


def _state_path(folder: Path) -> Path:
    return folder / "state.json"


def _locked(path: Path, kind: int) -> int:
    """Return a descriptor of the file that holds the lock until it is closed."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT)
    fcntl.flock(descriptor, kind)
    return descriptor


def end(folder: Path) -> None:
    """Kill the processes of the server in this folder and delete its files. Safe to repeat."""
    try:
        state = json.loads(_state_path(folder).read_bytes())
    except FileNotFoundError:
        return
    for number in state["processes"]:
        # Not its children: those of Dask end by themselves, and then its semaphores are removed.
        with contextlib.suppress(ProcessLookupError):
            os.kill(number, signal.SIGKILL)
    for process in [one for one in _started if one.pid in state["processes"]]:
        process.wait()
    for path in state["leftovers"]:
        Path(path).unlink(missing_ok=True)
    shutil.rmtree(folder / "files", ignore_errors=True)
    _state_path(folder).unlink()


@contextlib.contextmanager
def shared(folder: Path, launch: Callable[[Launch], None]) -> Iterator[Shared]:
    """Yield a user of the server in this folder."""
    user = Shared(folder, launch)
    try:
        yield user
    finally:
        user.close()


def made_once(folder: Path, make: Callable[[], Any]) -> Any:
    """Return the JSON value that `make` returns for the first process that asks for it."""
    folder.mkdir(exist_ok=True)
    made = folder / "made.json"
    lock = _locked(folder / "made.lock", fcntl.LOCK_EX)
    try:
        if not made.exists():
            made.write_text(json.dumps(make()), encoding="utf-8")
        return json.loads(made.read_bytes())
    finally:
        os.close(lock)


if __name__ == "__main__":
    guarded = Path(sys.argv[1])
    with contextlib.suppress(FileNotFoundError):
        _locked(guarded / "users.lock", fcntl.LOCK_EX)
        end(guarded)
