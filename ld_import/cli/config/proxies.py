"""The proxy for a server, from HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY.

httpx does not read them: it cannot parse IPv6 addresses in NO_PROXY, and it sends requests for this
machine, with their token, to a proxy.
"""

from __future__ import annotations

import os
from importlib.util import find_spec
from urllib.parse import SplitResult, unquote, urlsplit

from ld_import.cli.output.sanitize import REDACTOR
from ld_import.errors import UsageError
from ld_import.importer.server import Proxy, is_loopback
from ld_import.no_proxy import is_excluded

SCHEMES = ("http", "https", "socks5", "socks5h")
DEFAULT_PORTS = {"http": 80, "https": 443}


def proxy_for(server_url: str) -> Proxy | None:
    """Return the proxy for a server from the environment, `None` for a direct connection.

    Raises UsageError naming the variable if the proxy cannot be used.
    """
    parts = urlsplit(server_url)
    host = parts.hostname or ""
    if is_loopback(host):
        return None
    # Imported here: it imports half of the HTTP modules of the standard library.
    from urllib.request import getproxies

    proxies = getproxies()
    scheme = next((key for key in (parts.scheme, "all") if proxies.get(key)), None)
    port = parts.port or DEFAULT_PORTS[parts.scheme]
    if scheme is None or is_excluded(host, port, proxies.get("no", "")):
        return None
    return _checked(proxies[scheme].strip(), _variable(scheme))


def _variable(scheme: str) -> str:
    # The lower-case variable has precedence, as in `getproxies`.
    names = (f"{scheme}_proxy", f"{scheme}_proxy".upper())
    return next((name for name in names if os.environ.get(name)), "the system's proxy settings")


def _checked(text: str, variable: str) -> Proxy:
    url = text if "://" in text else f"http://{text}"
    parts = _parts(url)
    if parts is None:
        raise UsageError(
            f"{variable} is not the URL of a proxy: {_shown(url)}",
            hint="write it like http://proxy.example:3128, or add the server to NO_PROXY",
        )
    if parts.scheme.startswith("socks") and find_spec("socksio") is None:
        raise UsageError(
            f"{variable} names a SOCKS proxy, which is not supported: {_shown(url)}",
            hint="name an http:// proxy, or add the server to NO_PROXY",
        )
    if parts.password:
        REDACTOR.add(unquote(parts.password))
    return Proxy(url, f"the proxy {_shown(url)} ({variable})")


def _parts(url: str) -> SplitResult | None:
    try:
        parts = urlsplit(url)
        is_usable = parts.scheme in SCHEMES and parts.hostname and parts.port != 0
        # Host names are sent in this encoding.
        (parts.hostname or "").encode("idna")
    except (ValueError, UnicodeError):
        return None
    is_plain = url.isascii() and url.isprintable() and " " not in url
    return parts if is_usable and is_plain else None


def _shown(url: str) -> str:
    scheme, _, rest = url.partition("://")
    authority = rest.split("/")[0].split("?")[0]
    return f"{scheme}://{authority.rpartition('@')[2]}"
