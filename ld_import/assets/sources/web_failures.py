"""Problems of a request without a usable answer, and of answers that are not the file."""

from __future__ import annotations

import os
import socket
import ssl
from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from http import HTTPStatus

import httpx

from ld_import.assets.base import FileProblem
from ld_import.assets.sources.location import unreadable
from ld_import.assets.sources.retry import LONGEST_RETRY_AFTER_SECONDS, Transient, Unreachable
from ld_import.clock import SystemClock

MOST_CAUSES = 20
# The beginnings of the client's texts about connections that end early.
CLOSED = ("Server disconnected", "peer closed connection")
BUSY = (429, 503)
TRANSIENT = (408, 425, 500, 502, 504, *BUSY)
# NOTE: httpx does not wrap an SSLError that occurs after the connection was made.
CONNECTION_ERRORS = (httpx.TransportError, ssl.SSLError, OSError)
UNREACHABLE = (httpx.ConnectError, httpx.ConnectTimeout)
STATUSES = {
    401: "the host requires a login",
    403: "the host denies access",
    404: "the host has no such file",
    410: "the host has removed the file",
    407: "the proxy requires a login",
    412: "the file changed",
}


def problem_of_status(url: str, answer: httpx.Response) -> FileProblem:
    """Return the problem for an answer that is not a success."""
    status = answer.status_code
    if status in BUSY:
        return _busy(url, answer)
    text = f"{STATUSES.get(status, _group(status))} ({_phrase(status)})"
    problem = unreadable(url, text)
    return Transient(str(problem)) if status in TRANSIENT else problem


def problem_of_connection(url: str, error: Exception, *, is_proxied: bool) -> FileProblem:
    """Return the problem for an error of the connection; a Transient if a retry may help."""
    causes = list(_causes(error))
    for cause in causes:
        if isinstance(cause, ssl.SSLError) and not _is_interrupted(cause):
            return unreadable(
                url, f"the certificate of the host is not trusted: {_tls_reason(cause)}"
            )
        if isinstance(cause, socket.gaierror):
            host = "proxy" if is_proxied else "host"
            why = f"the name of the {host} is unknown ({(cause.strerror or 'no address').lower()})"
            return Unreachable(str(unreadable(url, why)))
    # NOTE: httpx parses the target of a redirect even if it does not follow it.
    if isinstance(error, httpx.RemoteProtocolError) and "location header" in str(error):
        return unreadable(url, "it redirects to something that is not a URL")
    if isinstance(error, httpx.ProxyError):
        return unreadable(url, f"the proxy refuses it: {error}")
    kind = Unreachable if isinstance(error, UNREACHABLE) else Transient
    return kind(str(unreadable(url, _why(error, causes, is_proxied=is_proxied))))


def _why(error: Exception, causes: list[BaseException], *, is_proxied: bool) -> str:
    host = "the proxy" if is_proxied else "the host"
    if isinstance(error, httpx.ConnectTimeout):
        return f"{host} does not accept connections in time"
    if isinstance(error, httpx.ConnectError):
        return f"{host} does not accept connections ({_text_of(causes)})"
    if isinstance(error, httpx.TimeoutException | TimeoutError):
        return "the host does not send in time"
    if isinstance(error, httpx.RemoteProtocolError) and not str(error).startswith(CLOSED):
        return "the answer of the host is not valid HTTP"
    return "the host closed the connection before the end"


def _busy(url: str, answer: httpx.Response) -> FileProblem:
    phrase, wait = _phrase(answer.status_code), _retry_after_seconds(answer)
    if wait is not None and wait > LONGEST_RETRY_AFTER_SECONDS:
        return unreadable(url, f"the host is busy and requests a wait of {wait:,.0f} s ({phrase})")
    problem = unreadable(url, f"the host is busy ({phrase})")
    return Transient(str(problem), retry_after_seconds=wait)


def _retry_after_seconds(answer: httpx.Response) -> float | None:
    text = answer.headers.get("retry-after", "").strip()
    if text.isdecimal() and len(text) < 10:
        return float(text)
    try:
        moment = parsedate_to_datetime(text)
        return max(0.0, (moment - SystemClock().now()).total_seconds())
    # A date without a zone cannot be subtracted.
    except (ValueError, TypeError, OverflowError):
        return None


def _phrase(status: int) -> str:
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)


def _group(status: int) -> str:
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return "the host reports an error"
    return "the host refuses the request" if status >= 400 else "the host sends no file"


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Yield an error and its causes, outermost first."""
    waiting: list[BaseException] = [error]
    seen: set[int] = set()
    while waiting and len(seen) < MOST_CAUSES:
        cause = waiting.pop(0)
        if id(cause) not in seen:
            seen.add(id(cause))
            yield cause
            waiting += [one for one in (cause.__cause__, cause.__context__) if one is not None]


def _is_interrupted(cause: ssl.SSLError) -> bool:
    return isinstance(cause, ssl.SSLEOFError | ssl.SSLZeroReturnError)


def _tls_reason(cause: ssl.SSLError) -> str:
    message, reason = (getattr(cause, name, "") for name in ("verify_message", "reason"))
    return message or (reason or str(cause)).replace("_", " ").lower()


def _text_of(causes: list[BaseException]) -> str:
    for cause in reversed(causes):
        if isinstance(cause, OSError) and cause.errno:
            return os.strerror(cause.errno).lower()
    return "the connection failed"
