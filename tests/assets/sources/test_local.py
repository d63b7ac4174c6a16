"""Files of this machine."""

from __future__ import annotations

import os
from dataclasses import replace
from unicodedata import normalize

import pytest

from ld_import.assets.base import FileProblem, SourceChanged
from ld_import.assets.source import check_source, open_source, state_of


def problem_of(source, rules):
    with pytest.raises(FileProblem) as raised:
        open_source(source, rules).close()
    with pytest.raises(FileProblem) as stated:
        state_of(source, rules)

    assert str(stated.value) == str(raised.value)
    return str(raised.value)


def test_file_is_read_whole_and_in_parts(rules, tmp_path):
    """All bytes arrive in pieces of at most 1 MB, and ranges end with the file."""
    content = os.urandom(2_500_000)
    (tmp_path / "scans").mkdir()
    (tmp_path / "scans/a.jpg").write_bytes(content)

    source = open_source("scans/a.jpg", rules)
    pieces = list(source.stream())

    assert b"".join(pieces) == content
    assert max(map(len, pieces)) <= 1024 * 1024
    assert source.read(1_000, 1_500_000) == content[1_000:1_501_000]
    assert source.read(2_499_990, 100) == content[-10:]
    assert source.read(3_000_000, 10) == b""
    assert source.state == state_of("scans/a.jpg", rules)
    assert source.state.size == len(content)
    source.close()
    source.close()


def test_identity_changes_with_time_and_size(rules, tmp_path):
    """A touched file has another identity; a copy that keeps the time has the same."""
    path = tmp_path / "a.jpg"
    path.write_bytes(b"one")
    os.utime(path, ns=(1, 1_000))
    first = state_of("a.jpg", rules)

    assert first == ("3:1000", 3)
    path.write_bytes(b"two")
    os.utime(path, ns=(9, 1_000))
    assert state_of("a.jpg", rules) == first
    os.utime(path, ns=(1, 2_000))
    assert state_of("a.jpg", rules) == ("3:2000", 3)


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("missing.jpg", '"missing.jpg" cannot be read: the file does not exist'),
        ("a.jpg/b.jpg", '"a.jpg/b.jpg" cannot be read: the file does not exist'),
        ("a\\b.jpg", '"a\\b.jpg" cannot be read: the file does not exist; folders are separated'),
        (" a.jpg", '"a.jpg" cannot be read: the file does not exist; the path begins or ends with'),
        ("folder", '"folder" cannot be read: it is a folder, not a file'),
        ("pipe", '"pipe" cannot be read: it is not a regular file'),
        ("circle", '"circle" cannot be read: its symbolic links form a circle'),
        ("x" * 300, f'"{"x" * 199}…" cannot be read: file name too long'),
        ("a\0b", '"a\\u0000b" is not a valid path: it contains a NUL character'),
        ("\ud800", '"\\ud800" is not a valid path'),
        ("", '"" is not the path of a file'),
        ("device", '"device" is outside the folder of the manifest'),
        ("/etc/passwd", '"/etc/passwd" is outside the folder of the manifest'),
        ("../a.jpg", '"../a.jpg" is outside the folder of the manifest'),
        ("folder/../../a.jpg", '"folder/../../a.jpg" is outside the folder of the manifest'),
        ("out/a.jpg", '"out/a.jpg" is outside the folder of the manifest'),
        ("ftp://host/a.jpg", 'the scheme "ftp" is not supported'),
        ("file:///etc/passwd", 'the scheme "file" is not supported'),
    ],
)
def test_unreadable_files(rules, tmp_path, source, reason):
    """Each obstacle is one sentence, and nothing blocks."""
    folder = tmp_path / "manifest"
    (folder / "folder").mkdir(parents=True)
    (folder / "a.jpg").write_bytes(b"a")
    (tmp_path / "a.jpg").write_bytes(b"secret")
    os.mkfifo(folder / "pipe")
    (folder / "circle").symlink_to("circle")
    (folder / "device").symlink_to("/dev/zero")
    (folder / "out").symlink_to(tmp_path)

    assert problem_of(source, replace(rules, folder=folder)).startswith(reason)


def test_devices_are_never_opened(rules):
    """Outside of the folder only regular files are read."""
    rules = replace(rules, allow_outside=True)

    assert "it is not a regular file" in problem_of("/dev/zero", rules)


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads every file")
def test_file_without_permission(rules, tmp_path):
    """A file of another user is one sentence."""
    (tmp_path / "a.jpg").write_bytes(b"a")
    (tmp_path / "a.jpg").chmod(0)

    with pytest.raises(FileProblem, match='"a.jpg" cannot be read: permission denied'):
        open_source("a.jpg", rules)


def test_paths_outside_with_permission(rules, tmp_path):
    """With `allow_outside`, absolute paths and links lead anywhere."""
    (tmp_path / "manifest").mkdir()
    (tmp_path / "a.jpg").write_bytes(b"a")
    rules = replace(rules, folder=tmp_path / "manifest", allow_outside=True)

    for source in ("../a.jpg", str(tmp_path / "a.jpg")):
        check_source(source, rules)
        assert state_of(source, rules).size == 1


def test_file_of_the_root(rules, tmp_path):
    """An absolute path is never one of the folder, not even directly below the root."""
    (tmp_path / "no-such-file.jpg").write_bytes(b"a")

    text = problem_of("/no-such-file.jpg", replace(rules, allow_outside=True))
    assert text == '"/no-such-file.jpg" cannot be read: the file does not exist'


def test_links_inside_the_folder(rules, tmp_path):
    """A link to a file inside the folder is read."""
    (tmp_path / "a.jpg").write_bytes(b"a")
    (tmp_path / "b.jpg").symlink_to("a.jpg")

    assert state_of("b.jpg", rules) == state_of("a.jpg", rules)


@pytest.mark.parametrize("stored", ["NFC", "NFD"])
@pytest.mark.parametrize("named", ["NFC", "NFD"])
def test_both_spellings_of_a_name(rules, tmp_path, stored, named):
    """Composed and decomposed letters name the same file, also in folders."""
    path = tmp_path / normalize(stored, "Zürich") / normalize(stored, "Brücke.jpg")
    path.parent.mkdir()
    path.write_bytes(b"a")

    assert state_of(normalize(named, "Zürich/Brücke.jpg"), rules).size == 1


def test_change_while_reading(rules, tmp_path):
    """A file that grows, or is written again, is noticed at its end."""
    path = tmp_path / "a.jpg"
    path.write_bytes(b"a" * 2_000_000)
    source = open_source("a.jpg", rules)
    pieces = source.stream()
    next(pieces)
    with path.open("ab") as file:
        file.write(b"more")

    with pytest.raises(SourceChanged, match='"a.jpg" changed while it was read'):
        list(pieces)
    source.close()
