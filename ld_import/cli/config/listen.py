"""`--listen`: the URL at which the server notifies this run, and the socket bound for it."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import AbstractAsyncContextManager, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from ld_import.cli.options import ImportFlags
from ld_import.cli.output.sanitize import REDACTOR
from ld_import.errors import UsageError
from ld_import.importer.server import is_loopback
from ld_import.importer.spec import ImportSpec

if TYPE_CHECKING:
    import socket

    from ld_import.receiver.app import OnNotice

ANY_ADDRESS = ("", "0.0.0.0", "::")
ADDRESS_HINT = "write it like 192.0.2.7:8080, [2001:db8::7]:8080, or :8080 for every address"
SECRET_BYTES = 32
# As long as a real one, so that a dry run shows the exact sizes.
PLACEHOLDER_SECRET = "x" * len(secrets.token_urlsafe(SECRET_BYTES))


@dataclass(frozen=True, slots=True)
class Address:
    """An address to listen on; the server reaches it at `public_url`, which has no final slash."""

    host: str
    port: int
    public_url: str | None

    def __str__(self) -> str:
        """Return it in the form of `--listen`."""
        return f"{_bracketed(self.host)}:{self.port}"

    def webhook(self, secret: str, port: int | None = None) -> str:
        """Return the URL for the server; `port` is the port that was bound."""
        base = self.public_url or f"http://{_bracketed(self.host)}:{port or self.port}"
        return f"{base}/{secret}"


@dataclass(frozen=True, slots=True)
class Hook:
    """A bound address. The server may be given its URL: connections are queued from now on."""

    listener: socket.socket
    url: str = field(repr=False)
    secret: str = field(repr=False)

    def receiving(self, on_notice: OnNotice) -> AbstractAsyncContextManager[None]:
        """Return a context manager that passes notifications to `on_notice`."""
        from ld_import.receiver.serve import listening

        return listening(self.listener, self.secret, on_notice)


def address_of(options: ImportFlags, spec: ImportSpec) -> Address | None:
    """Return the address to listen on, if any. Raises UsageError if it cannot be used."""
    if options.listen is None:
        if options.public_url is not None:
            raise UsageError(
                "--public-url needs --listen, which is not given",
                hint="add --listen HOST:PORT, or use --webhook for the URL of another receiver",
            )
        return None
    _check_use(options, spec.webhook)
    address = _address_from(options.listen, _public_url(options.public_url))
    if address.public_url is None:
        _check_reach(address, options.listen, spec.target.server)
    return address


@contextmanager
def open_hook(address: Address | None) -> Iterator[Hook | None]:
    """Bind the address for the block. Raises UsageError if that is not possible."""
    if address is None:
        yield None
        return
    _check_libraries()
    try:
        listener = _bound(address)
    except (OSError, UnicodeError) as error:
        raise UsageError(
            f"cannot listen on {address}: {_reason(error)}",
            hint="use a free address of this machine; port 0 selects a free port",
        ) from None
    with listener:
        secret = secrets.token_urlsafe(SECRET_BYTES)
        REDACTOR.add(secret)
        yield Hook(listener, address.webhook(secret, listener.getsockname()[1]), secret)


def _check_use(options: ImportFlags, webhook: str | None) -> None:
    if webhook is not None:
        raise UsageError(
            "--listen cannot be combined with a webhook: a job notifies only one URL",
            hint="omit --listen, or remove the webhook from flags, manifest and ld-import.yaml",
        )
    if options.no_wait:
        raise UsageError(
            "--listen cannot be combined with --no-wait, which does not follow the jobs",
            hint="omit one of them",
        )


def _address_from(text: str, public_url: str | None) -> Address:
    host, colon, port = text.strip().rpartition(":")
    is_bracketed = host.startswith("[") and host.endswith("]")
    name = host[1:-1] if is_bracketed else host
    is_port = port.isascii() and port.isdigit() and int(port[:6]) < 2**16
    if not colon or not is_port or is_bracketed != (":" in name) or "/" in name:
        raise UsageError(f"--listen {text!r} is not HOST:PORT", hint=ADDRESS_HINT)
    return Address(name, int(port), public_url)


def _public_url(text: str | None) -> str | None:
    if text is None:
        return None
    try:
        parts = urlsplit(text)
        is_url = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_url = False
    hint = "write it like https://import.example/hooks; a secret path is appended"
    if not is_url or not text.isprintable() or " " in text:
        raise UsageError(f"--public-url {text!r} is not an http(s) URL", hint=hint)
    if parts.username is not None or "?" in text or "#" in text:
        raise UsageError("--public-url contains more than host and path", hint=hint)
    return text.rstrip("/")


def _check_reach(address: Address, text: str, server_url: str) -> None:
    hint = "add --public-url http://… with the address at which the server reaches this machine"
    if address.host in ANY_ADDRESS:
        raise UsageError(
            f"--listen {text} does not name an address for the server to use", hint=hint
        )
    if is_loopback(address.host) and not is_loopback(urlsplit(server_url).hostname or ""):
        raise UsageError(f"--listen {text} cannot be reached from {server_url}", hint=hint)


def _check_libraries() -> None:
    try:
        import ld_import.receiver.serve  # noqa: F401 - whether it can be imported
    except ModuleNotFoundError as error:
        raise UsageError(
            f"--listen needs {error.name}, which is not installed",
            hint="run: pip install 'ld-import[listen]'",
        ) from None


def _bound(address: Address) -> socket.socket:
    # Imported here: only --listen needs it.
    import socket

    if not address.host and socket.has_dualstack_ipv6():
        return socket.create_server(("", address.port), family=socket.AF_INET6, dualstack_ipv6=True)
    family, _, _, _, name = socket.getaddrinfo(
        address.host or None, address.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )[0]
    return socket.create_server(name, family=family)


def _reason(error: OSError | UnicodeError) -> str:
    import socket

    if isinstance(error, socket.gaierror) or not isinstance(error, OSError):
        return getattr(error, "strerror", "") or "it is not a host name"
    # The exception adds the address to the message of the system.
    return os.strerror(error.errno or 0)


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host
