"""A local folder as a storage."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from ld_import.assets.base import FileProblem
from ld_import.assets.storage import open_storage, store_file
from ld_import.assets.storages import new_file
from ld_import.errors import StorageRefused, StorageUnavailable, UsageError
from tests.assets.storages.contract import StorageContract
from tests.assets.storages.makers import make_body, make_settings


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "media files"
    folder.mkdir()
    return folder


@pytest.fixture
def storage(folder):
    return open_storage(make_settings(url=f"file:{folder}"))


@pytest.fixture
def names(folder):
    def found():
        return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())

    return found


class TestFolder(StorageContract):
    """A folder keeps the contract."""


class TestFolderOfAnotherSystem(StorageContract):
    """The contract where a file needs a name from the start."""

    @pytest.fixture(autouse=True)
    def without_proc(self, monkeypatch):
        """Linux has names for open files; other systems do not."""
        monkeypatch.setattr(new_file, "OPENED_FILES", "/proc/none")


@pytest.mark.parametrize("form", ["file://{}", "file:{}", "{}"])
def test_forms_of_the_url(tmp_path, form):
    """A folder is a `file:` URL or a path; a URL with two slashes has escapes."""
    folder = tmp_path / "a b"
    folder.mkdir()
    text = str(folder).replace(" ", "%20") if "//" in form else str(folder)

    open_storage(make_settings(url=form.format(text))).put("x.jpg", make_body(b"1"))

    assert (folder / "x.jpg").read_bytes() == b"1"


def test_web_server_may_read(storage, folder):
    """Files and folders are readable for everybody, whatever the umask is."""
    old = os.umask(0o077)
    try:
        storage.put("a/b.jpg", make_body(b"1"))
    finally:
        os.umask(old)

    assert (folder / "a/b.jpg").stat().st_mode & 0o777 == 0o644
    assert (folder / "a").stat().st_mode & 0o777 == 0o755


def test_missing_folder(tmp_path):
    """A folder that is missing, as one on a disk that is not mounted, is never created."""
    storage = open_storage(make_settings(url=f"file:{tmp_path / 'none'}"))

    for call in (storage.check, lambda: storage.put("a.jpg", make_body(b"1"))):
        with pytest.raises(UsageError, match="has no folder"):
            call()
    assert not (tmp_path / "none").exists()


def test_link_out_of_the_folder(storage, folder, tmp_path):
    """A symbolic link in the folder does not lead a file out of it."""
    outside = tmp_path / "outside"
    outside.mkdir()
    (folder / "a").symlink_to(outside)

    with pytest.raises(FileProblem, match="leads the key `a/b.jpg` out of the folder"):
        storage.put("a/b.jpg", make_body(b"1"))

    assert list(outside.iterdir()) == []


@pytest.mark.parametrize("key", ["a/b.jpg", "c" * 300])
def test_key_without_room(storage, folder, key):
    """A file where a folder must be, or a name that is too long, fails one item."""
    (folder / "a").write_bytes(b"")

    with pytest.raises(FileProblem, match="cannot have the key"):
        storage.put(key, make_body(b"1"))


@pytest.mark.parametrize(
    ("number", "error"),
    [
        (errno.ENOSPC, StorageUnavailable),
        (errno.EIO, StorageUnavailable),
        (errno.EACCES, StorageRefused),
        (errno.EROFS, StorageRefused),
    ],
)
def test_errors_of_the_disk(storage, names, monkeypatch, number, error):
    """A full or broken disk ends the run, as a storage that is away; so does a refusal."""

    def fail(*_given):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", fail)

    with pytest.raises(error, match=os.strerror(number)):
        storage.put("a.jpg", make_body(b"1"))
    assert names() == []


def test_file_system_without_links(storage, names, monkeypatch):
    """Without links the name is reserved first, and still nothing is replaced."""

    def fail(*_given, **_options):
        raise OSError(errno.EPERM, "no links")

    monkeypatch.setattr(os, "link", fail)
    monkeypatch.setattr(new_file, "OPENED_FILES", "/proc/none")

    store_file(storage, "a.jpg", make_body(b"1"), verify="get")
    with pytest.raises(FileProblem, match="another object"):
        storage.put("a.jpg", make_body(b"2"))

    assert names() == ["a.jpg"]
    assert b"".join(storage.read("a.jpg")) == b"1"


def test_file_system_without_attributes(storage, monkeypatch):
    """Where the owner of a file cannot be noted, nothing of an item is replaced."""

    def fail(*_given):
        raise OSError(errno.ENOTSUP, "no attributes")

    monkeypatch.setattr(os, "setxattr", fail)
    body = make_body(b"1", owner="mine")
    storage.put("a.jpg", body)

    assert storage.put("a.jpg", body, may_replace=True).sent_bytes == 0
    with pytest.raises(FileProblem, match="another object"):
        storage.put("a.jpg", make_body(b"2", owner="mine"), may_replace=True)


def test_killed_writer_leaves_nothing(folder):
    """A process that dies in the middle of a file leaves no file."""
    pid = os.fork()
    if not pid:
        with new_file.new_file(folder) as file:
            file.write(iter([b"1" * 1000]))
            os._exit(0)
    os.waitpid(pid, 0)

    assert list(Path(folder).iterdir()) == []
