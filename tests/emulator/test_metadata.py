"""The metadata a project knows: who is refused for what, in the words of either age."""

from __future__ import annotations

import pytest

from ld_import.emulator import Emulator, Settings
from tests.emulator.server_client import ServerClient, registered, video

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
    """A value has the JSON type its property was configured with, or is told by its name."""
    server = ServerClient(Emulator(Settings(metadata_types={"p": type_name})))

    good, bad = server.take(
        registered("a", metadata={"p": fitting}), registered("b", metadata={"p": other})
    )

    assert good["ok"]
    told = {"metadataProperty": "p", "message": f"The value of '/p' must be {type_name}"}
    assert bad["error_details"]["errors"] == [told]


def test_any_type():
    """A type nobody knows takes everything; without any rule so does every property."""
    entry = registered(metadata={"p": [1, None]})

    for types in ({"p": "any"}, {}):
        assert ServerClient(Emulator(Settings(metadata_types=types))).take(entry)[0]["ok"]


@pytest.mark.parametrize("is_old", [False, True])
def test_refused_entry(is_old):
    """All problems of an entry and its translations are told, under the key of the age."""
    server = ServerClient(Emulator(Settings(metadata_types=TYPES, old_metadata_errors=is_old)))
    translations = [{"locale": "fr", "metadata": {"foo": 1}}]

    (result,) = server.take(registered(metadata={"title": 1, "year": 2}, translations=translations))

    if is_old:
        assert result["error"] == "MetadataValidationErrors"
        assert result["error_details"] == {"invalidMetadata": [WRONG, UNKNOWN]}
    else:
        assert result["error"] == "ValidationError"
        details = {"message": "Metadata validation failed.", "errors": [WRONG, UNKNOWN]}
        assert result["error_details"] == details
    assert result["status"] == 400


def test_failed_item_of_a_job():
    """In a job the item fails alone, with the first problem in its reason."""
    emulator = Emulator(Settings(metadata_types=TYPES, fail_url={"broken": "too long"}))
    server = ServerClient(emulator)
    wrong = video("b", metadata={"title": 1})
    broken = video("broken", metadata={"title": 1})

    items = server.finish(server.submit(video("a"), wrong, broken))["videos"]

    assert [each["state"] for each in items] == ["success", "failed", "failed"]
    reason = "Metadata validation failed. The value of '/title' must be string"
    assert [each.get("reason") for each in items] == [None, reason, "too long"]


def test_refused_patch():
    """A PATCH may not set what an import may not bring, and may remove anything."""
    emulator = Emulator()
    server = ServerClient(emulator)
    server.take(registered("a", metadata={"foo": 1}))
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
