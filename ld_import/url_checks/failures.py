"""Failures of a request without a usable answer, each with its reason."""

from __future__ import annotations

import os
import socket
import ssl
from collections.abc import Iterator

import httpx

from ld_import.url_checks.results import Reason

# NOTE: httpx does not wrap an SSLError that occurs after the connection was made.
RequestFailure = httpx.TransportError | ssl.SSLError | TimeoutError | OSError
MOST_CAUSES = 20


class ProbeFailed(Exception):
    """A URL could not be asked; `reason` says why, the message is the cause in words.

    `is_lasting` means that a retry at once has the same result.
    """

    def __init__(self, reason: Reason, detail: str, *, is_lasting: bool = False) -> None:
        """Store the reason."""
        super().__init__(detail)
        self.reason = reason
        self.is_lasting = is_lasting


def failure_from(error: RequestFailure, *, is_proxied: bool = False) -> ProbeFailed:
    """Return the failure for an error of the connection."""
    causes = list(_causes(error))
    for cause in causes:
        if isinstance(cause, ssl.SSLError) and _is_about_trust(cause):
            return ProbeFailed(Reason.TLS, _tls_text(cause), is_lasting=True)
        if isinstance(cause, socket.gaierror):
            # It also covers a name server that does not answer.
            return ProbeFailed(Reason.UNKNOWN_HOST, cause.strerror or "unknown name")
    # NOTE: httpx parses the target of a redirect even if it does not follow it.
    if isinstance(error, httpx.RemoteProtocolError) and "location header" in str(error):
        text = "it redirects to something that is not a URL"
        return ProbeFailed(Reason.BAD_REDIRECT, text, is_lasting=True)
    if isinstance(error, httpx.ProxyError):
        return ProbeFailed(Reason.NO_CONNECTION, f"the proxy refused it: {error}", is_lasting=True)
    via = " to the proxy" if is_proxied else ""
    if isinstance(error, httpx.ConnectTimeout | httpx.PoolTimeout):
        return ProbeFailed(Reason.TIMEOUT, f"no connection{via} in time")
    if isinstance(error, httpx.ConnectError):
        return ProbeFailed(Reason.NO_CONNECTION, _text_of(causes) + via)
    if isinstance(error, httpx.TimeoutException | TimeoutError):
        return ProbeFailed(Reason.TIMEOUT, "no complete answer in time")
    return ProbeFailed(Reason.NO_ANSWER, _text_of(causes))


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Yield an error and its causes, outermost first."""
    waiting: list[BaseException] = [error]
    seen: set[int] = set()
    while waiting and len(seen) < MOST_CAUSES:
        cause = waiting.pop(0)
        if id(cause) in seen:
            continue
        seen.add(id(cause))
        yield cause
        following = [cause.__cause__, cause.__context__]
        if isinstance(cause, BaseExceptionGroup):
            following += cause.exceptions
        waiting += [one for one in following if one is not None]


def _is_about_trust(cause: ssl.SSLError) -> bool:
    # An interrupted handshake may succeed on a retry; a rejected one will not.
    return not isinstance(cause, ssl.SSLEOFError | ssl.SSLZeroReturnError)


def _tls_text(cause: ssl.SSLError) -> str:
    message, reason = (getattr(cause, name, "") for name in ("verify_message", "reason"))
    return message or (reason or str(cause)).replace("_", " ").lower()


def _text_of(causes: list[BaseException]) -> str:
    for cause in reversed(causes):
        if isinstance(cause, OSError) and cause.errno:
            return os.strerror(cause.errno).lower()
    return str(causes[0]) or "the connection was closed"
