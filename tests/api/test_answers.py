"""Answers: JSON, or the error with its message and hint."""

from __future__ import annotations

from pathlib import Path

import httpx
import orjson
import pytest

from ld_import.api.answers import SENTENCE_LENGTH, error_from, json_from
from ld_import.emulator import Fault, Token
from ld_import.errors import (
    AnswerLost,
    QuotaReached,
    RequestRefused,
    ServerUnavailable,
    Unauthorized,
    UnexpectedAnswer,
)
from tests.api.scripted import Script, body, find, status, submit

POST = "POST import/videos"
EXAMPLES = Path(__file__).parents[1] / "vendor-examples"
PAGE = "<html><body><h1>502 Bad Gateway</h1></body></html>"
REQUEST = httpx.Request("POST", "https://server.example/api/2026-05/import/videos?id=secret")
SUMMARY = "POST https://server.example/api/2026-05/import/videos"


def answer(status, content=None, **options):
    """Return an answer to REQUEST; text is sent as HTML, anything else as JSON."""
    if isinstance(content, str):
        return httpx.Response(status, html=content, request=REQUEST, **options)
    return httpx.Response(status, json=content, request=REQUEST, **options)


def envelope(status, label="Bad Request", **details):
    return answer(status, {"status": status, "error": label, "error_details": details})


def example(name):
    """Return a documented answer."""
    exchange = orjson.loads((EXAMPLES / f"{name}.json").read_bytes())
    return answer(exchange["status"], exchange["body"])


@pytest.mark.parametrize(
    ("status", "error", "exit_code", "is_declined"),
    [
        (201, UnexpectedAnswer, 6, False),
        (302, UnexpectedAnswer, 6, False),
        (400, RequestRefused, 6, True),
        (401, Unauthorized, 5, True),
        (402, RequestRefused, 6, True),
        (403, Unauthorized, 5, True),
        (404, RequestRefused, 6, True),
        (405, RequestRefused, 6, True),
        (406, UnexpectedAnswer, 6, False),
        (408, ServerUnavailable, 8, False),
        (409, UnexpectedAnswer, 6, False),
        (410, RequestRefused, 6, True),
        (413, RequestRefused, 6, True),
        (415, RequestRefused, 6, True),
        (422, RequestRefused, 6, True),
        (425, ServerUnavailable, 8, False),
        (431, RequestRefused, 6, True),
        (460, ServerUnavailable, 8, False),
        (499, ServerUnavailable, 8, False),
        (429, ServerUnavailable, 8, True),
        (500, ServerUnavailable, 8, False),
        (501, ServerUnavailable, 8, False),
        (502, ServerUnavailable, 8, False),
        (503, ServerUnavailable, 8, False),
        (504, ServerUnavailable, 8, False),
        (505, ServerUnavailable, 8, False),
        (520, ServerUnavailable, 8, False),
        (530, ServerUnavailable, 8, False),
        (599, ServerUnavailable, 8, False),
    ],
)
def test_status_decides(status, error, exit_code, is_declined):
    """The HTTP status determines the error; the label in the body does not."""
    raised = error_from(envelope(status))

    assert type(raised) is error
    assert (raised.exit_code, raised.is_declined) == (exit_code, is_declined)


@pytest.mark.parametrize("status", [401, 403])
def test_page_of_a_firewall(status):
    """A page with a refusal is not from this API; no scope of the token is to blame."""
    raised = error_from(answer(status, "<html>Forbidden</html>"))

    assert isinstance(raised, Unauthorized)
    assert "does not come from Livingdocs" in raised.hint


@pytest.mark.parametrize("status", [400, 404, 410, 413])
def test_refusal_keeps_its_status(status):
    """RequestRefused has the HTTP status."""
    raised = error_from(envelope(status))

    assert isinstance(raised, RequestRefused)
    assert raised.status == status


@pytest.mark.parametrize(
    ("name", "error", "words"),
    [
        ("videos-import-401", Unauthorized, "401 Unauthorized: The access token expired."),
        (
            "videos-import-403",
            Unauthorized,
            "403 Forbidden: The request requires higher privileges",
        ),
        (
            "library-entry-404",
            RequestRefused,
            "404 Not Found: MediaLibrary Entry does not exist (id: 'yLBGtTjWN4ba')",
        ),
        (
            "videos-import-429",
            QuotaReached,
            "429 Usage Limit Exceeded: Your plan does not allow you to upload more than 100 per"
            " day. You already uploaded 99 in the last 24 hours and are trying to upload 10 more."
            " Please try again later.",
        ),
    ],
)
def test_documented_error_becomes_one_sentence(name, error, words):
    """The server's message follows method and URL, in one line."""
    raised = error_from(example(name))

    assert isinstance(raised, error)
    assert str(raised) == f"{SUMMARY}: {words}"


@pytest.mark.parametrize("name", ["videos-import-429", "videos-import-429-array"])
def test_quota_is_read_from_either_form(name):
    """The quota message is read from an object and from an array."""
    raised = error_from(example(name))

    assert isinstance(raised, QuotaReached)
    assert (raised.limit, raised.used, raised.remaining) == (100, 99, 1)
    assert "Your plan does not allow" in str(raised)


def test_quota_without_numbers():
    """A quota message without numbers is still a quota error, without a known rest."""
    raised = error_from(envelope(429, "Usage Limit Exceeded", message="Come back tomorrow."))

    assert isinstance(raised, QuotaReached)
    assert (raised.limit, raised.used, raised.remaining) == (None, None, 0)


@pytest.mark.parametrize(
    "content",
    [None, "Too Many Requests", [], [1], {"error": "Too Many Requests"}, PAGE],
)
def test_other_429_is_throttling(content):
    """A 429 that does not mention the plan is short-term throttling."""
    assert isinstance(error_from(answer(429, content)), ServerUnavailable)


@pytest.mark.parametrize(
    ("status", "error", "is_declined"),
    [
        (400, RequestRefused, True),
        (404, UnexpectedAnswer, True),
        (405, UnexpectedAnswer, True),
        (502, ServerUnavailable, False),
        (503, ServerUnavailable, False),
    ],
)
def test_page_of_a_proxy(status, error, is_declined):
    """A 404 or 405 with HTML instead of JSON casts doubt on the address."""
    raised = error_from(answer(status, PAGE))

    assert type(raised) is error
    assert raised.is_declined is is_declined
    assert "<" not in str(raised)


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"", b"{", b"[" * 5000, b"nul"])
def test_unreadable_error_keeps_its_status(content):
    """An error body that cannot be read leaves the status and its standard phrase."""
    headers = {"Content-Type": "application/json; charset=nonsense"}
    unreadable = httpx.Response(400, content=content, headers=headers, request=REQUEST)

    assert str(error_from(unreadable)) == f"{SUMMARY}: 400 Bad Request"


@pytest.mark.parametrize(
    "details",
    [None, 5, [], [{"message": "no"}], {"message": {"deep": 1}}, {"message": 7}],
)
def test_details_that_are_not_text(details):
    """Details that are not text are omitted."""
    raised = error_from(answer(400, {"error": "Bad Request", "error_details": details}))

    assert str(raised) == f"{SUMMARY}: 400 Bad Request"


def test_details_may_be_text():
    """Details may be a plain text."""
    raised = error_from(answer(400, {"error": "Bad Request", "error_details": "No videos."}))

    assert str(raised) == f"{SUMMARY}: 400 Bad Request: No videos."


def test_stack_is_never_shown():
    """A stack trace of the server is not shown."""
    stack = "Error: no\n    at Object.<anonymous> (/app/server.js:1:7)"
    raised = error_from(envelope(400, message="no", stack=stack, name="ValidationError"))

    assert str(raised) == f"{SUMMARY}: 400 Bad Request: no"


def test_fields_are_named():
    """A refusal of several fields names each field before its message."""
    details = {"videos.0.url": "is not\n   a URL", "videos.1.id": "is missing"}
    raised = error_from(envelope(400, **details))

    assert str(raised).endswith("videos.0.url: is not a URL; videos.1.id: is missing")


def test_many_details_are_cut():
    """The message has a maximum length."""
    raised = error_from(envelope(400, **{f"videos.{number}.url": "no" for number in range(1000)}))

    assert len(str(raised)) <= len(SUMMARY) + len(": 400 Bad Request: ") + SENTENCE_LENGTH


def test_query_is_not_shown():
    """The query of the URL is not shown, since it may contain secrets."""
    assert "secret" not in str(error_from(envelope(400)))
    assert "secret" not in str(error_from(answer(302)))


def test_success_is_json():
    """The JSON of a 200 is returned."""
    assert json_from(answer(200, {"id": "25bzj8j"}), changes=True) == {"id": "25bzj8j"}


@pytest.mark.parametrize(
    ("content", "content_type", "changes", "error"),
    [
        (b'{"id": "25b', "application/json", True, AnswerLost),
        (b'{"id": "25b', "application/json", False, ServerUnavailable),
        (PAGE.encode(), "text/html", True, UnexpectedAnswer),
        (PAGE.encode(), "text/html", False, UnexpectedAnswer),
        (b"", "application/json; charset=utf-8", True, AnswerLost),
        (b"", "", True, UnexpectedAnswer),
    ],
)
def test_success_that_is_not_json(content, content_type, changes, error):
    """Incomplete JSON leaves the outcome of a change unknown; HTML is not an answer of this API."""
    headers = {"Content-Type": content_type} if content_type else {}
    broken = httpx.Response(200, content=content, headers=headers, request=REQUEST)

    with pytest.raises(error) as raised:
        json_from(broken, changes=changes)
    # A GET changes nothing, whatever happens to its answer.
    assert raised.value.is_declined is (error is ServerUnavailable)


# The following tests use the emulator.


@pytest.mark.parametrize(
    ("token", "status", "words", "hint"),
    [
        ("unknown", 401, "401 Unauthorized", "give a valid token"),
        ("reader", 403, "The request requires higher privileges", "importing needs"),
        ("old", 401, "The access token expired.", "give a valid token"),
    ],
)
def test_invalid_token(make_emulator, make_client, token, status, words, hint):
    """An invalid token and one without the scope differ in status, message and hint."""
    emulator = make_emulator(
        tokens={"reader": Token(scopes=("public-api:read",)), "old": Token(expires_at=0.0)}
    )

    with pytest.raises(Unauthorized, match=words) as raised:
        submit(make_client(emulator, token=token))
    assert raised.value.status == status
    assert hint in raised.value.hint
    assert token not in str(raised.value)


@pytest.mark.parametrize(
    ("version", "status", "hint"),
    [("2024-11", 410, "2026-05"), ("2031-01", 404, "with --api-version: 2026-05, 2026-03")],
)
def test_version_the_server_does_not_have(make_client, emulator, version, status, hint):
    """A removed and a future version have different errors and hints."""
    with pytest.raises(RequestRefused) as raised:
        submit(make_client(emulator, api_version=version))
    assert raised.value.status == status
    assert hint in raised.value.hint


def test_body_that_is_too_large(make_client, make_emulator):
    """The hint of a 413 names the option that makes requests smaller."""
    emulator = make_emulator(body_limit=100)

    with pytest.raises(RequestRefused) as raised:
        submit(make_client(emulator))
    assert raised.value.status == 413
    assert "--batch-bytes" in raised.value.hint


def test_request_the_server_refuses(client):
    """The message names the fields that the server refused."""
    with pytest.raises(RequestRefused, match=r"videos\.0\.url: ") as raised:
        submit(client, body().replace(b"https://", b""))
    assert raised.value.status == 400
    assert raised.value.hint == RequestRefused.hint


@pytest.mark.parametrize("as_array", [False, True])
def test_quota_of_the_emulator(make_client, make_emulator, as_array):
    """The numbers of the quota are read from an answer of the emulator."""
    emulator = make_emulator(quota=4, quota_as_array=as_array, retry_after=60)
    client = make_client(emulator)
    submit(client, body(3))

    with pytest.raises(QuotaReached) as raised:
        submit(client, body(2))
    assert (raised.value.limit, raised.value.used, raised.value.remaining) == (4, 3, 1)


def test_page_in_place_of_the_job(client, emulator):
    """After HTML with status 200, the outcome of the request is unknown."""
    emulator.script(Fault(on=POST, action="not_json"))

    with pytest.raises(UnexpectedAnswer, match="the answer is not JSON") as raised:
        submit(client)
    assert raised.value.is_declined is False
    assert "--server" in raised.value.hint


def test_incomplete_answer_to_a_post(client, emulator):
    """An incomplete answer to a POST is a lost answer: the job may exist."""
    emulator.script(Fault(on=POST, action="truncated"))

    with pytest.raises(AnswerLost, match="broke off"):
        submit(client)
    assert len(emulator.jobs()) == 1


def test_incomplete_answer_to_a_get(client, emulator):
    """A GET with an incomplete answer is retried."""
    emulator.script(Fault(on="GET import/videos/status", action="truncated"))

    assert status(client)["state"] == "lost"
    assert client.retried == 1


def test_redirect_is_not_followed(clock):
    """A redirect target receives neither the request nor the token."""
    script = Script({"status_code": 302, "headers": {"Location": "https://login.example/"}})

    with pytest.raises(UnexpectedAnswer, match="the server answered 302"):
        find(script.client(clock))
    assert len(script.requests) == 1
