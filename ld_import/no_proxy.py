"""The hosts that NO_PROXY excludes: names, domains, addresses, networks and ports."""

from __future__ import annotations

import ipaddress


def is_excluded(host: str, port: int, no_proxy: str) -> bool:
    """Return whether a list of hosts, as in NO_PROXY, contains this one."""
    entries = no_proxy.replace(",", " ").split()
    return any(_covers(entry.lower(), host.lower().rstrip("."), port) for entry in entries)


def _covers(entry: str, host: str, port: int) -> bool:
    if entry == "*":
        return True
    network = _network(entry)
    if network is not None:
        address = _address(host)
        return address is not None and address in network
    name, given_port = _split(entry.rpartition("://")[2])
    if given_port and given_port != str(port):
        return False
    if _address(name) is not None:
        return _address(name) == _address(host)
    name = name.removeprefix("*").removeprefix(".")
    return bool(name) and (host == name or host.endswith(f".{name}"))


def _split(entry: str) -> tuple[str, str]:
    """Return name and port of `host`, `host:8080`, `[::1]` or `[::1]:8080`."""
    if entry.startswith("["):
        name, _, rest = entry[1:].partition("]")
        return name, rest.removeprefix(":")
    name, _, port = entry.partition(":")
    return name, port


def _network(entry: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    """Return `fe80::/10`, `::1` or `10.0.0.0/8` as a network; `None` for any other text."""
    try:
        return ipaddress.ip_network(entry, strict=False)
    except ValueError:
        return None


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return None
