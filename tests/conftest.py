"""Shared fixtures: clock, server, client, ledger. All except the clock are real."""

from __future__ import annotations

import gc
import os
import random
import signal
import sys

import httpx
import pytest
from jinja2 import BytecodeCache

from ld_import.api import ClientOptions, LivingdocsClient
from ld_import.cli import collector
from ld_import.emulator import Emulator, Settings
from ld_import.emulator.transport import EmulatorTransport
from ld_import.report import page
from tests.clock import FakeClock
from tests.harness.memory_disk import memory_folder
from tests.makers import make_ledger

pytest_plugins = ["tests.harness.fixtures"]

# `nohup` and background jobs of a shell ignore these signals, and processes inherit that.
signal.signal(signal.SIGHUP, signal.SIG_DFL)
signal.signal(signal.SIGINT, signal.default_int_handler)

# Documented by pytest: the parent of all `tmp_path`. Set before the first one is created.
if folder := memory_folder():
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(folder))

TOKEN = "demo-token"
API_VERSION = "2026-05"
# New objects before a search for garbage.
RARELY = 50_000


class CompiledPage(BytecodeCache):
    """Keeps the compiled template of the report; jinja2 asks whether it is of the same source."""

    def __init__(self):
        """Begin with none."""
        self._code = {}

    def load_bytecode(self, bucket):
        if bucket.key in self._code:
            bucket.bytecode_from_string(self._code[bucket.key])

    def dump_bytecode(self, bucket):
        self._code[bucket.key] = bucket.bytecode_to_string()


@pytest.fixture(scope="session", autouse=True)
def compiled_page():
    """Compile the template of the report once for all tests, which takes longer than its use."""
    made, cache = page._environment, CompiledPage()

    def environment(clean):
        environment = made(clean)
        environment.bytecode_cache = cache
        return environment

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(page, "_environment", environment)
        yield


@pytest.fixture(scope="session", autouse=True)
def few_authorities(small_authority):
    """Make every client read one certificate authority instead of all, which takes 30 ms."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SSL_CERT_FILE", str(small_authority))
        yield


@pytest.fixture(scope="session", autouse=True)
def rare_collection():
    """Collect garbage rarely, also after a command: a twentieth of the CPU time of commands."""
    default = gc.get_threshold()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(collector, "DEFAULT", (RARELY, *default[1:]))
        gc.set_threshold(*collector.DEFAULT)
        yield
    gc.set_threshold(*default)


@pytest.fixture
def clock():
    """Return a clock at the start time of the tests."""
    return FakeClock()


@pytest.fixture
def make_emulator(clock):
    """Return a factory of servers; a scripted fault that did not happen fails the test."""
    made = []

    def make(**settings):
        emulator = Emulator(Settings(**settings), now=clock.timestamp, sleep=clock.sleep)
        made.append(emulator)
        return emulator

    yield make
    unused = [fault for emulator in made for fault in emulator.unused_faults]
    for emulator in made:
        emulator.close()
    assert not unused, f"these faults never happened: {unused}"


@pytest.fixture
def emulator(make_emulator):
    """Return a server with its documented behaviour."""
    return make_emulator()


@pytest.fixture
def make_client(clock):
    """Return a factory of clients of an emulator."""

    def make(emulator, *, token=TOKEN, on_retry=None, **options):
        http = httpx.AsyncClient(
            transport=EmulatorTransport(emulator),
            base_url="https://server.example",
            headers={"Authorization": f"Bearer {token}"},
        )
        options = {"api_version": API_VERSION, "rng": random.Random(1), **options}
        return LivingdocsClient(http, clock, ClientOptions(**options), on_retry=on_retry)

    return make


@pytest.fixture
def client(make_client, emulator):
    """Return a client of the server."""
    return make_client(emulator)


@pytest.fixture
def ledger(tmp_path):
    """Return an empty ledger in which a run has begun."""
    ledger = make_ledger(tmp_path)
    yield ledger
    ledger.close()


@pytest.hookimpl(wrapper=True, trylast=True)
def pytest_runtest_call(item):
    """Make `no_cover` work in a worker.

    There pytest-cov 7.1 starts to measure twice, and stops only the second measurement.
    """
    stopped = []
    if item.get_closest_marker("no_cover") and "coverage" in sys.modules:
        while (running := sys.modules["coverage"].Coverage.current()) is not None:
            running.stop()
            stopped.append(running)
    try:
        return (yield)
    finally:
        for one in reversed(stopped):
            one.start()


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_collection():
    """Spare the garbage collector the tests being collected: that is a third of a first start."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()


def pytest_collection_finish():
    """Spare the garbage collector the collected tests, which live to the end: 10 % of all time.

    Garbage of the collection stays as well: each worker would need 0.3 s to find it.
    """
    gc.freeze()
