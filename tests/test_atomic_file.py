"""Atomic writing: the previous file or the new one, and nothing else in the folder."""

from __future__ import annotations

import stat

import pytest

from ld_import.atomic_file import (
    PRIVATE,
    is_foreign_link,
    replace_file,
    replacing,
    replacing_by_path,
)


@pytest.fixture
def path(tmp_path):
    """Return a path with a previous file."""
    path = tmp_path / "file.txt"
    path.write_bytes(b"previous")
    return path


def write(path, content):
    with replacing(path, mode=PRIVATE) as file:
        file.write(content)


def write_by_path(path, content):
    with replacing_by_path(path) as temporary:
        temporary.write_bytes(content)


@pytest.mark.parametrize("replace", [write, write_by_path])
def test_new_file_replaces_the_previous_one(path, replace):
    """The new file is private, and there is no other file in the folder."""
    replace(path, b"new")

    assert path.read_bytes() == b"new"
    assert stat.S_IMODE(path.stat().st_mode) == PRIVATE
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize("replace", [lambda path: replacing(path, mode=PRIVATE), replacing_by_path])
def test_exception_leaves_the_previous_file(path, replace):
    """If the block raises, the temporary file is removed."""
    with pytest.raises(ZeroDivisionError), replace(path):
        raise ZeroDivisionError

    assert path.read_bytes() == b"previous"
    assert list(path.parent.iterdir()) == [path]


def test_link_is_replaced(path):
    """A link is not followed: its target does not change."""
    link = path.with_name("link.txt")
    link.symlink_to(path)

    replace_file(link, b"new")

    assert (link.read_bytes(), link.is_symlink()) == (b"new", False)
    assert path.read_bytes() == b"previous"


def test_file_of_a_killed_process_is_removed(path):
    """The next call by path removes the temporary file of a killed process."""
    path.with_name("file.txt.part").write_bytes(b"incomplete")

    write_by_path(path, b"new")

    assert list(path.parent.iterdir()) == [path]


def test_own_link_is_not_foreign(path):
    """A link of the user is not foreign, and neither is a file."""
    link = path.with_name("link.txt")
    link.symlink_to(path)

    assert not is_foreign_link(link)
    assert not is_foreign_link(path)
