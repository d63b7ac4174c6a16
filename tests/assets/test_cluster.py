"""Files are prepared by the workers of a real cluster, whatever happens to its processes."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from urllib.parse import urlsplit

import pytest

from ld_import.assets.base import Stopped
from ld_import.errors import StorageRefused, StorageUnavailable, UsageError
from tests.harness.cluster_tasks import BYTES, SLOW_SECONDS, notes, prepare, task
from tests.harness.relay import relay
from tests.harness.shared import LOOPBACK, Launch

dask = pytest.importorskip("dask")
distributed = pytest.importorskip("distributed")
# Imported after the check: the extra may be missing.
from ld_import.assets.cluster import KILLED, ClusterExecutor  # noqa: E402

PATIENCE_SECONDS = 120


@pytest.fixture
def make_executor(joined):
    """Return a factory of executors for the cluster, or for another address."""
    made = []

    def make(address=joined.address, **options):
        made.append(ClusterExecutor(address, prepare, **options))
        return made[-1]

    yield make
    for executor in made:
        executor.close()


@pytest.fixture
def lonely(joined):
    """Return the address of a scheduler without workers, in a thread of this process."""
    scheduler = distributed.LocalCluster(
        n_workers=0,
        processes=False,
        protocol="tls",
        host=LOOPBACK,
        dashboard_address=f"{LOOPBACK}:0",
    )
    with scheduler:
        yield scheduler.scheduler_address


@pytest.fixture
def other_release(lonely, joined, tmp_path):
    """Start a worker of the lonely scheduler that has another version of ld-import."""
    found = tmp_path / "other" / "ld_import-0.0.1.dist-info"
    found.mkdir(parents=True)
    (found / "METADATA").write_text("Metadata-Version: 2.1\nName: ld-import\nVersion: 0.0.1\n")
    launched = Launch(tmp_path)
    launched.run(
        [sys.executable, "-m", "dask", "worker", lonely, f"--host={LOOPBACK}", "--no-nanny"],
        **joined.variables,
        PYTHONPATH=str(found.parent),
    )
    yield lonely
    launched.processes[0].kill()
    launched.processes[0].wait()


@pytest.fixture
def executor(make_executor):
    return make_executor()


def submit(executor, folder, names):
    """Return the futures of these files, in order."""
    futures = [executor.submit(task(name, folder)) for name in names]
    executor.flush()
    return futures


def reasons(futures):
    """Return the reasons of the stand-in in order, without the host of the worker."""
    results = [future.result(timeout=PATIENCE_SECONDS) for future in futures]
    return [result.reason.partition(" (on the worker host")[0] for result in results]


def done(names):
    return [f"done: {name}" for name in names]


def wait_for_notes(folder, number):
    """Return the notes when there are so many."""
    pause = threading.Event()
    for _ in range(PATIENCE_SECONDS * 50):
        if len(found := notes(folder)) >= number:
            return found
        pause.wait(0.02)
    raise TimeoutError(f"only {len(found)} notes")


def test_files_go_to_all_workers(executor, tmp_path):
    """Each file has its result, is prepared once, and all workers take part."""
    names = [f"a{number}" for number in range(100)]

    futures = submit(executor, tmp_path, names)

    assert reasons(futures) == done(names)
    found = notes(tmp_path)
    assert sorted(note.source for note in found) == sorted(names)
    assert len({note.process for note in found}) == 2
    assert executor.capacity == 160
    assert executor.moved_bytes == 100 * BYTES


def test_an_error_of_the_storage_arrives_unchanged(executor, tmp_path):
    """An error that ends a run has the same class, text and hint as in this process."""
    [future] = submit(executor, tmp_path, ["refused"])

    with pytest.raises(StorageRefused, match="does not accept the key") as caught:
        future.result(timeout=PATIENCE_SECONDS)

    assert (caught.value.exit_code, caught.value.hint) == (5, "check the key")


def test_an_unexpected_exception_concerns_one_file(executor, tmp_path):
    """A bug arrives with the traceback of the worker; the files beside it are prepared."""
    names = ["a", "b", "c", "d", "e", "bug", "strange", "f"]

    futures = submit(executor, tmp_path, names)

    errors = [future.exception(timeout=PATIENCE_SECONDS) for future in futures]
    assert [type(error) for error in errors[5:7]] == [LookupError, RuntimeError]
    assert "cluster_tasks.py" in errors[5].__notes__[0]
    assert str(errors[6]) == "Strange: strange"
    assert errors[:5] == [None] * 5
    assert errors[7] is None


def test_a_killed_worker_costs_time_only(executor, joined, tmp_path):
    """Files of a worker that was killed are prepared by another one."""
    names = [f"slow{number}" for number in range(8)]
    futures = submit(executor, tmp_path, names)
    wait_for_notes(tmp_path, 4)

    os.kill(joined.worker_pids()[0], signal.SIGKILL)

    assert reasons(futures) == done(names)


def test_a_file_that_kills_workers_is_one_failed_item(executor, tmp_path):
    """The other files of its group are prepared, and those that ran beside it."""
    names = ["a", "b", "c", "d", "e", "poison", "f", "g"]

    futures = submit(executor, tmp_path, names)

    assert reasons(futures) == [*done(names[:5]), KILLED, *done(names[6:])]


def test_a_lost_scheduler_ends_all_files(make_executor, joined, tmp_path):
    """Every file gets the error that ends the run with 8, also one that comes later."""
    with relay(urlsplit(joined.address).port) as between:
        executor = make_executor(f"tls://127.0.0.1:{between.port}")
        futures = submit(executor, tmp_path, ["stuck1", "stuck2", *(["a"] * 20)])
        wait_for_notes(tmp_path, 1)
        between.cut()

        errors = [future.exception(timeout=PATIENCE_SECONDS) for future in futures[:2]]
        errors += [executor.submit(task("late", tmp_path)).exception(timeout=PATIENCE_SECONDS)]

    assert [type(error) for error in errors] == [StorageUnavailable] * 3
    assert "does not answer any more" in str(errors[0])


def test_a_cluster_without_workers(make_executor, lonely, tmp_path):
    """Without a worker the run ends after a limited time, not after waiting for ever."""
    [future] = submit(make_executor(lonely, wait_seconds=1.0), tmp_path, ["a"])

    with pytest.raises(StorageUnavailable, match="has had no workers for 1 seconds"):
        future.result(timeout=PATIENCE_SECONDS)


def test_a_worker_with_another_release(make_executor, other_release, tmp_path):
    """A worker with another version of ld-import ends the run, by its address."""
    [future] = submit(make_executor(other_release), tmp_path, ["a"])

    with pytest.raises(UsageError, match=r"^the worker at tls://127.* has ld-import 0\.0\.1, this"):
        future.result(timeout=PATIENCE_SECONDS)


def test_stop_cancels_all_files(executor, tmp_path):
    """Workers end the files in work and begin no other, and neither does a later call."""
    futures = submit(executor, tmp_path, [f"slow{number}" for number in range(40)])
    begun = len(wait_for_notes(tmp_path, 5))

    executor.stop()

    late = executor.submit(task("late", tmp_path))
    for future in (late, futures[-1]):
        assert isinstance(future.exception(timeout=PATIENCE_SECONDS), Stopped)
    threading.Event().wait(SLOW_SECONDS * 2.5)
    # A file per thread may have begun between the count and the request.
    assert len(notes(tmp_path)) <= begun + 4


def test_no_connection_without_files(make_executor):
    """A run without files to prepare needs no cluster."""
    executor = make_executor("tls://192.0.2.1:8786")

    executor.flush()

    assert executor.capacity > 0
    assert executor.moved_bytes == 0


def test_the_bandwidth_is_shared(make_executor, tmp_path):
    """Each of the four threads has a quarter of the limit."""
    executor = make_executor(bytes_per_second=80 * BYTES)
    names = [f"a{number}" for number in range(20)]
    begun = time.monotonic()

    assert reasons(submit(executor, tmp_path, names)) == done(names)

    assert time.monotonic() - begun >= 20 / 80


def test_a_missing_file_names_the_host(executor, tmp_path):
    """The reason names the host of the worker, on which a local file is missing."""
    (tmp_path / "here").touch()
    futures = submit(executor, tmp_path, ["here", "absent", "https://archive.example/absent"])

    results = [future.result(timeout=PATIENCE_SECONDS) for future in futures]
    here, absent, remote = [result.reason for result in results]

    assert absent == f"done: absent (on the worker host {os.uname().nodename})"
    assert here == "done: here"
    assert remote == "done: https://archive.example/absent"
