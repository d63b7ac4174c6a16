"""A server as a value: its address in one spelling, and the credentials to use there."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from ld_import.errors import UsageError
from ld_import.versions import NEWEST

# Environment variables with the token.
TOKEN_VARIABLES = ("LD_IMPORT_TOKEN", "LI_TOKEN")
# The pasted address of a request. A part `api` alone may be the path of a proxy.
PASTED_PATH = re.compile(r"/api/(v[0-9]+|beta|[0-9]{4}-[0-9]{2})(/|$)")


@dataclass(frozen=True, slots=True)
class Proxy:
    """A proxy: its URL with user and password, and its name for messages without them."""

    url: str = field(repr=False)
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A Livingdocs server and how to reach it.

    `url` is the base URL, without `/api`; it is normalized, since the ledger knows a server by its
    URL. `project` distinguishes projects of one server in the ledger. `token` is only needed to
    send; it never appears in any output. The environment is not read: name a `proxy` or
    `ca_file` here where one is needed. Raises UsageError for a URL that cannot be used.
    """

    url: str
    token: str | None = field(default=None, repr=False)
    project: str = ""
    api_version: str = NEWEST
    allow_http: bool = False
    is_insecure: bool = False
    ca_file: Path | None = None
    proxy: Proxy | None = None

    def __post_init__(self) -> None:
        """Normalize the URL."""
        object.__setattr__(self, "url", normal_url(self.url, allow_http=self.allow_http))


def normal_url(url: str, *, allow_http: bool) -> str:
    """Return a base URL in the one spelling the ledger knows a server by. Raises UsageError."""
    # Without user and password, which people put there by mistake.
    shown = repr(url.split("?")[0].rpartition("@")[2])
    try:
        parts = urlsplit(url.strip())
        host, port = parts.hostname, parts.port
        # Names of hosts are looked up in this form, which has limits of its own.
        (host or "").encode("idna")
    except ValueError:
        host, port = None, None
        parts = urlsplit("")
    if parts.scheme not in ("http", "https") or not host:
        raise UsageError(
            f"the server {shown} is not an http(s) URL",
            hint="write it like https://server.example",
        )
    if parts.username is not None or parts.query or parts.fragment:
        raise UsageError(
            "the server's URL has more than host and path",
            hint="remove user, query and fragment; the token is given separately",
        )
    if PASTED_PATH.search(parts.path):
        raise UsageError(
            f"the server {shown} contains the path of the API with its version",
            hint="give the base URL only, and the version with --api-version",
        )
    if parts.scheme == "http" and not allow_http and not is_loopback(host):
        raise UsageError(
            f"the server {shown} would get the token unencrypted",
            hint="use https, or allow it with --allow-http",
        )
    is_default_port = port == {"http": 80, "https": 443}[parts.scheme]
    name = f"[{host}]" if ":" in host else host
    netloc = name if port is None or is_default_port else f"{name}:{port}"
    return urlunsplit((parts.scheme, netloc, parts.path.rstrip("/"), "", ""))


def is_loopback(host: str) -> bool:
    """Return whether a host is this machine, without a name look-up."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
