"""Invalid answers: each becomes a value or an ApiError, never another exception."""

from __future__ import annotations

import asyncio

import pytest

from ld_import.errors import AnswerLost, ApiError, RequestRefused, ServerUnavailable
from tests.api.scripted import Script, find, status, submit

JSON = "application/json"


def answer(content, status_code=200, **headers):
    """Return an answer of these bytes; header names are given with underscores."""
    named = {"Content-Type": JSON, **{name.replace("_", "-"): to for name, to in headers.items()}}
    return {"status_code": status_code, "content": content, "headers": named}


@pytest.mark.parametrize(
    "charset", ["rot13", "utf-7", "base64", "hex", "utf-16", "\u00e9", "x" * 9000]
)
@pytest.mark.parametrize("code", [200, 400, 429, 500])
def test_charset_of_the_header_is_not_used(clock, charset, code):
    """A body is read as UTF-8; some charset names are not text encodings in Python."""
    headers = {"Content-Type": f"{JSON}; charset={charset}".encode()}
    content = '{"finished": true, "error": "Usage Limit Exceeded é"}'.encode()
    script = Script({"status_code": code, "content": content, "headers": headers})

    if code == 200:
        assert status(script.client(clock))["finished"] is True
    else:
        with pytest.raises(ApiError, match=str(code)):
            status(script.client(clock))


@pytest.mark.parametrize(
    ("content", "title"),
    [
        (b'\xef\xbb\xbf{"title": "BOM"}', "BOM"),
        (b'{"title": "half \\ud83d"}', "half ?"),
        (b'{"title": "\\ude00 half"}', "? half"),
        (b'{"title": "\xff"}', "\ufffd"),
        (b'{"title": NaN}', None),
        (b'{"title": "a\\u0000"}', "a\0"),
    ],
)
def test_slightly_invalid_json_is_read(clock, content, title):
    """JSON with a lone surrogate, NaN or a BOM is read: no look-up fails because of it."""
    assert status(Script(answer(content)).client(clock))["title"] == title


@pytest.mark.parametrize(
    "content",
    [b"[" * 2000, b"[" * 2000 + b"]" * 2000, b'{"a":' * 5000, b'{"n": ' + b"9" * 5000, b"\xff\xfe"],
)
def test_json_that_cannot_be_read(clock, content):
    """A GET is retried; the answer to a POST is lost."""
    with pytest.raises(ServerUnavailable, match="broke off"):
        status(Script(answer(content)).client(clock))
    with pytest.raises(AnswerLost, match="broke off"):
        submit(Script(answer(content)).client(clock))


@pytest.mark.parametrize(
    "headers",
    [
        {"Retry_After": "1e400"},
        {"Retry_After": "9" * 9000},
        {"Retry_After": "-1"},
        {"Retry_After": "Fri, 31 Dec 9999 23:59:59 GMT"},
        {"Retry_After": "Fri, 31 Dec 9999 23:59:59 -2359"},
        {"Date": "Fri, 31 Dec 9999 23:59:59 -2359"},
        {"Location": "http://[::1"},
        {"Set_Cookie": "=" * 9000},
    ],
)
@pytest.mark.parametrize("code", [302, 429, 503])
def test_invalid_headers(clock, headers, code):
    """Invalid headers only affect the wait, which is at most five minutes."""
    with pytest.raises(ApiError):
        status(Script(answer(b"{}", code, **headers)).client(clock))
    assert max(clock.slept, default=0) <= 300


def test_quota_with_invalid_numbers(clock):
    """Numbers with too many digits are ignored."""
    words = f"Your plan does not allow you to upload more than {'9' * 300} per day"
    details = {"error": "Usage Limit Exceeded", "error_details": {"message": words}}

    with pytest.raises(ApiError) as raised:
        submit(Script({"status_code": 429, "json": details}).client(clock))
    assert (raised.value.exit_code, raised.value.limit) == (7, None)  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("location", "shown"),
    [
        ("https://login.example/in?token=abc#x", "https://login.example/in"),
        ("https://user:secret@login.example/", "https://login.example/"),
        ("/elsewhere", "/elsewhere"),
        ("//cdn.example/" + "x" * 5000, "//cdn.example/xxx"),
        ("http://[::1", "an address that cannot be read"),
        ("http://x:99999/", "http://x:99999/"),
    ],
)
@pytest.mark.parametrize("ask", [submit, find])
def test_redirect_shows_its_target(clock, location, shown, ask):
    """The message shows the target of a redirect without secrets; the hint says what to do."""
    script = Script({"status_code": 307, "headers": {"Location": location}})

    with pytest.raises(ApiError) as raised:
        ask(script.client(clock))
    assert f"the server answered 307 and redirects to {shown}" in str(raised.value)
    assert "abc" not in str(raised.value) and "secret" not in str(raised.value)
    assert len(str(raised.value)) < 400
    assert "--server" in raised.value.hint
    assert not raised.value.is_declined
    assert len(script.requests) == 1


def test_cookies_are_not_kept(clock):
    """A cookie of one answer is not sent with the next request."""
    cookie = {"Set-Cookie": "session=1; Path=/", "Set-Cookie2": "a=b; Version=1"}
    script = Script({"json": {}, "headers": cookie}, {"json": {}})
    client = script.client(clock)
    status(client)
    status(client)

    assert "cookie" not in script.requests[1].headers


ODD_IDS = [
    "",
    "../../../../admin/users",
    "a/b",
    "a?b",
    "a#b",
    "\u00e9",
    "x" * 65,
    "a\n",
    "a_b",
    "..",
]


@pytest.mark.parametrize("odd", ODD_IDS)
def test_odd_id_is_never_requested(clock, odd):
    """No request is made with an id that is not of the documented form."""
    script = Script({"json": {"finished": True}})
    client = script.client(clock)

    assert asyncio.run(client.entry(odd)) is None
    for refused in (client.patch(odd, b"{}"), client.status("import/videos", odd)):
        with pytest.raises(RequestRefused, match="not an id of this API") as raised:
            asyncio.run(refused)
        assert raised.value.status == 404
        assert len(str(raised.value)) < 200
    assert script.requests == []


@pytest.mark.parametrize("odd", [*ODD_IDS, 7, None, ["x"]])
def test_odd_id_of_an_entry_is_dropped(clock, odd):
    """An entry is found by its pair; an invalid id is replaced by None."""
    pair = {"systemName": "archive", "externalId": "v1"}
    entry = find(Script({"json": {"results": [{**pair, "id": odd}]}}).client(clock))

    assert entry == {**pair, "id": None}


@pytest.mark.parametrize("external_id", ["x" * 70_000, "half \ud83d"])
def test_pair_that_does_not_fit_in_a_url(clock, external_id):
    """A pair that does not fit in a URL is not found."""
    script = Script({"json": {}})

    assert find(script.client(clock), external_id) is None
    assert script.requests == []


def test_pair_that_is_too_long_for_the_server(clock):
    """A 414 means that this pair cannot be looked up."""
    assert find(Script({"status_code": 414, "content": b""}).client(clock)) is None


@pytest.mark.parametrize(
    ("base_url", "has_hint"),
    [("https://server.example/api", True), ("https://server.example/apis", False)],
)
def test_hint_about_doubled_api(clock, base_url, has_hint):
    """The hint mentions a base URL that ends in /api, which is allowed but may be a mistake."""
    details = {"error": "Not Found", "error_details": {"url": "/api/api/"}}
    script = Script({"status_code": 404, "json": details})

    with pytest.raises(RequestRefused) as raised:
        submit(script.client(clock, base_url=base_url))
    assert ("ends in `/api`" in raised.value.hint) is has_hint


@pytest.mark.parametrize(
    ("version", "advised"),
    [
        ("2031-01", "2026-05, 2026-03"),
        ("2026-03", "2026-01, 2025-11"),
        ("2025-03", "check --server"),
        ("v1", "check --server"),
        ("beta", "check --server"),
    ],
)
@pytest.mark.parametrize("status_code", [404, 410])
def test_advice_about_versions(clock, version, advised, status_code):
    """Hints contain only published versions: older ones for 404, the newest for 410, never v1."""
    details = {"error": "no", "error_details": {"url": "/api"}}
    script = Script({"status_code": status_code, "json": details})

    with pytest.raises(RequestRefused) as raised:
        submit(script.client(clock, api_version=version))
    assert (advised if status_code == 404 else "2026-05") in raised.value.hint
    assert "v1" not in raised.value.hint and "beta" not in raised.value.hint


def test_reason_phrase_of_any_length(clock):
    """A long reason phrase is cut."""
    extensions = {"reason_phrase": b"x" * 90_000}
    script = Script({"status_code": 400, "extensions": extensions, "content": b""})

    with pytest.raises(RequestRefused) as raised:
        submit(script.client(clock))
    assert len(str(raised.value)) < 250
