"""What a POST to the media library must look like before any entry is looked at."""

from __future__ import annotations

import pytest

from ld_import.emulator import Emulator, Settings, Token
from tests.emulator.server_client import ServerClient, asset, library, registered

PATH = "import/mediaLibrary"


def refused(*entries):
    """Return the details of the 400 for a request, which must have changed nothing."""
    emulator = Emulator()
    answer = ServerClient(emulator).ask("POST", PATH, json=library(*entries))
    assert (answer.status_code, answer.json()["error"]) == (400, "Bad Request")
    assert emulator.entries() == []
    return answer.json()["error_details"]


def without(name, media_type):
    """Return an asset that lacks one field."""
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
    """Each media type asks for its own fields, each of its type, and for no others."""
    entries = [registered(media_type=media_type, asset=without(name, media_type)) for name in names]
    wrong = [registered(media_type=media_type, asset=asset(media_type, **{n: []})) for n in names]

    problems = refused(*entries, *wrong)

    paths = [f"mediaLibraryEntries.{place}.asset.{name}" for place, name in enumerate(names * 2)]
    assert list(problems) == paths
    assert problems[paths[0]] == "is required"
    ServerClient(Emulator()).take(registered(media_type=media_type))


@pytest.mark.parametrize(
    ("media_type", "url", "is_fit"),
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
def test_url(media_type, url, is_fit):
    """An image's URL needs an ending in lower case somewhere, any other needs two slashes."""
    entry = registered(media_type=media_type, asset=asset(media_type, url=url))

    if is_fit:
        assert ServerClient(Emulator()).take(entry)[0]["ok"]
    else:
        assert refused(entry).keys() == {"mediaLibraryEntries.0.asset.url"}


@pytest.mark.parametrize("media_id", ["", "a_b", "ä", "a b", "x" * 33, 7])
def test_id(media_id):
    """An id has one to 32 letters, digits and hyphens."""
    assert refused(registered() | {"id": media_id}).keys() == {"mediaLibraryEntries.0.id"}


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
    """A member that is missing or of another type is told by its path."""
    assert refused(registered(**members)) == {f"mediaLibraryEntries.0{path}": words}


def translation(**members):
    """Return a translation that nothing is wrong with."""
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
def test_wrong_translations(given, path):
    """Translations are a list, each with a locale, metadata and nothing else but an asset."""
    problems = refused(registered(translations=given))

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
def test_fitting_translations(given):
    """The asset of a translation needs no field at all."""
    assert ServerClient(Emulator()).take(registered(translations=given))[0]["ok"]


def test_one_wrong_entry_refuses_all():
    """Every wrong field of every entry is told in one answer, and nothing is imported."""
    bare = {"mediaType": "video", "asset": {}}

    problems = refused(registered(), "text", bare, registered(id="!"))

    told = {path.removeprefix("mediaLibraryEntries.") for path in problems}
    assert told - {path for path in told if path.startswith("2.asset.")} == {"1", "3.id"}
    assert len(told) == 10


def test_unknown_members_are_taken():
    """What nobody documented is accepted and not kept, in the entry as in its asset."""
    server = ServerClient(Emulator())

    server.take(registered(colour="red", asset=asset(colour="red")))

    assert "colour" not in str(server.read("one"))


@pytest.mark.parametrize("body", [{}, [], {"mediaLibraryEntries": {}}, {"results": []}])
def test_no_list(body):
    """The entries are a list under one key in every version."""
    assert ServerClient(Emulator()).ask("POST", PATH, json=body).status_code == 400


def test_checks_before_the_body():
    """The media library asks for token, scope, type and size as any import does."""
    reader = Settings(tokens={"demo-token": Token(("public-api:read",))})
    body = library(registered())

    def status(settings=None, **options):
        return (
            ServerClient(Emulator(settings or Settings())).ask("POST", PATH, **options).status_code
        )

    assert ServerClient(Emulator(), token=None).ask("POST", PATH, json=body).status_code == 401
    assert status(reader, json=body) == 403
    assert status(json=body, params={"a": "b"}) == 400
    assert status(content="{}") == 415
    assert status(Settings(body_limit=100), json=body) == 413
    assert status(content="{", headers={"Content-Type": "application/json"}) == 400
    assert ServerClient(Emulator()).ask("GET", PATH).status_code == 405
