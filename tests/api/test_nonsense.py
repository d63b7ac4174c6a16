"""Answers no sane server gives: each becomes a value or an error of this API, never a bug."""

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
    """A body is UTF-8; some names are no text encodings at all."""
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
def test_json_that_is_nearly_right_is_read(clock, content, title):
    """JavaScript cuts titles in the middle of an emoji; no look-up may fail for ever over it."""
    assert status(Script(answer(content)).client(clock))["title"] == title


@pytest.mark.parametrize(
    "content",
    [b"[" * 2000, b"[" * 2000 + b"]" * 2000, b'{"a":' * 5000, b'{"n": ' + b"9" * 5000, b"\xff\xfe"],
)
def test_json_that_cannot_be_read(clock, content):
    """A question gets another attempt; a POST has lost its answer."""
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
def test_senseless_headers_are_no_bug(clock, headers, code):
    """They change how long is waited, at most five minutes, and nothing else."""
    with pytest.raises(ApiError):
        status(Script(answer(b"{}", code, **headers)).client(clock))
    assert max(clock.slept, default=0) <= 300


def test_quota_with_senseless_figures(clock):
    """Figures that no plan has are not read."""
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
def test_redirect_says_where_to(clock, location, shown, ask):
    """One sentence with the address, without what may be secret in it, and what to do."""
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
    """What one answer sets is not sent with the next request."""
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
def test_odd_id_is_never_asked_for(clock, odd):
    """An id of another form is nothing on this server; no request is made with it."""
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
    """An entry is found by its pair; an id that cannot be asked for is not passed on."""
    pair = {"systemName": "archive", "externalId": "v1"}
    entry = find(Script({"json": {"results": [{**pair, "id": odd}]}}).client(clock))

    assert entry == {**pair, "id": None}


@pytest.mark.parametrize("external_id", ["x" * 70_000, "half \ud83d"])
def test_values_that_fit_no_address(clock, external_id):
    """A pair that cannot be asked for was not found, and that is no bug."""
    script = Script({"json": {}})

    assert find(script.client(clock), external_id) is None
    assert script.requests == []


def test_pair_that_is_too_long_for_the_server(clock):
    """Its 414 concerns this pair and says nothing about other look-ups."""
    assert find(Script({"status_code": 414, "content": b""}).client(clock)) is None


@pytest.mark.parametrize(
    ("base_url", "has_hint"),
    [("https://server.example/api", True), ("https://server.example/apis", False)],
)
def test_doubled_api_is_advised_on(clock, base_url, has_hint):
    """A base URL that ends in /api is allowed; where nothing answers there it may be a slip."""
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
    """Only published versions are advised: older ones for 404, the newest for 410, never v1."""
    details = {"error": "no", "error_details": {"url": "/api"}}
    script = Script({"status_code": status_code, "json": details})

    with pytest.raises(RequestRefused) as raised:
        submit(script.client(clock, api_version=version))
    assert (advised if status_code == 404 else "2026-05") in raised.value.hint
    assert "v1" not in raised.value.hint and "beta" not in raised.value.hint


def test_reason_phrase_of_any_length(clock):
    """The words beside the status are cut."""
    extensions = {"reason_phrase": b"x" * 90_000}
    script = Script({"status_code": 400, "extensions": extensions, "content": b""})

    with pytest.raises(RequestRefused) as raised:
        submit(script.client(clock))
    assert len(str(raised.value)) < 250
