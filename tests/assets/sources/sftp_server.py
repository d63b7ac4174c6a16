"""An SFTP server on loopback in the test process: the server of asyncssh, which tests can break."""

from __future__ import annotations

import asyncio
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncssh

USER, PASSWORD = "archive", "the-password-of-the-test"


@dataclass
class Served:
    """The server: its folder, files with keys, and faults.

    Each of `cuts` is a number of bytes after which a connection is closed. `opened` are the paths
    of opened files, `logins` counts logins.
    """

    folder: Path
    home: Path
    port: int = 0
    cuts: list[int] = field(default_factory=list)
    opened: list[str] = field(default_factory=list)
    logins: int = 0
    server: Any = None

    @property
    def url(self) -> str:
        return f"sftp://127.0.0.1:{self.port}"


class Login(asyncssh.SSHServer):
    """Accepts one user with one password or key."""

    def __init__(self, served):
        self._served = served

    def begin_auth(self, username):
        return True

    def password_auth_supported(self):
        return True

    def validate_password(self, username, password):
        is_valid = (username, password) == (USER, PASSWORD)
        self._served.logins += is_valid
        return is_valid

    def public_key_auth_supported(self):
        return True

    def validate_public_key(self, username, key):
        known = asyncssh.read_public_key(self._served.home / "user_key.pub")
        return username == USER and key == known


class Files(asyncssh.SFTPServer):
    """The folder; a connection ends when the bytes of the next cut were sent."""

    def __init__(self, channel, served):
        super().__init__(channel, chroot=str(served.folder).encode())
        self._served = served
        self._connection = channel.get_connection()
        self._sent = 0

    def open(self, path, pflags, attrs):
        self._served.opened.append(path.decode())
        return super().open(path, pflags, attrs)

    def read(self, file_obj, offset, size):
        cuts = self._served.cuts
        self._sent += size
        if cuts and self._sent > cuts[0]:
            cuts.pop(0)
            self._connection.abort()
            return b""
        return super().read(file_obj, offset, size)


def make_keys(home):
    """Write a host key, a user key and the known hosts of a test run."""
    for name in ("host_key", "user_key"):
        key = asyncssh.generate_private_key("ssh-ed25519")
        key.write_private_key(home / name)
        key.write_public_key(home / f"{name}.pub")


@contextmanager
def running_server(folder, home):
    """Serve a folder until the block ends; `home` has the keys."""
    served = Served(folder, home)
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()

    async def start():
        served.server = await asyncssh.listen(
            "127.0.0.1",
            served.port,
            server_host_keys=[home / "host_key"],
            server_factory=lambda: Login(served),
            sftp_factory=lambda channel: Files(channel, served),
            config=[],
        )
        served.port = served.server.get_port()

    async def stop():
        served.server.close()
        await served.server.wait_closed()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        await asyncio.wait(others, timeout=2) if others else None

    def call(coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, loop).result()

    call(start())
    key = (home / "host_key.pub").read_text()
    (home / "known_hosts").write_text(f"[127.0.0.1]:{served.port} {key}")
    try:
        yield served
    finally:
        call(stop())
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
