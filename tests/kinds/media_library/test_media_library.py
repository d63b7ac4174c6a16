"""Media library: validation of entries, derived ids, and translations."""

from __future__ import annotations

import re

import orjson
import pytest

from ld_import.kinds import KINDS
from ld_import.kinds.checker import Checker
from ld_import.kinds.media_library import asset_problems
from ld_import.model import Entry, Invalid, Item, ItemKey
from tests.kinds.media_library.entries import ASSETS, LIBRARY, RANDOM, make_fields, make_item

TYPES = list(ASSETS)


def wire(fields, system_name="archive", kind=LIBRARY):
    """Return the sent fields of a valid entry."""
    item = kind.item_from(Entry(1, "x1", fields), system_name, b"digest")
    assert isinstance(item, Item), item
    return orjson.loads(item.body)


def problems(fields, system_name="archive"):
    """Return the problems of an invalid entry by field."""
    invalid = LIBRARY.item_from(Entry(1, "x1", fields), system_name, b"digest")
    assert isinstance(invalid, Invalid), invalid
    return {problem.field: problem.text for problem in invalid.problems}


def with_asset(media_type="image", **asset):
    return make_fields(media_type, asset={**ASSETS[media_type], **asset})


@pytest.mark.parametrize("media_type", TYPES)
def test_each_type_is_valid(media_type):
    """An entry with all fields of its type is valid."""
    assert wire(make_fields(media_type))["mediaType"] == media_type


@pytest.mark.parametrize(
    ("media_type", "field"),
    [(media_type, field) for media_type in TYPES for field in ASSETS[media_type]],
)
def test_missing_field_of_each_type(media_type, field):
    """A missing field of the asset is reported with advice, and no other field is."""
    asset = {name: value for name, value in ASSETS[media_type].items() if name != field}
    reported = problems(make_fields(media_type, asset=asset))

    assert reported.keys() == {f"asset.{field}"}
    assert reported[f"asset.{field}"].startswith(f"`asset.{field}` is missing; give the ")


@pytest.mark.parametrize("media_type", TYPES)
def test_all_missing_fields_are_reported_at_once(media_type):
    """An empty asset is reported with every field of its type, and no other field."""
    reported = problems(make_fields(media_type, asset={}))

    assert reported.keys() == {f"asset.{name}" for name in ASSETS[media_type]}


@pytest.mark.parametrize("media_type", ["", None, 5, ["image"]])
def test_invalid_types(media_type):
    """Without a valid type the asset is not checked; the message lists the types."""
    reported = problems(make_fields(asset={}, mediaType=media_type))

    shown = orjson.dumps(media_type).decode()
    fault = "it must not be empty" if media_type == "" else "it must be of type string"
    assert reported == {
        "mediaType": f"`mediaType` is {shown}: {fault}; give `image`, `video` or `file`, which"
        " decides the required fields of the asset, or the handle of another media type of the"
        " project"
    }


@pytest.mark.parametrize("media_type", ["audio", "Image", "posterImage"])
def test_types_of_the_project(media_type):
    """A type of the project needs the fields that all assets need; others have valid values."""
    assert wire(make_fields("file", mediaType=media_type))["mediaType"] == media_type
    assert problems(make_fields(mediaType=media_type, asset={})).keys() == {
        f"asset.{name}" for name in ASSETS["file"]
    }
    assert problems(with_asset("video", width="x") | {"mediaType": media_type}).keys() == {
        "asset.width"
    }


@pytest.mark.parametrize("media", TYPES)
@pytest.mark.parametrize("given", TYPES)
def test_assets_of_types_of_the_project(media, given):
    """If the kind of such a type is known, its asset needs the fields of this kind."""
    fields = make_fields(given, mediaType="posterImage", systemName="town")

    found = asset_problems(fields, media)

    assert {problem.field for problem in found} == {
        f"asset.{name}" for name in ASSETS[media].keys() - ASSETS[given].keys()
    } | ({"asset.url"} if (media, given) == ("image", "file") else set())


@pytest.mark.parametrize("asset", [None, 5, "x", [], [{}]])
def test_asset_is_an_object(asset):
    """An asset that is not an object is one problem."""
    reported = problems(make_fields(asset=asset))

    assert reported.keys() == {"asset"}
    assert "it must be of type object" in reported["asset"]


@pytest.mark.parametrize("field", ["size", "width", "height", "duration"])
@pytest.mark.parametrize("value", ["1", None, True, -1, -0.5, [1], float("nan")])
def test_numbers_are_numbers(field, value):
    """Numbers in quotes, negative numbers and null are refused."""
    assert problems(with_asset("video", **{field: value})).keys() == {f"asset.{field}"}


@pytest.mark.parametrize("value", [0, 1, 1.5, 2**40])
def test_valid_numbers(value):
    """Numbers may be zero, large or fractional."""
    assert wire(with_asset("video", size=value, duration=value))["asset"]["size"] == value


@pytest.mark.parametrize("media_type", TYPES)
@pytest.mark.parametrize("field", ["key", "url", "filename", "mimeType"])
@pytest.mark.parametrize("value", ["", None, 5])
def test_texts_are_not_empty(media_type, field, value):
    """Each text of an asset must be a text that is not empty."""
    reported = problems(with_asset(media_type, **{field: value}))

    assert reported.keys() == {f"asset.{field}"}
    assert f"`asset.{field}` is {orjson.dumps(value).decode()}: " in reported[f"asset.{field}"]


@pytest.mark.parametrize(
    "url",
    [
        "https://b.example/a.jpg",
        "https://b.example/a.jpg?sig=1",
        "https://b.example/img.php?f=a.png",
        "https://b.example/a.jpg.JPG",
        "s3://bucket/a.webp",
        "https://b.example/a.mov",
        "https://b.example/a.jpg?it's",
    ],
)
def test_address_of_an_image(url):
    """The extension may appear anywhere after `//`."""
    assert wire(with_asset(url=url))["asset"]["url"] == url


@pytest.mark.parametrize(
    "url",
    [
        "https://b.example/a.JPG",
        "https://b.example/a.avif",
        "https://b.example/a",
        "https://b.example/it's.jpg",
        'https://b.example/"a".jpg',
        "https:/b.example/a.jpg",
        "a.jpg",
        "//b.example/a.jpg",
        "https://b.example/a b.jpg",
        "https://b.example/ü.jpg",
    ],
)
def test_invalid_address_of_an_image(url):
    """The server recognises an image by its lower-case extension, without quotes before it."""
    reported = problems(with_asset(url=url))

    assert reported.keys() == {"asset.url"}
    assert reported["asset.url"].startswith(f"`asset.url` is {orjson.dumps(url).decode()}: ")
    assert "`.webp`" in reported["asset.url"]


@pytest.mark.parametrize("media_type", ["video", "file"])
@pytest.mark.parametrize(
    ("url", "is_valid"),
    [
        ("https://b.example/a", True),
        ("https://b.example/it's.MP4", True),
        ("s3://bucket/a", True),
        ("urn:a", False),
        ("https:/a", False),
        ("//b.example/a", False),
        ("https://b.example/a b", False),
    ],
)
def test_address_of_a_video_or_file(media_type, url, is_valid):
    """Any absolute URL with `//` is valid."""
    fields = with_asset(media_type, url=url)
    item = LIBRARY.item_from(Entry(1, "x1", fields), "archive", b"digest")

    assert isinstance(item, Item) == is_valid
    assert is_valid or problems(fields).keys() == {"asset.url"}


@pytest.mark.parametrize("media_type", ["image", "video"])
@pytest.mark.parametrize("url", ["https://@/a.jpg", "http://:80/a.jpg", "https://a:99999/a.jpg"])
def test_address_without_a_host(media_type, url):
    """An http(s) URL in the storage needs a host and a valid port."""
    (text,) = problems(with_asset(media_type, url=url)).values()

    assert "no host" in text or "its port is greater than 65535" in text


@pytest.mark.parametrize("key", ["v/a.jpg", "v/"])
def test_reserved_keys(key):
    """Keys that begin with `v/` are reserved for image variants of the server."""
    reported = problems(with_asset(key=key))

    assert reported == {
        "asset.key": f'`asset.key` is "{key}": it does not have the required form; give the key of'
        " the object in the storage; keys that begin with `v/` are reserved"
    }


@pytest.mark.parametrize("key", ["v", "va/b.jpg", "2022/v/a.jpg", "V/a.jpg"])
def test_keys_that_only_look_reserved(key):
    """Only the exact prefix is reserved."""
    assert wire(with_asset(key=key))["asset"]["key"] == key


@pytest.mark.parametrize("media_id", ["a", "A-9", "-", "x" * 32])
def test_id_of_its_own(media_id):
    """An entry's own id is sent unchanged."""
    assert wire(make_fields(id=media_id))["id"] == media_id


@pytest.mark.parametrize("media_id", ["", "x" * 33, "a_b", "a b", "ü", "a\n", "a.b", None, 7])
def test_id_of_another_form(media_id):
    """Up to 32 letters, digits and hyphens; an invalid id is not replaced by a derived one."""
    assert problems(make_fields(id=media_id)).keys() == {"id"}


@pytest.mark.parametrize("field", ["systemName", "metadata"])
@pytest.mark.parametrize("value", ["", None, 5, []])
def test_other_fields_of_the_wrong_type(field, value):
    """A problem of an entry names one field."""
    assert problems(make_fields(**{field: value})).keys() == {field}


@pytest.mark.parametrize("locale", ["fr", "de-CH", "x9", "zh-Hant-TW"])
def test_locale(locale):
    """A locale begins with a lower-case letter and has at least two characters."""
    translations = [{"locale": locale, "metadata": {}}]

    assert wire(make_fields(translations=translations))["translations"] == translations


@pytest.mark.parametrize("locale", ["f", "FR", "de_CH", "-de", "", "de\n", None, False])
def test_locale_of_another_form(locale):
    """YAML converts `no` to false; the advice mentions it."""
    reported = problems(make_fields(translations=[{"locale": locale, "metadata": {}}]))

    assert reported.keys() == {"translations.0.locale"}
    assert reported["translations.0.locale"].endswith("in YAML put `no` in quotes")


@pytest.mark.parametrize(
    ("translation", "fields"),
    [
        ({}, {"locale", "metadata"}),
        ({"locale": "fr"}, {"metadata"}),
        ({"locale": "fr", "metadata": None}, {"metadata"}),
        ({"locale": "fr", "metadata": {}, "asset": None}, {"asset"}),
        ({"locale": "fr", "metadata": {}, "asset": {"width": 1.5}}, {"asset.width"}),
        ({"locale": "fr", "metadata": {}, "asset": {"size": "1"}}, {"asset.size"}),
        ({"locale": "fr", "metadata": {}, "asset": {"height": -1}}, {"asset.height"}),
        ({"locale": "fr", "metadata": {}, "asset": {"key": "v/a"}}, {"asset.key"}),
        ({"locale": "fr", "metadata": {}, "asset": {"crop": 1}}, {"asset.crop"}),
        ({"locale": "fr", "metadata": {}, "a": 1, "b": 2}, {"a", "b"}),
    ],
)
def test_translation_with_problems(translation, fields):
    """A problem of a translation is named by its index in the list."""
    reported = problems(make_fields(translations=[{"locale": "it", "metadata": {}}, translation]))

    assert reported.keys() == {f"translations.1.{name}" for name in fields}


@pytest.mark.parametrize("asset", [{}, {"duration": 1.5}, {"width": 1, "storage": "s"}])
def test_asset_of_a_translation_may_be_partial(asset):
    """No field of the asset of a translation is required."""
    translations = [{"locale": "fr", "metadata": {}, "asset": asset}]

    assert wire(make_fields(translations=translations))["translations"] == translations


@pytest.mark.parametrize("translations", [None, 5, "fr", ["fr"]])
def test_translations_of_the_wrong_type(translations):
    """Translations are a list or an object."""
    assert len(problems(make_fields(translations=translations))) == 1


@pytest.mark.parametrize(
    ("name", "advice"),
    [
        ("locle", "did you mean `locale`?"),
        ("meta", "did you mean `metadata`?"),
        ("zzz", "available: `locale`, `metadata`, `asset`"),
    ],
)
def test_unknown_name(name, advice):
    """An unknown name is reported with the most similar known name."""
    reported = problems(make_fields(translations=[{"locale": "fr", "metadata": {}, name: 1}]))

    field = f"translations.0.{name}"
    assert reported == {field: f"`{field}` is not known here; {advice}"}


def test_number_that_is_too_small():
    """The message contains the limit."""
    assert problems(with_asset(size=-1)) == {
        "asset.size": "`asset.size` is -1: it must not be less than 0; give the size in bytes, a"
        " number without quotes"
    }


def test_schema_advises_on_every_field():
    """Every rule of the schema has advice, at every depth."""

    def without_advice(schema, path):
        for name, rule in schema.get("properties", {}).items():
            if "x-advice" not in rule and "$ref" not in rule and "const" not in rule:
                yield f"{path}.{name}"
            yield from without_advice(rule, f"{path}.{name}")
        if "items" in schema:
            yield from without_advice(schema["items"], path)

    schema = Checker("media-library").schema
    schemas = {"": schema, **schema["$defs"]}

    assert [path for name, rules in schemas.items() for path in without_advice(rules, name)] == []


def test_system_of_the_entry():
    """The entry's system takes precedence over the run's, in the key and in the request."""
    fields = make_fields(systemName="other")
    item = LIBRARY.item_from(Entry(1, "x1", fields), "archive", b"digest")

    assert isinstance(item, Item)
    assert item.key == ItemKey("other", "x1")
    assert orjson.loads(item.body)["systemName"] == "other"


def test_system_of_the_run():
    """The system of the run is sent if the entry has none."""
    assert wire(make_fields())["systemName"] == "archive"


def test_external_id_without_a_system():
    """An externalId needs a system."""
    assert problems(make_fields(), system_name="") == {
        "systemName": "`systemName` is missing: an entry with an externalId needs it"
    }


def test_missing_system_is_reported_with_other_problems():
    """A missing system is reported together with violations of the schema."""
    assert problems(make_fields(asset=5), system_name="").keys() == {"asset", "systemName"}


def test_entry_of_an_id_alone():
    """Without an externalId none is sent, and no system is required."""
    fields = {name: value for name, value in make_fields().items() if name != "externalId"}
    item = LIBRARY.item_from(Entry(1, "m-1", {**fields, "id": "m-1"}), "", b"digest")

    assert isinstance(item, Item)
    assert item.key == ItemKey("", "m-1")
    assert orjson.loads(item.body).keys() == {"id", "mediaType", "asset"}


def test_derived_id_is_always_the_same():
    """The id is derived from the pair alone. The expected id must never change."""
    assert wire(make_fields())["id"] == wire(make_fields("video"))["id"]
    assert wire(make_fields())["id"] == "73cyclspf7otg5z3lj6uxis54figgyam"


@pytest.mark.parametrize(
    ("first", "second"),
    [(("a", "b"), ("a", "c")), (("a", "b"), ("c", "b")), (("ab", "c"), ("a", "bc"))],
)
def test_derived_ids_differ(first, second):
    """Different pairs have different ids, even if their concatenation is equal."""
    ids = [orjson.loads(make_item(name, system).body)["id"] for system, name in (first, second)]

    assert ids[0] != ids[1]
    assert all(re.fullmatch("[a-z2-7]{32}", media_id) for media_id in ids)


def test_random_ids():
    """If the server chooses ids, only an own id of an entry is sent."""
    assert "id" not in wire(make_fields(), kind=RANDOM)
    assert wire(make_fields(id="own"), kind=RANDOM)["id"] == "own"


def test_checksum_ignores_added_fields():
    """The choice of ids does not change the checksum."""
    derived, chosen = make_item(), make_item(kind=RANDOM)

    assert derived.checksum == chosen.checksum
    assert derived.body != chosen.body


@pytest.mark.parametrize(
    ("value", "translation"),
    [
        ({"metadata": {"title": "Feu"}}, {"metadata": {"title": "Feu"}}),
        ({"title": "Feu"}, {"metadata": {"title": "Feu"}}),
        ({}, {"metadata": {}}),
        (
            {"metadata": {}, "asset": {"key": "k"}},
            {"metadata": {}, "asset": {"key": "k"}},
        ),
    ],
)
def test_translations_as_a_map(value, translation):
    """An object of locales is converted to a list; a value may be the metadata itself."""
    assert wire(make_fields(translations={"fr": value}))["translations"] == [
        {"locale": "fr", **translation}
    ]


def test_map_keeps_its_order():
    """Translations are sent in their order, and the entry is not modified."""
    fields = make_fields(translations={"it": {}, "fr": {}, "de": {}})

    assert [translation["locale"] for translation in wire(fields)["translations"]] == [
        "it",
        "fr",
        "de",
    ]
    assert isinstance(fields["translations"], dict)


@pytest.mark.parametrize(
    ("translations", "field"),
    [
        ({"fr": "Feu"}, "translations.0.metadata"),
        ({"fr": None}, "translations.0.metadata"),
        ({"fr": {"asset": {}}}, "translations.0.metadata"),
        ({"fr": {"metadata": {}, "title": "Feu"}}, "translations.0.title"),
        ({False: {}}, "translations.0.locale"),
    ],
)
def test_map_with_problems(translations, field):
    """An object is validated by the rules of the list."""
    assert problems(make_fields(translations=translations)).keys() == {field}


def test_envelope_is_the_list_alone():
    """This endpoint has no system, webhook or context of a request."""
    before, after = LIBRARY.envelope("archive", webhook="https://x.example/", context={"a": 1})

    assert before + after == b'{"mediaLibraryEntries":[]}'


def test_there_are_no_jobs():
    """A status answer is never a job of this kind."""
    assert LIBRARY.job_from({"finished": True, "state": "success"}, "j") is None


def test_registered_kind_derives_ids():
    """The registered kind derives ids, so that sending an entry twice is safe."""
    assert KINDS["media-library"] is LIBRARY
    assert "id" in wire(make_fields())
