"""The proxy flips the chosen bytes and forwards everything else."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.harness.flipping_proxy import flipping_proxy

obstore = pytest.importorskip("obstore")
BODY = b"0123456789" * 20_000


@pytest.fixture
def proxy(bucket):
    """Return a proxy before the S3 server."""
    with flipping_proxy(bucket.endpoint) as proxy:
        yield proxy


@pytest.fixture
def behind(bucket, proxy):
    """Return the bucket, reached through the proxy."""
    return replace(bucket, endpoint=proxy.url)


def test_harmless(bucket, behind, proxy):
    """Signed requests pass unchanged, and are counted."""
    for number in range(3):
        behind.put(f"a/{number}", BODY, "image/png")

    assert behind.objects() == bucket.objects()
    assert bucket.object("a/2").body == BODY
    assert proxy.count("PUT") == 3
    assert proxy.count("GET") == 4
    assert proxy.requests[0] == ("PUT", f"/{bucket.name}/a/0")
    assert proxy.harmed == []


@pytest.mark.parametrize(
    ("first", "times", "harmed"), [(1, 1, [0]), (2, 1, [1]), (2, 2, [1, 2]), (1, None, [0, 1, 2])]
)
def test_flipped_byte(bucket, behind, proxy, first, times, harmed):
    """One byte of the chosen bodies is another one, and the server does not notice."""
    proxy.flip(first=first, times=times)

    for number in range(3):
        behind.put(str(number), BODY)

    changed = {key: one.body for key, one in bucket.objects().items() if one.body != BODY}
    assert sorted(changed) == [str(number) for number in harmed]
    for body in changed.values():
        assert sum(one != other for one, other in zip(body, BODY, strict=True)) == 1
    assert len(proxy.harmed) == len(harmed)


def test_checksum_reveals_it(bucket, behind, proxy):
    """With a checksum header the server refuses the changed body, and stores nothing."""
    proxy.flip()
    store = behind.store(checksum_algorithm="CRC64NVME")

    with pytest.raises(obstore.exceptions.BaseError, match="400"):
        obstore.put(store, "a", BODY)
    assert bucket.keys() == []
    obstore.put(store, "a", BODY)
    assert bucket.object("a").body == BODY


def test_lost_answer(bucket, behind, proxy):
    """The object is stored, but its sender gets no answer."""
    proxy.lose_answer()

    with pytest.raises(obstore.exceptions.BaseError):
        behind.put("a", BODY)

    assert bucket.object("a").body == BODY
    behind.put("b", BODY)
    assert bucket.keys() == ["a", "b"]
