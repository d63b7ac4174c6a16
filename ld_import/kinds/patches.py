"""From an item and the entry the server has: the smallest PATCH that makes them equal.

Only what differs is touched, and nothing an editor changed: a field whose value on the server is
not what was sent last (told by its mark) is a conflict. Where nothing was sent before there is
nothing to compare with, and the item wins.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import orjson

from ld_import.kinds.field_hashes import has_field, has_value
from ld_import.kinds.proof import has_other_title

# From this API version on the patch need not change `updatedAt`, by which editors sort.
PRESERVES_FROM = "2026-03"
NOT_PATCHABLE = ("url", "fileName", "translations", "mediaType")
IDENTITY = ("id", "externalId", "systemName")
# Those of them that an entry shows as they were sent.
SHOWN_UNPATCHABLE = ("translations", "mediaType")


def is_patchable(names: Iterable[str]) -> bool:
    """Return whether a PATCH can change any of the fields of these names."""
    return any(name not in (*NOT_PATCHABLE, *IDENTITY) for name in names)


@dataclass(slots=True)
class Patch:
    """What is to be done, what must not be done, and what no PATCH can do, all by field name."""

    operations: list[dict[str, Any]] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    conflicts: list[str] = field(default_factory=list)
    impossible: list[str] = field(default_factory=list)

    def body(self, version: Any, api_version: str) -> bytes:
        """Return the request body, guarded by the version of the entry it was made for."""
        body: dict[str, Any] = {"patches": self.operations}
        if isinstance(version, int | str):
            body["version"] = version
        if api_version[:1] == "2" and api_version >= PRESERVES_FROM:
            body["preserveUpdatedAt"] = True
        return orjson.dumps(body)


def patch_for(
    item_body: bytes, entry: dict[str, Any], marks: bytes | None, lost: bytes = b""
) -> Patch:
    """Compare an item with its entry; `marks` are those of what the server took last, if known.

    `lost` are the marks of what was sent since without an answer: what it may have changed, no
    editor did.
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
    """Return whether the entry is known to have another value of a field no PATCH changes."""
    if name in SHOWN_UNPATCHABLE:
        # An entry without the member has an empty list of translations.
        return not is_same(entry.get(name) or [], item[name])
    if name == "fileName" and has_other_title(item, entry):
        return True
    return marks is not None and not has_value(marks, name, item[name])


def _patch_metadata(
    patch: Patch, wanted: dict[str, Any], held: dict[str, Any], marks: bytes | None
) -> None:
    # A property we sent once and send no more is removed; one of the editors' own stays.
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
    # Never sent and not there: the field is new.
    return held is not None or has_field(marks, name)


def is_same(held: Any, wanted: Any) -> bool:
    """Return whether two JSON values are equal; unlike in Python, `true` is not 1."""
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
