"""Parses the body of a notification, of which only the job id and our token are used."""

from __future__ import annotations

from typing import NamedTuple

import orjson

from ld_import.ids import is_id

# Member of `context`, which the server returns unchanged.
TOKEN_MEMBER = "ldImport"


class Notice(NamedTuple):
    """The job of a notification, and the token of the request that created the job."""

    job_id: str
    token: str | None


def notice_from(body: bytes) -> Notice | None:
    """Parse a notification; None if it is invalid. All other members are ignored."""
    try:
        notice = orjson.loads(body)
    except orjson.JSONDecodeError:
        return None
    if not isinstance(notice, dict) or not is_id(notice.get("id")):
        return None
    context = notice.get("context")
    token = context.get(TOKEN_MEMBER) if isinstance(context, dict) else None
    return Notice(notice["id"], token if is_id(token) else None)
