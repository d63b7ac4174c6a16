"""A notification's body, of which two members matter: which job, and of which request."""

from __future__ import annotations

from typing import NamedTuple

import orjson

from ld_import.ids import is_id

# In the `context` that the server passes back untouched.
TOKEN_MEMBER = "ldImport"


class Notice(NamedTuple):
    """The job that a notification speaks of, and the token of the request that made it."""

    job_id: str
    token: str | None


def notice_from(body: bytes) -> Notice | None:
    """Read a notification; `None` for what is none. Everything else it says is left unread."""
    try:
        told = orjson.loads(body)
    except orjson.JSONDecodeError:
        return None
    if not isinstance(told, dict) or not is_id(told.get("id")):
        return None
    context = told.get("context")
    token = context.get(TOKEN_MEMBER) if isinstance(context, dict) else None
    return Notice(told["id"], token if is_id(token) else None)
