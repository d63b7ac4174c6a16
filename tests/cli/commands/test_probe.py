"""`ld-import probe`: the facts about files, and which of them could not be uploaded."""

from __future__ import annotations

import hashlib
import os
import sys

import pytest

from tests.assets.probing.makers import film, pdf, picture

COLUMNS = ["file", "mimeType", "size", "width", "height", "duration", "sha256", "reason"]
LIVE = ("live", "1")


@pytest.fixture
def folder(place):
    """Return the working directory, with a file of each sort."""
    files = {
        "photo.png": picture("JPEG", orientation=6),
        "film.mp4": film("mp4", "libx264"),
        "minutes.pdf": pdf(),
        "large.jpg": picture("JPEG", size=(6100, 10)),
        "live.webm": film("webm", "libvpx", flags=LIVE),
        "login.jpg": b"<!DOCTYPE html><title>Log in</title>",
        "empty.jpg": b"",
    }
    for name, data in files.items():
        (place.folder / name).write_bytes(data)
    return place.folder


def sha256(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_document(place, folder):
    """`--json` prints all facts of each file, in the order of the arguments."""
    ended = place.run("probe", "photo.png", "film.mp4", "minutes.pdf", "--json")

    assert (ended.code, ended.err) == (0, "")
    photo, moving, minutes = ended.document
    assert photo == {
        "file": "photo.png",
        "mimeType": "image/jpeg",
        "mediaType": "image",
        "suffix": ".jpg",
        "size": (folder / "photo.png").stat().st_size,
        "width": 40,
        "height": 60,
        "duration": None,
        "sha256": sha256(folder / "photo.png"),
        "warnings": [],
        "reason": None,
    }
    assert (moving["mediaType"], moving["width"], moving["duration"]) == ("video", 64, 1.0)
    assert (minutes["mediaType"], minutes["mimeType"]) == ("file", "application/pdf")


def test_table(place, folder):
    """The table has a row for each file; limits of the CMS are warnings."""
    ended = place.run("probe", "large.jpg", "film.mp4")

    assert ended.code == 0
    assert ended.lines[0] == COLUMNS
    size = str((folder / "large.jpg").stat().st_size)
    assert ended.lines[1][:6] == ["large.jpg", "image/jpeg", size, "6100", "10", ""]
    assert ended.lines[2][3:] == ["64", "36", "1.0", sha256(folder / "film.mp4"), ""]
    assert ended.err == (
        "warning: large.jpg: a side of the image has 6,100 pixels; the CMS expects at most 6,000 by"
        " default\n"
    )


def test_problems(place, folder):
    """A file that could not be uploaded has its reason in its row, and the command ends with 3."""
    os.mkfifo(folder / "pipe.jpg")
    (folder / "closed.jpg").symlink_to("nowhere")
    names = ["login.jpg", "live.webm", "empty.jpg", "pipe.jpg", "closed.jpg", ".", "minutes.pdf"]

    ended = place.run("probe", *names)

    assert (ended.code, ended.err) == (3, "")
    assert [row[-1] for row in ended.lines[1:]] == [
        "the content is an HTML page, not an image as its name says",
        "the content does not state `asset.duration`, so the manifest has to give `asset.duration`",
        "the file is empty",
        "it is not a regular file",
        "the file cannot be read: No such file or directory",
        "it is a folder",
        "",
    ]
    assert ended.lines[1][6] == sha256(folder / "login.jpg")


def test_reasons_on_a_terminal(place, folder, monkeypatch):
    """On a terminal, which cuts tables, the reasons are also printed in full."""
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)

    ended = place.run("probe", "login.jpg")

    assert ended.code == 3
    assert ended.err.endswith(
        "error: login.jpg: the content is an HTML page, not an image as its name says\n"
    )


def test_names_cannot_act(place, folder):
    """Control characters in the name of a file are escaped."""
    (folder / "\x1b[31mred.jpg").write_bytes(picture("JPEG", size=(6100, 10)))

    ended = place.run("probe", "\x1b[31mred.jpg")

    assert "\x1b" not in ended.out + ended.err
    assert ended.lines[1][0] == "\\x1b[31mred.jpg"


def test_usage(place):
    """Without a file it is a usage error."""
    ended = place.run("probe")

    assert (ended.code, ended.out) == (2, "")
    assert "Missing argument 'FILE...'" in ended.err


@pytest.mark.parametrize("library", ["PIL", "av", "filetype"])
def test_missing_extra(place, folder, monkeypatch, library):
    """Without one of the libraries the command to install them is named."""
    monkeypatch.setitem(sys.modules, library, None)

    ended = place.run("probe", "photo.png")

    assert (ended.code, ended.out) == (2, "")
    assert ended.err == (
        "error: reading files needs an optional part of ld-import\n"
        "hint: run: pip install 'ld-import[assets]'\n"
    )
