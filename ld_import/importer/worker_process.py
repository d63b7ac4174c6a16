"""Starts the worker process, and exchanges messages with it."""

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
    DamagedFrame,
    Resume,
    frame_of,
    header_of,
    message_of,
)
from ld_import.importer.server import TOKEN_VARIABLES

# Half the size of the receive buffer, which holds the items of a second or less; while it is full
# the worker prepares its next part.
BUFFER_BYTES = 200_000
EXIT_SECONDS = 1.0
# `-P` keeps files in the working directory from being imported as libraries.
# https://docs.python.org/3/using/cmdline.html#cmdoption-P
COMMAND = ("-P", "-m", "ld_import.importer.worker")
# Processor time of a container in each period; both in microseconds (cgroup v2).
# https://docs.kernel.org/admin-guide/cgroup-v2.html
CPU_QUOTA = Path("/sys/fs/cgroup/cpu.max")


def usable_cpus() -> int:
    """Return the number of processors this process may use, at least one."""
    # A container may use only some of them; macOS does not report which.
    cpus = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return max(1, int(min(cpus or 1, _cpu_quota())))


def _cpu_quota() -> float:
    # ValueError: "max 100000" means no limit. OSError: no limit is set by cgroup v2.
    with suppress(OSError, ValueError):
        quota, period = map(int, CPU_QUOTA.read_text(encoding="ascii").split())
        return quota / period
    return math.inf


class Process(Protocol):
    """A started process."""

    def kill(self) -> None:
        """Kill it."""
        ...

    def wait(self, timeout: float) -> int:
        """Return its exit code. Raises subprocess.TimeoutExpired."""
        ...


def start_worker(connection: socket.socket) -> Process:
    """Start a process that serves the other end of a connection. Raises OSError."""
    number = connection.fileno()
    return subprocess.Popen(
        [sys.executable, *COMMAND, str(number)],
        # Its output is the connection only: a library that prints cannot disturb it.
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        pass_fds=(number,),
        # It sends no requests and needs no token.
        env={name: os.environ[name] for name in os.environ if name not in TOKEN_VARIABLES},
        # Ctrl-C in a terminal does not reach it: this process ends it.
        process_group=0,
    )


class PlanWorker:
    """A worker process that can continue a plan, until `close`."""

    def __init__(self, start: Callable[[socket.socket], Process] = start_worker) -> None:
        """Start it without waiting for it. Raises OSError if that is not possible."""
        self._connection, theirs = socket.socketpair()
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None
        self._frame_numbers = count()
        try:
            with theirs:
                self._process = start(theirs)
        except BaseException:
            self._connection.close()
            raise
        self._connection.setblocking(False)

    @property
    def has_message(self) -> bool:
        """Whether a message can be read, or the process is gone."""
        try:
            self._connection.recv(1, socket.MSG_PEEK)
        except BlockingIOError:
            return False
        except OSError:
            return True
        return True

    async def is_ready(self) -> bool:
        """Read its greeting; return False if it is another program, or gone."""
        try:
            self._reader, self._writer = await asyncio.open_unix_connection(
                sock=self._connection, limit=BUFFER_BYTES
            )
            # Nothing more is read from another program.
            return await self._reader.readexactly(len(GREETING)) == GREETING
        except (OSError, asyncio.IncompleteReadError):
            return False

    def resume(self, resume: Resume) -> None:
        """Send it the plan to continue."""
        assert self._writer is not None
        self._writer.write(frame_of(resume))

    async def receive(self) -> Any:
        """Return its next message; `None` if the process is gone or the frame is damaged."""
        assert self._reader is not None
        try:
            header = await self._reader.readexactly(HEADER_BYTES)
            length, checksum = header_of(header, next(self._frame_numbers))
            return message_of(await self._reader.readexactly(length), checksum)
        except (OSError, asyncio.IncompleteReadError, DamagedFrame):
            return None

    def close(self) -> None:
        """Kill it; it has no state to lose. Safe to repeat."""
        if self._writer is not None:
            self._writer.transport.abort()
        self._connection.close()
        # SIGKILL also ends a suspended process; one that waits for a broken disk ends later.
        self._process.kill()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(EXIT_SECONDS)
