"""Convert an HTTP answer to JSON or to an error; parse the numbers of a quota message."""

from __future__ import annotations

import re
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import httpx

from ld_import.api.bodies import json_of, text_of
from ld_import.api.hints import (
    MISSING_SCOPE,
    NOT_FOLLOWED,
    NOT_FROM_API,
    UNKNOWN_ACCEPTANCE,
    doubled_api_hint,
    refusal_hint,
)
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

SENTENCE_LENGTH = 400
LABEL_LENGTH = 80
ADDRESS_LENGTH = 200
# The 429 of this API names the plan limit of 24 hours; any other 429 is throttling by a proxy.
QUOTA_PHRASES = ("usage limit exceeded", "your plan does not allow")
QUOTA_LIMIT = re.compile(r"more than ([0-9]{1,12})\b")
QUOTA_USED = re.compile(r"already uploaded ([0-9]{1,12})\b")
# NOTE: servers may be configured to send stack traces; they are not shown.
UNPRINTED_DETAILS = {"stack", "name"}
# Details that are not paths of fields in the request.
MESSAGE_DETAILS = {*UNPRINTED_DETAILS, "message", "access_token", "url"}


def json_from(answer: httpx.Response, *, changes: bool) -> Any:
    """Return the JSON of a successful answer, or raise the error that the answer represents.

    `changes` means that the request changes something on the server: then an incomplete answer
    raises AnswerLost, because it is unknown whether the change was made.
    """
    if answer.status_code != HTTPStatus.OK:
        raise error_from(answer)
    try:
        return json_of(answer.content)
    except ValueError:
        request = _shown_request(answer)
        if not _is_json(answer):
            raise UnexpectedAnswer(f"{request}: the answer is not JSON") from None
        if changes:
            raise AnswerLost(f"{request}: the answer broke off") from None
        raise ServerUnavailable(f"{request}: the answer broke off", is_declined=True) from None


def error_from(answer: httpx.Response) -> ApiError:
    """Return the error for an unsuccessful answer. Only the HTTP status decides which one."""
    status = answer.status_code
    if status < HTTPStatus.BAD_REQUEST:
        return _redirect_or_other(answer)
    envelope = _envelope(answer)
    details = envelope.get("error_details") if isinstance(envelope, dict) else None
    reasons = "; ".join(_sentences(details))[:SENTENCE_LENGTH]
    label = _label(answer, envelope)
    summary = f"{_shown_request(answer)}: {status} {label}".rstrip()
    sentence = f"{summary}: {reasons}" if reasons else summary
    declined = is_declined(status, answer.request.method)
    if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        hint = MISSING_SCOPE if status == HTTPStatus.FORBIDDEN else None
        if "html" in answer.headers.get("content-type", ""):
            hint = NOT_FROM_API
        return Unauthorized(sentence, status=status, hint=hint)
    if status == HTTPStatus.TOO_MANY_REQUESTS and is_quota(answer):
        return _quota(sentence, reasons)
    if is_transient(status):
        return ServerUnavailable(sentence, is_declined=declined)
    if not declined:
        return UnexpectedAnswer(sentence, hint=UNKNOWN_ACCEPTANCE)
    if status in (HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED) and not isinstance(
        envelope, dict
    ):
        return UnexpectedAnswer(sentence, is_declined=True, hint=doubled_api_hint(answer))
    return RequestRefused(
        sentence,
        status=status,
        hint=refusal_hint(answer, details),
        paths=_paths(details),
        is_address_unknown=isinstance(details, dict) and "url" in details,
    )


def is_retryable(answer: httpx.Response) -> bool:
    """Return whether a retry may succeed: the request was throttled, or the server failed."""
    if answer.status_code == HTTPStatus.TOO_MANY_REQUESTS:
        return not is_quota(answer)
    return is_transient(answer.status_code)


def is_quota(answer: httpx.Response) -> bool:
    """Return whether a 429 reports the daily quota and not short-term throttling."""
    text = text_of(answer).lower()
    return any(phrase in text for phrase in QUOTA_PHRASES)


def _redirect_or_other(answer: httpx.Response) -> UnexpectedAnswer:
    sentence = f"{_shown_request(answer)}: the server answered {answer.status_code}"
    location = answer.extensions.get("location", answer.headers.get("location"))
    if location is None or answer.status_code < HTTPStatus.MULTIPLE_CHOICES:
        return UnexpectedAnswer(sentence)
    return UnexpectedAnswer(
        f"{sentence} and redirects to {_shown_address(location)}", hint=NOT_FOLLOWED
    )


def _shown_address(location: str) -> str:
    """Return a URL without user, query and fragment, which may contain secrets."""
    try:
        parts = urlsplit(location)
        host = parts.netloc.rpartition("@")[2]
        shown = urlunsplit((parts.scheme, host, parts.path, "", ""))
    except ValueError:
        return "an address that cannot be read"
    return shown if len(shown) <= ADDRESS_LENGTH else f"{shown[: ADDRESS_LENGTH - 1]}…"


def _quota(sentence: str, reasons: str) -> QuotaReached:
    limit, used = QUOTA_LIMIT.search(reasons), QUOTA_USED.search(reasons)
    return QuotaReached(
        sentence,
        limit=int(limit[1]) if limit else None,
        used=int(used[1]) if used else None,
    )


def _shown_request(answer: httpx.Response) -> str:
    # The query is omitted: it contains ids, and by mistake may contain secrets.
    url = answer.request.url.copy_with(query=None)
    return f"{answer.request.method} {url}"


def _is_json(answer: httpx.Response) -> bool:
    return "json" in answer.headers.get("content-type", "")


def _envelope(answer: httpx.Response) -> Any:
    try:
        parsed = json_of(answer.content)
    except ValueError:
        return None
    # NOTE: older servers send the quota answer as an array with one error object.
    return parsed[0] if isinstance(parsed, list) and parsed else parsed


def _label(answer: httpx.Response, envelope: Any) -> str:
    label = envelope.get("error") if isinstance(envelope, dict) else None
    text = label if isinstance(label, str) else answer.reason_phrase
    return " ".join(text.split())[:LABEL_LENGTH]


def _sentences(details: Any) -> Iterator[str]:
    if isinstance(details, str):
        yield details
    if not isinstance(details, dict):
        return
    for field, reason in details.items():
        if field in UNPRINTED_DETAILS or not isinstance(reason, str):
            continue
        text = " ".join(reason.split())
        yield text if field in ("message", "access_token") else f"{field}: {text}"


def _paths(details: Any) -> dict[str, str]:
    if not isinstance(details, dict):
        return {}
    return {
        field: " ".join(reason.split())
        for field, reason in details.items()
        if field not in MESSAGE_DETAILS and isinstance(reason, str)
    }
