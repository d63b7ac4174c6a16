"""The worker process that plans ahead, seen from the process that starts it."""

from __future__ import annotations

import asyncio
import math
import os
import socket
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import Any, Protocol

from ld_import.importer.protocol import (
    GREETING,
    HEADER_BYTES,
    Garbled,
    Resume,
    measured,
    packed,
    unpacked,
)
from ld_import.importer.server import TOKEN_VARIABLES

# Bytes that wait to be read; beside them the worker prepares the next part.
WAITING_BYTES = 1_000_000
LAST_SECONDS = 1.0
# With `-P` no file of the user's, whatever its name, is taken for a library.
COMMAND = ("-P", "-m", "ld_import.importer.worker")
# The processor time of a container, and its period; both in microseconds (cgroup v2).
CPU_QUOTA = Path("/sys/fs/cgroup/cpu.max")


def usable_cpus() -> int:
    """Return the number of processors this process may keep busy, at least one."""
    # A container may be given a part of the machine's; macOS does not report it.
    given = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return max(1, int(min(given or 1, _cpu_quota())))


def _cpu_quota() -> float:
    # "max 100000" is not a limit; where the file is missing none is set this way.
    with suppress(OSError, ValueError):
        quota, period = map(int, CPU_QUOTA.read_text(encoding="ascii").split())
        return quota / period
    return math.inf


class Process(Protocol):
    """A started process."""

    def kill(self) -> None:
        """End it at once."""
        ...

    def wait(self, timeout: float) -> int:
        """Return its exit code. Raises subprocess.TimeoutExpired."""
        ...


def started(line: socket.socket) -> Process:
    """Start a process that serves the other end of this line. Raises OSError."""
    number = line.fileno()
    return subprocess.Popen(
        [sys.executable, *COMMAND, str(number)],
        # The line is its only way to say anything: what a library prints is not mixed into it.
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        pass_fds=(number,),
        # It sends nothing, and needs no token.
        env={name: os.environ[name] for name in os.environ if name not in TOKEN_VARIABLES},
        # No Ctrl-C of a terminal reaches it: this process ends it when it is done.
        process_group=0,
    )


class PlanWorker:
    """A process that can plan; nothing remains of it after `close`."""

    def __init__(self, start: Callable[[socket.socket], Process] = started) -> None:
        """Start it without waiting for it. Raises OSError where the system refuses."""
        self._line, theirs = socket.socketpair()
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None
        self._numbers = count()
        try:
            with theirs:
                self._process = start(theirs)
        except BaseException:
            self._line.close()
            raise
        self._line.setblocking(False)

    @property
    def has_message(self) -> bool:
        """Whether a message waits to be read, or the process is gone."""
        try:
            self._line.recv(1, socket.MSG_PEEK)
        except BlockingIOError:
            return False
        except OSError:
            return True
        return True

    async def is_ready(self) -> bool:
        """Read its greeting; False when it is another program, or gone."""
        try:
            self._reader, self._writer = await asyncio.open_unix_connection(
                sock=self._line, limit=WAITING_BYTES
            )
            # Nothing else is read from another program.
            return await self._reader.readexactly(len(GREETING)) == GREETING
        except (OSError, asyncio.IncompleteReadError):
            return False

    def resume(self, resume: Resume) -> None:
        """Let it continue this plan."""
        assert self._writer is not None
        self._writer.write(packed(resume))

    async def receive(self) -> Any:
        """Return its next message; None when the process is gone or the frame is damaged."""
        assert self._reader is not None
        try:
            header = await self._reader.readexactly(HEADER_BYTES)
            length, checksum = measured(header, next(self._numbers))
            return unpacked(await self._reader.readexactly(length), checksum)
        except (OSError, asyncio.IncompleteReadError, Garbled):
            return None

    def close(self) -> None:
        """Kill it; it has nothing that could be lost. Safe to repeat."""
        if self._writer is not None:
            self._writer.transport.abort()
        self._line.close()
        # A stopped process ends, too; one that waits for a broken disk does so later.
        self._process.kill()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(LAST_SECONDS)
