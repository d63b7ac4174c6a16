"""Files of web hosts: states, ranges, and streams with faults."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest

from ld_import.assets.base import FileProblem, SourceChanged
from ld_import.assets.source import open_source, state_of
from ld_import.assets.sources import buffered
from tests.assets.sources.host import CONTENT, MODIFIED


@pytest.fixture(autouse=True)
def nothing_is_small(monkeypatch):
    """Let a file of 100 KB be a large one."""
    monkeypatch.setattr(buffered, "SMALL_BYTES", 1_000)


@pytest.fixture
def source(host, rules, waits):
    source = open_source(f"{host.url}/a.jpg", rules, pause=waits.append)
    yield source
    source.close()


def problem_of(host, rules, waits, path="/a.jpg", *, kind=FileProblem):
    with pytest.raises(kind) as raised:
        read_all(host, rules, waits, path)
    return str(raised.value).removeprefix(f"{host.url}{path} ")


def read_all(host, rules, waits, path="/a.jpg"):
    source = open_source(f"{host.url}{path}", rules, pause=waits.append)
    try:
        return b"".join(source.stream())
    finally:
        source.close()


def dropping(*cuts):
    """Answer GETs one after another, each with a connection that ends after so many bytes."""
    left = list(cuts)

    def answer(request):
        is_cut = request.command == "GET" and left
        request.send_file(cut=left.pop(0) if is_cut else None)

    return answer


def test_state_is_asked_by_head(host, rules, waits):
    """The state is one HEAD; a strong ETag is the identity."""
    state = state_of(f"{host.url}/a.jpg", rules, pause=waits.append)

    assert state == ('"v1"', len(CONTENT))
    assert host.methods == ["HEAD"]
    assert host.requests[0][2]["Accept-Encoding"] == "identity"


@pytest.mark.parametrize(
    ("headers", "identity"),
    [
        ({"ETag": 'W/"v1"', "Last_Modified": MODIFIED}, f"{MODIFIED}:{len(CONTENT)}"),
        ({"ETag": None, "Last_Modified": MODIFIED}, f"{MODIFIED}:{len(CONTENT)}"),
        ({"ETag": 'W/"v1"'}, ""),
        ({"ETag": None}, ""),
    ],
)
def test_identity_without_a_strong_etag(host, rules, headers, identity):
    """The time of the last change with the size is the second choice; a weak ETag has no use."""
    host.answer = lambda request: request.send(200, CONTENT, **headers)

    assert state_of(f"{host.url}/a.jpg", rules) == (identity, len(CONTENT))


@pytest.mark.parametrize("status", [400, 403, 404, 405, 500, 501])
def test_refused_head(host, rules, status):
    """A host that permits GET alone is asked for one byte."""

    def answer(request):
        request.send(status) if request.command == "HEAD" else request.send_file()

    host.answer = answer

    assert state_of(f"{host.url}/a.jpg", rules) == ('"v1"', len(CONTENT))
    assert host.requests[1][2]["Range"] == "bytes=0-0"


def test_head_without_size(host, rules):
    """A HEAD that states no size, or 0, is followed by a GET of one byte."""

    def answer(request):
        request.send() if request.command == "HEAD" else request.send_file()

    host.answer = answer

    assert state_of(f"{host.url}/a.jpg", rules).size == len(CONTENT)


def test_empty_file(host, rules, waits):
    """An empty file has the size 0 and no bytes."""
    host.answer = lambda request: request.send_file(b"")

    assert state_of(f"{host.url}/a.jpg", rules).size == 0
    assert read_all(host, rules, waits) == b""


def test_ranges(source, host):
    """Parts are requested as parts, also at the end."""
    assert source.read(1_000, 300) == CONTENT[1_000:1_300]
    assert source.read(len(CONTENT) - 10, 300) == CONTENT[-10:]
    assert source.read(len(CONTENT), 10) == source.read(0, 0) == b""
    assert [headers.get("Range") for _, _, headers in host.requests] == [
        None,
        "bytes=1000-1299",
        f"bytes={len(CONTENT) - 10}-{len(CONTENT) + 289}",
    ]


def test_stream(source, host, waits):
    """All bytes arrive with one request."""
    assert b"".join(source.stream()) == CONTENT
    assert host.methods == ["HEAD", "GET"]
    assert waits == []


def test_lost_connections_continue(host, rules, waits):
    """After a lost connection only the rest is requested, on condition of the same ETag."""
    host.answer = dropping(40_000, 30_000, 0)

    assert read_all(host, rules, waits) == CONTENT
    assert [(h.get("Range"), h.get("If-Range")) for _, _, h in host.requests[1:]] == [
        (None, None),
        ("bytes=40000-", '"v1"'),
        ("bytes=70000-", '"v1"'),
        ("bytes=70000-", '"v1"'),
    ]
    assert len(waits) == 3
    assert 0.25 <= waits[0] <= 0.5 <= waits[1] <= 1.0


def test_host_that_hangs_up_again_and_again(host, rules, waits):
    """After four connections with little progress the file has failed."""
    host.answer = dropping(*[100] * 10)

    assert problem_of(host, rules, waits) == (
        "cannot be read: the host closed the connection before the end"
    )
    assert host.methods == ["HEAD", *["GET"] * 4]


def test_connection_lost_at_the_last_byte(host, rules, waits):
    """Nothing is requested again if only the end of the answer was lost."""

    def answer(request):
        if request.command == "HEAD":
            return request.send_file()
        request.close_connection = True
        return request.send(200, CONTENT, ETag='"v1"', Content_Length=None, Connection="close")

    host.answer = answer

    assert read_all(host, rules, waits) == CONTENT


def test_range_ignored_after_a_lost_connection(host, rules, waits):
    """A host without ranges sends the file again, and the bytes that arrived are passed over."""
    cuts = [40_000]

    def answer(request):
        is_cut = request.command == "GET" and cuts
        request.send(200, CONTENT, cut=cuts.pop() if is_cut else None, ETag='"v1"')

    host.answer = answer

    assert read_all(host, rules, waits) == CONTENT


def test_range_ignored_without_a_validator(host, rules, waits):
    """Bytes of two answers are not joined unless they are known to be of the same file."""

    def answer(request):
        request.send(200, CONTENT, cut=400 if request.command == "GET" else None)

    host.answer = answer

    assert "the host cannot continue a file from the middle" in problem_of(host, rules, waits)


def test_reads_of_a_host_without_ranges(host, rules):
    """The whole file is fetched once, for all reads and the stream."""
    host.answer = lambda request: request.send(200, CONTENT)
    source = open_source(f"{host.url}/a.jpg", rules)

    assert source.read(10, 20) == CONTENT[10:30]
    assert source.read(len(CONTENT) - 5, 20) == CONTENT[-5:]
    assert b"".join(source.stream()) == CONTENT
    # The second GET fetches the file; the first one asked for a part.
    assert host.methods == ["HEAD", "GET", "GET"]
    source.close()


def test_small_file_is_requested_once(host, rules, monkeypatch):
    """A small file is fetched by its first read."""
    monkeypatch.setattr(buffered, "SMALL_BYTES", 1_000_000)
    source = open_source(f"{host.url}/a.jpg", rules)

    assert source.read(10, 20) == CONTENT[10:30]
    assert b"".join(source.stream()) == CONTENT
    assert host.methods == ["HEAD", "GET"]
    source.close()


@pytest.mark.parametrize("count", [1, 2])
def test_change_meanwhile(host, rules, waits, count):
    """Another ETag is noticed: before the first byte, and after a lost connection."""

    def answer(request):
        version = '"v1"' if request.count <= count else '"v2"'
        request.send_file(etag=version, cut=500 if request.command == "GET" else None)

    host.answer = answer

    assert problem_of(host, rules, waits, kind=SourceChanged) == "changed while it was read"


def test_file_that_became_shorter(host, rules, waits):
    """A host whose file ends before the byte it reached has another file."""

    def answer(request):
        if request.count < 3:
            request.send_file(etag=None, cut=50_000 if request.command == "GET" else None)
        else:
            request.send(416, Content_Range="bytes */100")

    host.answer = answer

    assert problem_of(host, rules, waits, kind=SourceChanged) == "changed while it was read"


@pytest.mark.parametrize(
    ("body", "headers", "reason"),
    [
        (CONTENT[:-1], {}, "the host states 102,400 bytes, and sends a file of 102,399"),
        (CONTENT + b"x", {"Content_Length": None}, "the host states 102,400 bytes, and sends more"),
        (CONTENT, {"Content_Encoding": "gzip"}, "the host sends it compressed (gzip)"),
    ],
)
def test_wrong_lengths(host, rules, waits, body, headers, reason):
    """The size that the host states must be the size that arrives."""

    def answer(request):
        if request.command == "HEAD":
            return request.send(200, CONTENT)
        request.close_connection = True
        return request.send(200, body, **headers)

    host.answer = answer

    assert problem_of(host, rules, waits) == f"cannot be read: {reason}"


def test_fewer_bytes_without_a_length(host, rules, waits):
    """An answer that ends early without a length is continued, and fails if it always ends."""

    def answer(request):
        if request.command == "HEAD" or request.start():
            return request.send_file(cut=0 if request.start() else None)
        request.close_connection = True
        return request.send(200, CONTENT[:-1], ETag='"v1"', Content_Length=None)

    host.answer = answer

    assert "the host closed the connection" in problem_of(host, rules, waits)
    assert host.requests[2][2]["Range"] == f"bytes={len(CONTENT) - 1}-"


def test_stated_length_that_never_arrives(host, rules, waits):
    """A host that states too many bytes is named as such when it has no more of them."""

    def answer(request):
        if request.start():
            return request.send(416, Content_Range=f"bytes */{len(CONTENT)}")
        cut = None if request.command == "HEAD" else len(CONTENT)
        return request.send(200, CONTENT, cut=cut, Content_Length=str(len(CONTENT) + 10))

    host.answer = answer

    assert problem_of(host, rules, waits) == (
        "cannot be read: the host states 102,410 bytes, and sends 102,400"
    )


@pytest.mark.parametrize(
    ("status", "reason", "attempts"),
    [
        (401, "the host requires a login (401 Unauthorized)", 1),
        (403, "the host denies access (403 Forbidden)", 2),
        (404, "the host has no such file (404 Not Found)", 2),
        (410, "the host has removed the file (410 Gone)", 1),
        (418, "the host refuses the request (418 I'm a Teapot)", 1),
        (204, "the host sends no file (204 No Content)", 1),
        (500, "the host reports an error (500 Internal Server Error)", 8),
        (502, "the host reports an error (502 Bad Gateway)", 4),
        (599, "the host reports an error (599)", 1),
        (503, "the host is busy (503 Service Unavailable)", 4),
        (429, "the host is busy (429 Too Many Requests)", 4),
    ],
)
def test_statuses(host, rules, waits, status, reason, attempts):
    """A status that is not a success is one sentence; those of busy hosts are tried again."""
    host.answer = lambda request: request.send(status)

    assert problem_of(host, rules, waits) == f"cannot be read: {reason}"
    assert len(host.requests) == attempts


def test_busy_host_is_given_its_time(host, rules, waits):
    """The wait of `Retry-After` is kept."""

    def answer(request):
        request.send(503, Retry_After="7") if request.count == 1 else request.send_file()

    host.answer = answer

    assert read_all(host, rules, waits) == CONTENT
    assert waits == [7.0]


def test_host_that_requests_a_long_wait(host, rules, waits):
    """A wait of more than a minute is a failure."""
    host.answer = lambda request: request.send(429, Retry_After="3600")

    assert "the host is busy and requests a wait of 3,600 s" in problem_of(host, rules, waits)
    assert waits == []


def test_connection_refused(host, rules, waits):
    """A port without a server is one sentence, after four attempts."""
    host.url = "http://127.0.0.1:1"

    assert problem_of(host, rules, waits) == (
        "cannot be read: the host does not accept connections (connection refused)"
    )
    assert len(waits) == 3


def test_host_that_is_away_is_not_waited_for_again(host, rules, waits):
    """The next file of a host that is away gets one attempt."""
    for url, wait_count in (("http://127.0.0.1:1", 3), ("http://127.0.0.1:1", 3), (host.url, 3)):
        with suppress(FileProblem):
            state_of(f"{url}/{wait_count}.jpg", rules, pause=waits.append)
        assert len(waits) == wait_count


def test_answer_that_is_not_http(host, rules, waits):
    """A server of another protocol is one sentence."""

    def answer(request):
        request.wfile.write(b"220 FTP server ready\r\n\r\n")
        request.close_connection = True

    host.answer = answer

    assert "the answer of the host is not valid HTTP" in problem_of(host, rules, waits)


def test_connection_is_kept(host, rules):
    """States, parts, streams, redirects and missing files of a host use one connection."""

    def answer(request):
        if request.path == "/none.jpg":
            return request.send(404, b"<html>no such file</html>")
        if request.path == "/moved.jpg":
            return request.send(302, b"<html>moved</html>", Location="/a.jpg")
        return request.send_file()

    host.answer = answer
    for name in ("a", "moved"):
        source = open_source(f"{host.url}/{name}.jpg", rules)
        assert source.read(0, 100) + source.read(len(CONTENT) - 10, 100)
        assert b"".join(source.stream()) == CONTENT
        with pytest.raises(FileProblem):
            state_of(f"{host.url}/none.jpg", rules)

    assert len(host.peers) == 1


def test_many_threads(host, rules):
    """Sources of several threads share the connections."""
    with ThreadPoolExecutor(8) as pool:
        contents = list(pool.map(lambda _: read_all(host, rules, []), range(24)))

    assert contents == [CONTENT] * 24


def test_messages_have_no_secrets(host, rules, waits):
    """Query strings are not part of messages."""
    host.answer = lambda request: request.send(404)

    with pytest.raises(FileProblem) as raised:
        read_all(host, rules, waits, "/a.jpg?X-Amz-Signature=0123456789abcdef&user=me")

    assert "0123456789" not in str(raised.value)
    assert "?" not in str(raised.value)
    assert raised.value.__cause__ is None


def test_login_page_is_delivered(host, rules, waits):
    """A redirect to a page is followed; the content shows that it is not the file."""

    def answer(request):
        if request.path == "/a.jpg":
            return request.send(302, Location="/login")
        return request.send(200, b"<!DOCTYPE html>", ETag='"page"')

    host.answer = answer

    assert read_all(host, rules, waits) == b"<!DOCTYPE html>"
