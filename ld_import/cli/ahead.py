"""Planning in a second process while this one sends; whatever happens to it, this one plans on.

`helper` is the program of the other process, `recipe` defines the messages between them.
"""

from __future__ import annotations

import asyncio
import math
import os
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Sequence
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import Any, Protocol, TypeVar

from ld_import.cli.recipe import (
    GREETING,
    HEADER_BYTES,
    End,
    Garbled,
    Handover,
    Met,
    Portion,
    Recipe,
    measured,
    packed,
    unpacked,
)
from ld_import.cli.token import ENVIRONMENT
from ld_import.clock import Clock
from ld_import.ledger import Seen
from ld_import.manifest import Manifest
from ld_import.model import ItemKey, Send
from ld_import.pipeline.chunks import ChunksHere
from ld_import.pipeline.plan import Chunk, Planner

# What is left of smaller files is planned and sent by one process before another is of any use.
SMALLEST_BYTES = 4_000_000
# What waits to be taken; beside it the helper has a portion in hand.
WAITING_BYTES = 1_000_000
# So many items can be met until a helper is ready, and their keys be kept for it.
MOST_MET = 20_000
LAST_SECONDS = 1.0
# How long a request to stop may go unnoticed while a helper says nothing.
LOOK_EVERY_SECONDS = 0.5
# A helper that says nothing for so long is given up. It needs a second at most for a message; what
# is lost with one that only was slow is time. After so long a sleep of the whole machine it gets
# as many looks as anybody: that time was not its own.
SILENT_SECONDS = 30.0
SILENT_LOOKS = 20
# With `-P` no file of the user's, whatever its name, is taken for a library.
COMMAND = ("-P", "-m", "ld_import.cli.helper")
# How much processor time a container gets, and in which period; both in microseconds (cgroup v2).
CPU_QUOTA = Path("/sys/fs/cgroup/cpu.max")

T = TypeVar("T")


def is_possible(manifest: Manifest) -> bool:
    """Tell whether a helper could be of use: it needs a processor, and to read the records."""
    is_large = manifest.rereadable_bytes >= SMALLEST_BYTES
    return is_large and usable_cpus() > 1 and bool(sys.executable)


def usable_cpus() -> int:
    """Return how many processors this process may keep busy, at least one."""
    # Of all that the machine has a container may be given some only; macOS cannot tell.
    given = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return max(1, int(min(given or 1, _cpu_quota())))


def _cpu_quota() -> float:
    # "max 100000" is not a limit; where the file is missing none is set this way.
    with suppress(OSError, ValueError):
        quota, period = map(int, CPU_QUOTA.read_text(encoding="ascii").split())
        return quota / period
    return math.inf


class Process(Protocol):
    """What is asked of a process that was started."""

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
        env={name: os.environ[name] for name in os.environ if name not in ENVIRONMENT},
        # No Ctrl-C of a terminal reaches it: this process ends it when it is done.
        process_group=0,
    )


class Helper:
    """A process that can plan; nothing remains of it after `close`."""

    def __init__(self, start: Callable[[socket.socket], Process] = started) -> None:
        """Start it, and do not wait for it. Raises OSError where the system does not let us."""
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
    def has_spoken(self) -> bool:
        """Whether it said something that was not heard yet, or is gone."""
        try:
            self._line.recv(1, socket.MSG_PEEK)
        except BlockingIOError:
            return False
        except OSError:
            return True
        return True

    async def is_ready(self) -> bool:
        """Hear its greeting; False when it is no helper of this program, or gone."""
        try:
            self._reader, self._writer = await asyncio.open_unix_connection(
                sock=self._line, limit=WAITING_BYTES
            )
            # What a stranger says is not looked into.
            return await self._reader.readexactly(len(GREETING)) == GREETING
        except (OSError, asyncio.IncompleteReadError):
            return False

    def hand_over(self, handover: Handover) -> None:
        """Let it plan from here on."""
        assert self._writer is not None
        self._writer.write(packed(handover))

    async def heard(self) -> Any:
        """Return its next message, None if there is none: it is gone, or its words are garbled."""
        assert self._reader is not None
        try:
            header = await self._reader.readexactly(HEADER_BYTES)
            length, checksum = measured(header, next(self._numbers))
            return unpacked(await self._reader.readexactly(length), checksum)
        except (OSError, asyncio.IncompleteReadError, Garbled):
            return None

    def close(self) -> None:
        """End it, whatever it does; it has nothing that could be lost. Safe to repeat."""
        if self._writer is not None:
            self._writer.transport.abort()
        self._line.close()
        # A stopped process ends, too; one that waits for a broken disk does so later.
        self._process.kill()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(LAST_SECONDS)


class Noted:
    """A `Seen` that also notes what it is told, as long as that is little."""

    def __init__(self, seen: Seen) -> None:
        """Ask and tell this one."""
        self._seen = seen
        self._met: list[Met] | None = []

    @property
    def met(self) -> list[Met] | None:
        """All it was told, `None` when that is too much or nobody needs it."""
        return self._met

    def get(self, key: ItemKey) -> tuple[int, bytes] | None:
        """Return line and checksum under which a key was first put."""
        return self._seen.get(key)

    def put(self, key: ItemKey, line: int, checksum: bytes) -> tuple[int, bytes] | None:
        """Remember the first record with this key; return what was put before, if anything."""
        if self._met is not None:
            self._met.append(Met(key, line, checksum))
            if len(self._met) > MOST_MET:
                self.forget()
        return self._seen.put(key, line, checksum)

    def forget(self) -> None:
        """Note nothing any more."""
        self._met = None


class ChunksAhead:
    """Chunks planned here until it shows that there is much to send, then by a helper.

    Nothing is waited for: this process plans on until the helper is ready, and where it never is,
    to the end. A night in which little changed needs none. Where a helper is lost, this process
    plans on behind the last chunk that it gave to its caller.
    """

    def __init__(
        self, here: ChunksHere, planner: Planner, noted: Noted, recipe: Recipe, clock: Clock
    ) -> None:
        """Begin with the chunks of this planner, which puts what it meets into `noted`.

        What waiting by the clock raises ends the wait for the helper, too.
        """
        self._here = here
        self._planner = planner
        self._noted = noted
        self._recipe = recipe
        self._clock = clock
        self._read = 0
        self._helper: Helper | None = None
        self._is_ahead = False
        self._waiting: Iterator[Chunk] = iter(())
        self._share: float | None = None
        self._unmet: list[str] = []
        # Of the chunks of the helper that the caller got: records read, items to send.
        self._read_ahead = 0
        self._sent_ahead = 0

    @property
    def unmet(self) -> list[str]:
        """The externalIds that were asked for and that no record had so far."""
        return self._unmet if self._is_ahead else self._here.unmet

    def share_read(self) -> float | None:
        """Tell which share of the manifest was read for what was given last."""
        return self._share if self._is_ahead else self._here.share_read()

    def unmet_rows(self, most: int) -> Sequence[int] | None:
        """Return the known rows of which no record was met; only the helper knows of its own."""
        return None if self._is_ahead else self._here.unmet_rows(most)

    def __aiter__(self) -> AsyncIterator[Chunk]:
        """Begin."""
        return self

    async def __anext__(self) -> Chunk:
        """Return the next chunk; while a helper plans it, others go on."""
        if not self._is_ahead and self._helper is not None and self._helper.has_spoken:
            await self._hand_over(self._helper)
        if self._is_ahead and self._helper is not None:
            found = await self._next_of(self._helper)
            if found is not None:
                return found
            self._give_up(self._helper)
            await self._catch_up()
        chunk = await anext(self._here)
        self._read += chunk.read
        if self._helper is None and self._noted.met is not None and self._is_worth(chunk):
            self._start()
        return chunk

    def close(self) -> None:
        """End the helper, too."""
        if self._helper is not None:
            self._helper.close()
        self._here.close()

    def _is_worth(self, chunk: Chunk) -> bool:
        if 2 * _count_sent(chunk) < chunk.read:
            return False
        share_left = 1 - (self.share_read() or 0)
        return self._recipe.manifest.rereadable_bytes * share_left >= SMALLEST_BYTES

    def _start(self) -> None:
        try:
            self._helper = Helper()
        except OSError:
            # It can be done here as well.
            self._noted.forget()

    async def _hand_over(self, helper: Helper) -> None:
        met = self._noted.met
        self._noted.forget()
        if met is None or not await self._awaited(helper.is_ready()):
            self._give_up(helper)
            return
        file_id = self._recipe.manifest.file_id
        helper.hand_over(Handover(self._recipe, file_id, self._read, self._planner.standing(), met))
        self._share = self._here.share_read()
        self._is_ahead = True

    def _give_up(self, helper: Helper) -> None:
        helper.close()
        self._helper = None
        self._is_ahead = False

    async def _catch_up(self) -> None:
        # The file stayed open where the helper took over, so that it is the same one even if it
        # was replaced meanwhile.
        for _ in self._here.catch_up(self._read_ahead, self._sent_ahead):
            await self._clock.sleep(0)

    async def _next_of(self, helper: Helper) -> Chunk | None:
        """Return the next chunk of a helper, None if it is lost."""
        while True:
            for chunk in self._waiting:
                self._read_ahead += chunk.read
                self._sent_ahead += _count_sent(chunk)
                return chunk
            message = await self._awaited(helper.heard())
            if isinstance(message, End):
                self._unmet = message.unmet
                raise StopAsyncIteration
            if not isinstance(message, Portion):
                return None
            self._waiting, self._share = iter(message.chunks), message.share

    async def _awaited(self, words: Coroutine[Any, Any, T]) -> T | None:
        """Return what a helper says, None if it is silent for too long."""
        hearing = asyncio.ensure_future(words)
        began, looks = self._clock.monotonic(), 0
        try:
            while not hearing.done():
                if looks >= SILENT_LOOKS and self._clock.monotonic() - began >= SILENT_SECONDS:
                    return None
                await asyncio.wait({hearing}, timeout=LOOK_EVERY_SECONDS)
                # Here a request to stop is noticed.
                await self._clock.sleep(0)
                looks += 1
            return hearing.result()
        finally:
            if not hearing.cancel():
                # Whoever stops does not ask what came of it.
                hearing.exception()


def _count_sent(chunk: Chunk) -> int:
    return sum(isinstance(one, Send) for one in chunk.decisions)
