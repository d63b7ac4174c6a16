"""The smallest PATCH: differences only, no change of an editor, and no unsupported change."""

from __future__ import annotations

import orjson
import pytest

from ld_import.kinds.field_hashes import hashes_from
from ld_import.kinds.patches import patch_for

ASSET = {"key": "a.jpg", "size": 1}


def body(**fields):
    """Return an item's body."""
    return orjson.dumps({"id": "v1", **fields})


def patch(sent, wanted, held):
    """Return the patch for an item that was sent as `sent` and now is `wanted`."""
    return patch_for(body(**wanted), held, None if sent is None else hashes_from(body(**sent)))


def operations(result):
    """Return the property or operation name of each operation."""
    return [
        operation.get("propertyName", operation["operation"]) for operation in result.operations
    ]


def test_equal_entries_need_no_operation():
    """Equal entries need no operation."""
    same = {"metadata": {"title": "A"}, "asset": ASSET}

    result = patch(same, same, same)

    assert (result.operations, result.conflicts, result.impossible) == ([], [], [])


def test_only_differences_are_sent():
    """One changed property is one operation with its new value."""
    sent = {"metadata": {"title": "A", "credit": "B"}}

    result = patch(sent, {"metadata": {"title": "New", "credit": "B"}}, sent)

    assert result.operations == [
        {"operation": "setMetadataProperty", "propertyName": "title", "value": "New"}
    ]
    assert result.changed == ["metadata.title"]


def test_dropped_property_is_removed():
    """A property that is no longer sent is removed with `null`; one of an editor is kept."""
    sent = {"metadata": {"title": "A", "credit": "B"}}
    held = {"metadata": {"title": "A", "credit": "B", "rights": "cleared"}}

    result = patch(sent, {"metadata": {"title": "A"}}, held)

    assert result.operations == [
        {"operation": "setMetadataProperty", "propertyName": "credit", "value": None}
    ]


@pytest.mark.parametrize("held_title", ["By an editor", None, 5])
def test_change_of_an_editor_is_a_conflict(held_title):
    """A field that an editor changed or removed is not overwritten."""
    held = {"metadata": {} if held_title is None else {"title": held_title}}

    result = patch({"metadata": {"title": "A"}}, {"metadata": {"title": "New"}}, held)

    assert result.operations == []
    assert result.conflicts == ["metadata.title"]


def test_same_change_of_an_editor_is_not_a_conflict():
    """If the server already has the new value, there is no conflict."""
    result = patch(
        {"metadata": {"title": "A"}}, {"metadata": {"title": "B"}}, {"metadata": {"title": "B"}}
    )

    assert (result.operations, result.conflicts) == ([], [])


def test_new_property_is_set():
    """A property that never existed cannot have been changed by an editor."""
    result = patch({"metadata": {}}, {"metadata": {"title": "A"}}, {"metadata": {}})

    assert operations(result) == ["title"]


def test_asset_is_replaced_as_a_whole():
    """Any difference replaces the asset; fields added by the server are ignored."""
    wanted = {"metadata": {}, "asset": {**ASSET, "size": 2}}

    result = patch({"metadata": {}, "asset": ASSET}, wanted, {"asset": {**ASSET, "extra": 1}})

    assert result.operations == [{"operation": "replaceAsset", "value": {**ASSET, "size": 2}}]


def test_replaced_asset_of_an_editor_is_a_conflict():
    """An asset that an editor replaced is not overwritten."""
    result = patch(
        {"asset": ASSET}, {"asset": {**ASSET, "size": 2}}, {"asset": {"key": "b.jpg", "size": 9}}
    )

    assert result.conflicts == ["asset"]


def test_impossible_changes_are_named():
    """A new URL or title of a fetched item and other translations are reported."""
    sent = {"url": "https://a/1", "fileName": "A", "metadata": {}, "translations": []}
    wanted = {"url": "https://a/2", "fileName": "B", "metadata": {}, "translations": [{}]}

    assert patch(sent, wanted, {}).impossible == ["url", "fileName", "translations"]


def test_item_wins_if_nothing_was_sent_before():
    """For an entry that was never sent there is nothing to compare with."""
    result = patch(None, {"metadata": {"title": "A"}}, {"metadata": {"title": "B"}})

    assert (operations(result), result.conflicts) == (["title"], [])


@pytest.mark.parametrize(
    ("api_version", "preserves"),
    [("v1", False), ("beta", False), ("2026-01", False), ("2026-03", True), ("2026-05", True)],
)
def test_version_and_date_in_the_body(api_version, preserves):
    """Every PATCH has the version of the entry, and `preserveUpdatedAt` from 2026-03 on."""
    result = patch(None, {"metadata": {"title": "A"}}, {})

    sent = orjson.loads(result.body(7, api_version))

    assert sent["version"] == 7
    assert sent.get("preserveUpdatedAt", False) is preserves
