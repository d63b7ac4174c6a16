"""The parts of a URL that the checks compare; no text raises an error."""

from __future__ import annotations

import re
from typing import NamedTuple
from urllib.parse import unquote

# RFC 3986, appendix B; a text that is not a URL has no host.
_split = re.compile(
    r"(?:([A-Za-z][A-Za-z0-9+.-]*):)?(?://([^/?#]*))?([^?#]*)(?:\?([^#]*))?(?:#.*)?", re.DOTALL
).fullmatch


class Address(NamedTuple):
    """The parts of a URL: scheme and host in lower case, a host without brackets and port.

    `user` is the part before `@`, which may contain a password.
    """

    scheme: str
    user: str
    host: str
    path: str
    query: str

    @property
    def ending(self) -> str:
        """The ending of the file's name in lower case, without its dot; may be empty."""
        name = unquote(self.path.rpartition("/")[2])
        stem, _, ending = name.rpartition(".")
        return ending.lower() if stem else ""


def address_of(url: str) -> Address:
    """Return the parts of a URL."""
    match = _split(url)
    scheme, authority, path, query = match.groups("") if match else ("", "", url, "")
    user, _, host_port = authority.rpartition("@")
    host = _without_port(host_port).lower().rstrip(".")
    return Address(scheme.lower(), user, host, path, query)


def _without_port(host_port: str) -> str:
    if host_port.startswith("["):
        return host_port[1:].partition("]")[0]
    return host_port.partition(":")[0]
