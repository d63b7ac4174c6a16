"""An HTTP answer becomes JSON or the right error; also reads the figures of a quota message."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import httpx

from ld_import.api.bodies import json_of, text_of
from ld_import.api.statuses import is_declined, is_transient
from ld_import.errors import (
    AnswerLost,
    ApiError,
    QuotaReached,
    RequestRefused,
    ServerUnavailable,
    Unauthorized,
    UnexpectedAnswer,
)
from ld_import.versions import NEWEST, older_than

SENTENCE_LENGTH = 400
LABEL_LENGTH = 80
ADDRESS_LENGTH = 200
# The 429 of this API names the plan limit of 24 hours; any other 429 is throttling by a proxy.
QUOTA_WORDS = ("usage limit exceeded", "your plan does not allow")
QUOTA_LIMIT = re.compile(r"more than ([0-9]{1,12})\b")
QUOTA_USED = re.compile(r"already uploaded ([0-9]{1,12})\b")
# NOTE: servers may be set up to send stack traces; nobody wants to read one.
UNPRINTED_DETAILS = {"stack", "name"}
# Details that are no path of a field in the request.
WORDED_DETAILS = {*UNPRINTED_DETAILS, "message", "access_token", "url"}
UNSAID = "such an answer does not say whether the request was accepted; run the same command again"
NOT_FOLLOWED = (
    "redirects are not followed: if the other address is the right one, give it with --server;"
    " a login page means that something else answers there"
)


def json_from(answer: httpx.Response, *, changes: bool) -> Any:
    """Return the JSON of a successful answer, or raise what the answer means.

    `changes` says that the request changes something on the server: then an answer that broke off
    leaves open whether it did.
    """
    if answer.status_code != httpx.codes.OK:
        raise error_from(answer)
    try:
        return json_of(answer.content)
    except ValueError:
        what = _what(answer)
        if not _is_json(answer):
            raise UnexpectedAnswer(f"{what}: the answer is no JSON") from None
        if changes:
            raise AnswerLost(f"{what}: the answer broke off") from None
        raise ServerUnavailable(f"{what}: the answer broke off", is_declined=True) from None


def error_from(answer: httpx.Response) -> ApiError:
    """Return the error that an unsuccessful answer means; the HTTP status decides, no label."""
    status = answer.status_code
    if status < 400:
        return _stray(answer)
    envelope = _envelope(answer)
    details = envelope.get("error_details") if isinstance(envelope, dict) else None
    words = "; ".join(_sentences(details))[:SENTENCE_LENGTH]
    label = _label(answer, envelope)
    named = f"{_what(answer)}: {status} {label}".rstrip()
    sentence = f"{named}: {words}" if words else named
    declined = is_declined(status, answer.request.method)
    if status in (401, 403):
        return Unauthorized(sentence, status=status, hint=_access_hint(status))
    if status == 429 and is_quota(answer):
        return _quota(sentence, words)
    if is_transient(status):
        return ServerUnavailable(sentence, is_declined=declined)
    if not declined:
        return UnexpectedAnswer(sentence, hint=UNSAID)
    if status in (404, 405) and not isinstance(envelope, dict):
        return UnexpectedAnswer(sentence, is_declined=True, hint=_doubled_hint(answer))
    return RequestRefused(
        sentence,
        status=status,
        hint=_refusal_hint(answer, details),
        paths=_paths(details),
        is_address_unknown=isinstance(details, dict) and "url" in details,
    )


def is_retryable(answer: httpx.Response) -> bool:
    """Return whether another attempt may get another answer: throttling, or a server in trouble."""
    if answer.status_code == 429:
        return not is_quota(answer)
    return is_transient(answer.status_code)


def is_quota(answer: httpx.Response) -> bool:
    """Return whether a 429 is the daily allowance and not a moment's throttling."""
    text = text_of(answer).lower()
    return any(words in text for words in QUOTA_WORDS)


def _stray(answer: httpx.Response) -> UnexpectedAnswer:
    sentence = f"{_what(answer)}: the server answered {answer.status_code}"
    location = answer.extensions.get("location", answer.headers.get("location"))
    if location is None or answer.status_code < 300:
        return UnexpectedAnswer(sentence)
    return UnexpectedAnswer(
        f"{sentence} and redirects to {_shown_address(location)}", hint=NOT_FOLLOWED
    )


def _shown_address(location: str) -> str:
    """Return an address without user, query and fragment, which may hold secrets."""
    try:
        parts = urlsplit(location)
        host = parts.netloc.rpartition("@")[2]
        shown = urlunsplit((parts.scheme, host, parts.path, "", ""))
    except ValueError:
        return "an address that cannot be read"
    return shown if len(shown) <= ADDRESS_LENGTH else f"{shown[: ADDRESS_LENGTH - 1]}…"


def _quota(sentence: str, words: str) -> QuotaReached:
    limit, used = QUOTA_LIMIT.search(words), QUOTA_USED.search(words)
    return QuotaReached(
        sentence,
        limit=int(limit[1]) if limit else None,
        used=int(used[1]) if used else None,
    )


def _what(answer: httpx.Response) -> str:
    # Without the query: it may hold ids, and by mistake more.
    url = answer.request.url.copy_with(query=None)
    return f"{answer.request.method} {url}"


def _is_json(answer: httpx.Response) -> bool:
    return "json" in answer.headers.get("content-type", "")


def _envelope(answer: httpx.Response) -> Any:
    try:
        parsed = json_of(answer.content)
    except ValueError:
        return None
    # NOTE: the quota answer was once an array with one error object.
    return parsed[0] if isinstance(parsed, list) and parsed else parsed


def _label(answer: httpx.Response, envelope: Any) -> str:
    label = envelope.get("error") if isinstance(envelope, dict) else None
    words = label if isinstance(label, str) else answer.reason_phrase
    return " ".join(words.split())[:LABEL_LENGTH]


def _sentences(details: Any) -> Iterator[str]:
    if isinstance(details, str):
        yield details
    if not isinstance(details, dict):
        return
    for field, words in details.items():
        if field in UNPRINTED_DETAILS or not isinstance(words, str):
            continue
        text = " ".join(words.split())
        yield text if field in ("message", "access_token") else f"{field}: {text}"


def _paths(details: Any) -> dict[str, str]:
    if not isinstance(details, dict):
        return {}
    named = {field: words for field, words in details.items() if field not in WORDED_DETAILS}
    return {field: " ".join(words.split()) for field, words in named.items() if _is_text(words)}


def _is_text(words: Any) -> bool:
    return isinstance(words, str)


def _access_hint(status: int) -> str | None:
    if status == 403:
        return (
            "the token lacks a scope: importing needs public-api:write, looking up public-api:read"
        )
    return None


def _refusal_hint(answer: httpx.Response, details: Any) -> str | None:
    if answer.status_code == 410:
        return (
            "this API version was removed from the server: give a newer one with --api-version"
            f" (the newest known one is {NEWEST})"
        )
    if answer.status_code == 404 and isinstance(details, dict) and "url" in details:
        return _doubled_hint(answer) or _version_hint(answer)
    if answer.status_code == 413:
        return "the request is larger than the server takes: give a smaller --batch-bytes"
    return None


def _version_hint(answer: httpx.Response) -> str:
    version = answer.request.url.path.rpartition("/api/")[2].split("/")[0]
    older = older_than(version)
    if not older:
        return "the server does not know this address: check --server and --api-version"
    return (
        "the server does not know this address; if its release is older than API version"
        f" {version}, give one that it knows with --api-version: {', '.join(older)}"
    )


def _doubled_hint(answer: httpx.Response) -> str | None:
    # https://server.example/api is right behind some proxies, and a slip everywhere else.
    if "/api/api/" not in answer.request.url.path:
        return None
    return (
        "`/api/…` is added to --server, which ends in `/api` already: give it without, unless a"
        " proxy needs it"
    )
