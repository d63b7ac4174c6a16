"""A local S3 server for the demo: `weed` of SeaweedFS, where it is installed.

It listens on this machine only. It is killed, since it takes 25 s to end in order; its data are in
a temporary folder.
"""

from __future__ import annotations

import json
import os
import random
import secrets
import shutil
import signal
import socket
import subprocess
import sysconfig
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.error import URLError

from ld_import.assets.base import StorageSettings
from ld_import.assets.storage import open_storage
from ld_import.assets.storages.base import Body, RetryLimits
from ld_import.clock import SystemClock, pause
from ld_import.errors import LdImportError

LOOPBACK = "127.0.0.1"
BUCKET = "demo"
PREFIX = "archive"
REGION = "us-east-1"
# The server also listens at each port plus this number.
GRPC_OFFSET = 10_000
# Below the ports that systems give to outgoing connections.
PORTS = range(10_000, 22_000)
START_SECONDS = 30.0
POLL_SECONDS = 0.05
ANSWER_SECONDS = 5.0
# Runs a program, and kills it with itself once standard input ends: even if the demo is killed.
GUARDED = 'exec 3<&0; "$@" 3<&- </dev/null & it=$!; (read -r _ <&3; kill -9 0) & wait $it'
NO_RETRY = RetryLimits(attempts=1, request_retries=0, first_wait=0.0)


class NotStarted(Exception):
    """The server did not start; the text is the reason."""


def weed_path() -> str | None:
    """Return the path of the program beside this Python or on the PATH, `None` without one."""
    beside = Path(sysconfig.get_path("scripts"), "weed")
    return str(beside) if beside.is_file() else shutil.which("weed")


@dataclass(frozen=True, slots=True)
class Bucket:
    """The bucket of a running server; the files contain its credentials."""

    endpoint: str
    filer: str
    access_key_file: Path
    secret_key_file: Path

    @property
    def settings(self) -> StorageSettings:
        """The settings of the storage."""
        return StorageSettings(
            name="media",
            url=f"s3://{BUCKET}/{PREFIX}",
            public_url=f"{self.endpoint}/{BUCKET}/{PREFIX}",
            key="",
            endpoint=self.endpoint,
            region=REGION,
            access_key_file=self.access_key_file,
            secret_key_file=self.secret_key_file,
        )

    def count(self) -> int:
        """Return the number of objects."""
        return _count_files(f"{self.filer}/buckets/{BUCKET}/{PREFIX}/")


@contextmanager
def serving(program: str, folder: Path) -> Iterator[Bucket]:
    """Run the server with its data in a folder, and yield its bucket. Raises NotStarted."""
    server = _Server(program, folder)
    with ExitStack() as stack:
        stack.callback(server.end)
        try:
            server.start()
        except OSError as error:
            raise NotStarted(f"{program}: {error.strerror or error}") from None
        yield server.bucket


class _Server:
    def __init__(self, program: str, folder: Path) -> None:
        self._program = program
        self._folder = folder
        self._master, self._volume, self._filer, self._gateway = ports = _free_ports(4)
        self._sockets = [*_sockets(*ports)]
        self._processes: list[subprocess.Popen[bytes]] = []
        self._clock = SystemClock()
        self.bucket = Bucket(
            f"http://{LOOPBACK}:{self._gateway}",
            f"http://{LOOPBACK}:{self._filer}",
            folder / "access-key.txt",
            folder / "secret-key.txt",
        )

    def start(self) -> None:
        data = self._folder / "data"
        data.mkdir(exist_ok=True)
        shared = (f"-dir={data}", f"-ip={LOOPBACK}", f"-ip.bind={LOOPBACK}")
        self._run("server", *shared, *self._server_options())
        # A volume server that starts earlier looks for it again only after five seconds.
        self._until(self._is_leader)
        master = f"-master={LOOPBACK}:{self._master}"
        self._run("volume", *shared, f"-port={self._volume}", master, "-max=100")
        # At once, where a bucket made by the S3 API is written to only after a second.
        self._until(lambda: bool(_ask(f"{self.bucket.filer}/buckets/{BUCKET}/", "POST")))
        self._until(self._is_writable)

    def _server_options(self) -> Sequence[str]:
        return (
            "-volume=false",
            f"-master.port={self._master}",
            "-master.telemetry=false",
            "-filer",
            f"-filer.port={self._filer}",
            "-s3",
            f"-s3.port={self._gateway}",
            # Their default ports are fixed, so that a second server would not start.
            "-s3.port.iceberg=0",
            "-s3.port.lance=0",
            "-s3.autoCreateBucket=false",
            f"-s3.config={self._identities()}",
        )

    def _identities(self) -> Path:
        """Write new credentials, and the file by which the server knows them."""
        key, secret = "demo", secrets.token_urlsafe(24)
        for path, text in (
            (self.bucket.access_key_file, key),
            (self.bucket.secret_key_file, secret),
        ):
            path.write_text(text, encoding="utf-8")
            path.chmod(0o600)
        identity = {
            "name": key,
            "credentials": [{"accessKey": key, "secretKey": secret}],
            "actions": ["Admin"],
        }
        path = self._folder / "identities.json"
        path.write_text(json.dumps({"identities": [identity]}), encoding="utf-8")
        return path

    def _run(self, *arguments: str) -> None:
        own = {"HOME": str(self._folder), "TMPDIR": str(self._folder)}
        # Not seven files for each bucket.
        growth = {"WEED_MASTER_VOLUME_GROWTH_COPY_1": "1"}
        with (self._folder / f"output-{len(self._processes)}.txt").open("wb") as output:
            process = subprocess.Popen(
                ["/bin/sh", "-c", GUARDED, "sh", self._program, *arguments],
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=self._folder,
                env={**os.environ, **own, **growth},
                # Ctrl-C in a terminal is for the demo, which ends the server.
                start_new_session=True,
            )
        self._processes.append(process)

    def _until(self, is_ready: Callable[[], bool]) -> None:
        deadline = self._clock.monotonic() + START_SECONDS
        while self._clock.monotonic() < deadline:
            if any(process.poll() is not None for process in self._processes):
                raise NotStarted("it ended at once")
            with suppress(URLError, OSError, ValueError, LdImportError):
                if is_ready():
                    return
            pause(POLL_SECONDS)
        raise NotStarted(f"it was not ready after {START_SECONDS:.0f} s")

    def _is_leader(self) -> bool:
        answer = _ask(f"http://{LOOPBACK}:{self._master}/cluster/status")
        return bool(json.loads(answer).get("IsLeader"))

    def _is_writable(self) -> bool:
        """Return whether a signed request stores an object, which is deleted again."""
        body = Body(open_pieces=lambda: iter((b"ready",)), mime_type="text/plain", size=5)
        open_storage(self.bucket.settings, NO_RETRY).put("ready", body, may_replace=True)
        _ask(f"{self.bucket.filer}/buckets/{BUCKET}/{PREFIX}/ready", "DELETE")
        return True

    def end(self) -> None:
        for process in self._processes:
            # Each has a session of its own, with the processes that it has started.
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
        for path in self._sockets:
            Path(path).unlink(missing_ok=True)


def _free_ports(number: int) -> list[int]:
    found: list[int] = []
    while len(found) < number:
        port = random.choice(PORTS)  # noqa: S311 (not a secret)
        if port not in found and _is_free(port) and _is_free(port + GRPC_OFFSET):
            found.append(port)
    return found


def _is_free(port: int) -> bool:
    with closing(socket.socket()) as one:
        try:
            one.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def _sockets(master: int, volume: int, filer: int, gateway: int) -> Iterator[str]:
    """Yield the sockets that the server makes in a fixed folder and leaves there when killed."""
    ports = {"master": master, "volume": volume, "filer": filer, "s3": gateway}
    for name, port in ports.items():
        yield f"/tmp/seaweedfs-{name}-{port}.sock"  # noqa: S108 (of the server)
        yield f"/tmp/seaweedfs-{name}-grpc-{port + GRPC_OFFSET}.sock"  # noqa: S108


def _count_files(url: str) -> int:
    """Return the number of files below a folder of the server."""
    try:
        entries = json.loads(_ask(f"{url}?limit=10000")).get("Entries") or []
    except URLError:
        return 0
    names = [entry["FullPath"].rpartition("/")[2] for entry in entries]
    folders = [name for name, entry in zip(names, entries, strict=True) if _is_folder(entry)]
    return len(entries) - len(folders) + sum(_count_files(f"{url}{name}/") for name in folders)


def _is_folder(entry: dict[str, object]) -> bool:
    # The highest bit of a mode in Go.
    return bool(int(str(entry["Mode"])) >> 31)


def _ask(url: str, method: str = "GET") -> bytes:
    request = urllib.request.Request(  # noqa: S310 (an address of this machine)
        url, method=method, headers={"Accept": "application/json"}
    )
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(request, timeout=ANSWER_SECONDS) as answer:
        found: bytes = answer.read()
        return found
