"""Meanings of the errors of asyncssh: of one file, of the login, or of the server."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager

from ld_import.assets.base import FileProblem
from ld_import.assets.sources.location import shown, unreadable
from ld_import.assets.sources.retry import Transient
from ld_import.assets.sources.sftp_hosts import SftpHost
from ld_import.errors import LdImportError, StorageRefused, StorageUnavailable, UsageError
from ld_import.wording import shorten


class SftpMissing(FileProblem):
    """The file does not exist under this path."""


class HostAway(Transient):
    """The server cannot be reached; carries the error to raise after the last attempt."""

    def __init__(self, error: LdImportError | FileProblem) -> None:
        """Store the error."""
        super().__init__(str(error))
        self.error = error


@contextmanager
def translated(source: str) -> Iterator[None]:
    """Raise errors of an open connection as ours; a Transient if the connection was lost."""
    import asyncssh

    try:
        yield
    except (asyncssh.SFTPNoSuchFile, asyncssh.SFTPNoSuchPath, asyncssh.SFTPNotADirectory):
        raise SftpMissing(str(unreadable(source, "the file does not exist"))) from None
    except (asyncssh.SFTPPermissionDenied, asyncssh.SFTPWriteProtect):
        raise unreadable(source, "permission denied") from None
    except (asyncssh.SFTPConnectionLost, asyncssh.SFTPNoConnection):
        raise _lost(source) from None
    except asyncssh.SFTPError as error:
        why = f"the server reports {shorten(error.reason)}" if error.reason else "the server failed"
        raise unreadable(source, why) from None
    except (asyncssh.Error, TimeoutError, OSError):
        raise _lost(source) from None


@contextmanager
def translated_connect(source: str, host: SftpHost) -> Iterator[None]:
    """Raise errors of a new connection as ours; a HostAway if a later attempt may succeed."""
    import asyncssh

    try:
        yield
    except asyncssh.HostKeyNotVerifiable:
        raise _wrong_key(host) from None
    except asyncssh.PermissionDenied:
        raise StorageRefused(f"the SFTP server {host.shown} refuses the login{_as(host)}") from None
    except socket.gaierror as error:
        why = f"the name of the host is unknown ({(error.strerror or 'no address').lower()})"
        raise HostAway(unreadable(source, why)) from None
    except (TimeoutError, asyncssh.TimeoutError):
        raise _away(host, "no answer in time") from None
    except OSError as error:
        raise _away(host, _text_of(error)) from None
    except asyncssh.Error as error:
        raise _away(host, shorten(error.reason or "the connection failed")) from None


def _lost(source: str) -> Transient:
    return Transient(str(unreadable(source, "the server closed the connection before the end")))


def _away(host: SftpHost, why: str) -> HostAway:
    return HostAway(StorageUnavailable(f"the SFTP server {host.shown} cannot be reached: {why}"))


def _text_of(error: OSError) -> str:
    import os

    # asyncio joins the errors of all addresses to one without a number.
    return os.strerror(error.errno).lower() if error.errno else "no connection"


def _as(host: SftpHost) -> str:
    return f" of `{shorten(host.user)}`" if host.user else ""


def _wrong_key(host: SftpHost) -> UsageError:
    return UsageError(
        f"the host key of the SFTP server {host.shown} is not the known one, or no key is known",
        hint=(
            "compare its key with that of the server's operator, then store it in known_hosts:"
            f" ssh-keyscan -p {host.port} {host.host}"
        ),
    )


def missing(source: str) -> SftpMissing:
    """Return the problem of a file that exists under none of its spellings."""
    return SftpMissing(f"{shown(source)} cannot be read: the file does not exist")
