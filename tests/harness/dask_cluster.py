"""A Dask scheduler with two workers as processes, over mutual TLS on loopback.

One cluster serves a test run, and one test at a time, since tests kill its workers; a nanny starts
them again. Its workers have the credentials of the S3 server's owner. The start takes 1.5 to 4 s,
and 2 s of CPU time.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.harness.certificates import Certificates, make_certificates
from tests.harness.s3_server import OWNER
from tests.harness.shared import LOOPBACK, Launch, Shared, free_ports

ROOT = Path(__file__).parents[2]
WORKER_COUNT = 2
THREAD_COUNT = 2
START_SECONDS = 60.0
POLL_SECONDS = 0.05
# The second death of a worker with a task makes it a failure; three more would only take longer.
ALLOWED_FAILURES = {"DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "1"}
# An idle cluster takes an eighth of a core without them: it samples stacks, ticks and sizes.
QUIET = {
    "DASK_DISTRIBUTED__WORKER__PROFILE__ENABLED": "false",
    "DASK_DISTRIBUTED__ADMIN__SYSTEM_MONITOR__INTERVAL": "10s",
    "DASK_DISTRIBUTED__ADMIN__TICK__INTERVAL": "1s",
}
# Workers are forked by a process that has imported Dask, which takes 0.5 s of CPU time.
FORKED = {"DASK_DISTRIBUTED__WORKER__MULTIPROCESSING_METHOD": "forkserver"}


@dataclass(frozen=True, slots=True)
class DaskCluster:
    """The running cluster. `variables` are the environment of its clients."""

    address: str
    variables: Mapping[str, str]
    scheduler_pid: int
    nanny_pid: int

    def security(self) -> Any:
        """Return the certificates for a client in this process."""
        from distributed import Security

        names = ("CA_FILE", "CLIENT__CERT", "CLIENT__KEY")
        authority, certificate, key = (self.variables[_variable(name)] for name in names)
        return Security(
            tls_ca_file=authority,
            tls_client_cert=certificate,
            tls_client_key=key,
            require_encryption=True,
        )

    def worker_pids(self) -> list[int]:
        """Return the processes of the workers that run now; others follow killed ones."""
        forkers = [pid for pid in _children(self.nanny_pid) if b"forkserver" in _command(pid)]
        return sorted(pid for forker in forkers for pid in _children(forker))

    def wait_for_workers(self) -> None:
        """Wait until all workers run and have joined."""
        from distributed import Client

        with Client(self.address, security=self.security(), timeout=START_SECONDS) as client:
            client.wait_for_workers(WORKER_COUNT, timeout=START_SECONDS)


def _children(pid: int) -> list[int]:
    found: list[int] = []
    for path in Path(f"/proc/{pid}/task").glob("*/children"):
        # A thread or process may end in between.
        with suppress(FileNotFoundError, ProcessLookupError):
            found += map(int, path.read_text().split())
    return found


def _command(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return b""


def dask_cluster(user: Shared) -> DaskCluster:
    """Return the cluster, which starts at the first call. Skips where Dask is not installed."""
    pytest.importorskip("distributed")
    return DaskCluster(**user.facts())


def launch(
    launched: Launch, worker_count: int = WORKER_COUNT, thread_count: int = THREAD_COUNT
) -> None:
    """Start the cluster and wait until all workers have joined."""
    variables = _variables(make_certificates(launched.folder))
    [port] = free_ports(1)
    address = f"tls://{LOOPBACK}:{port}"
    environment = {
        **QUIET,
        **FORKED,
        **ALLOWED_FAILURES,
        **variables,
        **OWNER.variables,
        "PYTHONPATH": str(ROOT),
    }
    dask = [sys.executable, "-m", "dask"]
    common = ["--protocol=tls", f"--host={LOOPBACK}", "--no-dashboard"]
    scheduler = launched.run([*dask, "scheduler", f"--port={port}", *common], **environment)
    workers = launched.run(
        [
            *dask,
            "worker",
            address,
            *common,
            f"--nworkers={worker_count}",
            f"--nthreads={thread_count}",
            "--memory-limit=0",
            f"--local-directory={launched.folder / 'workers'}",
        ],
        **environment,
    )
    launched.facts = {
        "address": address,
        "variables": variables,
        "scheduler_pid": scheduler.pid,
        "nanny_pid": workers.pid,
    }
    _wait(launched, worker_count)


def configuration(variables: Mapping[str, str]) -> dict[str, str]:
    """Return the settings of Dask that it reads from these environment variables."""
    return {
        name.removeprefix("DASK_").lower().replace("__", "."): value
        for name, value in variables.items()
    }


def _variable(name: str) -> str:
    return f"DASK_DISTRIBUTED__COMM__TLS__{name}"


def _variables(certificates: Certificates) -> dict[str, str]:
    files = {"CA_FILE": certificates.authority}
    for role in ("SCHEDULER", "WORKER", "CLIENT"):
        files |= {f"{role}__CERT": certificates.certificate, f"{role}__KEY": certificates.key}
    return {
        **{_variable(name): str(path) for name, path in files.items()},
        "DASK_DISTRIBUTED__COMM__REQUIRE_ENCRYPTION": "true",
    }


def _wait(launched: Launch, worker_count: int) -> None:
    """Wait until the scheduler has registered all workers, without the cost of a client."""
    deadline = time.monotonic() + START_SECONDS
    output = launched.folder / "output-0.txt"
    while output.read_text().count("Register worker") < worker_count:
        launched.check()
        if time.monotonic() > deadline:
            raise TimeoutError(f"no cluster after {START_SECONDS} s: {output.read_text()}")
        time.sleep(POLL_SECONDS)  # noqa: TID251 (the cluster starts in real time)
