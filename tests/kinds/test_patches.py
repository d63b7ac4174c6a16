"""The smallest PATCH: what differs, nothing an editor changed, nothing a PATCH cannot do."""

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


def operations(found):
    """Return what each operation is about."""
    return [one.get("propertyName", one["operation"]) for one in found.operations]


def test_equal_entries_need_nothing():
    """Nothing is sent where nothing differs."""
    same = {"metadata": {"title": "A"}, "asset": ASSET}

    found = patch(same, same, same)

    assert (found.operations, found.conflicts, found.impossible) == ([], [], [])


def test_only_what_differs_is_touched():
    """One property changed is one operation with its new value."""
    sent = {"metadata": {"title": "A", "credit": "B"}}

    found = patch(sent, {"metadata": {"title": "New", "credit": "B"}}, sent)

    assert found.operations == [
        {"operation": "setMetadataProperty", "propertyName": "title", "value": "New"}
    ]
    assert found.changed == ["metadata.title"]


def test_dropped_property_is_removed_and_a_foreign_one_stays():
    """`null` removes what we sent once and send no more; what editors added is theirs."""
    sent = {"metadata": {"title": "A", "credit": "B"}}
    held = {"metadata": {"title": "A", "credit": "B", "rights": "cleared"}}

    found = patch(sent, {"metadata": {"title": "A"}}, held)

    assert found.operations == [
        {"operation": "setMetadataProperty", "propertyName": "credit", "value": None}
    ]


@pytest.mark.parametrize("held_title", ["By an editor", None, 5])
def test_value_that_is_not_what_was_sent_is_a_conflict(held_title):
    """A field somebody changed, or removed, is not overwritten."""
    held = {"metadata": {} if held_title is None else {"title": held_title}}

    found = patch({"metadata": {"title": "A"}}, {"metadata": {"title": "New"}}, held)

    assert found.operations == []
    assert found.conflicts == ["metadata.title"]


def test_editor_and_archive_agreeing_is_no_conflict():
    """Where the server already has the new value there is nothing to fight about."""
    found = patch(
        {"metadata": {"title": "A"}}, {"metadata": {"title": "B"}}, {"metadata": {"title": "B"}}
    )

    assert (found.operations, found.conflicts) == ([], [])


def test_new_property_is_set():
    """A property that never was there cannot have been changed by anybody."""
    found = patch({"metadata": {}}, {"metadata": {"title": "A"}}, {"metadata": {}})

    assert operations(found) == ["title"]


def test_asset_is_replaced_as_a_whole():
    """Any difference of the asset replaces it; what the server adds to it does not count."""
    wanted = {"metadata": {}, "asset": {**ASSET, "size": 2}}

    found = patch({"metadata": {}, "asset": ASSET}, wanted, {"asset": {**ASSET, "extra": 1}})

    assert found.operations == [{"operation": "replaceAsset", "value": {**ASSET, "size": 2}}]


def test_replaced_asset_of_an_editor_is_a_conflict():
    """An asset somebody replaced is not replaced back."""
    found = patch(
        {"asset": ASSET}, {"asset": {**ASSET, "size": 2}}, {"asset": {"key": "b.jpg", "size": 9}}
    )

    assert found.conflicts == ["asset"]


def test_what_no_patch_can_change_is_named():
    """A new URL or title of a fetched item, or other translations, are told, not forgotten."""
    sent = {"url": "https://a/1", "fileName": "A", "metadata": {}, "translations": []}
    wanted = {"url": "https://a/2", "fileName": "B", "metadata": {}, "translations": [{}]}

    assert patch(sent, wanted, {}).impossible == ["url", "fileName", "translations"]


def test_without_an_earlier_sending_the_item_wins():
    """For an entry the ledger never sent there is nothing to compare with."""
    found = patch(None, {"metadata": {"title": "A"}}, {"metadata": {"title": "B"}})

    assert (operations(found), found.conflicts) == (["title"], [])


@pytest.mark.parametrize(
    ("api_version", "preserves"),
    [("v1", False), ("beta", False), ("2026-01", False), ("2026-03", True), ("2026-05", True)],
)
def test_body_is_guarded_and_keeps_the_date_where_it_can(api_version, preserves):
    """The version of the entry stands in every PATCH, `preserveUpdatedAt` from 2026-03 on."""
    found = patch(None, {"metadata": {"title": "A"}}, {})

    sent = orjson.loads(found.body(7, api_version))

    assert sent["version"] == 7
    assert sent.get("preserveUpdatedAt", False) is preserves
