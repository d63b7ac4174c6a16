"""Convert failures of the connection to errors: retryable, ambiguous, or final."""

from __future__ import annotations

import os
import socket
import ssl
from typing import TypeGuard

import httpx

from ld_import.api.bodies import LARGEST_ANSWER_BYTES, TooLarge, Unreadable
from ld_import.api.connection_hints import (
    UNREACHABLE,
    connection_hint,
    tls_hint,
    tls_reason,
)
from ld_import.api.retry import Transient
from ld_import.errors import AnswerLost, ApiError, ServerUnavailable, UnexpectedAnswer

AGAIN = "then run the same command again; it continues where it stopped"
PROXY_HINT = f"check the proxy that is named, or add the server to NO_PROXY, {AGAIN}"
# NOTE: httpx does not wrap an SSLError that occurs after the connection was made.
TransportFailure = httpx.TransportError | ssl.SSLError | TimeoutError | TooLarge | Unreadable


def transport_error_from(
    error: TransportFailure, *, what: str, changes: bool, proxy: str | None = None
) -> ApiError | Transient:
    """Return the error to raise for a request without a complete answer.

    `changes` means that the request changes something on the server; `proxy` is the name of the
    proxy that the connection uses.
    """
    if isinstance(error, httpx.TransportError | ssl.SSLError):
        return _connection_error(
            error, f"{what}, through {proxy}" if proxy else what, changes, proxy
        )
    if isinstance(error, TooLarge):
        size = f"{what}: the answer is larger than {LARGEST_ANSWER_BYTES // 1_000_000} MB"
        return AnswerLost(size) if changes else UnexpectedAnswer(size, is_declined=True)
    if isinstance(error, Unreadable):
        garbled = f"{what}: the answer was garbled: {error}"
        if changes:
            return AnswerLost(garbled)
        return Transient(ServerUnavailable(garbled, is_declined=True))
    return _lost_or_retry(what, "it was not complete in time", changes)


def _connection_error(
    error: httpx.TransportError | ssl.SSLError, what: str, changes: bool, proxy: str | None
) -> ApiError | Transient:
    cause = _root_of(error)
    reason = _reason_of(cause)
    # Only while connecting: a request that was already sent may have been accepted.
    if isinstance(error, httpx.ConnectError) and _is_permanent(cause):
        return ServerUnavailable(
            f"{what}: no secure connection: {reason}", is_declined=True, hint=tls_hint(cause)
        )
    if isinstance(error, httpx.UnsupportedProtocol | httpx.LocalProtocolError | httpx.ProxyError):
        hint = PROXY_HINT if proxy else None
        return ServerUnavailable(f"{what}: {reason}", is_declined=True, hint=hint)
    if isinstance(error, httpx.ConnectError | httpx.ConnectTimeout | httpx.PoolTimeout):
        unreachable = f"{what}: no connection: {reason}"
        hint = PROXY_HINT if proxy else _hint_of(error, cause)
        return Transient(ServerUnavailable(unreachable, is_declined=True, hint=hint))
    return _lost_or_retry(what, reason, changes)


def _lost_or_retry(what: str, reason: str, changes: bool) -> ApiError | Transient:
    if changes:
        return AnswerLost(f"{what}: the answer was lost: {reason}")
    return Transient(ServerUnavailable(f"{what}: no answer: {reason}", is_declined=True))


def _is_permanent(cause: BaseException) -> TypeGuard[ssl.SSLError]:
    # An interrupted handshake may succeed on a retry; a rejected one will not.
    is_cut = isinstance(cause, ssl.SSLEOFError | ssl.SSLZeroReturnError)
    return isinstance(cause, ssl.SSLError) and not is_cut


def _root_of(error: BaseException) -> BaseException:
    # httpx reports "All connection attempts failed"; the cause has the reason.
    root = error
    while (previous := root.__cause__ or root.__context__) is not None:
        # NOTE: any other context is an exception that the caller was handling.
        if root.__cause__ is None and not isinstance(previous, OSError):
            break
        root = previous
    return root


def _reason_of(cause: BaseException) -> str:
    if isinstance(cause, ssl.SSLError):
        return tls_reason(cause)
    if isinstance(cause, socket.gaierror):
        return f"the name of the host is not known ({cause.strerror})"
    if isinstance(cause, OSError) and cause.errno:
        return os.strerror(cause.errno)
    # Most errors of a connection that broke have no text.
    is_late = isinstance(cause, httpx.TimeoutException)
    return str(cause) or ("it did not come in time" if is_late else "the connection broke")


def _hint_of(error: httpx.TransportError | ssl.SSLError, cause: BaseException) -> str:
    try:
        url = error.request.url if isinstance(error, httpx.TransportError) else None
    except RuntimeError:
        # The property raises it if the error was raised without a request.
        url = None
    if url is None:
        return f"{UNREACHABLE}, {AGAIN}"
    port = url.port or (443 if url.scheme == "https" else 80)
    return f"{connection_hint(cause, url.host, port)}, {AGAIN}"
