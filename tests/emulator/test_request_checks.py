"""Checks of requests, and their order."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ld_import.emulator import Emulator, Settings, Token
from tests.emulator.server_client import MORNING, Clock, ServerClient, batch, video


@pytest.mark.parametrize(
    ("version", "status"),
    [
        ("v1", 200),
        ("beta", 200),
        ("2025-03", 200),
        ("2026-05", 200),
        ("2025-01", 410),
        ("2019-11", 410),
        ("2025-04", 404),
        ("2026-07", 404),
        ("2026-09", 404),
        ("2019-13", 404),
        ("v2", 404),
    ],
)
def test_versions(version, status):
    """A version older than all live ones answers 410, an unknown version 404."""
    answer = ServerClient(Emulator()).request("GET", f"/api/{version}/health")

    assert answer.status_code == status
    if status == 404:
        assert answer.json()["error_details"] == {"url": f"/api/{version}/health"}
    if status == 410:
        assert answer.json()["error"] == "Gone"


@pytest.mark.parametrize(
    ("version", "status"),
    [("v1", 410), ("beta", 410), ("2025-03", 410), ("2025-05", 200), ("2025-07", 404)],
)
def test_versions_of_a_later_server(version, status):
    """A server without `v1` and `beta` answers 410 for them."""
    server = ServerClient(Emulator(Settings(versions=("2025-05", "2026-05"))))

    assert server.request("GET", f"/api/{version}/health").status_code == status


@pytest.mark.parametrize("version", ["v1", "beta", "2025-03", "2026-05"])
def test_warning_of_a_deprecated_version(version):
    """All answers under `v1` and `beta` have a warning, refusals included; others do not."""
    server = ServerClient(Emulator(), token=None)

    for path in ("health", "projectConfig", "nowhere"):
        warnings = server.request("GET", f"/api/{version}/{path}").headers.get_list("warning")
        text = f'299 - "The API version {version} is deprecated and will be removed"'
        assert warnings == ([text] if version in ("v1", "beta") else [])


def test_warned_versions():
    """The deprecated versions are configurable."""
    server = ServerClient(Emulator(Settings(warned_versions=("2025-03",))))

    assert "warning" not in server.request("GET", "/api/v1/health").headers
    assert "warning" in server.request("GET", "/api/2025-03/health").headers


def test_only_undated_versions_live():
    """Without a dated version, no version counts as older than the oldest."""
    server = ServerClient(Emulator(Settings(versions=("v1",))))

    assert server.request("GET", "/api/2019-01/health").status_code == 404


@pytest.mark.parametrize("path", ["/", "/foo", "/api/2026-05/foo", "/api/2026-05/import/videos/"])
def test_unknown_route(path):
    """An unknown path answers 404 with the path in the envelope, and never redirects."""
    answer = ServerClient(Emulator()).request("GET", path)

    assert answer.json() == {"status": 404, "error": "Not Found", "error_details": {"url": path}}


def test_wrong_method():
    """A known path with another method answers 405 in the envelope, with an `Allow` header."""
    answer = ServerClient(Emulator()).request("DELETE", "import/videos")

    assert (answer.status_code, answer.json()["error"]) == (405, "Method Not Allowed")
    assert answer.headers["allow"] == "POST"


@pytest.mark.parametrize(
    ("header", "words"),
    [
        (None, "The access token is missing."),
        ("demo-token", "The access token is malformed."),
        ("Basic demo-token", "The access token is malformed."),
        ("Bearer demo token", "The access token is malformed."),
        ("Bearer stranger", "The access token is invalid."),
        ("Bearer old", "The access token expired."),
    ],
)
def test_unauthorized(header, words):
    """A request without a valid token is refused, and the envelope has the reason."""
    tokens = {"demo-token": Token(), "old": Token(expires_at=MORNING)}
    server = ServerClient(Emulator(Settings(tokens=tokens), now=Clock()), token=None)

    answer = server.request(
        "POST", "import/videos", headers={"Authorization": header} if header else {}
    )

    details = {"access_token": words}
    assert answer.json() == {"status": 401, "error": "Unauthorized", "error_details": details}


@pytest.mark.parametrize(
    ("scope", "method", "path"),
    [
        ("public-api:read", "POST", "import/videos"),
        ("public-api:read", "GET", "import/videos/status?id=1"),
        ("public-api:write", "GET", "mediaLibrary?ids=1"),
        ("public-api:write", "GET", "mediaLibrary/1"),
        ("public-api:write", "GET", "projectConfig"),
    ],
)
def test_scopes(scope, method, path):
    """Imports and their status require the write scope, reading requires the read scope."""
    server = ServerClient(Emulator(Settings(tokens={"demo-token": Token(scopes=(scope,))})))

    answer = server.request(method, path)

    assert answer.status_code == 403
    assert answer.json()["error_details"] == {
        "access_token": "The request requires higher privileges"
    }


def test_health():
    """Health requires no token."""
    health = ServerClient(Emulator(), token=None).request("GET", "health")

    assert health.json() == {"status": "ok"}


def test_body_limit():
    """A body above the limit is refused before it is parsed; a body of exactly the limit is not."""
    body = batch(video())
    size = len(ServerClient(Emulator()).request("POST", "import/videos", json=body).request.content)

    fits = ServerClient(Emulator(Settings(body_limit=size))).request(
        "POST", "import/videos", json=body
    )
    refused = ServerClient(Emulator(Settings(body_limit=size - 1))).request(
        "POST", "import/videos", json=body
    )

    assert fits.status_code == 200
    assert (refused.status_code, refused.json()["error"]) == (413, "Payload Too Large")


def test_content_type():
    """A body without a JSON content type is refused, except in lenient mode."""
    body = '{"systemName": "s", "videos": []}'

    strict = ServerClient(Emulator()).request("POST", "import/videos", content=body)
    lenient = ServerClient(Emulator(Settings(strict=False))).request(
        "POST", "import/videos", content=body
    )

    assert (strict.status_code, lenient.status_code) == (415, 200)


def test_every_problem_at_once():
    """A 400 answer names all invalid fields by dotted path."""
    items = [video(), {"id": 7}, "text", video(url="data:video/mp4;base64,AAAA"), video(url="a b")]

    answer = ServerClient(Emulator()).request(
        "POST", "import/videos", json={"videos": items, "webhook": "x"}
    )

    body = answer.json()
    assert (answer.status_code, body["status"], body["error"]) == (400, 400, "Bad Request")
    assert body["error_details"].keys() == {
        "systemName",
        "webhook",
        "videos.1.id",
        "videos.1.url",
        "videos.1.fileName",
        "videos.1.metadata",
        "videos.2",
        "videos.3.url",
        "videos.4.url",
    }
    assert body["error_details"]["videos.3.url"] == "must not be a data URL"


@pytest.mark.parametrize("content", ["", "{", '{"a": NaN}', "[]", '"text"'])
def test_not_an_object(content):
    """A body other than a JSON object is refused with a message."""
    headers = {"Content-Type": "application/json; charset=utf-8"}

    answer = ServerClient(Emulator()).request(
        "POST", "import/videos", content=content, headers=headers
    )

    assert answer.status_code == 400
    assert "message" in answer.json()["error_details"]


def test_context_counts_utf8_bytes():
    """The context may have at most 8192 bytes as compact UTF-8 JSON."""
    fitting = {"note": "ä" * ((8192 - len('{"note":""}')) // 2)}

    def answer(context):
        return ServerClient(Emulator()).request(
            "POST", "import/videos", json=batch(video(), context=context)
        )

    assert answer(fitting).status_code == 200
    refused = answer({"note": fitting["note"] + "ab"})
    assert refused.status_code == 400
    assert "8192" in refused.json()["error_details"]["context"]


@pytest.mark.parametrize("url", ["any where", "data:x", "http://[::1/a"])
def test_lenient_mode(url):
    """Lenient mode requires only id and url, and still checks types."""
    lenient = Settings(strict=False, job_polls=0)
    item = {"id": "a", "url": url}

    server = ServerClient(Emulator(lenient))
    assert server.finish(server.submit(item))["videos"][0]["state"] == "success"
    assert len(server.look_up("a")) == 1
    wrong = ServerClient(Emulator(lenient)).request(
        "POST", "import/videos", json=batch({**item, "id": 1})
    )
    assert wrong.json()["error_details"].keys() == {"videos.0.id"}


@pytest.mark.parametrize(
    "path",
    [
        "import/videos/status",
        "import/videos/status?id=",
        "import/videos/status?id=a&id=b",
        "import/videos/status?id=a&jobId=a",
        "mediaLibrary",
        "mediaLibrary?limit=10",
        "mediaLibrary?externalId=a",
        "mediaLibrary?systemName=a",
        "mediaLibrary?ids=a&externalId=b&systemName=c",
        "mediaLibrary/a?ids=b",
    ],
)
def test_queries(path):
    """An undocumented query parameter is refused, not ignored."""
    assert ServerClient(Emulator()).request("GET", path).status_code == 400


def test_order_of_checks():
    """Checks run in order: version, route, token, content type, size, JSON, schema, quota."""
    emulator = Emulator(Settings(body_limit=40, quota=0))
    stranger, server = ServerClient(emulator, token="unknown"), ServerClient(emulator)
    typed = {"Content-Type": "application/json"}

    answers = [
        stranger.request("GET", "/api/2019-01/foo"),
        stranger.request("GET", "foo"),
        stranger.request("POST", "import/videos", content="x" * 41),
        server.request("POST", "import/videos", content="x" * 41),
        server.request("POST", "import/videos", content="x" * 41, headers=typed),
        server.request("POST", "import/videos", content="x" * 40, headers=typed),
        server.request("POST", "import/videos", json={"videos": [1]}),
    ]

    assert [answer.status_code for answer in answers] == [410, 404, 401, 415, 413, 400, 400]
    emulator.settings = replace(emulator.settings, body_limit=1000)
    assert server.request("POST", "import/videos", json=batch(video())).status_code == 429
