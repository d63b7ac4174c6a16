"""IP addresses that a manifest must not reach: private ones, and those of cloud metadata."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Sequence

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

# Services that hand out the credentials of a machine; no permission includes them.
METADATA = frozenset(
    ipaddress.ip_address(text)
    for text in (
        "169.254.169.254",  # AWS, Google, Azure, Oracle, and most others
        "169.254.170.2",  # AWS ECS
        "169.254.170.23",  # AWS EKS
        "fd00:ec2::254",  # AWS
        "fd00:ec2::23",  # AWS EKS
        "fd20:ce::254",  # Google
        "100.100.100.200",  # Alibaba
        "168.63.129.16",  # Azure; a public address
        "192.0.0.192",  # Oracle
    )
)
# IPv6 networks whose addresses contain an IPv4 address in the last 32 bits.
WRAPPING = tuple(ipaddress.ip_network(text) for text in ("::ffff:0:0/96", "64:ff9b::/96", "::/96"))
# Tunnels, and networks for use inside a site only.
UNROUTED = tuple(
    ipaddress.ip_network(text)
    for text in ("2002::/16", "2001::/32", "64:ff9b:1::/48", "fec0::/10", "100.64.0.0/10")
)


def address_of(text: str) -> Address | None:
    """Return an address without the zone of IPv6; `None` for a name."""
    try:
        return ipaddress.ip_address(text.partition("%")[0].strip("[]"))
    except ValueError:
        return None


def is_permitted(address: Address, *, allow_private: bool) -> bool:
    """Return whether files may be read from this address."""
    address = _unwrapped(address)
    if address in METADATA:
        return False
    if allow_private:
        return not address.is_multicast
    if any(address in network for network in UNROUTED):
        return False
    return address.is_global and not address.is_multicast


def resolve(host: str, port: int) -> Sequence[str]:
    """Return the addresses of a host, in the order of the resolver. Raises OSError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def permitted(addresses: Sequence[str], *, allow_private: bool) -> list[str]:
    """Return the addresses from which files may be read."""
    parsed = ((text, address_of(text)) for text in addresses)
    return [
        text
        for text, address in parsed
        if address is not None and is_permitted(address, allow_private=allow_private)
    ]


def _unwrapped(address: Address) -> Address:
    if isinstance(address, ipaddress.IPv6Address) and not address.is_loopback:
        for network in WRAPPING:
            if address in network:
                return ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF)
    return address
