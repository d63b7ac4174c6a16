"""The proxy for a URL: HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY of this process.

A worker on another machine uses those of its own environment.
"""

from __future__ import annotations

from functools import lru_cache

from ld_import.assets.sources.addresses import address_of
from ld_import.no_proxy import is_excluded


@lru_cache(1_000)
def proxy_for(scheme: str, host: str, port: int) -> str | None:
    """Return the URL of the proxy, `None` for a direct connection."""
    if _is_loopback(host):
        return None
    # Imported here: it imports half of the HTTP modules of the standard library.
    from urllib.request import getproxies

    proxies = getproxies()
    proxy = proxies.get(scheme) or proxies.get("all")
    if not proxy or is_excluded(host, port, proxies.get("no", "")):
        return None
    proxy = proxy.strip()
    return proxy if "://" in proxy else f"http://{proxy}"


def _is_loopback(host: str) -> bool:
    address = address_of(host)
    if address is None:
        return host == "localhost" or host.endswith(".localhost")
    return address.is_loopback
