"""Fixtures of tests that run commands: a directory, a systemName and a server over loopback.

For files there are servers that start when a test first asks for them, and skip it where they
cannot run:

- `bucket`: a new bucket of a strict S3 server (`s3_server`), alone or behind `flipping_proxy`.
- `http_source`: an HTTP server with scripted faults; `running_source` makes one for TLS.
- `sftp_folder`: a new folder of an SFTP server (`sftp_server`).
- `cluster`: a Dask cluster over mutual TLS, for one test at a time (`dask_cluster`).

`media_files` makes the files. All workers of a run share the servers, but not `http_source`.
"""

from __future__ import annotations

import os
import signal
from contextlib import ExitStack
from dataclasses import replace
from itertools import count
from pathlib import Path

import certifi
import pytest
from filelock import FileLock

from ld_import.emulator import Settings
from ld_import.pipeline.delivery import poll
from tests.harness import dask_cluster, s3_server, sftp_server
from tests.harness.certificates import make_certificates
from tests.harness.http_source import running_source
from tests.harness.place import Place
from tests.harness.projects import project_config
from tests.harness.server import Servers
from tests.harness.shared import shared
from tests.harness.snapshots import Snapshots
from tests.harness.starter import Starter

SETTINGS = Settings(
    job_polls=0,
    project_config=project_config(title="li-text", credit="li-text", tags="li-string-list"),
)
# Jobs of most tests end at once.
FIRST_GUESS_SECONDS = 0.02
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
    """Return a file with one certificate authority instead of all."""
    end = "-----END CERTIFICATE-----\n"
    first = Path(certifi.where()).read_text(encoding="utf-8").partition(end)[0]
    path = tmp_path_factory.mktemp("authority") / "one.pem"
    path.write_text(first + end, encoding="utf-8")
    return path


@pytest.fixture(scope="session", autouse=True)
def known_signals():
    """Compute the signals of this platform once: each run asks for them six times, for 0.5 ms."""
    known = signal.valid_signals()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(signal, "valid_signals", lambda: known)
        yield


@pytest.fixture(scope="session")
def servers():
    """Return servers for all tests, which start when they are first used."""
    servers = Servers()
    yield servers
    servers.close()


@pytest.fixture(scope="session")
def starter():
    """Return what starts programs as processes."""
    starter = Starter()
    yield starter
    starter.close()


@pytest.fixture
def enter(tmp_path, monkeypatch):
    """Return a function that changes to an empty directory and names a server to commands."""

    def enter(url):
        monkeypatch.setattr(poll, "FIRST_GUESS_SECONDS", FIRST_GUESS_SECONDS)
        monkeypatch.chdir(tmp_path)
        for name in VARIABLES:
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setenv("LD_IMPORT_SERVER", url)
        monkeypatch.setenv("LD_IMPORT_TOKEN", "demo-token")

    return enter


@pytest.fixture
def make_place(enter, tmp_path, capfd, servers, starter):
    """Return a factory of places, each with a server that knows nothing of other tests."""
    with ExitStack() as stack:

        def make(*faults, sleep=None, **settings):
            options = {} if sleep is None else {"sleep": sleep}
            lent = servers.lent(replace(SETTINGS, **settings), **options)
            url, emulator = stack.enter_context(lent)
            emulator.script(*faults)
            enter(url)
            return Place(tmp_path, url, emulator, capfd, f"town-{next(numbers)}", starter)

        yield make


@pytest.fixture(scope="session")
def snapshots(tmp_path_factory):
    """Return what keeps the places that many tests begin with."""
    return Snapshots(lambda: tmp_path_factory.mktemp("begun"))


@pytest.fixture
def begin(snapshots):
    """Return a function that brings an empty place into the state that a function makes."""
    return snapshots.begin


@pytest.fixture
def place(make_place):
    """Return an empty working directory, with server and token in the environment."""
    place = make_place()
    yield place
    assert not place.emulator.unused_faults


@pytest.fixture(scope="session")
def run_folder(tmp_path_factory):
    """Return a folder that all workers of this test run share."""
    own = tmp_path_factory.getbasetemp()
    return own.parent if "PYTEST_XDIST_WORKER" in os.environ else own


@pytest.fixture(scope="session")
def s3(run_folder):
    """Return what starts the S3 server of this test run."""
    with shared(run_folder / "s3", s3_server.launch) as user:
        yield user


@pytest.fixture
def bucket(s3):
    """Return a new bucket of a strict S3 server; skip where the server cannot run."""
    server = s3_server.s3_server(s3)
    bucket = server.bucket()
    yield bucket
    server.remove(bucket)


@pytest.fixture
def http_source():
    """Return an HTTP server of files with scripted faults."""
    with running_source() as source:
        yield source


@pytest.fixture(scope="session")
def certificates(tmp_path_factory):
    """Return certificates for servers and clients on loopback."""
    return make_certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture(scope="session")
def sftp(run_folder):
    """Return what starts the SFTP server of this test run."""
    with shared(run_folder / "sftp", sftp_server.launch) as user:
        yield user


@pytest.fixture
def sftp_folder(sftp):
    """Return a new folder of an SFTP server; skip where the server cannot run."""
    folder = sftp_server.sftp_folder(sftp)
    yield folder
    sftp_server.remove(folder)


@pytest.fixture(scope="session")
def dask(run_folder):
    """Return what starts the Dask cluster of this test run."""
    with shared(run_folder / "dask", dask_cluster.launch) as user:
        yield user


@pytest.fixture
def cluster(dask, run_folder):
    """Return a cluster for this test alone; skip where Dask is not installed."""
    with FileLock(run_folder / "cluster.lock"):
        cluster = dask_cluster.dask_cluster(dask)
        # A test before this one may have killed some.
        cluster.wait_for_workers()
        yield cluster


@pytest.fixture
def joined(cluster):
    """Return the cluster; Dask in this process has the certificates of its clients."""
    import dask

    with dask.config.set(dask_cluster.configuration(cluster.variables)):
        yield cluster
