"""`ld-import probe`: the facts about files, and which of them could not be uploaded."""

from __future__ import annotations

import hashlib
import os
import sys

import pytest

from ld_import.assets.sources.web_clients import close_clients
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
        '"pipe.jpg" cannot be read: it is not a regular file',
        '"closed.jpg" cannot be read: the file does not exist',
        '"." cannot be read: it is a folder, not a file',
        "",
    ]
    assert ended.lines[1][6] == sha256(folder / "login.jpg")


@pytest.fixture
def no_connections():
    """Close the connections to hosts in the end."""
    yield
    close_clients()


def test_files_of_a_host(place, http_source, no_connections):
    """A URL is probed like a path, and its secrets are not shown."""
    data = picture("JPEG", orientation=6)
    url = http_source.serve("/1.jpg?token=geheim", data)
    page = http_source.serve_login("/2.jpg")
    flags = ("--allow-http", "--allow-private-sources")

    ended = place.run("probe", url, page, http_source.url + "/3.jpg", *flags)

    assert ended.code == 3
    found, login, missing = ended.lines[1:]
    assert found[1:5] == ["image/jpeg", str(len(data)), "40", "60"]
    assert found[6:] == [hashlib.sha256(data).hexdigest(), ""]
    assert login[-1] == "the content is an HTML page, not an image as its name says"
    assert "cannot be read: " in missing[-1]
    assert "geheim" not in ended.out + ended.err


def test_hosts_that_are_refused(place, http_source):
    """Without the flags neither http nor a private address is requested."""
    url = http_source.serve("/1.jpg", b"x")

    ended = place.run("probe", url)

    assert ended.code == 3
    assert "allow it with --allow-http" in ended.lines[1][-1]
    assert http_source.request_count() == 0


def test_configured_sources(place, http_source, no_connections):
    """Credentials of a host come from its entry in `sources:`."""
    data = pdf()
    url = http_source.serve("/1.pdf", data, authorization="Bearer geheim")
    (place.folder / "token").write_text("geheim")
    (place.folder / "ld-import.yaml").write_text(
        f"sources: {{old: {{url: '{http_source.url}/', tokenFile: token, allowPrivate: true}}}}"
    )

    ended = place.run("probe", url, "--allow-http", "--json")

    assert ended.code == 0, ended
    assert ended.document[0]["sha256"] == hashlib.sha256(data).hexdigest()


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
