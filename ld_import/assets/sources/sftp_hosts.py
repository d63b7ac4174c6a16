"""SFTP servers: host keys, logins, and one connection for each server and user of this process."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import unquote

from ld_import.assets.base import FileProblem, SourceRules, SourceSettings
from ld_import.assets.sources.credentials import password_of
from ld_import.assets.sources.event_loop import EventLoop
from ld_import.assets.sources.location import DEFAULT_PORTS, parts_of, settings_for, shown
from ld_import.errors import UsageError

CONNECT_SECONDS = 15
LOGIN_SECONDS = 30
# A server that answers nothing for this time is away.
KEEPALIVE_SECONDS = 15
KEEPALIVE_COUNT = 3
KNOWN_HOSTS = ("~/.ssh/known_hosts", "~/.ssh/known_hosts2", "/etc/ssh/ssh_known_hosts")

loop = EventLoop()


class SftpHost(NamedTuple):
    """A server with the user that logs in; `user` is empty for that of this machine."""

    host: str
    port: int
    user: str
    settings: SourceSettings

    @property
    def shown(self) -> str:
        """The name and the port for messages."""
        return self.host if self.port == DEFAULT_PORTS["sftp"] else f"{self.host}:{self.port}"


class SftpPlace(NamedTuple):
    """A file of a server. The path begins with `/`, or with `~/` for the folder of the user."""

    host: SftpHost
    path: str


class _Connected(NamedTuple):
    connection: Any
    client: Any


_connected: dict[SftpHost, _Connected] = {}
_connecting: dict[SftpHost, asyncio.Lock] = {}


def place_of(source: str, rules: SourceRules) -> SftpPlace:
    """Return the server and path of a URL. Raises FileProblem for one without them.

    The path is written as it is: `#` and `?` have no meaning. A URL may name the user, but not the
    password.
    """
    parts = parts_of(source, allow_user=True)
    _, _, rest = source.partition("://")
    path = rest[rest.find("/") :] if "/" in rest else ""
    if path.strip("/") in ("", "~") or path.endswith("/"):
        raise FileProblem(f"{shown(source)} does not name a file")
    settings = settings_for(source, rules)
    if settings is None:
        # Otherwise a manifest could read every host to which the user's SSH agent has access.
        raise FileProblem(
            f"{shown(source)} is not below the `url` of an entry of `sources:` in ld-import.yaml;"
            " files of SFTP servers need one"
        )
    user = settings.user or unquote(parts.username or "")
    port = parts.port or DEFAULT_PORTS["sftp"]
    host = SftpHost(parts.hostname or "", port, user, settings)
    return SftpPlace(host, path.removeprefix("/") if path.startswith("/~/") else path)


async def client_of(host: SftpHost) -> Any:
    """Return the client of the open connection to a server, or connect.

    Raises errors of the library, OSError, and UsageError for settings that cannot be used.
    """
    async with _connecting.setdefault(host, asyncio.Lock()):
        known = _connected.get(host)
        if known is None or known.connection.is_closed():
            known = await _connect(host)
            _connected[host] = known
        return known.client


def disconnect(host: SftpHost) -> None:
    """Forget a lost connection; called in the thread of the loop."""
    known = _connected.pop(host, None)
    if known is not None:
        known.connection.abort()


def close_connections() -> None:
    """Close all connections and end the thread."""
    if _connected:
        loop.run(_close())
    _connecting.clear()
    loop.stop()


async def _close() -> None:
    for known in list(_connected.values()):
        known.client.exit()
        known.connection.close()
        await known.connection.wait_closed()
    _connected.clear()


async def _connect(host: SftpHost) -> _Connected:
    import asyncssh

    # Everything is an error of ours, or is tried again.
    asyncssh.set_log_level("CRITICAL")
    connection = await asyncssh.connect(
        host.host,
        host.port,
        # The user's own configuration may start programs with the name of the host.
        config=None,
        known_hosts=_known_hosts(host),
        connect_timeout=CONNECT_SECONDS,
        login_timeout=LOGIN_SECONDS,
        keepalive_interval=KEEPALIVE_SECONDS,
        keepalive_count_max=KEEPALIVE_COUNT,
        **_login(host),
    )
    try:
        return _Connected(connection, await connection.start_sftp_client())
    except BaseException:
        connection.abort()
        raise


def _login(host: SftpHost) -> dict[str, Any]:
    settings = host.settings
    login: dict[str, Any] = {"username": host.user} if host.user else {}
    password = password_of(settings)
    if settings.key_file:
        key = _key(settings.key_file, password, settings.name)
        return {**login, "client_keys": [key], "agent_path": None, "password": password}
    if password is not None:
        # Other keys would use up the attempts that the server permits.
        return {**login, "client_keys": None, "agent_path": None, "password": password}
    return login


def _key(path: Path, passphrase: str | None, name: str) -> Any:
    import asyncssh

    try:
        return asyncssh.read_private_key(path, passphrase)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
    # ValueError: one of its subclasses, for a passphrase that is missing or wrong.
    except (asyncssh.KeyImportError, asyncssh.KeyEncryptionError, ValueError):
        reason = "it is not a private key, or its passphrase is not that of passwordFile"
    raise UsageError(
        f"keyFile of the source `{name}` cannot be used, {path}: {reason}",
        hint="correct it in ld-import.yaml",
    )


def _known_hosts(host: SftpHost) -> Any:
    import asyncssh

    named = host.settings.known_hosts
    paths = [named] if named else [Path(name).expanduser() for name in KNOWN_HOSTS]
    existing = [path for path in paths if path.is_file()]
    if not existing:
        raise UsageError(
            f"there are no known host keys to check {host.shown} with: {paths[0]} does not exist",
            hint=f"store its key there: ssh-keyscan -p {host.port} {host.host}; compare it first",
        )
    try:
        return asyncssh.read_known_hosts([str(path) for path in existing])
    except (OSError, ValueError) as error:
        raise UsageError(
            f"the known host keys in {existing[0]} cannot be read: {error}",
            hint="correct the file, or name another one in `knownHosts`",
        ) from None
