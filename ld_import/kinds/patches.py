"""The smallest PATCH that makes an entry on the server equal to an item.

Only fields that differ are changed, and none that an editor changed: a field whose value on the
server is not the last sent value (according to its hash) is a conflict. If nothing was sent before,
there is nothing to compare with, and the item wins.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import orjson

from ld_import.kinds.field_hashes import has_field, has_value
from ld_import.kinds.patchable import NOT_PATCHABLE
from ld_import.kinds.proof import has_other_title

# From this API version on a PATCH can preserve `updatedAt`, the sort key of editors.
PRESERVES_FROM = "2026-03"
# The fields of NOT_PATCHABLE that an entry contains as they were sent.
SHOWN_UNPATCHABLE = ("translations", "mediaType")


@dataclass(slots=True)
class Patch:
    """Operations of a PATCH, and the names of fields: changed, in conflict, impossible to patch."""

    operations: list[dict[str, Any]] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    conflicts: list[str] = field(default_factory=list)
    impossible: list[str] = field(default_factory=list)

    def body(self, version: Any, api_version: str) -> bytes:
        """Return the request body with the version of the entry that the patch was made for."""
        body: dict[str, Any] = {"patches": self.operations}
        if isinstance(version, int | str):
            body["version"] = version
        if api_version[:1] == "2" and api_version >= PRESERVES_FROM:
            body["preserveUpdatedAt"] = True
        return orjson.dumps(body)


def patch_for(
    item_body: bytes, entry: dict[str, Any], marks: bytes | None, lost: bytes = b""
) -> Patch:
    """Compare an item with its entry on the server.

    `marks` are the field hashes of the content that the server accepted last, if known. `lost` are
    those of content sent since without an answer: its values are not changes of an editor.
    """
    item = orjson.loads(item_body)
    patch = Patch()
    own = None if marks is None else marks + lost
    _patch_metadata(patch, item.get("metadata") or {}, _mapping(entry, "metadata"), own)
    _patch_asset(patch, item.get("asset"), _mapping(entry, "asset"), own)
    patch.impossible += [
        name for name in NOT_PATCHABLE if name in item and _is_other(name, item, entry, marks)
    ]
    return patch


def _is_other(name: str, item: dict[str, Any], entry: dict[str, Any], marks: bytes | None) -> bool:
    """Return whether the entry is known to differ in a field that no PATCH can change."""
    if name in SHOWN_UNPATCHABLE:
        # An entry without the member has an empty list of translations.
        return not is_same(entry.get(name) or [], item[name])
    if name == "fileName" and has_other_title(item, entry):
        return True
    return marks is not None and not has_value(marks, name, item[name])


def _patch_metadata(
    patch: Patch, wanted: dict[str, Any], held: dict[str, Any], marks: bytes | None
) -> None:
    # A property that was sent before and is not sent now is removed; one of an editor is kept.
    dropped = {
        name: None
        for name in held
        if name not in wanted and marks and has_field(marks, f"metadata.{name}")
    }
    for name, value in {**wanted, **dropped}.items():
        field_name = f"metadata.{name}"
        if is_same(held.get(name), value):
            continue
        if _is_edited(field_name, held.get(name), marks):
            patch.conflicts.append(field_name)
            continue
        operation = {"operation": "setMetadataProperty", "propertyName": name, "value": value}
        patch.operations.append(operation)
        patch.changed.append(field_name)


def _patch_asset(
    patch: Patch, wanted: dict[str, Any] | None, held: dict[str, Any], marks: bytes | None
) -> None:
    if wanted is None or all(is_same(held.get(name), value) for name, value in wanted.items()):
        return
    if any(_is_edited(f"asset.{name}", held.get(name), marks) for name in wanted):
        patch.conflicts.append("asset")
        return
    patch.operations.append({"operation": "replaceAsset", "value": wanted})
    patch.changed.append("asset")


def _is_edited(name: str, held: Any, marks: bytes | None) -> bool:
    if marks is None or has_value(marks, name, held):
        return False
    # A field that was never sent and does not exist is new.
    return held is not None or has_field(marks, name)


def is_same(held: Any, wanted: Any) -> bool:
    """Return whether two JSON values are equal. Unlike in Python, `true` does not equal 1."""
    if isinstance(held, bool) or isinstance(wanted, bool):
        return held is wanted
    if isinstance(held, list) and isinstance(wanted, list):
        return len(held) == len(wanted) and all(map(is_same, held, wanted))
    if isinstance(held, dict) and isinstance(wanted, dict):
        return held.keys() == wanted.keys() and all(is_same(held[key], wanted[key]) for key in held)
    return bool(held == wanted)


def _mapping(entry: dict[str, Any], name: str) -> dict[str, Any]:
    held = entry.get(name)
    return held if isinstance(held, dict) else {}
