"""Preparation of files by threads and by a Dask cluster of 1, 2 and 4 workers, side by side.

`python -m benchmarks.cluster [--files N] [--kilobytes N] [--repeat N] [--latency SECONDS]` stores
pictures of a folder in a local S3 server. All processes share one machine, so that the cluster
cannot be faster than threads where the processors are busy: the figures show its cost. Servers are
those of the tests.
"""

from __future__ import annotations

import argparse
import os
import random
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from ld_import.assets.base import (
    MEDIA,
    SUFFIX,
    FileResult,
    FileTask,
    Prepared,
    SourceRules,
    StorageSettings,
)
from ld_import.assets.cluster import ClusterExecutor
from ld_import.assets.control import Control
from ld_import.assets.executor import Executor, ThreadExecutor
from ld_import.assets.prepare import prepare_file
from tests.harness import dask_cluster, s3_server
from tests.harness.s3_server import OWNER, REGION, Bucket, S3Server
from tests.harness.shared import Launch, shared

THREADS = 8
WORKERS = (1, 2, 4)
TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Sample:
    """A run: its time, and the CPU time of this process and of the workers."""

    seconds: float
    own_cpu: float
    worker_cpu: float


@dataclass(frozen=True, slots=True)
class Work:
    """The files to prepare, and the server on which each run has a bucket of its own."""

    folder: Path
    names: Sequence[str]
    server: S3Server

    def tasks(self, bucket: Bucket) -> list[FileTask]:
        """Return a task for each file."""
        media = StorageSettings(
            name="media",
            url=bucket.url,
            public_url="https://cdn.example",
            key="",
            endpoint=bucket.endpoint,
            region=REGION,
            allow_http=True,
        )
        return [
            FileTask(
                source=name,
                rules=SourceRules(folder=self.folder),
                storages=dict.fromkeys(MEDIA, media),
                keys={"media": f"pictures/{Path(name).stem}{SUFFIX}"},
                size=(self.folder / name).stat().st_size,
            )
            for name in self.names
        ]


def prepare_late(seconds: float, task: FileTask, control: Control) -> FileResult:
    """Prepare a file after the time that a distant source takes to answer."""
    control.pause(seconds)
    return prepare_file(task, control)


def main() -> None:
    """Measure all contestants in turn and print their medians."""
    arguments = _arguments()
    os.environ.update(OWNER.variables)
    prepare = partial(prepare_late, arguments.latency) if arguments.latency else prepare_file
    with tempfile.TemporaryDirectory() as text:
        folder = Path(text)
        names = _pictures(folder, arguments.files, arguments.kilobytes)
        with shared(folder / "s3", s3_server.launch) as user:
            work = Work(folder, names, s3_server.s3_server(user))
            contestants = _contestants(folder, prepare)
            samples: dict[str, list[Sample]] = {name: [] for name in contestants}
            for _ in range(arguments.repeat):
                for name, run in contestants.items():
                    samples[name].append(run(work))
                    sys.stderr.write(f"{name}: {samples[name][-1].seconds:.2f} s\n")
    sys.stdout.write(_table(samples, len(names)))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=400)
    parser.add_argument("--kilobytes", type=int, default=200)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--latency", type=float, default=0.0)
    return parser.parse_args()


def _pictures(folder: Path, count: int, kilobytes: int) -> list[str]:
    """Write pictures of this size, each with another content, and return their names."""
    from PIL import Image

    rng = random.Random(1)
    head = folder / "head.jpg"
    Image.new("RGB", (320, 240), (9, 90, 200)).save(head)
    content = head.read_bytes()
    names = [f"picture-{number}.jpg" for number in range(count)]
    for name in names:
        # Bytes behind the end of a JPEG are allowed; they only cost time to read, hash and send.
        (folder / name).write_bytes(content + rng.randbytes(kilobytes * 1000 - len(content)))
    return names


def _contestants(
    folder: Path, prepare: Callable[[FileTask, Control], FileResult]
) -> dict[str, Callable[[Work], Sample]]:
    clusters = {
        f"{count} worker{'s' * (count > 1)}": partial(_clustered, folder, prepare, count)
        for count in WORKERS
    }
    return {f"{THREADS} threads": partial(_threaded, prepare), **clusters}


def _threaded(prepare: Callable[[FileTask, Control], FileResult], work: Work) -> Sample:
    return _measured(ThreadExecutor(THREADS, prepare, Control()), work, ())


def _clustered(
    folder: Path, prepare: Callable[[FileTask, Control], FileResult], count: int, work: Work
) -> Sample:
    with _cluster(folder / f"dask-{count}", count) as cluster:
        executor = ClusterExecutor(cluster.address, prepare)
        pids = (cluster.scheduler_pid, cluster.nanny_pid, *cluster.worker_pids())
        # Connected, and with the libraries loaded in all workers, as after the first second.
        _run(executor, work, work.names[: THREADS * count * 4])
        return _measured(executor, work, pids)


@contextmanager
def _cluster(folder: Path, count: int) -> Iterator[dask_cluster.DaskCluster]:
    import dask

    launch = partial(_launch, count)
    with shared(folder, launch) as user:
        cluster = dask_cluster.dask_cluster(user)
        with dask.config.set(dask_cluster.configuration(cluster.variables)):
            yield cluster


def _launch(count: int, launched: Launch) -> None:
    dask_cluster.launch(launched, worker_count=count, thread_count=THREADS)


def _measured(executor: Executor, work: Work, pids: Sequence[int]) -> Sample:
    begun, own, workers = time.perf_counter(), time.process_time(), _cpu(pids)
    _run(executor, work, work.names)
    sample = Sample(time.perf_counter() - begun, time.process_time() - own, _cpu(pids) - workers)
    executor.close()
    return sample


def _run(executor: Executor, work: Work, names: Sequence[str]) -> None:
    """Prepare files as a run does: as many in flight as the executor permits."""
    bucket = work.server.bucket()
    slots = threading.Semaphore(executor.capacity)
    futures = []
    for task in work.tasks(bucket)[: len(names)]:
        slots.acquire()
        futures.append(executor.submit(task))
        futures[-1].add_done_callback(lambda _: slots.release())
    executor.flush()
    assert all(isinstance(future.result(), Prepared) for future in futures)
    work.server.remove(bucket)


def _cpu(pids: Sequence[int]) -> float:
    """Return the CPU seconds of these processes."""
    ticks = 0
    for pid in pids:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / TICKS


def _table(samples: dict[str, list[Sample]], files: int) -> str:
    base = statistics.median(one.seconds for one in next(iter(samples.values())))
    lines = [
        "| contestant | seconds | files a second | ratio | CPU a file, run | CPU a file, cluster |",
        "| --- | ---: | ---: | ---: | ---: | ---: |",
    ]
    for name, found in samples.items():
        seconds = statistics.median(one.seconds for one in found)
        own = statistics.median(one.own_cpu for one in found) / files * 1000
        workers = statistics.median(one.worker_cpu for one in found) / files * 1000
        lines.append(
            f"| {name} | {seconds:.2f} | {files / seconds:.0f} | {seconds / base:.2f} |"
            f" {own:.1f} ms | {workers:.1f} ms |"
        )
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
