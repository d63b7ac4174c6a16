"""The parts of a URL that matter for a request: no user, no password, and its host."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import parse_qsl, urlsplit, urlunsplit

from ld_import.validation.checks.expiring_urls import MOST_PARAMETERS, expiry_of

SCHEMES = ("http", "https")


def host_of(url: str) -> str:
    """Return the host of a URL in lower case; empty if it has none."""
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def path_of(url: str) -> str:
    """Return the path of a URL that can be requested."""
    return urlsplit(url).path


def without_user(url: str) -> str:
    """Return a URL without user, password and fragment. Raises ValueError if it is not one."""
    parts = urlsplit(url)
    return urlunsplit((*parts[:1], parts.netloc.rpartition("@")[2], *parts[2:4], ""))


def is_fetchable(url: str) -> bool:
    """Return whether this is an http(s) URL with a host."""
    try:
        parts = urlsplit(url)
        return parts.scheme in SCHEMES and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def expiry_of_url(url: str) -> datetime | None:
    """Return the time at which a signed URL expires; `None` if it is not signed, or unknown."""
    query = url.partition("?")[2].partition("#")[0]
    if not query:
        return None
    try:
        pairs = parse_qsl(query, keep_blank_values=True, max_num_fields=MOST_PARAMETERS)
    except ValueError:
        return None
    return expiry_of({name.lower(): value for name, value in pairs})
