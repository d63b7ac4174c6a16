"""The result for one URL, by the behaviour of its host; all over real sockets."""

from __future__ import annotations

import gzip
import threading
from datetime import timedelta
from http import HTTPStatus

import pytest

from ld_import.url_checks.expected import ANY_ASSET, FILES, IMAGES, VIDEOS
from ld_import.url_checks.probe import MOST_HOST_FAILURES, VERIFIED_COUNT, HostState
from ld_import.url_checks.results import Reason, Remark
from tests.url_checks.host import (
    JPEG,
    LOGIN,
    MP4,
    PAGE,
    PDF,
    by_method,
    file_of,
    free_port,
    in_turn,
    status,
)

VIDEO = file_of(MP4, "video/mp4")
HUGE = 20 * 1024 * 1024


def chunked(body, media_type):
    """Return a behaviour that sends a body without its length."""

    def act(visit):
        visit.send(
            200, b"", content_type=media_type, content_length="", transfer_encoding="chunked"
        )
        if visit.method == "GET":
            visit.handler.wfile.write(b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body))

    return act


@pytest.mark.parametrize(
    ("act", "expected", "reason", "detail"),
    [
        (VIDEO, VIDEOS, Reason.OK, ""),
        (file_of(MP4, "application/octet-stream"), VIDEOS, Reason.OK, ""),
        (file_of(MP4, "text/plain"), VIDEOS, Reason.OK, ""),
        (file_of(JPEG, "image/jpeg"), IMAGES, Reason.OK, ""),
        (file_of(PDF, "application/pdf"), FILES, Reason.OK, ""),
        (by_method(status(405), VIDEO), VIDEOS, Reason.OK, ""),
        (by_method(status(501), VIDEO), VIDEOS, Reason.OK, ""),
        (by_method(status(403), VIDEO), VIDEOS, Reason.OK, ""),
        (by_method(status(404), VIDEO), VIDEOS, Reason.OK, ""),
        (by_method(status(200, content_type="video/mp4"), VIDEO), VIDEOS, Reason.OK, ""),
        (by_method(lambda visit: visit.drop(), VIDEO), VIDEOS, Reason.OK, ""),
        (by_method(VIDEO, status(404)), VIDEOS, Reason.GONE, "404 Not Found"),
        (by_method(VIDEO, status(200, PAGE)), VIDEOS, Reason.HTML_PAGE, ""),
        (status(404), VIDEOS, Reason.GONE, "404 Not Found"),
        (status(410), VIDEOS, Reason.GONE, "410 Gone"),
        (status(401), VIDEOS, Reason.LOGIN, "401 Unauthorized"),
        (status(403, LOGIN, content_type="text/html"), VIDEOS, Reason.LOGIN, "403 Forbidden"),
        (status(200, LOGIN, content_type="text/html"), VIDEOS, Reason.LOGIN, "a login page"),
        (file_of(PAGE, "text/html; charset=utf-8"), VIDEOS, Reason.HTML_PAGE, ""),
        (file_of(b"\n <!-- x -->" + PAGE, "video/mp4"), VIDEOS, Reason.HTML_PAGE, ""),
        (file_of(PAGE, "application/pdf"), FILES, Reason.HTML_PAGE, ""),
        (file_of(PAGE, "text/html"), ANY_ASSET, Reason.HTML_PAGE, ""),
        (file_of(JPEG, "image/jpeg"), VIDEOS, Reason.WRONG_TYPE, "image/jpeg"),
        (file_of(JPEG, "video/mp4"), VIDEOS, Reason.WRONG_TYPE, "image/jpeg"),
        (file_of(MP4, "application/octet-stream"), IMAGES, Reason.WRONG_TYPE, "video/mp4"),
        (status(200), VIDEOS, Reason.EMPTY, "0 bytes"),
        (status(204, content_length=""), VIDEOS, Reason.EMPTY, "204 No Content"),
        (
            by_method(status(200), status(416, content_range="bytes */0")),
            VIDEOS,
            Reason.EMPTY,
            # Python 3.13 shortened the phrase.
            f"416 {HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE.phrase}",
        ),
        (
            by_method(status(405), in_turn(status(416), status(200, MP4))),
            VIDEOS,
            Reason.OK,
            "",
        ),
        (status(418), VIDEOS, Reason.REFUSED, "418 I'm a Teapot"),
        (status(500), VIDEOS, Reason.SERVER_ERROR, "500 Internal Server Error"),
        (lambda visit: visit.drop(), VIDEOS, Reason.NO_ANSWER, ""),
        (chunked(MP4, "video/mp4"), VIDEOS, Reason.OK, ""),
        (chunked(b"", "video/mp4"), VIDEOS, Reason.EMPTY, "0 bytes"),
    ],
)
def test_reasons(serve, probe, act, expected, reason, detail):
    """Each behaviour of a host has its reason and its cause in words."""
    host = serve({"/a": act})

    result = probe(f"{host.url}/a", expected=expected)

    assert result.reason is reason
    assert detail in result.detail


@pytest.mark.parametrize(
    ("size", "expected", "media_type", "reason"),
    [
        (HUGE, IMAGES, "image/jpeg", Reason.TOO_LARGE),
        (HUGE, VIDEOS, "video/mp4", Reason.OK),
        (6 * HUGE, VIDEOS, "video/mp4", Reason.TOO_LARGE),
        (6 * HUGE, FILES, "application/pdf", Reason.TOO_LARGE),
        (6 * HUGE, ANY_ASSET, "application/pdf", Reason.OK),
        (11_000_000, IMAGES, "image/jpeg", Reason.OK),
        (11_000_000, IMAGES, "image/gif", Reason.TOO_LARGE),
        (11_000_000, IMAGES, "image/webp", Reason.TOO_LARGE),
    ],
)
def test_sizes(serve, probe, size, expected, media_type, reason):
    """The size that the host names is compared with the limit of the server; nothing is loaded."""
    bodies = {"image/jpeg": JPEG, "video/mp4": MP4, "application/pdf": PDF}
    body = bodies.get(media_type, b"RIFF\0\0\0\0WEBP" if "webp" in media_type else b"GIF89a")[:1024]

    def act(visit):
        if visit.method == "HEAD":
            visit.send(200, content_type=media_type, content_length=size)
        else:
            part = f"bytes 0-{len(body) - 1}/{size}"
            visit.send(206, body, content_type=media_type, content_range=part)

    result = probe(f"{serve({'/a': act}).url}/a", expected=expected)

    assert (result.reason, result.byte_count) == (reason, size)


def test_body_is_not_loaded(serve, probe):
    """A host that ignores the range is left after a few kilobytes of the body."""
    sent = []

    def act(visit):
        visit.send(200, b"", content_type="video/mp4", content_length=HUGE)
        if visit.method == "GET":
            visit.handler.wfile.write(MP4)
            for _ in range(HUGE // 65_536):
                visit.handler.wfile.write(bytes(65_536))
                sent.append(65_536)

    host = serve({"/a": act})
    result = probe(f"{host.url}/a")

    assert (result.reason, result.byte_count) == (Reason.OK, HUGE)
    # The buffers of two sockets.
    assert sum(sent) < HUGE // 2


def test_gzip(serve, probe):
    """A compressed answer is unpacked to find its type; its length is not that of the content."""
    packed = gzip.compress(PAGE * 2_000)

    def act(visit):
        visit.send(200, packed, content_type="video/mp4", content_encoding="gzip")

    result = probe(f"{serve({'/a': act}).url}/a")

    assert (result.reason, result.byte_count) == (Reason.HTML_PAGE, None)


def test_slow_host(serve, probe, clock):
    """A host that does not answer in time is a timeout, after three attempts with growing waits."""
    released = threading.Event()
    host = serve({"/a": lambda visit: released.wait(5) and visit.drop()})

    result = probe(f"{host.url}/a", seconds=0.15)
    released.set()

    assert (result.reason, result.detail) == (Reason.TIMEOUT, "no complete answer in time")
    assert host.methods("/a") == ["HEAD", "GET", "GET", "GET"]
    assert [wait for wait in clock.slept if wait >= 1] == [1.0, 3.0]


def test_dead_hosts(probe):
    """An unknown name and a refused connection are different reasons."""
    unknown = probe("http://nothing.invalid/a")
    refused = probe(f"http://127.0.0.1:{free_port()}/a")

    assert unknown.reason is Reason.UNKNOWN_HOST
    assert (refused.reason, refused.detail) == (Reason.NO_CONNECTION, "connection refused")


def test_bad_certificate(serve, probe):
    """A certificate that is not trusted is a finding, after one attempt."""
    host = serve({"/a": VIDEO}, is_secure=True)

    result = probe(f"{host.url}/a", trust=True)

    assert result.reason is Reason.TLS
    assert "certificate" in result.detail or "self" in result.detail
    assert host.seen == []


def test_redirects(serve, probe):
    """A redirect is followed and reported with its final URL."""
    moves = {f"/{n}": status(302, location=f"/{n + 1}") for n in range(5)}
    host = serve({**moves, "/5": VIDEO})

    result = probe(f"{host.url}/0")

    assert (result.reason, result.final_url) == (Reason.OK, f"{host.url}/5")
    assert Remark.REDIRECTED in result.remarks


@pytest.mark.parametrize(
    ("location", "reason"),
    [
        ("/a", Reason.REDIRECT_LOOP),
        ("ftp://x.example/a", Reason.BAD_REDIRECT),
        ("file:///etc/passwd", Reason.BAD_REDIRECT),
        ("http://[::1", Reason.BAD_REDIRECT),
        ("http://x.example:0/", Reason.BAD_REDIRECT),
        ("http://x.example:99999/", Reason.BAD_REDIRECT),
    ],
)
def test_redirects_to_nowhere(serve, probe, location, reason):
    """A circle, and an address that is not http, lead nowhere."""
    host = serve({"/a": status(302, location=location)})

    assert probe(f"{host.url}/a").reason is reason


def test_six_redirects(serve, probe):
    """A chain of more than five redirects is not followed to its end."""
    moves = {f"/{n}": status(301, location=f"/{n + 1}") for n in range(6)}
    host = serve({**moves, "/6": VIDEO})

    assert probe(f"{host.url}/0").reason is Reason.REDIRECT_LOOP
    assert "/6" not in host.paths()


def test_redirect_to_a_login(serve, probe):
    """A page at an address for logins is a login, not a page."""
    host = serve(
        {"/a": status(302, location="/sso/login?to=a"), "/sso/login": file_of(PAGE, "text/html")}
    )

    assert probe(f"{host.url}/a").reason is Reason.LOGIN


def test_redirect_to_another_host(serve, probe):
    """A redirect to another host has a remark of its own, and one from https to http another."""
    other = serve({"/b": VIDEO})
    target = other.url.replace("127.0.0.1", "localhost")
    host = serve({"/a": status(302, location=f"{target}/b")}, is_secure=True)

    result = probe(f"{host.url}/a")

    assert {Remark.OTHER_HOST, Remark.TO_HTTP} <= set(result.remarks)


def test_private_address(serve, probe):
    """A host on this machine or in a private network is noted."""
    assert Remark.PRIVATE in probe(f"{serve({'/a': VIDEO}).url}/a").remarks


def test_signatures(serve, probe, clock):
    """A refused URL whose signature has expired is `expired`; a good one is noted."""
    host = serve({"/a": status(403), "/b": VIDEO})
    past, future = clock.now() - timedelta(hours=1), clock.now() + timedelta(hours=1)

    assert probe(f"{host.url}/a", expires_at=past).reason is Reason.EXPIRED
    assert probe(f"{host.url}/a", expires_at=future).reason is Reason.LOGIN
    assert Remark.EXPIRING in probe(f"{host.url}/b", expires_at=future).remarks


def test_types_without_proof(serve, probe):
    """Content without a known type, and a file that is not a PDF, are remarks."""
    unknown = file_of(b"?" * 2_000, "application/octet-stream")
    host = serve({"/a": unknown, "/b": file_of(b"PK\3\4" + bytes(50), "application/msword")})

    assert Remark.UNKNOWN_TYPE in probe(f"{host.url}/a").remarks
    result = probe(f"{host.url}/b", expected=FILES)
    assert (Remark.UNUSUAL_TYPE in result.remarks, result.media_type) == (
        True,
        "application/msword",
    )


def test_head_is_trusted_after_three_proofs(serve, probe):
    """HEAD is confirmed by GET for three URLs of a host, and is enough afterwards."""
    host = serve({f"/{n}": VIDEO for n in range(5)})

    probe(*(f"{host.url}/{n}" for n in range(5)))

    assert len(host.paths("HEAD")) == 5
    assert host.paths("GET") == [f"/{n}" for n in range(VERIFIED_COUNT)]


def test_head_that_lies_is_not_asked_again(serve, probe):
    """A host whose HEAD contradicts its GET is asked by GET alone from then on."""
    host = serve({f"/{n}": by_method(VIDEO, status(404)) for n in range(3)})

    result = probe(*(f"{host.url}/{n}" for n in range(3)))

    assert result.reason is Reason.GONE
    assert host.paths("HEAD") == ["/0"]


def test_host_without_head(serve, probe):
    """After 405 a host gets no further HEAD requests."""
    host = serve({f"/{n}": by_method(status(405), VIDEO) for n in range(3)})

    probe(*(f"{host.url}/{n}" for n in range(3)))

    assert host.paths("HEAD") == ["/0"]


def test_retry_after(serve, probe, clock):
    """The wait that a busy host requests is kept, then the URL is asked again."""
    busy = status(429, retry_after=77)
    host = serve({"/a": in_turn(busy, busy, VIDEO)})

    result = probe(f"{host.url}/a")

    assert result.reason is Reason.OK
    first, second, third = host.times
    assert second - first >= 77
    assert third - second >= 77


@pytest.mark.parametrize("code", [429, 503])
def test_busy_host(serve, probe, code):
    """A host that stays busy is `throttled` after growing waits."""
    host = serve({"/a": status(code)})
    state = HostState()

    result = probe(f"{host.url}/a", state=state)

    assert result.reason is Reason.THROTTLED
    waits = [later - sooner for sooner, later in zip(host.times, host.times[1:], strict=False)]
    assert all(wait >= 5 for wait in waits)
    assert waits[-1] > waits[1]


def test_dead_host_is_noticed(probe):
    """A host without an answer five times in a row is down; one answer resets the count."""
    state = HostState()
    url = f"http://127.0.0.1:{free_port()}/a"

    probe(*[url] * (MOST_HOST_FAILURES - 1), state=state)
    assert not state.is_down
    probe(url, state=state)

    assert state.is_down


def test_no_secret_is_sent(serve, probe):
    """No request has a token, a cookie, or the user and password of a URL."""
    cookie = {"set_cookie": "session=abc; Path=/"}
    routes = {
        "/a": file_of(MP4, "video/mp4", **cookie),
        "/b": status(302, location="/c", **cookie),
        "/c": VIDEO,
        "/d": status(401, www_authenticate="Basic realm=x"),
    }
    host = serve(routes)
    secret = host.url.replace("http://", "http://user:password@")
    host.routes["/e"] = status(302, location=f"{secret}/a")

    probe(*(f"{secret}{path}" for path in ("/a", "/b", "/a", "/d", "/e")))

    for headers in host.headers:
        assert headers.keys() <= {
            "host",
            "user-agent",
            "accept",
            "accept-encoding",
            "connection",
            "range",
        }
        assert headers["user-agent"] == "ld-import/test"
        assert "password" not in str(headers)
