"""The result of checking one URL: a reason, and remarks about a URL that works."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Reason(StrEnum):
    """The state of a URL; every reason but `OK` means that the server cannot use it."""

    OK = "ok"
    GONE = "gone"
    LOGIN = "login"
    EXPIRED = "expired"
    REFUSED = "refused"
    THROTTLED = "throttled"
    SERVER_ERROR = "server-error"
    HTML_PAGE = "html-page"
    WRONG_TYPE = "wrong-type"
    EMPTY = "empty"
    TOO_LARGE = "too-large"
    REDIRECT_LOOP = "redirect-loop"
    BAD_REDIRECT = "bad-redirect"
    UNKNOWN_HOST = "unknown-host"
    NO_CONNECTION = "no-connection"
    NO_ANSWER = "no-answer"
    TIMEOUT = "timeout"
    TLS = "tls"
    INVALID_URL = "invalid-url"


# Reasons that concern the whole host, so that asking for its other URLs is not useful.
HOST_REASONS = frozenset(
    (
        Reason.UNKNOWN_HOST,
        Reason.NO_CONNECTION,
        Reason.NO_ANSWER,
        Reason.TIMEOUT,
        Reason.TLS,
        Reason.THROTTLED,
    )
)


class Remark(StrEnum):
    """A remark about a URL that works: it may not work for the server, or not for long."""

    REDIRECTED = "redirected"
    OTHER_HOST = "other-host"
    TO_HTTP = "redirected-to-http"
    PRIVATE = "private-host"
    EXPIRING = "expiring"
    UNKNOWN_TYPE = "unknown-type"
    UNUSUAL_TYPE = "unusual-type"


@dataclass(frozen=True, slots=True)
class UrlResult:
    """The result for one URL.

    - `status` is the HTTP status of the last answer, `None` without one.
    - `final_url` is the URL after redirects, empty if there were none; secrets are removed.
    - `media_type` is the type found in the content, or else the one that the host names.
    - `byte_count` is the size of the content, `None` if the host does not say.
    - `detail` is the cause in words, such as `404 Not Found`.
    """

    reason: Reason
    status: int | None = None
    final_url: str = ""
    media_type: str = ""
    byte_count: int | None = None
    detail: str = ""
    remarks: tuple[Remark, ...] = ()

    @property
    def is_good(self) -> bool:
        """Whether the server can use the URL."""
        return self.reason is Reason.OK
