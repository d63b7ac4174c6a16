"""The faults of the HTTP source happen as scripted, and everything is counted."""

from __future__ import annotations

import ssl
import time

import httpx
import pytest

from tests.harness.http_source import LOGIN_PAGE, METADATA_URL, running_source

BODY = bytes(range(256)) * 1000


# Loading all certificate authorities takes 30 ms for each client.
CLIENT = httpx.Client(verify=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT))


def get(url, **headers):
    return CLIENT.get(url, headers=headers)


def ranged(url, value):
    return get(url, Range=value)


def test_whole_file(http_source, tmp_path):
    """A body from memory or from a file comes with its length, type and ETag."""
    path = tmp_path / "b.bin"
    path.write_bytes(BODY)
    for url in (
        http_source.serve("/a", BODY, content_type="image/png", last_modified="Tue, 01 Jan 2030"),
        http_source.serve("/b", path, content_type="image/png", last_modified="Tue, 01 Jan 2030"),
    ):
        answer = get(url)

        assert answer.content == BODY
        assert answer.headers["content-length"] == str(len(BODY))
        assert answer.headers["content-type"] == "image/png"
        assert answer.headers["last-modified"] == "Tue, 01 Jan 2030"
        assert get(url, **{"If-None-Match": answer.headers["etag"]}).status_code == 304
        assert get(url, **{"If-Match": '"other"'}).status_code == 412
        assert CLIENT.head(url).headers["content-length"] == str(len(BODY))
    assert http_source.request_count() == 8
    assert http_source.request_count("/a", "GET") == 3
    assert http_source.bytes_sent["/a"] == len(BODY)


@pytest.mark.parametrize(
    ("value", "part"),
    [
        ("bytes=255970-255979", BODY[255970:255980]),
        ("bytes=255990-", BODY[255990:]),
        ("bytes=-5", BODY[-5:]),
    ],
)
def test_range(http_source, tmp_path, value, part):
    """A range comes with its place in the whole, from memory and from a file."""
    (tmp_path / "a").write_bytes(BODY)
    http_source.serve_folder(tmp_path)
    for url in (f"{http_source.url}/a", http_source.serve("/b", BODY)):
        answer = ranged(url, value)

        assert answer.status_code == 206
        assert answer.content == part
        start = BODY.rindex(part)
        end = start + len(part) - 1
        assert answer.headers["content-range"] == f"bytes {start}-{end}/{len(BODY)}"
    assert http_source.requests[0].range == value


def test_range_that_is_not_there(http_source):
    """A range behind the end gets 416, and a source without ranges sends the whole body."""
    url = http_source.serve("/a", BODY)
    ignoring = http_source.serve("/b", BODY, has_ranges=False)

    assert ranged(url, "bytes=256000-").status_code == 416
    assert ranged(ignoring, "bytes=1-2").status_code == 200
    assert ranged(ignoring, "bytes=1-2").content == BODY
    assert get(url, **{"Range": "bytes=1-2", "If-Range": '"old"'}).status_code == 200


def test_dropped_connections(http_source):
    """The connection breaks off after so many bytes, in the first bodies or in all of them."""
    url = http_source.serve("/a", BODY, drop_after=1000, drops=2)
    always = http_source.serve("/b", BODY, drop_after=1000)

    for address in (url, url, always, always, always):
        with pytest.raises(httpx.RemoteProtocolError):
            get(address)

    assert get(url).content == BODY
    assert http_source.bytes_sent == {"/a": 2000 + len(BODY), "/b": 3000}


def test_resumed_after_a_drop(http_source):
    """A client gets the rest by a range."""
    url = http_source.serve("/a", BODY, drop_after=1000, drops=1)
    with pytest.raises(httpx.RemoteProtocolError):
        get(url)

    assert ranged(url, "bytes=1000-").content == BODY[1000:]


def test_wrong_length(http_source):
    """Content-Length may be too long, which a client notices, or too short, which hides bytes."""
    longer = http_source.serve("/a", BODY, length_error=10)
    shorter = http_source.serve("/b", BODY, length_error=-10)

    with pytest.raises(httpx.RemoteProtocolError):
        get(longer)
    assert get(shorter).content == BODY[:-10]


def test_chunked_and_compressed(http_source):
    """A body without Content-Length, and one that is compressed."""
    chunked = get(http_source.serve("/a", BODY, is_chunked=True))
    compressed = get(http_source.serve("/b", BODY, is_gzip=True))

    assert chunked.content == compressed.content == BODY
    assert "content-length" not in chunked.headers
    assert compressed.headers["content-encoding"] == "gzip"
    assert int(compressed.headers["content-length"]) < len(BODY)


def test_slow(http_source):
    """A slow source lets a read time out, and closes without waiting."""
    url = http_source.serve("/a", BODY, pause_seconds=100)
    began = time.monotonic()

    with pytest.raises(httpx.ReadTimeout):
        CLIENT.get(url, timeout=0.05)

    http_source.close()
    assert time.monotonic() - began < 50


def test_redirects(http_source):
    """A path leads to another, to a login page with status 200, or to an address of a cloud."""
    login = http_source.serve_login()
    url = http_source.serve("/a", redirect=login)
    http_source.serve("/b", redirect=METADATA_URL)

    answer = CLIENT.get(url, follow_redirects=True)

    assert answer.status_code == 200
    assert answer.content == LOGIN_PAGE
    assert answer.headers["content-type"].startswith("text/html")
    assert get(f"{http_source.url}/b").headers["location"] == METADATA_URL


@pytest.mark.parametrize("status", [401, 403, 404, 429, 500, 503])
def test_statuses(http_source, status):
    """A status is answered to the first requests, or to all."""
    once = http_source.serve("/a", BODY, statuses=[status, 503])
    always = http_source.serve("/b", BODY, statuses=[status], is_failing=True)

    assert [get(once).status_code for _ in range(3)] == [status, 503, 200]
    assert [get(always).status_code for _ in range(3)] == [status] * 3
    assert get(f"{http_source.url}/missing").status_code == 404


def test_changing_content(http_source):
    """The content changes from request to request, and its ETag with it."""
    url = http_source.serve("/a", b"one", b"two")

    answers = [get(url) for _ in range(3)]

    assert [answer.text for answer in answers] == ["one", "two", "two"]
    assert answers[0].headers["etag"] != answers[1].headers["etag"]
    assert answers[1].headers["etag"] == answers[2].headers["etag"]
    assert "etag" not in get(http_source.serve("/b", b"one", etag="")).headers


def test_authorization(http_source):
    """A path asks for credentials."""
    url = http_source.serve("/a", BODY, authorization="Bearer one")

    assert get(url).status_code == 401
    assert get(url, Authorization="Bearer one").content == BODY


def test_tls(certificates):
    """Over TLS the certificate is valid for clients that know the authority."""
    trusting = ssl.create_default_context(cafile=certificates.authority)
    with running_source(certificates.server_context()) as http_source:
        url = http_source.serve("/a", BODY)

        assert httpx.get(url, verify=trusting).content == BODY
        with pytest.raises(httpx.ConnectError):
            CLIENT.get(url)
    assert url.startswith("https://127.0.0.1:")
