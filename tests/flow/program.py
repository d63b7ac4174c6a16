"""The whole program in one process, as `ld-import videos` puts it together: only the clock is fake.

A `Crash` can be planted at the n-th commit or the n-th network event; it is no error the program
could handle, and stops it where it stands, as a kill would. Network events are whole requests, or
steps: pieces of their bytes.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import httpcore
import httpx
import orjson

from ld_import.api import LivingdocsClient
from ld_import.cli import assemble
from ld_import.cli.options import Connection, ImportOptions
from ld_import.cli.task import start_of, understand
from ld_import.cli.tell import exit_code_of
from ld_import.emulator.transport import EmulatorTransport
from ld_import.errors import LdImportError
from ld_import.events import Event
from ld_import.ledger import LedgerReader, SeenKeys, SqliteLedger, exclusive
from ld_import.model import LeaveReason
from ld_import.pipeline.chunks import ChunksHere
from ld_import.pipeline.stop import StoppableClock
from ld_import.pipeline.tally import Tally
from tests.flow.wire import Piecemeal, Wire, WireTransport

URL = "https://server.example"


class Crash(BaseException):
    """The program ends here; nothing of it runs any more."""


def _crash() -> None:
    raise Crash


class Fuse:
    """Burns through at the n-th event and stays burnt; without n it only counts.

    Nothing happens after a death: while the tasks of a crashed program are torn down, no event of
    any of them gets through.
    """

    def __init__(self, at: int | None = None, end: Callable[[], None] = _crash) -> None:
        self.at = at
        self.count = 0
        self._end = end

    def burn(self) -> None:
        self.count += 1
        if self.at is not None and self.count >= self.at:
            self._end()


class CrashingLedger:
    """A real ledger whose commits are events, before and, unless told otherwise, after each."""

    def __init__(self, ledger, fuse, *, is_after=True):
        self._ledger = ledger
        self._fuse = fuse
        self._is_after = is_after

    def __getattr__(self, name):
        method = getattr(self._ledger, name)
        if not name.startswith(("record_", "begin_", "end_", "learn_", "forget_")):
            return method

        def committed(*arguments, **options):
            self._fuse.burn()
            answer = method(*arguments, **options)
            if self._is_after:
                self._fuse.burn()
            return answer

        return committed


class CrashingTransport(httpx.AsyncBaseTransport):
    """A real transport whose requests are events, before and after each."""

    def __init__(self, inner, fuse):
        self._inner = inner
        self._fuse = fuse

    async def handle_async_request(self, request):
        self._fuse.burn()
        answer = await self._inner.handle_async_request(request)
        self._fuse.burn()
        return answer

    async def aclose(self):
        await self._inner.aclose()


@dataclass
class Ended:
    """How a run ended."""

    tally: Tally
    error: LdImportError | None
    exit_code: int
    events: list[Event] = field(default_factory=list)
    requests: dict[str, int] = field(default_factory=dict)

    def check(self) -> Ended:
        """Hold the counts to their promise: what was not sent is what was decided but not sent."""
        tally = self.tally
        decided = sum(tally.to_send.values()) - (tally.sent - tally.left[LeaveReason.OPEN])
        assert tally.not_sent == decided + tally.left[LeaveReason.HELD_BACK]
        return self


class Program:
    """`ld-import videos` in a folder, against an emulator, as often as a test likes.

    Over a `network` it speaks to a server elsewhere, at `url`.
    """

    network: httpcore.AsyncNetworkBackend | None = None

    def __init__(self, folder: Path, emulator, clock, *, token="demo-token", kind="videos"):
        self.folder = folder
        self.emulator = emulator
        self.clock = clock
        self.token = token
        self.url = URL
        self.kind = kind
        self.api_version = "2026-05"
        self.manifest = folder / "manifest.yaml"
        self.ledger_path = folder / ".ld-import" / "ledger.sqlite3"

    def write(self, records, **header):
        """Write a manifest with these records."""
        header = {"systemName": "archive", "source": "records.jsonl", **header}
        self.manifest.write_bytes(orjson.dumps(header))
        lines = b"".join(orjson.dumps(record) + b"\n" for record in records)
        (self.folder / "records.jsonl").write_bytes(lines)

    def run(
        self, *, commits=None, events=None, steps=None, stop_after=None, on_event=None, **options
    ) -> Ended:
        """Run once; `stop_after` is seconds until a SIGTERM, and three arguments are fuses.

        `commits` burns before and after each commit, `events` before and after each request, and
        `steps` before whatever leaves a trace: a commit, a connection, a piece of bytes.
        """
        options = {"batch_size": 3, **options}
        task = understand(
            options.pop("kind", self.kind),
            ImportOptions(manifest=self.manifest, **options),
            Connection(server=self.url, api_version=self.api_version, ledger=self.ledger_path),
            self.clock.now(),
        )
        with exclusive(task.ledger_path):
            ledger = SqliteLedger(task.ledger_path, task.target)
            seen = SeenKeys()
            try:
                watched: Any = ledger
                if commits is not None or steps is not None:
                    watched = CrashingLedger(ledger, commits or steps, is_after=steps is None)
                transport = self._transport(events, steps)
                return self._run(task, watched, seen, transport, stop_after, on_event)
            finally:
                seen.close()
                ledger.close()

    def _transport(self, events: Fuse | None, steps: Fuse | None) -> httpx.AsyncBaseTransport:
        if steps is None and self.network is None:
            transport = EmulatorTransport(self.emulator)
            return transport if events is None else CrashingTransport(transport, events)
        turn = partial(self.clock.sleep, 0)
        network = self.network or Wire(EmulatorTransport(self.emulator), turn)
        return WireTransport(network if steps is None else Piecemeal(network, steps.burn))

    def _run(self, task, watched, seen, transport, stop_after, on_event) -> Ended:
        heard = []

        def listen(event):
            heard.append(event)
            if on_event is not None:
                on_event(event)

        clock = StoppableClock(self.clock)
        client = LivingdocsClient(
            httpx.AsyncClient(
                transport=transport,
                base_url=self.url,
                headers={"Authorization": f"Bearer {self.token}"},
            ),
            clock,
            api_version=self.api_version,
            run_id=task.run_id,
            rng=random.Random(1),
            max_rate=task.settings.max_rate,
        )
        clock.on_stop(client.stop)
        assemble.guard(task, watched)
        planner = assemble.planner_of(task, watched, seen)
        run = assemble.run_of(task, client, watched, clock, listen)
        watched.begin_run(start_of(task))
        try:
            error = asyncio.run(self._carry_out(task, planner, run, client, clock, stop_after))
        except BaseExceptionGroup as group:
            if group.split(Crash)[1] is not None:
                raise
            raise Crash from group
        code = exit_code_of(run.tally, error)
        watched.end_run(exit_code=code, summary="{}", ended_at=self.clock.now())
        return Ended(run.tally, error, code, heard, dict(client.counts)).check()

    async def _carry_out(self, task, planner, run, client, clock, stop_after):
        async with client, asyncio.TaskGroup() as group:
            stopper = None
            if stop_after is not None:
                stopper = group.create_task(self._stop(clock, stop_after))
            try:
                records, position = task.manifest.records(), task.manifest.position
                with closing(ChunksHere(planner, records, position)) as chunks:
                    await run.run(chunks)
            except LdImportError as error:
                return error
            finally:
                if stopper is not None:
                    stopper.cancel()
        return None

    async def _stop(self, clock, seconds):
        await self.clock.sleep(seconds)
        clock.stop(15)

    def rows(self):
        """Return every ledger row by externalId; invalid records by their line."""
        with LedgerReader(self.ledger_path) as reader:
            found = list(reader.items())
        rows = {row["externalId"] or row["line"]: row for row in found}
        assert len(rows) == len(found)
        return rows

    def states(self) -> dict[Any, str]:
        """Return the state of every ledger row."""
        return {name: row["state"] for name, row in self.rows().items()}

    def history(self, external_id):
        """Return the attempts at one item."""
        with LedgerReader(self.ledger_path) as reader:
            (one,) = reader.show(external_id)
        return one["history"]

    def check_identities(self, names):
        """Hold ledger and server to the promise: one settled outcome each, created once each."""
        states = self.states()
        assert set(states) == set(names)
        assert set(states.values()) <= {"success", "skipped", "failed"}
        entries = self.emulator.entries()
        assert sorted(entry["externalId"] for entry in entries) == sorted(names)
        assert {entry["created"] for entry in entries} <= {1}
        with LedgerReader(self.ledger_path) as reader:
            open_jobs = [row for row in reader.jobs(limit=-1) if row["settledAt"] is None]
        assert open_jobs == []


def video(number, **fields) -> dict[str, Any]:
    """Return the record of a valid video."""
    return {
        "id": f"v{number}",
        "url": f"https://films.example/{number}.mp4",
        "fileName": f"Film {number}",
        "metadata": {"title": f"Film {number}"},
        **fields,
    }


def videos(count):
    """Return so many records."""
    return [video(number) for number in range(1, count + 1)]


def names(count):
    """Return their externalIds."""
    return [f"v{number}" for number in range(1, count + 1)]


def crash(program, **fuses):
    """Run until the planted crash; return whether it came."""
    with suppress(Crash):
        program.run(**fuses)
        return False
    return True
