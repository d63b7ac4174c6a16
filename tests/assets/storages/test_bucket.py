"""A bucket of a strict S3 server as a storage."""

from __future__ import annotations

import sys
import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import pytest

from ld_import.assets.base import FileProblem
from ld_import.assets.storage import open_storage, store_file
from ld_import.errors import StorageRefused, StorageUnavailable, UsageError
from tests.assets.storages.contract import StorageContract
from tests.assets.storages.makers import (
    LEAST_PART,
    QUICK,
    make_body,
    make_large,
    make_settings,
    settings_of,
    sha256_of,
)
from tests.harness.flipping_proxy import flipping_proxy
from tests.harness.s3_server import CLIENT, READER, Bucket, Credentials, s3_server

pytest.importorskip("obstore")


@pytest.fixture(scope="module")
def shared_bucket(s3):
    """Return one bucket for all tests here."""
    server = s3_server(s3)
    bucket = server.bucket()
    yield bucket
    server.remove(bucket)


@pytest.fixture
def place(shared_bucket):
    """Return a new part of the bucket, for one test."""
    return Place(shared_bucket, f"test-{uuid.uuid4().hex[:8]}")


@dataclass(frozen=True)
class Place:
    """The objects of a bucket below a prefix."""

    bucket: Bucket
    prefix: str

    def put(self, key, body, mime_type):
        self.bucket.put(f"{self.prefix}/{key}", body, mime_type)

    def object(self, key):
        return self.bucket.object(f"{self.prefix}/{key}")

    def names(self):
        assert self.bucket.unfinished_uploads() == []
        found = (entry for chunk in self.bucket.store().list(self.prefix) for entry in chunk)
        return sorted(entry["path"].removeprefix(f"{self.prefix}/") for entry in found)


@pytest.fixture
def names(place):
    return place.names


@pytest.fixture
def settings(place, tmp_path):
    return settings_of(place.bucket, tmp_path, url=f"{place.bucket.url}/{place.prefix}")


@pytest.fixture
def storage(settings):
    return open_storage(settings, QUICK)


@pytest.fixture
def proxy(shared_bucket):
    with flipping_proxy(shared_bucket.endpoint) as proxy:
        yield proxy


@pytest.fixture
def behind(settings, proxy):
    """Return the storage behind the proxy."""
    return open_storage(replace(settings, endpoint=proxy.url), QUICK)


class TestBucket(StorageContract):
    """A bucket keeps the contract."""


def test_object_has_prefix_and_type(storage, place):
    """The object has the prefix of the storage in its name, and its MIME type."""
    storage.put("a/b.svg", make_body(b"<svg/>", mime_type="image/svg+xml"))

    assert place.object("a/b.svg").content_type == "image/svg+xml"
    assert storage.head("a/b.svg").mime_type == "image/svg+xml"


def test_owner_is_kept(storage):
    """The server keeps the owner of an object, however that is sent."""
    storage.put("a.jpg", make_body(b"one", owner="mine"))
    storage.put("a.mp4", make_body(*make_large(), owner="mine"))

    assert storage.head("a.jpg").owner == storage.head("a.mp4").owner == "mine"


def test_type_of_an_object_that_is_used(storage, place):
    """An object that is there with another type is used, with a warning."""
    place.put("a.svg", b"<svg/>", "text/plain")

    stored = storage.put("a.svg", make_body(b"<svg/>", mime_type="image/svg+xml"))

    assert not stored.is_own
    assert stored.warnings == (
        "the storage already had this file under the key `a.svg`, with the type"
        " `text/plain` instead of `image/svg+xml`",
    )


def test_large_file(storage, place, names):
    """A large file is sent in parts, has the computed ETag, and is not sent again."""
    pieces = make_large(11)
    body = make_body(*pieces, mime_type="video/mp4")

    stored = store_file(storage, "a.mp4", body, verify="etag")
    again = store_file(storage, "a.mp4", body, verify="etag")

    assert stored.etag == stored.expected_etag
    assert stored.etag.endswith("-3")
    assert stored.sha256 == sha256_of(*pieces)
    assert (again.sent_bytes, again.is_own) == (0, False)
    assert place.object("a.mp4").body == b"".join(pieces)
    assert place.object("a.mp4").content_type == "video/mp4"
    assert names() == ["a.mp4"]


@pytest.mark.parametrize("extra", [-1, 0, 1])
def test_files_around_the_size_of_a_part(storage, extra):
    """The computed ETag is right below, at and above the size of a part."""
    stored = storage.put("a.bin", make_body(bytes(LEAST_PART), bytes(1 + extra)))

    assert stored.etag == stored.expected_etag
    assert ("-" in stored.etag) == (extra > -1)


@pytest.mark.parametrize("size", [None, "stated"])
def test_large_file_of_others(storage, size):
    """A large file does not replace another object, except with permission."""
    pieces = make_large()
    others = make_large(seed=1) if size is None else [b"one"]
    total = None if size is None else sum(map(len, pieces))
    body = make_body(*pieces, size=total)
    storage.put("a.mp4", make_body(*others))

    with pytest.raises(FileProblem, match="another object"):
        storage.put("a.mp4", body)
    assert storage.put("a.mp4", body, may_replace=True).is_own
    assert b"".join(storage.read("a.mp4")) == b"".join(pieces)


def test_large_file_that_was_sent_as_a_whole(storage, place):
    """Where the ETag cannot be compared, the object is read to compare it."""
    pieces = make_large()
    place.put("a.mp4", b"".join(pieces), "image/jpeg")

    stored = store_file(storage, "a.mp4", make_body(*pieces), verify="etag")

    assert (stored.sent_bytes, stored.is_own) == (0, False)


@pytest.mark.parametrize("checksum", ["crc64nvme", "sha256"])
def test_damaged_bytes_are_sent_again(settings, proxy, names, checksum):
    """The server refuses bytes that changed on the way, and the file is read again."""
    changed = replace(settings, endpoint=proxy.url, checksum=checksum)
    storage = open_storage(changed, QUICK)
    proxy.flip()

    stored = store_file(storage, "a.jpg", make_body(b"one" * 1000), verify="get")

    assert len(proxy.harmed) == 1
    assert stored.is_own
    assert names() == ["a.jpg"]


def test_damaged_part_is_sent_again(behind, proxy, names):
    """A damaged part of a large file is noticed, too, and leaves no upload behind."""
    proxy.flip(first=2)

    stored = store_file(behind, "a.mp4", make_body(*make_large()), verify="etag")

    assert len(proxy.harmed) == 1
    assert stored.etag == stored.expected_etag
    assert names() == ["a.mp4"]


def test_damage_without_a_checksum(settings, proxy, names):
    """Without checksum the ETag shows the damage, and the object is replaced."""
    storage = open_storage(replace(settings, endpoint=proxy.url, checksum="none"), QUICK)
    proxy.flip()

    stored = store_file(storage, "a.jpg", make_body(b"one" * 1000), verify="etag")

    assert len(proxy.harmed) == 1
    assert stored.sent_bytes == 6000
    assert b"".join(storage.read("a.jpg")) == b"one" * 1000
    assert names() == ["a.jpg"]


def test_every_attempt_is_damaged(behind, proxy, names):
    """A line that damages every attempt ends the run as a storage that is away."""
    proxy.flip(times=None)

    with pytest.raises(StorageUnavailable, match="received other bytes than those sent"):
        behind.put("a.jpg", make_body(b"one" * 1000))

    assert len(proxy.harmed) == QUICK.attempts
    assert names() == []


def test_wrong_object_twice(settings, proxy):
    """An object that is wrong after the second put fails the item."""
    storage = open_storage(replace(settings, endpoint=proxy.url, checksum="none"), QUICK)
    proxy.flip(times=None)

    with pytest.raises(FileProblem, match="does not have the sent bytes under the key `a.jpg`"):
        store_file(storage, "a.jpg", make_body(b"one" * 1000), verify="etag")


@pytest.mark.parametrize("pieces", [[b"one"], make_large()], ids=["small", "large"])
def test_lost_answer(behind, proxy, names, pieces):
    """A put whose answer is lost is repeated, and leaves one right object."""
    proxy.lose_answer()

    store_file(behind, "a.mp4", make_body(*pieces), verify="etag")

    assert len(proxy.harmed) == 1
    assert b"".join(behind.read("a.mp4")) == b"".join(pieces)
    assert names() == ["a.mp4"]


def test_missing_bucket(settings):
    """A bucket that does not exist is an error of the configuration."""
    storage = open_storage(replace(settings, url="s3://not-there"), QUICK)

    for call in (storage.check, lambda: storage.put("a.jpg", make_body(b"1"))):
        with pytest.raises(UsageError, match="the storage `media` has no bucket `not-there`"):
            call()


def test_bucket_that_disappears(bucket, tmp_path, s3):
    """A bucket that is deleted during the run is an error of the configuration as well."""
    storage = open_storage(settings_of(bucket, tmp_path), QUICK)
    storage.put("a.jpg", make_body(b"1"))
    s3_server(s3).remove(bucket)

    try:
        with pytest.raises(UsageError, match="has no bucket"):
            storage.put("b.jpg", make_body(b"1"))
    finally:
        CLIENT.post(f"{bucket.filer}/buckets/{bucket.name}/")


def test_wrong_secret(shared_bucket, tmp_path):
    """Wrong credentials are refused, and the message does not have them."""
    wrong = replace(shared_bucket, credentials=Credentials("owner", "not-this-secret"))
    storage = open_storage(settings_of(wrong, tmp_path), QUICK)

    for call in (storage.check, lambda: storage.put("a.jpg", make_body(b"1"))):
        with pytest.raises(StorageRefused, match="refuses the credentials") as raised:
            call()
        assert "not-this-secret" not in str(raised.value)


def test_credentials_that_only_read(shared_bucket, tmp_path, names):
    """Credentials without the permission to write pass the check; the first put is refused."""
    storage = open_storage(settings_of(replace(shared_bucket, credentials=READER), tmp_path), QUICK)
    storage.check()

    with pytest.raises(StorageRefused):
        storage.put("a.jpg", make_body(b"1"))
    assert names() == []


def test_storage_away(settings):
    """A storage that does not answer ends the run."""
    storage = open_storage(replace(settings, endpoint="http://127.0.0.1:1"), QUICK)

    with pytest.raises(StorageUnavailable, match=r"at http://127.0.0.1:1 .*\(Connection refused\)"):
        storage.put("a.jpg", make_body(b"1"))


def test_server_without_tls(settings):
    """A server without TLS at an `https://` address is named with the cause."""
    secure = settings.endpoint.replace("http://", "https://")
    storage = open_storage(replace(settings, endpoint=secure), QUICK)

    with pytest.raises(StorageUnavailable, match="does not use TLS at this port"):
        storage.check()


def test_missing_extra(settings, monkeypatch):
    """Without the library one sentence names the command that installs it."""
    monkeypatch.setitem(sys.modules, "obstore.store", None)

    with pytest.raises(
        UsageError, match="the storage `other` needs obstore, which is not installed"
    ) as raised:
        open_storage(replace(settings, name="other"), QUICK)
    assert raised.value.hint == "run: pip install 'ld-import[assets]'"


def test_file_of_credentials(settings, tmp_path):
    """A file with credentials that is missing or empty is an error of the configuration."""
    empty = tmp_path / "empty"
    empty.touch()

    with pytest.raises(UsageError, match="accessKeyFile of the storage `media` cannot be read"):
        open_storage(replace(settings, access_key_file=tmp_path / "none"), QUICK)
    with pytest.raises(
        UsageError, match="secretKeyFile of the storage `media` is not one line of text"
    ):
        open_storage(replace(settings, secret_key_file=empty), QUICK)


def test_one_storage_for_each_process(settings):
    """The same settings give the same storage."""
    assert open_storage(settings, QUICK) is open_storage(replace(settings), QUICK)


def test_threads_share_a_storage(storage, names):
    """Several threads store different files at the same time."""
    with ThreadPoolExecutor(4) as pool:
        stored = list(pool.map(lambda n: storage.put(f"{n}.jpg", make_body(b"%d" % n)), range(12)))

    assert all(one.is_own for one in stored)
    assert len(names()) == 12


def test_server_honours_conditions(behind, proxy):
    """After one proof, a small file needs one request, whose answer confirms the bytes."""
    behind.put("first.jpg", make_body(b"1"))
    before = proxy.count()

    stored = store_file(behind, "second.jpg", make_body(b"2"), verify="etag")

    assert stored.is_confirmed
    assert proxy.count() - before == 1
    assert proxy.count("PUT") == 3


def test_google_and_azure_open_without_requests(tmp_path):
    """Buckets of other clouds are opened by the same code."""
    for name in ("access", "secret"):
        (tmp_path / name).write_text("YWNjb3VudA==")
    files = {"access_key_file": tmp_path / "access", "secret_key_file": tmp_path / "secret"}

    open_storage(make_settings(url="gs://media/a"), QUICK)
    open_storage(make_settings(url="az://media/a", **files), QUICK)
