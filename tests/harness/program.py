"""The whole program in one process, as `ld-import videos` assembles it: only the clock is fake.

A crash can be planted at the n-th commit or the n-th network event. Network events are whole
requests, or steps: pieces of their bytes.
"""

from __future__ import annotations

import asyncio
import random
import secrets
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import httpcore
import httpx
import orjson

from ld_import.emulator.transport import EmulatorTransport
from ld_import.errors import LdImportError
from ld_import.events import Event
from ld_import.importer.http import Connection
from ld_import.importer.new_run import NewRun
from ld_import.importer.run import RunEnvironment, import_into
from ld_import.ledger import SqliteLedger, exclusive
from ld_import.model import LeaveReason
from ld_import.pipeline.tally import Tally
from tests.harness.counts import assert_adds_up
from tests.harness.crashing import Crash, CrashingLedger, CrashingTransport, Fuse
from tests.harness.import_folder import ImportFolder
from tests.harness.wire import Piecemeal, Wire, WireTransport

URL = "https://server.example"


@dataclass
class Ended:
    """The end of a run."""

    tally: Tally
    error: LdImportError | None
    exit_code: int
    events: list[Event] = field(default_factory=list)
    requests: dict[str, int] = field(default_factory=dict)
    summary: dict[str, Any] = field(default_factory=dict)

    def check(self) -> Ended:
        """Check that the items not sent are those decided but not sent; return this result."""
        tally = self.tally
        decided = sum(tally.to_send.values()) - (tally.sent - tally.left[LeaveReason.OPEN])
        assert tally.not_sent == decided + tally.left[LeaveReason.HELD_BACK]
        return self


class StopAfter:
    """A SIGTERM, a number of seconds after the run began."""

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


class Program(ImportFolder):
    """`ld-import videos` in a directory against an emulator, run any number of times.

    With a `network` it sends its requests to another server, at `url`.
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

        The project is requested only with `no_preflight=False`, and items imported before only with
        `no_spot_check=False`, so that tests can count requests.

        `commits` burns before and after each commit, `events` before and after each request, and
        `steps` before whatever leaves a trace: a commit, a connection, a piece of bytes.
        """
        options = {"batch_size": 3, "no_preflight": True, "no_spot_check": True, **options}
        kind = options.pop("kind", self.kind)
        spec = self.spec(self.manifest, kind, api_version=self.api_version, **options)
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

        # The fake time often does not advance: two runs in one second need longer ids.
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
        assert_adds_up(result.summary)
        counts = result.summary["requests"].items()
        requests = {name: count for name, count in counts if count and name != "retried"}
        ended = Ended(result.tally, result.error, result.exit_code, events, requests)
        ended.summary = dict(result.summary)
        return ended.check()

    def entries(self):
        """Return the server's entries by externalId."""
        return {entry["externalId"]: entry for entry in self.emulator.entries()}

    def check_identities(self, names):
        """Check that every item has one settled outcome and was created once."""
        states = self.states()
        assert set(states) == set(names)
        assert set(states.values()) <= {"success", "skipped", "failed"}
        entries = self.emulator.entries()
        assert sorted(entry["externalId"] for entry in entries) == sorted(names)
        assert {entry["created"] for entry in entries} <= {1}
        assert self.open_jobs() == []


def crash(program, **fuses):
    """Run until the planted crash; return whether it happened."""
    with suppress(Crash):
        program.run(**fuses)
        return False
    return True
