"""The whole program in one process, as `ld-import videos` puts it together: only the clock is fake.

A `Crash` can be planted at the n-th commit or the n-th network event; it is no error the program
could handle, and stops it where it stands, as a kill would. Network events are whole requests, or
steps: pieces of their bytes.
"""

from __future__ import annotations

import asyncio
import random
import secrets
from collections.abc import Callable
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import httpcore
import httpx
import orjson

from ld_import.cli.config.resolve import resolve_import
from ld_import.cli.options import ImportFlags
from ld_import.emulator.transport import EmulatorTransport
from ld_import.errors import LdImportError
from ld_import.events import Event
from ld_import.importer.http import Connection
from ld_import.importer.new_run import NewRun
from ld_import.importer.run import RunEnvironment, import_into
from ld_import.ledger import LedgerReader, SqliteLedger, exclusive
from ld_import.model import LeaveReason
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


class StopAfter:
    """A request to stop by SIGTERM, so many seconds after the run began."""

    def __init__(self, seconds, clock):
        self._seconds = seconds
        self._clock = clock

    def defer(self):
        pass

    @contextmanager
    def handed_to(self, take, note):
        if self._seconds is None:
            yield
            return
        stopper = asyncio.ensure_future(self._stop(take))
        try:
            yield
        finally:
            stopper.cancel()

    async def _stop(self, take):
        await self._clock.sleep(self._seconds)
        take(15)


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
        kind = options.pop("kind", self.kind)
        flags = ImportFlags(
            manifest=self.manifest,
            server=self.url,
            api_version=self.api_version,
            ledger=self.ledger_path,
            **options,
        )
        spec = resolve_import(kind, flags).spec
        with exclusive(spec.ledger_path):
            ledger = SqliteLedger(spec.ledger_path, spec.target)
            try:
                watched: Any = ledger
                if commits is not None or steps is not None:
                    watched = CrashingLedger(ledger, commits or steps, is_after=steps is None)
                transport = self._transport(events, steps)
                return self._run(spec, watched, transport, stop_after, on_event)
            finally:
                ledger.close()

    def _transport(self, events: Fuse | None, steps: Fuse | None) -> httpx.AsyncBaseTransport:
        if steps is None and self.network is None:
            transport = EmulatorTransport(self.emulator)
            return transport if events is None else CrashingTransport(transport, events)
        turn = partial(self.clock.sleep, 0)
        network = self.network or Wire(EmulatorTransport(self.emulator), turn)
        return WireTransport(network if steps is None else Piecemeal(network, steps.burn))

    def _run(self, spec, watched, transport, stop_after, on_event) -> Ended:
        events = []

        def listen(event):
            events.append(event)
            if on_event is not None:
                on_event(event)

        # The time stands still in many stories: two runs in one second need longer ids.
        run = replace(NewRun.at(self.clock), run_id=f"run-{secrets.token_hex(8)}")
        http = httpx.AsyncClient(
            transport=transport,
            base_url=self.url,
            headers={"Authorization": f"Bearer {self.token}"},
        )
        environment = RunEnvironment(
            clock=self.clock,
            run=run,
            interrupts=StopAfter(stop_after, self.clock),
            connection=Connection(http),
            rng=random.Random(1),
        )
        try:
            result = import_into(watched, spec, run, Connection(http), listen, environment)
        except BaseExceptionGroup as group:
            if group.split(Crash)[1] is not None:
                raise
            raise Crash from group
        watched.check_files()
        counts = result.summary["requests"].items()
        requests = {name: count for name, count in counts if count and name != "retried"}
        return Ended(result.tally, result.error, result.exit_code, events, requests).check()

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
