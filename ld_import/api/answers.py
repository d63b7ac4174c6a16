"""An HTTP answer becomes JSON or the right error; also reads the figures of a quota message."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import httpx
import orjson

from ld_import.errors import (
    AnswerLost,
    ApiError,
    QuotaReached,
    RequestRefused,
    ServerUnavailable,
    Unauthorized,
    UnexpectedAnswer,
)

SENTENCE_LENGTH = 400
LABEL_LENGTH = 80
# The 429 of this API names the plan limit of 24 hours; any other 429 is throttling by a proxy.
QUOTA_WORDS = ("usage limit exceeded", "your plan does not allow")
QUOTA_LIMIT = re.compile(r"more than (\d+)")
QUOTA_USED = re.compile(r"already uploaded (\d+)")
# Said by servers that have no such method at all: nothing was taken in, and nothing will be.
NOT_THIS_API = (501, 505)
# NOTE: servers may be set up to send stack traces; nobody wants to read one.
UNPRINTED_DETAILS = {"stack", "name"}
# Details that are no path of a field in the request.
WORDED_DETAILS = {*UNPRINTED_DETAILS, "message", "access_token", "url"}


def json_from(answer: httpx.Response, *, changes: bool) -> Any:
    """Return the JSON of a successful answer, or raise what the answer means.

    `changes` says that the request changes something on the server: then an answer that broke off
    leaves open whether it did.
    """
    if answer.status_code != httpx.codes.OK:
        raise error_from(answer)
    try:
        return orjson.loads(answer.content)
    except orjson.JSONDecodeError:
        what = _what(answer)
        if not _is_json(answer):
            raise UnexpectedAnswer(f"{what}: the answer is no JSON") from None
        if changes:
            raise AnswerLost(f"{what}: the answer broke off") from None
        raise ServerUnavailable(f"{what}: the answer broke off", is_declined=True) from None


def error_from(answer: httpx.Response) -> ApiError:
    """Return the error that an unsuccessful answer means; the HTTP status decides, no label."""
    status = answer.status_code
    details = _details(answer)
    words = "; ".join(_sentences(details))[:SENTENCE_LENGTH]
    sentence = f"{_what(answer)}: {status} {_label(answer)}" + (f": {words}" if words else "")
    if status in (401, 403):
        return Unauthorized(sentence, status=status, hint=_access_hint(status))
    if status == 429 and is_quota(answer):
        return _quota(sentence, words)
    if status in NOT_THIS_API:
        return UnexpectedAnswer(sentence, is_declined=True)
    if status == 429 or status >= 500:
        return ServerUnavailable(sentence, is_declined=status in (429, 503))
    if 400 <= status < 500 and not isinstance(_envelope(answer), dict) and status in (404, 405):
        return UnexpectedAnswer(sentence, is_declined=True)
    if status < 400:
        return UnexpectedAnswer(f"{_what(answer)}: the server answered {status}")
    hint = _refusal_hint(answer, details)
    return RequestRefused(
        sentence,
        status=status,
        hint=hint,
        paths=_paths(details),
        is_address_unknown=isinstance(details, dict) and "url" in details,
    )


def is_trouble(answer: httpx.Response) -> bool:
    """Tell answers that another attempt may not get: throttling, and a server in trouble."""
    if answer.status_code == 429:
        return not is_quota(answer)
    return answer.status_code >= 500 and answer.status_code not in NOT_THIS_API


def is_quota(answer: httpx.Response) -> bool:
    """Tell the daily allowance from a moment's throttling: both are a 429."""
    text = answer.text.lower()
    return any(words in text for words in QUOTA_WORDS)


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
        parsed = orjson.loads(answer.content)
    except orjson.JSONDecodeError:
        return None
    # NOTE: the quota answer was once an array with one error object.
    return parsed[0] if isinstance(parsed, list) and parsed else parsed


def _label(answer: httpx.Response) -> str:
    envelope = _envelope(answer)
    label = envelope.get("error") if isinstance(envelope, dict) else None
    words = label if isinstance(label, str) else answer.reason_phrase
    return " ".join(words.split())[:LABEL_LENGTH]


def _details(answer: httpx.Response) -> Any:
    envelope = _envelope(answer)
    return envelope.get("error_details") if isinstance(envelope, dict) else None


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
        return "this API version was removed from the server: give a newer one with --api-version"
    if answer.status_code == 404 and isinstance(details, dict) and "url" in details:
        return (
            "the server does not know this address: its release may be older than the version;"
            " try --api-version 2025-03, or v1"
        )
    if answer.status_code == 413:
        return "the request is larger than the server takes: give a smaller --batch-bytes"
    return None
