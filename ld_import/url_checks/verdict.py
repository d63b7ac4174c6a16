"""Judges an answer: whether the server could use the content, by the kind of import."""

from __future__ import annotations

import re
from datetime import datetime
from http import HTTPStatus

from ld_import.url_checks.addresses import host_of, path_of
from ld_import.url_checks.answers import Answer
from ld_import.url_checks.expected import Expected
from ld_import.url_checks.results import Reason, Remark, UrlResult
from ld_import.url_checks.sniffing import HTML, sniff

# Types of hosts that do not know the content.
GENERIC = (
    "",
    "application/octet-stream",
    "binary/octet-stream",
    "application/binary",
    "application/download",
    "application/force-download",
    "application/x-download",
    "application/x-binary",
    "application/unknown",
    "unknown/unknown",
)
# Other names of media types.
VIDEO_TYPES = ("application/mp4", "application/ogg", "application/x-matroska", "application/mxf")
PAGES = (HTML, "application/xhtml+xml")
REASONS = {
    HTTPStatus.UNAUTHORIZED: Reason.LOGIN,
    HTTPStatus.FORBIDDEN: Reason.LOGIN,
    HTTPStatus.PROXY_AUTHENTICATION_REQUIRED: Reason.LOGIN,
    HTTPStatus.NOT_FOUND: Reason.GONE,
    HTTPStatus.GONE: Reason.GONE,
    HTTPStatus.TOO_MANY_REQUESTS: Reason.THROTTLED,
    HTTPStatus.SERVICE_UNAVAILABLE: Reason.THROTTLED,
    HTTPStatus.NO_CONTENT: Reason.EMPTY,
    HTTPStatus.RESET_CONTENT: Reason.EMPTY,
}
_login_word = re.compile(r"(?i)\b(?:log-?in|log-?on|sign-?in|sso|auth|oauth2?|cas)\b").search
_password_field = re.compile(rb"(?i)<input[^>]{0,200}type\s*=\s*[\"']?password").search


def judge(
    answer: Answer, expected: Expected, url: str, *, expires_at: datetime | None, now: datetime
) -> UrlResult:
    """Return the result of an answer for `url`, whose signature expires at this time."""
    media_type = _type_of(answer)
    reason, detail = _reason_of(answer, expected, media_type)
    if reason is Reason.LOGIN and expires_at is not None and expires_at <= now:
        reason = Reason.EXPIRED
    return UrlResult(
        reason=reason,
        status=answer.status,
        final_url=answer.url if answer.hops else "",
        media_type=media_type,
        byte_count=answer.byte_count if answer.is_success else None,
        detail=detail,
        remarks=()
        if reason is not Reason.OK
        else (*_about_address(answer, url, expires_at), *_about_type(expected, media_type)),
    )


def _type_of(answer: Answer) -> str:
    """Return the type of the content, else the type that the host names."""
    found = sniff(answer.head) if answer.head else None
    # Office files and archives are found as ZIP; the named type is more exact.
    is_exact = found is not None and not (found == "application/zip" and answer.media_type)
    return found if found is not None and is_exact else answer.media_type


def _reason_of(answer: Answer, expected: Expected, media_type: str) -> tuple[Reason, str]:
    if not answer.is_success or answer.status in REASONS:
        return _reason_of_status(answer), answer.status_text
    if answer.byte_count == 0 or answer.head == b"":
        return Reason.EMPTY, "0 bytes"
    if media_type in PAGES:
        return (Reason.LOGIN, "a login page") if _is_login(answer) else (Reason.HTML_PAGE, "")
    if not _fits(expected, media_type):
        return Reason.WRONG_TYPE, media_type
    limit = expected.limit_for(media_type)
    if limit is not None and (answer.byte_count or 0) > limit:
        return Reason.TOO_LARGE, f"the server takes {limit:,} bytes"
    return Reason.OK, ""


def _reason_of_status(answer: Answer) -> Reason:
    if answer.status in REASONS:
        return REASONS[HTTPStatus(answer.status)]
    if answer.status == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE and answer.byte_count == 0:
        return Reason.EMPTY
    return Reason.SERVER_ERROR if answer.status >= 500 else Reason.REFUSED


def _is_login(answer: Answer) -> bool:
    has_field = _password_field(answer.head or b"") is not None
    return has_field or (answer.hops > 0 and _login_word(path_of(answer.url)) is not None)


def _fits(expected: Expected, media_type: str) -> bool:
    if not expected.main_type or media_type in GENERIC:
        return True
    if expected.main_type == "video" and media_type in VIDEO_TYPES:
        return True
    return media_type.startswith(f"{expected.main_type}/")


def _about_address(answer: Answer, url: str, expires_at: datetime | None) -> list[Remark]:
    found = []
    if answer.hops:
        is_same = host_of(answer.url) == host_of(url)
        found.append(Remark.REDIRECTED if is_same else Remark.OTHER_HOST)
    if answer.is_downgraded:
        found.append(Remark.TO_HTTP)
    if answer.is_private:
        found.append(Remark.PRIVATE)
    if expires_at is not None:
        found.append(Remark.EXPIRING)
    return found


def _about_type(expected: Expected, media_type: str) -> list[Remark]:
    if expected.main_type and media_type in GENERIC:
        return [Remark.UNKNOWN_TYPE]
    if expected.usual_type and media_type != expected.usual_type:
        return [Remark.UNUSUAL_TYPE]
    return []
