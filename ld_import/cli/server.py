"""Which server is meant, and the HTTP connection to it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit, urlunsplit

from ld_import import __version__
from ld_import.cli.certificates import trust_for
from ld_import.cli.config import Config
from ld_import.cli.options import Connection
from ld_import.cli.proxies import is_loopback, proxy_for
from ld_import.cli.token import find_token
from ld_import.errors import UsageError
from ld_import.versions import NEWEST

if TYPE_CHECKING:
    import httpx

DEFAULT_API_VERSION = NEWEST
# A pasted address of a request. A part `api` alone may be the path of a proxy.
PASTED_PATH = re.compile(r"/api/(v[0-9]+|beta|[0-9]{4}-[0-9]{2})(/|$)")
USER_AGENT = f"ld-import/{__version__}"
CONNECT_SECONDS = 10.0
ANSWER_SECONDS = 60.0
# The server closes connections idle for 5 s; a pooled one must not die under the next request.
KEEPALIVE_SECONDS = 2.0


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
        # Names of hosts are looked up in this form, which has limits of its own.
        (host or "").encode("idna")
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


@dataclass(frozen=True, slots=True)
class Line:
    """The HTTP connection to a server, with its token; `proxy` names the proxy it uses, if any."""

    http: httpx.AsyncClient
    proxy: str | None


def connect(server: Server, given: Connection, config: Config, *, parallel: int) -> Line:
    """Return the connection to a server; nothing is sent yet. Raises UsageError."""
    import httpx

    profile = config.profile(given.profile)
    token = find_token(
        token_file=given.token_file,
        token_command=given.token_command,
        profile_file=config.file(profile.get("tokenFile")),
        profile_command=profile.get("tokenCommand"),
    )
    proxy = proxy_for(server.url)
    ca_file = given.ca_file or config.file(profile.get("caFile"))
    http = httpx.AsyncClient(
        base_url=server.url,
        headers={
            "Authorization": f"Bearer {token}",
            "User-Agent": USER_AGENT,
            "Accept": "application/json",
        },
        timeout=httpx.Timeout(ANSWER_SECONDS, connect=CONNECT_SECONDS, pool=None),
        limits=httpx.Limits(max_connections=parallel + 2, keepalive_expiry=KEEPALIVE_SECONDS),
        verify=trust_for(server.url, ca_file, is_insecure=given.insecure),
        proxy=proxy.url if proxy else None,
        # The environment was read above, once and by our rules.
        trust_env=False,
    )
    return Line(http, proxy.name if proxy else None)
