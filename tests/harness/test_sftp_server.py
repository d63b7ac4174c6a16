"""The SFTP server of the tests serves files to authenticated clients."""

from __future__ import annotations

import asyncio
import os

import pytest

asyncssh = pytest.importorskip("asyncssh")


def read(folder, path, **options):
    """Return the bytes of a file of the server and its attributes."""

    async def read():
        given = {
            "host": folder.host,
            "port": folder.port,
            "username": folder.user,
            "known_hosts": str(folder.known_hosts_path),
            "client_keys": None,
            "config": None,
        }
        async with (
            asyncssh.connect(**(given | options)) as connection,
            connection.start_sftp_client() as client,
            client.open(f"{folder.name}/{path}", "rb") as file,
        ):
            return await file.read(), await file.stat()

    return asyncio.run(read())


def test_password_and_key(sftp_folder):
    """A file is read with a password or with a key; size and time of it are known."""
    (sftp_folder.local / "a ü.jpg").write_bytes(b"picture")
    os.utime(sftp_folder.local / "a ü.jpg", (1_800_000_000, 1_800_000_000))

    for options in (
        {"password": sftp_folder.password},
        {"client_keys": [str(sftp_folder.key_path)]},
    ):
        body, attributes = read(sftp_folder, "a ü.jpg", **options)

        assert body == b"picture"
        assert attributes.size == 7
        assert attributes.mtime == 1_800_000_000


def test_changed_file(sftp_folder):
    """A change is seen at once."""
    for body in (b"one", b"another"):
        (sftp_folder.local / "a").write_bytes(body)

        assert read(sftp_folder, "a", password=sftp_folder.password)[0] == body


def test_refusals(sftp_folder, tmp_path):
    """A wrong password is refused, and so is a server whose key is not the known one."""
    with pytest.raises(asyncssh.PermissionDenied):
        read(sftp_folder, "a", password="wrong")
    with pytest.raises(asyncssh.SFTPNoSuchFile):
        read(sftp_folder, "a", password=sftp_folder.password)
    other = tmp_path / "known_hosts"
    line = sftp_folder.known_hosts_path.read_text().split()[0]
    key = asyncssh.generate_private_key("ssh-ed25519").export_public_key().decode()
    other.write_text(f"{line} {key}")
    with pytest.raises(asyncssh.HostKeyNotVerifiable):
        read(sftp_folder, "a", password=sftp_folder.password, known_hosts=str(other))


def test_url(sftp_folder):
    """The URL names user, port and folder, but never the password."""
    assert sftp_folder.url == f"{sftp_folder.host_url}/{sftp_folder.name}"
    assert sftp_folder.password not in sftp_folder.url
