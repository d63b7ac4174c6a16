"""Meaning of HTTP statuses: whether the request was accepted, and whether to retry it."""

from __future__ import annotations

from http import HTTPStatus

# Refusals before any work (RFC 9110, RFC 6585). Every other status says nothing about acceptance:
# 406 concerns the answer only, and a 408, 499 or 504 is sent by a proxy that stopped waiting.
# NOTE: 503 says nothing either, even with Retry-After. Envoy sends it when the upstream resets a
# request that it already has, and Varnish sends `Retry-After: 5` after its own first-byte timeout.
DECLINED = frozenset(
    {
        HTTPStatus.BAD_REQUEST,
        HTTPStatus.UNAUTHORIZED,
        HTTPStatus.PAYMENT_REQUIRED,
        HTTPStatus.FORBIDDEN,
        HTTPStatus.NOT_FOUND,
        HTTPStatus.METHOD_NOT_ALLOWED,
        HTTPStatus.PROXY_AUTHENTICATION_REQUIRED,
        HTTPStatus.GONE,
        HTTPStatus.LENGTH_REQUIRED,
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        HTTPStatus.REQUEST_URI_TOO_LONG,
        HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
        HTTPStatus.EXPECTATION_FAILED,
        HTTPStatus.MISDIRECTED_REQUEST,
        HTTPStatus.UNPROCESSABLE_ENTITY,
        HTTPStatus.UPGRADE_REQUIRED,
        HTTPStatus.PRECONDITION_REQUIRED,
        HTTPStatus.TOO_MANY_REQUESTS,
        HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
        HTTPStatus.UNAVAILABLE_FOR_LEGAL_REASONS,
    }
)
# Statuses without a standard: nginx sends 444 and 499, AWS load balancers 460 when a client or
# an upstream is too slow; Cloudflare sends 52x and 530 when it does not reach the server.
PROXY_TIMEOUTS = frozenset({444, 460, 499})
UNREACHABLE_BEHIND_PROXY = frozenset({521, 522, 523, 525, 526, 530})
# Timeouts and throttling outside the 5xx.
TRANSIENT = PROXY_TIMEOUTS | {
    HTTPStatus.REQUEST_TIMEOUT,
    HTTPStatus.TOO_EARLY,
    HTTPStatus.TOO_MANY_REQUESTS,
}
# The server as a whole is unavailable: overload, maintenance, or a proxy that does not reach it.
# Other 5xx may be caused by one item of the request.
BUSY = UNREACHABLE_BEHIND_PROXY | {HTTPStatus.SERVICE_UNAVAILABLE}


def is_declined(status: int, method: str) -> bool:
    """Return whether the server certainly accepted no part of the request."""
    # 409 is documented for a PATCH of an outdated version, and not for imports.
    return status in DECLINED or (status == HTTPStatus.CONFLICT and method == "PATCH")


def is_transient(status: int) -> bool:
    """Return whether the same request may succeed later."""
    return status in TRANSIENT or status >= HTTPStatus.INTERNAL_SERVER_ERROR
