"""Validation of metadata, with the messages of current and older servers."""

from __future__ import annotations

import pytest

from ld_import.emulator import Emulator, Settings
from tests.emulator.server_client import ServerClient, library_entry, video

TYPES = {"title": "string", "year": "integer", "credit": "string"}
UNKNOWN = {"metadataProperty": "foo", "message": "The property 'foo' is not configured"}
WRONG = {"metadataProperty": "title", "message": "The value of '/title' must be string"}


@pytest.mark.parametrize(
    ("type_name", "fitting", "other"),
    [
        ("string", "", 1),
        ("number", 1.5, True),
        ("integer", 1, 1.5),
        ("boolean", False, 0),
        ("object", {}, []),
        ("array", [], "a"),
        ("null", None, 0),
    ],
)
def test_types(type_name, fitting, other):
    """A value must have the JSON type of its property; otherwise the property is reported."""
    server = ServerClient(Emulator(Settings(metadata_types={"p": type_name})))

    good, bad = server.import_entries(
        library_entry("a", metadata={"p": fitting}), library_entry("b", metadata={"p": other})
    )

    assert good["ok"]
    error = {"metadataProperty": "p", "message": f"The value of '/p' must be {type_name}"}
    assert bad["error_details"]["errors"] == [error]


def test_any_type():
    """An unknown type accepts any value; without configured types, every property is accepted."""
    entry = library_entry(metadata={"p": [1, None]})

    for types in ({"p": "any"}, {}):
        assert ServerClient(Emulator(Settings(metadata_types=types))).import_entries(entry)[0]["ok"]


@pytest.mark.parametrize("is_old", [False, True])
def test_refused_entry(is_old):
    """All errors of an entry and its translations are reported, in the format of the version."""
    server = ServerClient(Emulator(Settings(metadata_types=TYPES, old_metadata_errors=is_old)))
    translations = [{"locale": "fr", "metadata": {"foo": 1}}]

    (result,) = server.import_entries(
        library_entry(metadata={"title": 1, "year": 2}, translations=translations)
    )

    if is_old:
        assert result["error"] == "MetadataValidationErrors"
        assert result["error_details"] == {"invalidMetadata": [WRONG, UNKNOWN]}
    else:
        assert result["error"] == "ValidationError"
        details = {"message": "Metadata validation failed.", "errors": [WRONG, UNKNOWN]}
        assert result["error_details"] == details
    assert result["status"] == 400


def test_failed_item_of_a_job():
    """In a job only the invalid item fails, with the first error in its reason."""
    emulator = Emulator(Settings(metadata_types=TYPES, fail_url={"broken": "too long"}))
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
    emulator.settings = Settings(metadata_types=TYPES)

    def put(name, **value):
        return server.patch(
            "a", {"operation": "setMetadataProperty", "propertyName": name, **value}
        )

    refused = put("title", value=1)

    assert refused.status_code == 400
    assert refused.json()["error_details"]["errors"] == [WRONG]
    assert put("foo").status_code == 200
    assert server.read("a")["metadata"] == {}
