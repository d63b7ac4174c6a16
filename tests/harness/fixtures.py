"""Fixtures of tests that run commands: a directory, a systemName and a server over loopback."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace
from itertools import count
from pathlib import Path

import certifi
import pytest

from ld_import.emulator import Emulator, Settings
from ld_import.emulator.serve import serving
from tests.harness.place import Place
from tests.harness.projects import project_config
from tests.harness.server import SharedServer
from tests.harness.starter import Starter

SETTINGS = Settings(
    job_polls=0,
    project_config=project_config(title="li-text", credit="li-text", tags="li-string-list"),
)
VARIABLES = (
    "LD_IMPORT_SERVER",
    "LI_HOST",
    "LD_IMPORT_TOKEN",
    "LI_TOKEN",
    "LD_IMPORT_API_VERSION",
    "LD_IMPORT_SYSTEM_NAME",
    "LD_IMPORT_LEDGER",
    "LD_IMPORT_PROFILE",
    "LD_IMPORT_CONFIG",
    "LD_IMPORT_TRACEBACK",
    "HTTP_PROXY",
    "http_proxy",
    "HTTPS_PROXY",
    "https_proxy",
    "NO_PROXY",
    "no_proxy",
    "ALL_PROXY",
    "all_proxy",
)
numbers = count(1)


@pytest.fixture(scope="session")
def small_authority(tmp_path_factory):
    """Return a file with one certificate authority instead of all, which saves 30 ms a command."""
    end = "-----END CERTIFICATE-----\n"
    first = Path(certifi.where()).read_text(encoding="utf-8").partition(end)[0]
    path = tmp_path_factory.mktemp("authority") / "one.pem"
    path.write_text(first + end, encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def shared_server():
    """Return the URL of a server for all tests, and the server; it starts when it is first used."""
    server = SharedServer(SETTINGS)
    with serving(server) as url:  # type: ignore[arg-type]
        yield url, server
    server.close()


@pytest.fixture(scope="session")
def starter():
    """Return what starts programs as processes."""
    starter = Starter()
    yield starter
    starter.close()


@pytest.fixture
def enter(tmp_path, monkeypatch, small_authority):
    """Return a function that changes to an empty directory and names a server to commands."""

    def enter(url):
        monkeypatch.chdir(tmp_path)
        for name in VARIABLES:
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setenv("SSL_CERT_FILE", str(small_authority))
        monkeypatch.setenv("LD_IMPORT_SERVER", url)
        monkeypatch.setenv("LD_IMPORT_TOKEN", "demo-token")

    return enter


@pytest.fixture
def place(enter, tmp_path, capfd, shared_server, starter):
    """Return an empty working directory, with server and token in the environment.

    The server knows nothing of other tests.
    """
    url, server = shared_server
    emulator = server.renew(SETTINGS)
    enter(url)
    yield Place(tmp_path, url, emulator, capfd, f"town-{next(numbers)}", starter)
    assert not emulator.unused_faults


@pytest.fixture
def make_place(enter, tmp_path, capfd, starter):
    """Return a factory of places with a server of their own, for scripted faults."""
    with ExitStack() as stack:

        def make(*faults, sleep=None, **settings):
            options = {} if sleep is None else {"sleep": sleep}
            emulator = Emulator(replace(SETTINGS, **settings), **options)
            emulator.script(*faults)
            stack.callback(emulator.close)
            url = stack.enter_context(serving(emulator))
            enter(url)
            return Place(tmp_path, url, emulator, capfd, f"town-{next(numbers)}", starter)

        yield make
