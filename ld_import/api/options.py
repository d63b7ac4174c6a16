"""Settings of a client: API version, request rate, jitter and time limits."""

from __future__ import annotations

import random
from dataclasses import dataclass

# Limit for one whole exchange. A read timeout is not enough: it restarts with each chunk received.
REQUEST_SECONDS = 120.0
# The time a stopped run waits for the answer to a POST or PATCH.
GRACE_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class TimeLimits:
    """Limits of one request, and of a POST or PATCH that is in flight when the run stops."""

    request_seconds: float = REQUEST_SECONDS
    grace_seconds: float = GRACE_SECONDS


@dataclass(frozen=True, slots=True)
class ClientOptions:
    """Settings of one client.

    `max_rate` is the number of requests per second, for all kinds of requests together. `run_id`
    is the beginning of every `X-Request-Id`. `rng` draws the jitter of retries. `proxy` is the
    name of the proxy that the connection uses, for error messages. `attempts` replaces the usual
    number of attempts for each request; 1 means no retry.
    """

    api_version: str
    run_id: str = "-"
    max_rate: float | None = None
    rng: random.Random | None = None
    proxy: str | None = None
    limits: TimeLimits = TimeLimits()
    attempts: int | None = None
