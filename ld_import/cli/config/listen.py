"""`--listen`: by which URL the server notifies this run, and the socket bound for that."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import AbstractAsyncContextManager, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from ld_import.cli.options import ImportFlags
from ld_import.cli.output.sanitize import SECRETS
from ld_import.errors import UsageError
from ld_import.importer.server import is_loopback
from ld_import.importer.spec import ImportSpec

if TYPE_CHECKING:
    import socket

    from ld_import.receiver.app import OnNotice

ANY_ADDRESS = ("", "0.0.0.0", "::")
LIKE = "write it like 192.0.2.7:8080, [2001:db8::7]:8080, or :8080 for every address"
SECRET_BYTES = 32
# As long as a real one, so that a dry run shows true sizes.
PLACEHOLDER_SECRET = "x" * len(secrets.token_urlsafe(SECRET_BYTES))


@dataclass(frozen=True, slots=True)
class Address:
    """Where to listen; `public_url`, without a slash at its end, where the server finds it."""

    host: str
    port: int
    public_url: str | None

    def __str__(self) -> str:
        """Write it as `--listen` takes it."""
        return f"{_bracketed(self.host)}:{self.port}"

    def webhook(self, secret: str, port: int | None = None) -> str:
        """Return the URL that leads here, with the port that was bound."""
        base = self.public_url or f"http://{_bracketed(self.host)}:{port or self.port}"
        return f"{base}/{secret}"


@dataclass(frozen=True, slots=True)
class Hook:
    """A bound address: the server may be told its URL, and connections wait there."""

    listener: socket.socket
    url: str = field(repr=False)
    secret: str = field(repr=False)

    def receiving(self, on_notice: OnNotice) -> AbstractAsyncContextManager[None]:
        """Return what hands notifications to `on_notice` while it is entered."""
        from ld_import.receiver.serve import listening

        return listening(self.listener, self.secret, on_notice)


def address_of(options: ImportFlags, spec: ImportSpec) -> Address | None:
    """Return the address to listen on, if any. Raises UsageError for one that cannot be used."""
    if options.listen is None:
        if options.public_url is not None:
            raise UsageError(
                "--public-url is the URL of --listen, which is not given",
                hint="add --listen HOST:PORT, or give the URL of another receiver by --webhook",
            )
        return None
    _check_use(options, spec.webhook)
    address = _address_from(options.listen, _public_url(options.public_url))
    if address.public_url is None:
        _check_reach(address, options.listen, spec.target.server)
    return address


@contextmanager
def open_hook(address: Address | None) -> Iterator[Hook | None]:
    """Bind the address while the block runs. Raises UsageError when that is not possible."""
    if address is None:
        yield None
        return
    _check_libraries()
    try:
        listener = _bound(address)
    except (OSError, UnicodeError) as error:
        raise UsageError(
            f"cannot listen on {address}: {_reason(error)}",
            hint="give --listen a free address of this machine; port 0 takes a free port",
        ) from None
    with listener:
        secret = secrets.token_urlsafe(SECRET_BYTES)
        SECRETS.keep(secret)
        yield Hook(listener, address.webhook(secret, listener.getsockname()[1]), secret)


def _check_use(options: ImportFlags, webhook: str | None) -> None:
    if webhook is not None:
        raise UsageError(
            "a job notifies one URL: --listen cannot be used beside a webhook",
            hint="omit --listen, or the webhook of flag, manifest or ld-import.yaml",
        )
    if options.no_wait:
        raise UsageError(
            "--listen is of no use with --no-wait, which leaves the jobs to the next run",
            hint="omit one of them",
        )


def _address_from(text: str, public_url: str | None) -> Address:
    host, colon, port = text.strip().rpartition(":")
    is_bracketed = host.startswith("[") and host.endswith("]")
    name = host[1:-1] if is_bracketed else host
    is_port = port.isascii() and port.isdigit() and int(port[:6]) < 2**16
    if not colon or not is_port or is_bracketed != (":" in name) or "/" in name:
        raise UsageError(f"--listen {text!r} is not HOST:PORT", hint=LIKE)
    return Address(name, int(port), public_url)


def _public_url(text: str | None) -> str | None:
    if text is None:
        return None
    try:
        parts = urlsplit(text)
        is_url = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_url = False
    hint = "write it like https://import.example/hooks; a secret path is added to it"
    if not is_url or not text.isprintable() or " " in text:
        raise UsageError(f"--public-url {text!r} is not an http(s) URL", hint=hint)
    if parts.username is not None or "?" in text or "#" in text:
        raise UsageError("--public-url has more than host and path", hint=hint)
    return text.rstrip("/")


def _check_reach(address: Address, text: str, server_url: str) -> None:
    hint = "say by --public-url http://… how the server reaches this machine"
    if address.host in ANY_ADDRESS:
        raise UsageError(f"--listen {text} is every address, none to tell the server", hint=hint)
    if is_loopback(address.host) and not is_loopback(urlsplit(server_url).hostname or ""):
        raise UsageError(f"--listen {text} is out of reach for {server_url}", hint=hint)


def _check_libraries() -> None:
    try:
        import ld_import.receiver.serve  # noqa: F401 - whether it can be imported
    except ModuleNotFoundError as error:
        raise UsageError(
            f"--listen needs {error.name}, which is not installed",
            hint="pip install 'ld-import[listen]'",
        ) from None


def _bound(address: Address) -> socket.socket:
    # Without --listen nobody waits for it to load.
    import socket

    if not address.host and socket.has_dualstack_ipv6():
        every = ("", address.port)
        return socket.create_server(every, family=socket.AF_INET6, dualstack_ipv6=True)
    family, _, _, _, place = socket.getaddrinfo(
        address.host or None, address.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )[0]
    return socket.create_server(place, family=family)


def _reason(error: OSError | UnicodeError) -> str:
    import socket

    if isinstance(error, socket.gaierror) or not isinstance(error, OSError):
        return getattr(error, "strerror", "") or "this is no name of a host"
    # Python adds to the system's own words which address it was.
    return os.strerror(error.errno or 0)


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host
