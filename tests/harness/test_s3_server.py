"""The S3 server of the tests is as strict as the one of a cloud."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import pytest

from tests.harness.s3_server import READER, Credentials, ObjectDigest, s3_server

KILOBYTE = 1024
obstore = pytest.importorskip("obstore")


@pytest.fixture
def reader(bucket):
    """Return the bucket with credentials that may only read."""
    return replace(bucket, credentials=READER)


def test_an_object_comes_back_with_its_type(bucket):
    """Bytes and content type of every object can be compared."""
    bucket.put("a/ü +#1.jpg", b"picture", "image/jpeg")

    assert bucket.keys() == ["a/ü +#1.jpg"]
    assert bucket.objects()["a/ü +#1.jpg"].body == b"picture"
    assert bucket.objects()["a/ü +#1.jpg"].content_type == "image/jpeg"
    sha256 = hashlib.sha256(b"picture").hexdigest()
    assert bucket.digests() == {"a/ü +#1.jpg": ObjectDigest(7, sha256, "image/jpeg")}


def test_each_bucket_is_new(bucket, s3):
    """A test sees no object of another test."""
    other = s3_server(s3).bucket()
    other.put("one", b"1")

    assert bucket.keys() == []
    s3_server(s3).remove(other)
    with pytest.raises(FileNotFoundError):
        other.object("one")


def test_missing_bucket(bucket):
    """A put into a bucket that does not exist fails, and creates none."""
    missing = replace(bucket, name=f"{bucket.name}-missing")

    for _ in range(2):
        with pytest.raises(FileNotFoundError):
            missing.put("one", b"1")


def test_wrong_secret(bucket):
    """A wrong secret is refused."""
    wrong = replace(bucket, credentials=Credentials(bucket.credentials.key, "wrong"))

    with pytest.raises(obstore.exceptions.PermissionDeniedError):
        wrong.put("one", b"1")


def test_reader_may_not_write(bucket, reader):
    """The second credentials may read, but not write."""
    bucket.put("one", b"1")

    assert reader.object("one").body == b"1"
    with pytest.raises(obstore.exceptions.PermissionDeniedError):
        reader.put("two", b"2")


def test_nothing_is_overwritten_on_request(bucket):
    """`If-None-Match: *` protects an object."""
    bucket.put("one", b"1")

    with pytest.raises(obstore.exceptions.AlreadyExistsError):
        obstore.put(bucket.store(), "one", b"2", mode="create")
    assert bucket.object("one").body == b"1"


def test_unfinished_uploads(bucket):
    """A multipart upload whose writer died is listed until it is complete."""
    assert bucket.unfinished_uploads() == []
    writer = obstore.open_writer(bucket.store(), "big", buffer_size=5 * KILOBYTE**2)

    writer.write(b"0" * 6 * KILOBYTE**2)

    assert len(bucket.unfinished_uploads()) == 1
    writer.close()
    assert bucket.unfinished_uploads() == []
    assert len(bucket.object("big").body) == 6 * KILOBYTE**2


def test_variables(bucket, monkeypatch):
    """A client that reads the environment reaches the bucket."""
    for name, value in bucket.variables.items():
        monkeypatch.setenv(name, value)

    obstore.put(obstore.store.from_url(bucket.url), "one", b"1")

    assert bucket.keys() == ["one"]
