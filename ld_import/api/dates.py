"""HTTP dates in answers: strict parsing, and the difference between the server's clock and ours."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpx

# With a larger difference no TLS certificate would be valid on both sides.
LARGEST_SKEW_SECONDS = 366 * 86400.0


def date_from(text: str) -> datetime | None:
    """Return the time of an HTTP date, in UTC; `None` for any other text."""
    try:
        moment = parsedate_to_datetime(text)
        # A date without a time zone is ambiguous.
        return moment.astimezone(UTC) if moment.tzinfo else None
    except (TypeError, ValueError, OverflowError, IndexError):
        return None


def skew_from(answer: httpx.Response, now: datetime) -> float | None:
    """Return the server's clock minus ours in seconds, or `None` if the answer does not show it.

    A `Date` header has whole seconds, so the result may be up to one second too low.
    """
    # A cache sends the date of the original answer.
    if "age" in answer.headers:
        return None
    moment = date_from(answer.headers.get("date", ""))
    if moment is None:
        return None
    seconds = (moment - now).total_seconds()
    return seconds if abs(seconds) <= LARGEST_SKEW_SECONDS else None
