"""SIGKILL while files are transferred: no object twice, none lost, and no untrue entry."""

from __future__ import annotations

import os
import signal
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial

import pytest

from tests.flow import assets_place
from tests.flow.assets_check import name_of, registered, untrue_entries
from tests.flow.assets_place import Migration
from tests.harness.crashing import Fuse
from tests.harness.flipping_proxy import FlippingProxy, flipping_proxy
from tests.harness.killed import networked, run_until_killed
from tests.harness.media_files import make_files, make_large_film
from tests.harness.quick_clock import QuickClock

pytest.importorskip("obstore")
# Each run is a process: tracing doubles its time, and other tests cover the same lines.
pytestmark = pytest.mark.no_cover
# `python -m tests.flow.assets` kills at 100 points of each kind.
KILLS = int(os.environ.get("LD_IMPORT_TEST_KILLS", "2"))
FILES = max(10, KILLS // 3)
MB = 1000**2
# It has two parts.
LARGE_BYTES = 6 * MB
PART_SIZE = 5 * 1024**2
SOME_FAILED = 3
# Fewer than a whole run has.
WIRE_STEPS = 4 * FILES
LEDGER_STEPS = 3 * FILES
# The start of a cluster takes long; other tests kill its workers, too.
WORKER_KILLS = KILLS if KILLS > 10 else 1
SEED = 7


@dataclass(frozen=True, slots=True)
class Stage:
    """A migration, whose requests to the storage and to the server pass proxies."""

    migration: Migration
    storage: FlippingProxy
    server: FlippingProxy

    def on_step(self, call):
        self.storage.on_step = self.server.on_step = call

    def assert_true(self, entries):
        """Check the entries that exist now: each object is there, and right."""
        named = {name_of(at): file for at, file in enumerate(self.migration.files)}
        found = registered(entries, self.migration.bucket)
        assert untrue_entries(named, found) == []


@pytest.fixture
def stage(place, bucket, monkeypatch):
    """Return a migration of some small files and a large one."""
    for name, value in bucket.credentials.variables.items():
        monkeypatch.setenv(name, value)
    folder = place.folder / "files"
    files = make_files(folder, FILES, seed=SEED)
    files.append(make_large_film(folder, "large.mp4", LARGE_BYTES))
    with flipping_proxy(bucket.endpoint) as storage, flipping_proxy(place.url) as server:
        monkeypatch.setenv("LD_IMPORT_SERVER", server.url)
        behind = replace(bucket, endpoint=storage.url)
        migration = Migration(
            place.folder, files, assets_place.from_folder(), behind, place.system_name
        )
        migration.configure(partSize=PART_SIZE)
        migration.write_manifest()
        yield Stage(migration, storage, server)


def points(steps, kills=KILLS):
    """Return the steps before which a process is killed, spread over a run."""
    return [1 + (2 * at + 1) * steps // (2 * kills) for at in range(kills)]


def kill(pid):
    """Kill a process at once, from any thread."""
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def assert_recovered(place, stage):
    """Check that another run completes everything."""
    command, *arguments = stage.migration.arguments
    summary = place.summary(*arguments, code=SOME_FAILED, command=command)
    assert stage.migration.mistakes(place.emulator.entries()) == []
    assert summary["unchanged"] + summary["outcomes"]["success"] == stage.migration.sound_count


@pytest.mark.parametrize("at", points(WIRE_STEPS))
def test_killed_on_the_wire(place, stage, at):
    """A process that is killed before any piece of a request or an answer leaves nothing untrue."""
    with place.start(*stage.migration.arguments, "-q") as process:
        steps = Fuse(at, end=partial(kill, process.pid))
        stage.on_step(steps.burn)
        _, errors = process.communicate()
    stage.on_step(lambda: None)
    assert process.returncode == -signal.SIGKILL, errors.decode()

    stage.assert_true(place.emulator.entries())
    assert_recovered(place, stage)


@pytest.mark.parametrize("at", points(LEDGER_STEPS))
def test_killed_before_a_commit(place, starter, stage, at):
    """A process that is killed before a commit or a piece of a request leaves nothing untrue."""
    stage.migration.write_manifest("manifest.yaml")
    program = networked(place.folder, "media-library", stage.server.url, QuickClock())

    code = run_until_killed(starter, program, at, {"allow_http": True})

    assert code is None
    stage.assert_true(place.emulator.entries())
    ended = program.run(allow_http=True)
    assert ended.exit_code == SOME_FAILED
    assert stage.migration.mistakes(place.emulator.entries()) == []


@pytest.mark.parametrize("at", points(WIRE_STEPS, WORKER_KILLS))
def test_killed_worker(place, joined, stage, at):
    """A worker that is killed costs time only: the same run completes everything."""
    pids = joined.worker_pids()
    # A killed one stays killed: the nanny starts another process.
    steps = Fuse(at, end=partial(kill, pids[at % len(pids)]))
    stage.on_step(steps.burn)
    command, *arguments = stage.migration.arguments

    more = ("--workers", joined.address, "--no-preflight")
    summary = place.summary(*arguments, *more, code=SOME_FAILED, command=command)

    stage.on_step(lambda: None)
    assert steps.count >= at
    assert stage.migration.mistakes(place.emulator.entries()) == []
    assert summary["outcomes"]["success"] == stage.migration.sound_count
