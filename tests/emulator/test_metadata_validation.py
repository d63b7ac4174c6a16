"""Validation of metadata, with the messages of current and older servers."""

from __future__ import annotations

import pytest

from ld_import.emulator import Emulator, Settings
from tests.emulator.server_client import ServerClient, library_entry, video
from tests.harness.projects import project_config

PROJECT = project_config(title="li-text", year="li-integer", credit="li-text")
UNKNOWN = {"metadataProperty": "foo", "message": "The property 'foo' is not configured"}
WRONG = {"metadataProperty": "title", "message": "The value of '/title' must be string"}


def refused(plugin, value):
    """Return the message about a value of a property with this plugin, or None."""
    server = ServerClient(Emulator(Settings(project_config=project_config(p=plugin))))
    (result,) = server.import_entries(library_entry(metadata={"p": value}))
    if result["ok"]:
        return None
    (error,) = result["error_details"]["errors"]
    assert error["metadataProperty"] == "p"
    message: str = error["message"]
    return message


CROP = {"name": "wide", "x": 1, "y": 2, "width": 3, "height": 4, "isAutomatic": True}
IMAGE = {"mediaId": "a", "width": 1, "crops": [{**CROP, "x": 0.5}], "focalPoint": {"x": 0.5}}


@pytest.mark.parametrize(
    ("plugin", "fitting", "other", "message"),
    [
        ("li-text", "", 1, "'/p' must be string"),
        ("li-enum", "not in the list", ["a"], "'/p' must be string"),
        ("li-color", "red", {}, "'/p' must be string"),
        ("li-external-id", "a", 1, "'/p' must be string"),
        ("li-media-handle", "a", 1, "'/p' must be string"),
        ("li-string-list", ["a"], "a", "'/p' must be array"),
        ("li-string-list", [], ["a", 1], "'/p/1' must be string"),
        ("li-string-list", [], [None], "'/p/0' must be string"),
        ("li-numeric-list", [1, 2], [1.5], "'/p/0' must be integer"),
        ("li-integer", 1, "1", "'/p' must be integer"),
        ("li-integer", 12.0, 12.5, "'/p' must be integer"),
        ("li-system-integer", -1, True, "'/p' must be integer"),
        ("li-boolean", False, 0, "'/p' must be boolean"),
        ("li-invalid", True, "true", "'/p' must be boolean"),
        ("li-date", "yesterday", 2024, "'/p' must be string"),
        ("li-datetime", "2024-01-01", 1.5, "'/p' must be string"),
        ("li-system-datetime", "", [], "'/p' must be string"),
        ("li-datetime-validity", {"from": None, "to": ""}, {"to": 1}, "'/p/to' must be string"),
        ("li-datetime-validity", {}, "2024", "'/p' must be object"),
        (
            "li-document-reference",
            {"$ref": "document", "reference": {"id": "1"}},
            {"$ref": "document", "reference": {"id": 1}},
            "'/p/reference/id' must be string",
        ),
        (
            "li-document-references",
            {"$ref": "documents", "references": [{"id": "1"}]},
            {"references": [{"id": "1"}, "2"]},
            "'/p/references/1' must be object",
        ),
        ("li-image", IMAGE, {"width": "12"}, "'/p/width' must be integer"),
        ("li-poster-image", IMAGE, {"crops": {}}, "'/p/crops' must be array"),
        ("li-video-reference", {"reference": {}}, [], "'/p' must be object"),
        (
            "li-named-crops",
            {"crops": [CROP], "focalPoint": {"x": 1, "y": 2}},
            {"crops": [CROP, {**CROP, "x": 1.5}]},
            "'/p/crops/1/x' must be integer",
        ),
        ("li-transcoding-state", {"commands": []}, {"commands": 1}, "'/p/commands' must be array"),
        (
            "li-transcoding-state",
            {"transcodings": [{}]},
            {"transcodings": [{"assetKey": 1}]},
            "'/p/transcodings/0/assetKey' must be string",
        ),
        ("li-metadata-translations", {"locale": "de"}, "de", "'/p' must be object"),
        ("li-license-profile", {"handle": "dpa"}, {"handle": 1}, "'/p/handle' must be string"),
    ],
)
def test_types(plugin, fitting, other, message):
    """A value has the JSON type of the property's plugin; lengths, lists and forms are free."""
    assert refused(plugin, fitting) is None
    assert refused(plugin, None) is None
    assert refused(plugin, other) == f"The value of {message}"


@pytest.mark.parametrize("plugin", ["town-news-map", "li-google-vision", "li-category", "li-new"])
@pytest.mark.parametrize("value", [1, [None], {"id": 1}])
def test_other_plugins(plugin, value):
    """Plugins of a customer, and those that media cannot have, accept every value."""
    assert refused(plugin, value) is None


def test_path_in_a_message():
    """The path is a JSON pointer, in which a slash of a name is escaped."""
    config = project_config(**{"a/b": "li-text"})
    server = ServerClient(Emulator(Settings(project_config=config)))

    (result,) = server.import_entries(library_entry(metadata={"a/b": 1}))

    (error,) = result["error_details"]["errors"]
    assert error == {
        "metadataProperty": "a/b",
        "message": "The value of '/a~1b' must be string",
    }


def test_unknown_property_with_null():
    """A property that is not configured is refused whatever its value is."""
    server = ServerClient(Emulator(Settings(project_config=PROJECT)))

    (result,) = server.import_entries(library_entry(metadata={"foo": None}))

    assert result["error_details"]["errors"] == [UNKNOWN]


@pytest.mark.parametrize("is_old", [False, True])
def test_refused_entry(is_old):
    """All errors of an entry and its translations are reported, in the format of the version."""
    server = ServerClient(Emulator(Settings(project_config=PROJECT, old_metadata_errors=is_old)))
    translations = [{"locale": "fr", "metadata": {"foo": 1}}]

    (result,) = server.import_entries(
        library_entry(metadata={"title": 1, "year": 2}, translations=translations)
    )

    translated = {**UNKNOWN, "translationLocale": "fr"}
    if is_old:
        assert result["error"] == "MetadataValidationErrors"
        wrong = {**WRONG, "message": "The value of '/title' should be string"}
        assert result["error_details"] == {"invalidMetadata": [wrong, translated]}
    else:
        assert result["error"] == "ValidationError"
        details = {"message": "Metadata validation failed.", "errors": [WRONG, translated]}
        assert result["error_details"] == details
    assert result["status"] == 400


def test_errors_in_the_order_of_the_properties():
    """Each wrong property is reported once, in the order of the request."""
    config = project_config(tags="li-string-list", title="li-text")
    server = ServerClient(Emulator(Settings(project_config=config)))

    (result,) = server.import_entries(
        library_entry(metadata={"zoom": 1, "title": 1, "tags": [1, 2], "area": 2})
    )

    assert [error["metadataProperty"] for error in result["error_details"]["errors"]] == [
        "zoom",
        "title",
        "tags",
        "area",
    ]


def test_failed_item_of_a_job():
    """In a job only the invalid item fails, with the first error in its reason."""
    emulator = Emulator(Settings(project_config=PROJECT, fail_url={"broken": "too long"}))
    server = ServerClient(emulator)
    wrong = video("b", metadata={"title": 1})
    broken = video("broken", metadata={"title": 1})

    items = server.finish(server.submit(video("a"), wrong, broken))["videos"]

    assert [item["state"] for item in items] == ["success", "failed", "failed"]
    reason = "Metadata validation failed. The value of '/title' must be string"
    assert [item.get("reason") for item in items] == [None, reason, "too long"]


def test_refused_patch():
    """A PATCH is validated like an import, and may remove any property."""
    emulator = Emulator()
    server = ServerClient(emulator)
    server.import_entries(library_entry("a", metadata={"foo": 1}))
    emulator.settings = Settings(project_config=PROJECT)

    def put(name, **value):
        return server.patch(
            "a", {"operation": "setMetadataProperty", "propertyName": name, **value}
        )

    refused = put("title", value=1)

    assert refused.status_code == 400
    assert refused.json()["error_details"]["errors"] == [WRONG]
    assert put("foo").status_code == 200
    assert server.read("a")["metadata"] == {}
