"""The functions for workers, in a worker of this process."""

from __future__ import annotations

import os
import threading
from functools import partial
from importlib.metadata import version

import pytest

from ld_import.assets.base import NotPrepared, Stopped
from ld_import.assets.clusters.workers import PACKAGE
from ld_import.errors import StorageRefused, UsageError
from tests.harness.cluster_tasks import BYTES, notes, prepare, task

distributed = pytest.importorskip("distributed")
from ld_import.assets.clusters.remote import prepare_group  # noqa: E402

PATIENCE_SECONDS = 60
OWN_RELEASE = version(PACKAGE)


@pytest.fixture(scope="module")
def client():
    """Return a client of a worker with one thread."""
    with (
        distributed.LocalCluster(
            n_workers=1,
            threads_per_worker=1,
            processes=False,
            protocol="inproc",
            dashboard_address="127.0.0.1:0",
        ) as cluster,
        distributed.Client(cluster, set_as_default=False) as client,
    ):
        yield client


@pytest.fixture
def send(client, tmp_path):
    """Return a function that sends files to the worker as a group."""

    def send(*names, release=OWN_RELEASE, limit=None):
        work = partial(prepare_group, prepare, release=release, bytes_per_second=limit)
        return client.submit(work, [task(name, tmp_path) for name in names], pure=False)

    return send


def result(future):
    return future.result(timeout=PATIENCE_SECONDS)


def test_answers_are_in_order(send):
    """Each file has its result; time and bytes are those of the group."""
    found = result(send("a", "https://archive.example/b", limit=100 * BYTES))

    host = os.uname().nodename
    assert found.answers == [
        NotPrepared(f"done: a (on the worker host {host})"),
        NotPrepared("done: https://archive.example/b"),
    ]
    assert found.moved_bytes == 2 * BYTES
    assert found.seconds >= 2 / 100


def test_an_error_for_all_files_ends_the_group(send, tmp_path):
    """The files behind it are not begun."""
    found = result(send("a", "refused", "b"))

    assert isinstance(found.answers[-1], StorageRefused)
    assert len(found.answers) == 2
    assert [note.source for note in notes(tmp_path)] == ["a", "refused"]


def test_an_unexpected_exception_does_not(send):
    """Another file may have no problem; the exception carries its traceback."""
    first, second, third = result(send("bug", "strange", "c")).answers

    assert isinstance(first, LookupError)
    assert "in prepare" in first.__notes__[0]
    assert (type(second), str(second)) == (RuntimeError, "Strange: strange")
    assert isinstance(third, NotPrepared)


def test_a_group_that_was_withdrawn(send, tmp_path):
    """The file in work ends at its next piece, and no other begins."""
    future = send("slow-a", "slow-b", "slow-c")
    for _ in range(PATIENCE_SECONDS * 100):
        if notes(tmp_path):
            break
        threading.Event().wait(0.01)

    future.cancel()

    # The only thread has ended the group when it answers another one.
    assert len(result(send("after")).answers) == 1
    assert [note.source for note in notes(tmp_path)] == ["slow-a", "after"]


def test_a_worker_with_another_release(send):
    """A worker that joined after the check of all workers refuses the group."""
    with pytest.raises(UsageError, match=r"^the worker at inproc://\S+ has ld-import"):
        result(send("a", release="0.0.1"))


def test_stopped_is_an_answer(client, tmp_path):
    """A transfer that stopped for another reason is not reported as a result."""

    def stop(_task, _control):
        raise Stopped

    work = partial(prepare_group, stop, release=OWN_RELEASE, bytes_per_second=None)
    found = result(client.submit(work, [task("a", tmp_path)] * 2, pure=False))

    assert [type(answer) for answer in found.answers] == [Stopped]
