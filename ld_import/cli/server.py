"""Which server is meant, and the HTTP connection to it."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit, urlunsplit

from ld_import import __version__
from ld_import.cli.config import Config
from ld_import.cli.options import Connection
from ld_import.cli.small_file import check_small
from ld_import.cli.token import find_token
from ld_import.errors import UsageError

if TYPE_CHECKING:
    import httpx

DEFAULT_API_VERSION = "2026-05"
USER_AGENT = f"ld-import/{__version__}"
CONNECT_SECONDS = 10.0
ANSWER_SECONDS = 60.0
# The server closes connections idle for 5 s; a pooled one must not die under the next request.
KEEPALIVE_SECONDS = 2.0
# All authorities of a browser are a quarter of a megabyte.
LARGEST_AUTHORITY_BYTES = 8_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A server with everything that decides who answers there."""

    url: str
    project: str
    api_version: str


def find_server(given: Connection, config: Config) -> Server:
    """Choose the server: flag, environment, then profile. Raises UsageError."""
    profile = config.profile(given.profile)
    url = given.server or profile.get("server")
    if not url:
        raise UsageError(
            "no server is named",
            hint="give --server or LD_IMPORT_SERVER, or a profile in ld-import.yaml",
        )
    return Server(
        url=normal_url(url, allow_http=given.allow_http),
        project=profile.get("project") or "",
        api_version=given.api_version or profile.get("apiVersion") or DEFAULT_API_VERSION,
    )


def normal_url(url: str, *, allow_http: bool) -> str:
    """Return a base URL in the one spelling the ledger knows a server by. Raises UsageError."""
    # Without user and password, which people put there by mistake.
    shown = repr(url.split("?")[0].rpartition("@")[2])
    try:
        parts = urlsplit(url.strip())
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port = None, None
        parts = urlsplit("")
    if parts.scheme not in ("http", "https") or not host:
        raise UsageError(
            f"the server {shown} is no http(s) URL", hint="write it like https://server.example"
        )
    if parts.username is not None or parts.query or parts.fragment:
        raise UsageError(
            "the server's URL has more than host and path",
            hint="leave user, query and fragment away; the token is given apart",
        )
    if "/api/" in f"{parts.path}/":
        raise UsageError(
            f"the server {shown} contains the path of the API",
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


def http_client(
    server: Server, given: Connection, config: Config, *, parallel: int
) -> httpx.AsyncClient:
    """Return the connection to a server, with its token. Raises UsageError."""
    import httpx

    profile = config.profile(given.profile)
    token = find_token(
        token_file=given.token_file,
        token_command=given.token_command,
        profile_file=config.file(profile.get("tokenFile")),
        profile_command=profile.get("tokenCommand"),
    )
    return httpx.AsyncClient(
        base_url=server.url,
        headers={
            "Authorization": f"Bearer {token}",
            "User-Agent": USER_AGENT,
            "Accept": "application/json",
        },
        timeout=httpx.Timeout(ANSWER_SECONDS, connect=CONNECT_SECONDS, pool=None),
        limits=httpx.Limits(max_connections=parallel + 2, keepalive_expiry=KEEPALIVE_SECONDS),
        verify=_verify(given, profile, config),
    )


def _verify(given: Connection, profile: Mapping[str, Any], config: Config) -> Any:
    if given.insecure:
        return False
    ca_file: Path | None = given.ca_file or config.file(profile.get("caFile"))
    if ca_file is None:
        return True
    import ssl

    try:
        check_small(ca_file, limit=LARGEST_AUTHORITY_BYTES)
        return ssl.create_default_context(cafile=ca_file)
    except (OSError, ssl.SSLError) as error:
        reason = error.strerror or str(error)
        raise UsageError(
            f"the certificate file {ca_file} cannot be used: {reason}",
            hint="--ca-file takes a file in PEM format",
        ) from None


def is_loopback(host: str) -> bool:
    """Say whether a host is this machine, without asking any name server."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
