"""The kind of an export and its column of URLs."""

from __future__ import annotations

import pytest

from tests.proposal.exports import found_in, lines, table

VIDEO = "https://old.example/a{}.mp4"
PHOTO = "https://old.example/b{}.JPG?size=large"


def media_of(folder, content, name="export.jsonl", kind=None):
    return found_in(folder, content, name, kind).media


@pytest.mark.parametrize(
    ("record", "kind", "path"),
    [
        ({"id": 1, "link": VIDEO}, "videos", ("link",)),
        (
            {"id": 1, "thumbnail_url": PHOTO, "videos": [{"url": VIDEO}]},
            "videos",
            ("videos", 0, "url"),
        ),
        ({"id": 1, "poster": PHOTO, "src": VIDEO}, "videos", ("src",)),
        ({"url": "https://old.example/page/1", "thumbnailUrl": PHOTO}, "images", ("thumbnailUrl",)),
        ({"url": "https://www.youtube.com/watch?v=1", "preview": PHOTO}, "videos", ("url",)),
        ({"Bild-URL": "https://old.example/download/12", "Titel": "x"}, "images", ("Bild-URL",)),
        ({"url": "https://old.example/12", "mime": "application/pdf"}, "files", ("url",)),
        ({"url": "https://old.example/12", "mime": "image/png"}, "images", ("url",)),
        ({"images": [PHOTO, PHOTO]}, "images", ("images", 0)),
        ({"url": "https://old.example/12"}, "files", ("url",)),
    ],
)
def test_kind_and_url(tmp_path, record, kind, path):
    """Endings, MIME types and names decide; previews and pages do not win over media."""
    found = media_of(tmp_path, lines(record))

    assert (found.kind, found.url.path, found.is_path) == (kind, path, False)


def test_a_mixture(tmp_path):
    """The most frequent kind wins, and the others are counted."""
    urls = [VIDEO, PHOTO, PHOTO, "https://old.example/c.pdf"]
    found = media_of(tmp_path, table(["id", "url"], *([n, u] for n, u in enumerate(urls))), "x.csv")

    assert (found.kind, found.others) == ("images", {"videos": 1, "files": 1})


def test_paths_without_a_host(tmp_path):
    """A column of file names is used if there are no URLs."""
    found = media_of(
        tmp_path, table(["Nr", "Datei"], ["1", "scans/1.tif"], ["2", "scans/2.tif"]), "x.csv"
    )

    assert (found.kind, found.url.path, found.is_path) == ("images", ("Datei",), True)


def test_stored_objects(tmp_path):
    """An export with key, size and MIME type of each object is one for the media library."""
    asset = {
        "key": "a/1.pdf",
        "url": "https://cdn.example/a/1.pdf",
        "size": 12,
        "mimeType": "application/pdf",
    }

    found = media_of(tmp_path, lines({"id": "a", "asset": asset}))

    assert (found.kind, found.content) == ("media-library", "files")
    assert found.assets["size"].path == ("asset", "size")


def test_a_given_kind(tmp_path):
    """A kind that the user gives decides which of two URLs is used."""
    content = lines({"poster_image": PHOTO.replace("b", "c"), "video": VIDEO})

    assert media_of(tmp_path, content, kind="images").url.path == ("poster_image",)
    assert media_of(tmp_path, content).url.path == ("video",)


def test_no_url(tmp_path):
    """An export without URLs has none, and its kind is a guess."""
    assert media_of(tmp_path, table(["id", "name"], ["1", "x"]), "x.csv").url is None
