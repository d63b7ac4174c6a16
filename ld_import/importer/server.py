"""A server as a value: its normalized URL, and how to reach it."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import SplitResult, urlsplit, urlunsplit

from ld_import.errors import UsageError
from ld_import.importer.setting_names import setting
from ld_import.versions import NEWEST

# Environment variables with the token.
TOKEN_VARIABLES = ("LD_IMPORT_TOKEN", "LI_TOKEN")
# A URL copied from a request. `/api` without a version may be the path of a proxy.
PASTED_PATH = re.compile(r"/api/(v[0-9]+|beta|[0-9]{4}-[0-9]{2})(/|$)")


# A host name or an address, with which a URL without scheme begins.
HOST = re.compile(r"[A-Za-z0-9._-]{1,253}")


@dataclass(frozen=True, slots=True)
class Proxy:
    """A proxy: its URL, which may contain a password, and a name for messages, which does not."""

    url: str = field(repr=False)
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A Livingdocs server and how to reach it. Raises UsageError for a URL that cannot be used.

    - `url`: the base URL, without `/api`. It is normalized: the ledger identifies a server by it.
    - `token`: the access token, required to send; it is redacted everywhere.
    - `project`: a name that distinguishes several projects of one server in the ledger.
    - `api_version`: the version in the path of requests, such as `2026-05`.
    - `allow_http`: allow `http` to a host other than this machine.
    - `is_insecure`: do not check the server's certificate.
    - `ca_file`: a certificate authority to trust, in PEM format.
    - `proxy`: the proxy to use. HTTPS_PROXY and similar variables are not read.
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
    """Return a base URL as the ledger spells it. Raises UsageError if it cannot be used."""
    # Without user and password, which users add by mistake.
    shown = repr(url.split("?")[0].rpartition("@")[2])
    try:
        parts = urlsplit(url.strip())
        host, port = parts.hostname, parts.port
        # Host names are looked up in this encoding, which limits their length.
        (host or "").encode("idna")
    except ValueError:
        host, port = None, None
        parts = urlsplit("")
    if parts.scheme not in ("http", "https") or not host:
        raise UsageError(
            f"the server {shown} is not an http(s) URL", hint=_scheme_hint(url.strip())
        )
    if parts.username is not None or parts.query or parts.fragment:
        raise UsageError(
            "the server's URL contains more than host and path",
            hint="remove user, query and fragment; set the token separately",
        )
    if PASTED_PATH.search(parts.path):
        raise UsageError(
            f"the server {shown} contains the path of the API with its version",
            hint=f"give {_base_of(parts)} as the server, and the version as"
            f" {setting('api_version')}",
        )
    if parts.scheme == "http" and not allow_http and not is_loopback(host):
        raise UsageError(
            f"the token would be sent to the server {shown} unencrypted",
            hint=f"use https://{parts.netloc}, or set {setting('allow_http')} in a network that you"
            " trust",
        )
    is_default_port = port == {"http": 80, "https": 443}[parts.scheme]
    name = f"[{host}]" if ":" in host else host
    netloc = name if port is None or is_default_port else f"{name}:{port}"
    return urlunsplit((parts.scheme, netloc, parts.path.rstrip("/"), "", ""))


def _scheme_hint(url: str) -> str:
    """Return advice on a URL without `https://`, the most frequent mistake in it."""
    host = url.partition("/")[0].partition(":")[0]
    if "://" in url or not HOST.fullmatch(host):
        return "write it like https://server.example"
    scheme = "http" if is_loopback(host) else "https"
    return f"begin with the scheme: {scheme}://{url.partition('?')[0]}"


def _base_of(parts: SplitResult) -> str:
    pasted = PASTED_PATH.search(parts.path)
    path = parts.path[: pasted.start()] if pasted else parts.path
    return urlunsplit((parts.scheme, parts.netloc, path, "", ""))


def is_loopback(host: str) -> bool:
    """Return whether a host is this machine; no name is looked up."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
