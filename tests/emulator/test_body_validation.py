"""Validation of the body of a POST to the media library."""

from __future__ import annotations

import pytest

from ld_import.emulator import Emulator, Settings, Token
from tests.emulator.server_client import ServerClient, asset, library, library_entry

PATH = "import/mediaLibrary"


def refused(*entries):
    """Return the details of the 400 answer, and assert that nothing was imported."""
    emulator = Emulator()
    answer = ServerClient(emulator).request("POST", PATH, json=library(*entries))
    assert (answer.status_code, answer.json()["error"]) == (400, "Bad Request")
    assert emulator.entries() == []
    return answer.json()["error_details"]


def without(name, media_type):
    """Return an asset without one field."""
    return {key: value for key, value in asset(media_type).items() if key != name}


@pytest.mark.parametrize(
    ("media_type", "names"),
    [
        ("image", ["key", "url", "size", "width", "height", "mimeType", "filename"]),
        ("video", ["key", "url", "size", "width", "height", "duration", "mimeType", "filename"]),
        ("file", ["key", "url", "size", "mimeType", "filename"]),
    ],
)
def test_asset_fields(media_type, names):
    """Each media type requires exactly its own fields, with the documented types."""
    entries = [
        library_entry(media_type=media_type, asset=without(name, media_type)) for name in names
    ]
    wrong = [
        library_entry(media_type=media_type, asset=asset(media_type, **{n: []})) for n in names
    ]

    problems = refused(*entries, *wrong)

    paths = [f"mediaLibraryEntries.{index}.asset.{name}" for index, name in enumerate(names * 2)]
    assert list(problems) == paths
    assert problems[paths[0]] == "is required"
    ServerClient(Emulator()).import_entries(library_entry(media_type=media_type))


@pytest.mark.parametrize(
    ("media_type", "url", "is_valid"),
    [
        ("image", "https://a.example/a.png", True),
        ("image", "https://a.example/a.webp?sig=1", True),
        ("image", "https://a.example/img.php?f=a.gif", True),
        ("image", "https://a.example/a.mov", True),
        ("image", "ftp://a.example/a.jpeg.backup", True),
        ("image", "https://a.example/a.JPG", False),
        ("image", "https://a.example/a.avif", False),
        ("image", "https://a.example/a", False),
        ("image", "https://a.example/it's/a.jpg", False),
        ("image", "mailto:a.jpg", False),
        ("video", "https://a.example/stream", True),
        ("file", "s3://bucket/it's", True),
        ("file", "urn:a", False),
        ("video", "//a.example/a.mp4", False),
        ("video", "https://a.example/a b.mp4", False),
    ],
)
def test_url(media_type, url, is_valid):
    """An image's URL requires a lower-case suffix in any position; others require two slashes."""
    entry = library_entry(media_type=media_type, asset=asset(media_type, url=url))

    if is_valid:
        assert ServerClient(Emulator()).import_entries(entry)[0]["ok"]
    else:
        assert refused(entry).keys() == {"mediaLibraryEntries.0.asset.url"}


@pytest.mark.parametrize("media_id", ["", "a_b", "ä", "a b", "x" * 33, 7])
def test_id(media_id):
    """An id has one to 32 letters, digits and hyphens."""
    assert refused(library_entry() | {"id": media_id}).keys() == {"mediaLibraryEntries.0.id"}


@pytest.mark.parametrize(
    ("members", "path", "words"),
    [
        ({"mediaType": "audio"}, "", 'value of tag "mediaType" must be in oneOf'),
        ({"mediaType": 7}, "", 'value of tag "mediaType" must be in oneOf'),
        ({"mediaType": None}, ".mediaType", "is required"),
        ({"asset": None}, ".asset", "is required"),
        ({"asset": "a.jpg"}, ".asset", '"a.jpg" is not of type "object"'),
        ({"systemName": 7}, ".systemName", '7 is not of type "string"'),
        ({"externalId": 7}, ".externalId", '7 is not of type "string"'),
        ({"metadata": []}, ".metadata", '[] is not of type "object"'),
    ],
)
def test_entry_members(members, path, words):
    """A missing member, or one of another type, is reported by its path."""
    assert refused(library_entry(**members)) == {f"mediaLibraryEntries.0{path}": words}


def translation(**members):
    """Return a valid translation."""
    values = {"locale": "fr", "metadata": {"title": "Un"}, **members}
    return {name: value for name, value in values.items() if value is not None}


@pytest.mark.parametrize(
    ("given", "path"),
    [
        ({"fr": translation()}, ""),
        (["fr"], ".0"),
        ([translation(), translation(locale=None)], ".1.locale"),
        ([translation(metadata=None)], ".0.metadata"),
        ([translation(locale="FR")], ".0.locale"),
        ([translation(locale="f")], ".0.locale"),
        ([translation(locale="fr_CH")], ".0.locale"),
        ([translation(title="Un")], ".0.title"),
        ([translation(asset={"width": 1.5})], ".0.asset.width"),
        ([translation(asset={"colour": "red"})], ".0.asset.colour"),
    ],
)
def test_invalid_translations(given, path):
    """A translation requires a locale and metadata and may have an asset, nothing else."""
    problems = refused(library_entry(translations=given))

    assert problems.keys() == {f"mediaLibraryEntries.0.translations{path}"}


@pytest.mark.parametrize(
    "given",
    [
        [],
        [translation(locale="de-CH"), translation(metadata={})],
        [translation(asset={})],
        [translation(asset={"storage": "s3", "width": 640.0, "url": "a"})],
    ],
)
def test_valid_translations(given):
    """The asset of a translation has no required fields."""
    assert ServerClient(Emulator()).import_entries(library_entry(translations=given))[0]["ok"]


def test_one_invalid_entry_refuses_all():
    """One answer reports every invalid field of all entries, and nothing is imported."""
    bare = {"mediaType": "video", "asset": {}}

    problems = refused(library_entry(), "text", bare, library_entry(id="!"))

    paths = {path.removeprefix("mediaLibraryEntries.") for path in problems}
    assert paths - {path for path in paths if path.startswith("2.asset.")} == {"1", "3.id"}
    assert len(paths) == 10


def test_unknown_members_are_accepted():
    """Undocumented members of an entry and its asset are accepted and discarded."""
    server = ServerClient(Emulator())

    server.import_entries(library_entry(colour="red", asset=asset(colour="red")))

    assert "colour" not in str(server.read("one"))


@pytest.mark.parametrize("body", [{}, [], {"mediaLibraryEntries": {}}, {"results": []}])
def test_no_list(body):
    """The entries are a list under the same key in all versions."""
    assert ServerClient(Emulator()).request("POST", PATH, json=body).status_code == 400


def test_checks_before_the_body():
    """The media library checks token, scope, content type and size like other imports."""
    reader = Settings(tokens={"demo-token": Token(("public-api:read",))})
    body = library(library_entry())

    def status(settings=None, **options):
        return (
            ServerClient(Emulator(settings or Settings()))
            .request("POST", PATH, **options)
            .status_code
        )

    assert ServerClient(Emulator(), token=None).request("POST", PATH, json=body).status_code == 401
    assert status(reader, json=body) == 403
    assert status(json=body, params={"a": "b"}) == 400
    assert status(content="{}") == 415
    assert status(Settings(body_limit=100), json=body) == 413
    assert status(content="{", headers={"Content-Type": "application/json"}) == 400
    assert ServerClient(Emulator()).request("GET", PATH).status_code == 405
