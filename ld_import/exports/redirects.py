"""The redirect of an item: from its legacy URL, as clients request it, to its new address.

Both are escaped to ASCII without spaces, quotes, control characters and `$`, so that no text of a
manifest or a server can act in the configuration of a web server.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import SplitResult, quote, urlsplit

from ld_import.exports.left_out import COMPLETE, LeftOut, not_imported
from ld_import.redaction import MASK

# Characters that a browser does not escape: https://url.spec.whatwg.org/#percent-encoded-bytes
IN_PATH = "!$%&'()*+,-./:;=@[]|~_"
IN_QUERY = "!$%&()*+,-./:;=?@[]\\^_`{|}~"
# nginx expands `$` in the value of a map, and has no escape for it.
IN_NEW_URL = "!%&()*+,-./:;=?@~_"
NAME = re.compile(r"[a-z0-9._-]{1,253}")
ADDRESS = re.compile(r"[0-9a-f:.]{2,45}")
NOT_A_URL = LeftOut("the legacy URL is not an http(s) URL", "write its redirect by hand")
NO_NEW_URL = LeftOut("the new address is not an http(s) URL", "check the entry on the server")
SECRET = LeftOut(
    "the legacy URL contains a secret, which the ledger does not keep",
    "write its redirect by hand",
)
UNKNOWN = LeftOut("originalUrl is not known", COMPLETE)
ADDRESS_OF_FILE = LeftOut(
    "the legacy URL is the new address of an item",
    "a redirect would be a loop, or hide that item: write it by hand if it is needed",
)
SAME = LeftOut("the new address is the legacy URL", "they need no redirect", is_expected=True)


class Redirect(NamedTuple):
    """A redirect: `old` is host, path and query of the legacy URL, `new` a complete URL.

    `old` has neither scheme nor port: a web server answers for its host under all of them.
    """

    old: str
    new: str


def redirect_of(row: Mapping[str, Any]) -> Redirect | LeftOut:
    """Return the redirect of an item, or why it has none."""
    if left_out := not_imported(row):
        return left_out
    if row["originalUrl"] is None:
        return UNKNOWN
    if MASK in row["url"]:
        return SECRET
    old, new, there = old_of(row["url"]), new_of(row["originalUrl"]), old_of(row["originalUrl"])
    if old is None:
        return NOT_A_URL
    if new is None:
        return NO_NEW_URL
    return SAME if old == there else Redirect(old, new)


def old_of(url: str) -> str | None:
    """Return host, path and query of a URL as a browser requests it; `None` if it has no host."""
    parts = _split(url)
    if parts is None or (host := _host_of(parts)) is None:
        return None
    path = quote(_without_dots(parts.path.replace("\\", "/")) or "/", safe=IN_PATH)
    return f"{host}{path}{_query_of(parts, IN_QUERY)}"


def new_of(url: str) -> str | None:
    """Return a URL for a `Location` header, without user and fragment; `None` if it has no host."""
    parts = _split(url)
    if parts is None or (host := _host_of(parts)) is None:
        return None
    port = f":{parts.port}" if parts.port is not None else ""
    path = quote(parts.path, safe=IN_NEW_URL)
    return f"{parts.scheme}://{host}{port}{path}{_query_of(parts, IN_NEW_URL)}"


def _split(url: str) -> SplitResult | None:
    try:
        parts = urlsplit(url.strip())
        _ = parts.port
    except ValueError:
        return None
    return parts if parts.scheme in ("http", "https") else None


def _host_of(parts: SplitResult) -> str | None:
    host = parts.hostname or ""
    if not host.isascii():
        try:
            host = host.encode("idna").decode()
        except ValueError:
            return None
    if ":" in host:
        return f"[{host}]" if ADDRESS.fullmatch(host) else None
    return host if NAME.fullmatch(host) else None


def _query_of(parts: SplitResult, safe: str) -> str:
    return f"?{quote(parts.query, safe=safe)}" if parts.query else ""


def _without_dots(path: str) -> str:
    """Return a path without the segments `.` and `..`, which a browser resolves."""
    if "/." not in path:
        return path
    kept: list[str] = []
    segments = path.split("/")[1:]
    for segment in segments:
        if segment == "..":
            del kept[-1:]
        elif segment != ".":
            kept.append(segment)
    is_folder = segments[-1] in (".", "..")
    return "/" + "/".join([*kept, ""] if is_folder and kept else kept)
