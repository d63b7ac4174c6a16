"""Whose a ledger is: folders that are made are private, found ledgers are those of the user."""

from __future__ import annotations

import os
import tempfile
from dataclasses import replace
from pathlib import Path

import pytest

from ld_import.cli.config.resolve import resolve_import
from ld_import.cli.options import ImportFlags
from ld_import.errors import LedgerError
from ld_import.ledger import exclusive
from ld_import.ledger.ownership import check_owner, permission_warning
from tests.ledger.story import NOBODY, ordinary_user
from tests.makers import make_ledger

OTHER = 4711
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")


@pytest.fixture
def folder():
    """Return the folder of a manifest that every user may read."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        (Path(name) / "videos.csv").write_text("id,url,fileName\n")
        yield Path(name)


@pytest.fixture
def path(folder):
    """Return the ledger beside it, which everybody may read."""
    path = folder / ".ld-import" / "ledger.sqlite3"
    make_ledger(path.parent).close()
    path.parent.chmod(0o755)
    return path


def give(path, user):
    """Make this user the owner of a ledger and its folder."""
    for each in (path.parent, path):
        os.chown(each, user, user)


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o777])
def test_new_folder_is_private(tmp_path, umask):
    """Only its owner may look into the folder of a ledger, whatever the umask."""
    before = os.umask(umask)
    try:
        with exclusive(tmp_path / ".ld-import" / "ledger.sqlite3"):
            mode = (tmp_path / ".ld-import").stat().st_mode & 0o777
    finally:
        os.umask(before)

    assert mode == 0o700


@needs_root
@pytest.mark.parametrize("part", ["folder", "ledger", "both"])
def test_ledger_of_another_user(folder, path, part):
    """A ledger that came with the folder of another user decides nothing unless it is named."""
    give(path, NOBODY)
    for each, name in ((path.parent, "folder"), (path, "ledger")):
        if part in (name, "both"):
            os.chown(each, OTHER, OTHER)
    flags = ImportFlags(
        manifest=folder / "videos.csv", system_name="archive", server="https://server.example"
    )

    with ordinary_user():
        with pytest.raises(LedgerError, match="belongs to another user") as raised:
            _ = resolve_import("videos", flags).spec
        named = resolve_import("videos", replace(flags, ledger=path)).spec
    assert raised.value.exit_code == 9
    assert f"--ledger {path}" in raised.value.hint
    assert "sudo chown" in raised.value.hint
    assert named.ledger_path == path


@needs_root
@pytest.mark.parametrize("owner", [0, NOBODY])
def test_own_ledger(path, owner):
    """The user's own ledger is accepted, and that of root."""
    give(path, owner)

    with ordinary_user():
        check_owner(path)


def test_missing_ledger(tmp_path):
    """Before the first run there is nothing to check."""
    check_owner(tmp_path / ".ld-import" / "ledger.sqlite3")

    assert permission_warning(tmp_path / ".ld-import" / "ledger.sqlite3") is None


@needs_root
def test_root_works_for_others(path):
    """In a container, root uses the ledger of the owner of the volume."""
    give(path, OTHER)

    check_owner(path)


@needs_root
def test_link_of_another_user(folder, path):
    """A link counts by its own owner, too."""
    give(path, NOBODY)
    link = folder / "other" / ".ld-import"
    link.parent.mkdir()
    link.symlink_to(path.parent)
    os.chown(link, OTHER, OTHER, follow_symlinks=False)

    with ordinary_user(), pytest.raises(LedgerError, match="other/.ld-import belongs to another"):
        check_owner(link / path.name)
    os.chown(link, NOBODY, NOBODY, follow_symlinks=False)
    with ordinary_user():
        check_owner(link / path.name)


@pytest.mark.parametrize(
    ("mode", "is_weak"), [(0o700, False), (0o775, False), (0o777, True), (0o1777, True)]
)
def test_folder_every_user_may_change(path, mode, is_weak):
    """Where any user may put another ledger in its place, a warning says so."""
    path.parent.chmod(mode)

    assert (permission_warning(path) is not None) == is_weak
