"""The cluster of the tests computes for clients with a certificate, and survives its workers."""

from __future__ import annotations

import os
import signal
import time

import pytest

from tests.harness.s3_server import OWNER

distributed = pytest.importorskip("distributed")
PATIENCE_SECONDS = 20


@pytest.fixture
def client(cluster):
    """Return a client with a certificate."""
    with distributed.Client(cluster.address, security=cluster.security(), timeout=20) as client:
        yield client


def test_work_survives_a_killed_worker(cluster, client):
    """Tasks run in both workers; the nanny replaces a killed one, and no task is lost."""
    pids = cluster.worker_pids()
    assert sorted(client.run(os.getpid).values()) == pids
    tasks = client.map(pow, range(50), [2] * 50)

    os.kill(pids[0], signal.SIGKILL)

    assert client.gather(tasks) == [number**2 for number in range(50)]
    deadline = time.monotonic() + PATIENCE_SECONDS
    while len(new := cluster.worker_pids()) < 2 or pids[0] in new:
        assert time.monotonic() < deadline
        time.sleep(0.05)  # noqa: TID251 (processes start in real time)
    cluster.wait_for_workers()


def test_workers_have_credentials(client):
    """The workers reach the S3 server without credentials from the client."""
    found = client.run(os.getenv, "AWS_ACCESS_KEY_ID")

    assert {*found.values()} == {OWNER.key}


def test_client_without_tls(cluster):
    """A client without TLS is refused."""
    with pytest.raises(OSError, match="reset by peer|Timed out"):
        distributed.Client(cluster.address.replace("tls", "tcp"), timeout=1)


def test_scheduler_is_one_process(cluster):
    """The processes that a test may kill are known."""
    assert len({cluster.scheduler_pid, cluster.nanny_pid, *cluster.worker_pids()}) == 4
