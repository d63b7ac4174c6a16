"""The daily allowance: so many items of a kind in any 24 hours, or the whole batch is refused."""

from __future__ import annotations

from ld_import.emulator.answers import Refusal
from ld_import.emulator.settings import Settings

QUOTA_SECONDS = 24 * 60 * 60


def check_quota(settings: Settings, used: int, item_count: int) -> None:
    """Refuse a batch that would pass the limit."""
    limit = settings.quota
    if limit is None or used + item_count <= limit:
        return
    # The line breaks and blanks are the vendor's.
    message = (
        f"Your plan does not allow you to upload more than {limit} per day.\n"
        f"      You already uploaded {used} in the last 24 hours and are trying to upload"
        f" {item_count} more.\n"
        "      Please try again later."
    )
    wait = settings.retry_after
    headers = {} if wait is None else {"Retry-After": str(wait)}
    raise Refusal(429, {"message": message}, headers=headers, as_array=settings.quota_as_array)
