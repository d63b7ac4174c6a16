"""The table of HTTP statuses: whether the request was accepted, and whether to try again."""

from __future__ import annotations

# Refusals before any work (RFC 9110, RFC 6585). Every other status says nothing about acceptance:
# 406 concerns the answer only, and a 408, 499 or 504 is sent by a proxy that stopped waiting.
# NOTE: neither does 503, even with Retry-After. Envoy sends it when the upstream resets a request
# it already has, and Varnish sends it with `Retry-After: 5` after its own first-byte timeout.
DECLINED = frozenset(
    {400, 401, 402, 403, 404, 405, 407, 410, 411, 413, 414, 415, 417, 421, 422, 426, 428, 429}
    | {431, 451}
)
# The documented answer to a PATCH of another version; of an import it is not documented.
CONFLICT = 409
# Timeouts and throttling outside the 5xx: nginx has 444 and 499, AWS load balancers 460.
TRANSIENT = frozenset({408, 425, 429, 444, 460, 499})
# The server as a whole is unavailable: overload, maintenance, or (Cloudflare's 52x and 530) a proxy
# that does not reach it. After other 5xx an item of the request may be to blame.
BUSY = frozenset({503, 521, 522, 523, 525, 526, 530})


def is_declined(status: int, method: str) -> bool:
    """Return whether the server certainly accepted nothing of the request."""
    return status in DECLINED or (status == CONFLICT and method == "PATCH")


def is_transient(status: int) -> bool:
    """Return whether the same request may succeed a moment later."""
    return status in TRANSIENT or status >= 500
