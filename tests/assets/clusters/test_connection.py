"""A scheduler that cannot be used is one sentence with its exit code, and nothing on stderr."""

from __future__ import annotations

import logging
import socket
import sys
from pathlib import Path

import pytest

from ld_import.errors import LdImportError, UsageError
from tests.harness.certificates import make_certificates
from tests.harness.cluster_tasks import prepare, task
from tests.harness.shared import LOOPBACK

dask = pytest.importorskip("dask")
pytest.importorskip("distributed")
# Imported after the check: the extra may be missing.
from ld_import.assets.cluster import ClusterExecutor  # noqa: E402
from ld_import.assets.clusters import connection  # noqa: E402

TLS = "distributed.comm.tls"


def problem(address):
    """Return the error of a file that is sent to this address."""
    executor = ClusterExecutor(address, prepare)
    future = executor.submit(task("file", Path()))
    executor.flush()
    error = future.exception(timeout=60)
    executor.close()
    assert isinstance(error, LdImportError)
    return error


@pytest.fixture
def impatient(monkeypatch):
    """Wait for schedulers for a shorter time."""
    monkeypatch.setattr(connection, "CONNECT_SECONDS", 0.2)


def test_a_client_without_tls_is_refused(cluster, capfd):
    """A scheduler that expects TLS ends a plain connection."""
    with dask.config.set({"distributed.comm.require-encryption": False}):
        error = problem(cluster.address.replace("tls:", "tcp:"))

    assert error.exit_code == 8
    assert "closed the connection" in str(error)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("value", ["soon", "3s"])
def test_a_limit_that_the_library_refuses(joined, value):
    """A setting of Dask that it does not accept is a mistake in the configuration."""
    with dask.config.set({"distributed.comm.timeouts.tcp": value}):
        error = problem(joined.address)

    assert error.exit_code == 2
    assert "cannot be used" in str(error)


@pytest.mark.parametrize("part", ["authority", "client"])
def test_foreign_certificates(joined, tmp_path, part, capfd):
    """Neither side accepts certificates of another authority."""
    foreign = make_certificates(tmp_path)
    values = {
        "authority": {f"{TLS}.ca-file": foreign.authority},
        "client": {f"{TLS}.client.cert": foreign.certificate, f"{TLS}.client.key": foreign.key},
    }[part]
    with dask.config.set({name: str(path) for name, path in values.items()}):
        error = problem(joined.address)

    assert error.exit_code == 8
    assert "certificates" in str(error)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("name", ["ca-file", "client.cert"])
def test_missing_settings(joined, name, tmp_path):
    """A certificate that is not set, or not there, is named before any connection."""
    with dask.config.set({f"{TLS}.{name}": None}):
        assert str(problem(joined.address)) == f"{TLS}.{name} is not set, which tls:// needs"
    absent = tmp_path / "absent.pem"
    with dask.config.set({f"{TLS}.{name}": str(absent)}):
        error = problem(joined.address)

    assert (error.exit_code, str(error)) == (2, f"{TLS}.{name}: {absent} is not a file")


def test_a_damaged_certificate(joined, tmp_path):
    """A file that is not a certificate is a mistake in the configuration."""
    damaged = tmp_path / "damaged.pem"
    damaged.write_text("nothing")
    with dask.config.set({f"{TLS}.client.cert": str(damaged)}):
        error = problem(joined.address)

    assert error.exit_code == 2


def test_no_scheduler(joined, impatient, capfd):
    """A port on which nothing listens ends the attempt within the time for it."""
    with socket.create_server((LOOPBACK, 0)) as server:
        port = server.getsockname()[1]
    error = problem(f"tls://{LOOPBACK}:{port}")

    assert error.exit_code == 8
    assert str(error).endswith(f"tls://{LOOPBACK}:{port}: nothing listens there")
    assert capfd.readouterr() == ("", "")


def test_a_silent_server(joined, impatient):
    """A server that accepts connections and never answers does not block the command."""
    with socket.create_server((LOOPBACK, 0)) as server:
        error = problem(f"tls://{LOOPBACK}:{server.getsockname()[1]}")

    assert error.exit_code == 8
    assert str(error).endswith("it does not answer within 0.2 seconds")


def test_missing_extra(monkeypatch):
    """The sentence has the command that installs the library."""
    monkeypatch.setitem(sys.modules, "distributed", None)

    with pytest.raises(UsageError, match="needs distributed") as caught:
        ClusterExecutor("tls://scheduler:8786")

    assert caught.value.hint == "run: pip install 'ld-import[assets,cluster]'"


def test_an_unknown_host(joined, impatient):
    """A name that cannot be one of a host is said to be unknown."""
    found = problem("tls://no..host:8786")

    assert found.exit_code == 8
    assert str(found).endswith("the name of the host is unknown")


def test_an_answer_of_another_version():
    """A scheduler that refuses the version of the library names it in its first line."""
    error = connection.sentence("tls://s:8786", ImportError("\nmsgpack 0.6 differs\nmore"))

    assert error.exit_code == 2
    assert (
        str(error) == "the Dask scheduler at tls://s:8786 has another version: msgpack 0.6 differs"
    )


def test_messages_of_the_library_are_dropped():
    """Only messages of asyncio from other threads than that of the library remain."""
    record = logging.makeLogRecord({"threadName": "IO loop"})

    assert not connection.is_ours(record)
    assert connection.is_ours(logging.makeLogRecord({"threadName": "MainThread"}))
