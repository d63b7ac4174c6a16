"""Fixtures of the command-line tests: a server over loopback, a directory and a systemName."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace
from itertools import count
from pathlib import Path

import certifi
import pytest

from ld_import.emulator import Emulator, Settings
from ld_import.emulator.serve import serving

from .place import Place
from .server import SharedServer

SETTINGS = Settings(job_polls=0)
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


@pytest.fixture(scope="session", autouse=True)
def small_authority(tmp_path_factory):
    """Load one certificate authority instead of all, which saves 30 ms a command."""
    end = "-----END CERTIFICATE-----\n"
    first = Path(certifi.where()).read_text(encoding="utf-8").partition(end)[0]
    path = tmp_path_factory.mktemp("authority") / "one.pem"
    path.write_text(first + end, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SSL_CERT_FILE", str(path))
        yield


@pytest.fixture(scope="session")
def shared_server():
    """Return the URL of a server for all tests of this package, and the server."""
    server = SharedServer(SETTINGS)
    with serving(server) as url:  # type: ignore[arg-type]
        yield url, server
    server.close()


@pytest.fixture
def place(tmp_path, monkeypatch, capfd, shared_server):
    """Return an empty working directory, with server and token in the environment.

    The server knows nothing of other tests.
    """
    url, server = shared_server
    emulator = server.renew(SETTINGS)
    _enter(tmp_path, monkeypatch, url)
    yield Place(tmp_path, url, emulator, capfd, f"town-{next(numbers)}")
    assert not emulator.unused_faults


@pytest.fixture
def make_place(tmp_path, monkeypatch, capfd):
    """Return a factory of places with a server of their own, for scripted faults."""
    with ExitStack() as stack:

        def make(*faults, sleep=None, **settings):
            options = {} if sleep is None else {"sleep": sleep}
            emulator = Emulator(replace(SETTINGS, **settings), **options)
            emulator.script(*faults)
            stack.callback(emulator.close)
            url = stack.enter_context(serving(emulator))
            _enter(tmp_path, monkeypatch, url)
            return Place(tmp_path, url, emulator, capfd, f"town-{next(numbers)}")

        yield make


def _enter(folder, monkeypatch, url):
    monkeypatch.chdir(folder)
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LD_IMPORT_SERVER", url)
    monkeypatch.setenv("LD_IMPORT_TOKEN", "demo-token")
