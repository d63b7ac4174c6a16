"""The way to a server step by step: name, connection and certificate; no request is sent.

Every step raises ServerUnavailable with its own hint, and ends within seconds.
"""

from __future__ import annotations

import base64
import os
import socket
import ssl
import threading
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import SplitResult, unquote, urlsplit

from ld_import.api.connection_hints import connection_hint, tls_hint, tls_reason
from ld_import.errors import ServerUnavailable
from ld_import.importer.certificates import trust_for
from ld_import.importer.server import Server

STEP_SECONDS = 10.0
DEFAULT_PORTS = {"http": 80, "https": 443}
LONGEST_PROXY_ANSWER_BYTES = 16_384
PROXY_HINT = "check the proxy that is named, or add the server to NO_PROXY"

# As returned by `socket.getaddrinfo`.
Address = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Certificate:
    """The certificate of a server. `issuer` is the name of the authority that signed it."""

    names: tuple[str, ...]
    issuer: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A host and a port to connect to."""

    host: str
    port: int


def endpoint_of(server: Server) -> Endpoint:
    """Return the endpoint to connect to: the server's, or that of its proxy."""
    return _endpoint(urlsplit(server.proxy.url if server.proxy else server.url))


def look_up(endpoint: Endpoint) -> list[Address]:
    """Return the addresses of a host. Raises ServerUnavailable."""
    found: list[Address] = []
    raised: list[OSError | UnicodeError] = []

    def ask() -> None:
        try:
            found.extend(socket.getaddrinfo(endpoint.host, endpoint.port, type=socket.SOCK_STREAM))
        except (OSError, UnicodeError) as error:
            raised.append(error)

    # The resolver of the system has no time limit that a program can set.
    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    thread.join(STEP_SECONDS)
    if found:
        return found
    cause = raised[0] if raised else socket.gaierror(socket.EAI_AGAIN, "no answer in time")
    reason = cause.strerror if isinstance(cause, OSError) else "it is not a host name"
    raise _unavailable(f"the name {endpoint.host} is not known ({reason})", cause, endpoint)


def open_connection(addresses: list[Address], endpoint: Endpoint) -> socket.socket:
    """Connect to the first address that accepts it. Raises ServerUnavailable."""
    last: OSError = OSError("no address")
    for family, kind, protocol, _, name in addresses:
        opened = socket.socket(family, kind, protocol)
        opened.settimeout(STEP_SECONDS / len(addresses))
        try:
            opened.connect(name)
        except OSError as error:
            opened.close()
            last = error
        else:
            opened.settimeout(STEP_SECONDS)
            return opened
    reason = "no answer in time" if isinstance(last, TimeoutError) else _words(last)
    raise _unavailable(f"{endpoint.host}, port {endpoint.port}: {reason}", last, endpoint)


def open_tunnel(opened: socket.socket, server: Server) -> None:
    """Let an HTTP proxy connect to the server. Raises ServerUnavailable with the proxy's answer."""
    target = _endpoint(urlsplit(server.url))
    name = f"[{target.host}]" if ":" in target.host else target.host
    proxy = urlsplit(server.proxy.url if server.proxy else "")
    lines = [
        f"CONNECT {name}:{target.port} HTTP/1.1",
        f"Host: {name}:{target.port}",
        *_proxy_credentials(proxy),
        "\r\n",
    ]
    try:
        opened.sendall("\r\n".join(lines).encode())
        answer = _until_blank_line(opened)
    except OSError as error:
        raise ServerUnavailable(
            f"the proxy does not answer: {_words(error)}", is_declined=True, hint=PROXY_HINT
        ) from None
    status = answer.split(b"\r\n")[0].decode("ascii", "replace")
    if status.split()[1:2] != ["200"]:
        raise ServerUnavailable(
            f"the proxy refuses a connection to {target.host}: {status[:100] or 'no answer'}",
            is_declined=True,
            hint=PROXY_HINT,
        )


def read_certificate(opened: socket.socket, server: Server) -> Certificate | None:
    """Complete a TLS handshake and return the certificate; `None` if it is not checked.

    Raises ServerUnavailable, and UsageError for certificate authorities that cannot be used.
    """
    trust = trust_for(server.url, server.ca_file, is_insecure=server.is_insecure)
    context = trust if isinstance(trust, ssl.SSLContext) else _unchecked()
    host = urlsplit(server.url).hostname or ""
    try:
        with context.wrap_socket(opened, server_hostname=host) as secure:
            found: Any = secure.getpeercert()
    except ssl.SSLError as error:
        raise ServerUnavailable(
            f"no secure connection to {host}: {tls_reason(error)}",
            is_declined=True,
            hint=tls_hint(error),
        ) from None
    except OSError as error:
        raise ServerUnavailable(
            f"no secure connection to {host}: {_words(error)}", is_declined=True
        ) from None
    return _certificate(found) if found else None


def _endpoint(parts: SplitResult) -> Endpoint:
    return Endpoint(parts.hostname or "", parts.port or DEFAULT_PORTS.get(parts.scheme, 80))


def _unavailable(message: str, cause: BaseException, endpoint: Endpoint) -> ServerUnavailable:
    hint = connection_hint(cause, endpoint.host, endpoint.port)
    return ServerUnavailable(message, is_declined=True, hint=hint)


def _words(error: OSError) -> str:
    if isinstance(error, TimeoutError):
        return "no answer in time"
    return os.strerror(error.errno).lower() if error.errno else "the connection broke"


def _proxy_credentials(proxy: SplitResult) -> list[str]:
    if proxy.username is None:
        return []
    pair = f"{unquote(proxy.username)}:{unquote(proxy.password or '')}"
    return [f"Proxy-Authorization: Basic {base64.b64encode(pair.encode()).decode()}"]


def _until_blank_line(opened: socket.socket) -> bytes:
    answer = b""
    while b"\r\n\r\n" not in answer and len(answer) < LONGEST_PROXY_ANSWER_BYTES:
        part = opened.recv(1024)
        if not part:
            break
        answer += part
    return answer


def _unchecked() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def _certificate(found: dict[str, Any]) -> Certificate:
    issuer = dict(pair for part in found.get("issuer", ()) for pair in part)
    expires_at = datetime.fromtimestamp(ssl.cert_time_to_seconds(found["notAfter"]), UTC)
    return Certificate(
        names=tuple(str(name) for _, name in found.get("subjectAltName", ())),
        issuer=issuer.get("organizationName") or issuer.get("commonName") or "an unnamed authority",
        expires_at=expires_at,
    )
