"""Downloads of the URLs of a batch."""

from __future__ import annotations

import asyncio

import httpx
import pytest

from ld_import.emulator import Emulator, Settings
from ld_import.emulator.outbound import is_loopback
from tests.emulator.server_client import ServerClient, video

WEB = "http://127.0.0.1:8000"


class Web:
    """A server of files; `asked` lists the fetched URLs."""

    def __init__(self):
        """Create the client."""
        self.asked = []
        self.http = httpx.AsyncClient(transport=httpx.MockTransport(self._answer))

    def _answer(self, request):
        self.asked.append(request.url.path)
        match request.url.path:
            case "/film.bin":
                return httpx.Response(200, content=b"film", headers={"content-type": "video/webm"})
            case "/page":
                return httpx.Response(200, html="<p>")
            case "/claims-much":
                headers = {"content-type": "video/mp4", "content-length": "104857601"}
                return httpx.Response(200, stream=PlanSource(1), headers=headers)
            case "/is-much":
                return httpx.Response(
                    200, stream=PlanSource(101), headers={"content-type": "video/mp4"}
                )
            case "/big.gif":
                headers = {"content-type": "image/gif", "content-length": "10485761"}
                return httpx.Response(200, stream=PlanSource(1), headers=headers)
            case "/broken":
                raise httpx.ReadError("gone", request=request)
        return httpx.Response(404)


class PlanSource(httpx.AsyncByteStream):
    """A stream of megabytes that uses the memory of one."""

    def __init__(self, count):
        """Stream `count` megabytes."""
        self.count = count

    async def __aiter__(self):
        """Yield the same megabyte repeatedly."""
        megabyte = bytes(1024 * 1024)
        for _ in range(self.count):
            yield megabyte


def imported(url, *, kind="videos", **members):
    """Import one item with this URL and return its result."""
    server = ServerClient(Emulator(Settings(download=True), http=Web().http))
    (item,) = server.finish(server.submit(video(url=url, **members), kind=kind), kind)[kind]
    return item


def test_content_type_of_the_file():
    """The type of a file is its content type, not the suffix of its URL."""
    item = imported(f"{WEB}/film.bin")

    assert item["video"]["mimeType"] == "video/webm"


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/nothing.mp4", "its URL answered 404"),
        ("/page", 'the type "text/html" is not allowed'),
        ("/claims-much", "larger than 104857600 bytes"),
        ("/is-much", "larger than 104857600 bytes"),
        ("/broken", "ReadError"),
    ],
)
def test_refused_file(path, words):
    """An item fails with a reason if its file is missing, too large, or not a video."""
    item = imported(WEB + path)

    assert item["state"] == "failed"
    assert item["reason"].startswith("Could not upload video: ")
    assert words in item["reason"]


def test_limit_of_a_type():
    """A type may have a lower size limit than its kind."""
    item = imported(f"{WEB}/big.gif", kind="images", mediaType="image")

    assert item["reason"] == "Could not upload image: the file is larger than 10485760 bytes"


def test_type_of_a_file_import():
    """Files accept only the configured types."""
    assert "video/webm" in imported(f"{WEB}/film.bin", kind="files")["reason"]


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://localhost:1/a", True),
        ("http://127.8.0.1/a", True),
        ("http://[::1]:80/a", True),
        ("http://localhost.example/a", False),
        ("http://192.168.0.1/a", False),
        ("http://[::1/a", False),
        ("urn:video:1", False),
    ],
)
def test_loopback(url, expected):
    """Only literal loopback addresses and `localhost` count as this machine."""
    assert is_loopback(url) is expected


def test_only_loopback_is_fetched():
    """A URL of another machine fails without a request."""
    item = imported("https://media.example/a.mp4")

    assert item["reason"].endswith("only loopback addresses are fetched")


def test_url_is_fetched_once():
    """A URL shared by several items is fetched once."""
    web = Web()
    server = ServerClient(Emulator(Settings(download=True, job_polls=0), http=web.http))
    url = f"{WEB}/film.bin"

    server.submit(video("a", url=url), video("b", url=url))

    assert web.asked == ["/film.bin"]


def test_job_is_worked_once_during_concurrent_requests():
    """A job is worked once, even if two requests wait for its download."""
    both = asyncio.Barrier(2)

    async def answer(request):
        await both.wait()
        return httpx.Response(200, headers={"content-type": "video/mp4"})

    http = httpx.AsyncClient(transport=httpx.MockTransport(answer))
    emulator = Emulator(Settings(download=True), http=http)
    ServerClient(emulator).submit(video(url=f"{WEB}/film.mp4"))
    emulator.settings = Settings(download=True, job_polls=0)

    async def tick_twice_at_once():
        await asyncio.gather(emulator.tick(), emulator.tick())

    asyncio.run(tick_twice_at_once())

    (entry,) = emulator.entries()
    assert (entry["created"], entry["repeated"]) == (1, 0)
