"""Schemas of manifests and of the configuration, made of those that the program checks with."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson

from ld_import.cli.config.mistakes import SCHEMA_PATH as CONFIG_PATH
from ld_import.importer.checks import STORING_KIND
from ld_import.kinds import KINDS
from ld_import.kinds.base import SCHEMA_FOLDER
from ld_import.kinds.media_library.files import FILE, OF_STORAGE
from ld_import.manifest.base import LIST_KEYS
from ld_import.manifest.header import SCHEMA_PATH as HEADER_PATH

Schema = dict[str, Any]

ID = {
    "type": ["string", "integer", "null"],
    "description": "the id of the record in the old system, which must never change",
}
HAS_ID = {"anyOf": [{"required": ["externalId"]}, {"required": ["id"]}]}
HAS_MAP = {"required": ["map"], "properties": {"map": {"type": "object"}}}
HAS_ID_TEMPLATE = {"required": ["externalId"], "properties": {"externalId": {"type": "string"}}}


def config_schema() -> Schema:
    """Return the schema of `ld-import.yaml`."""
    schema: Schema = _described(_read(CONFIG_PATH))
    return schema


def manifest_schema(kind: str) -> Schema:
    """Return the schema of a manifest of a kind, with its records where they are inline.

    Records are checked as entries where no `map` turns them into entries.
    """
    list_key = KINDS[kind].list_key
    header = _read(HEADER_PATH)
    entry = _described(_read(SCHEMA_FOLDER / f"{kind}.json"))
    lists = ("items", list_key)
    others = set(LIST_KEYS) - set(lists)
    if kind != STORING_KIND:
        others.add("storage")
    properties = {name: rule for name, rule in header["properties"].items() if name not in others}
    properties["map"] = {**properties["map"], "properties": _templates(entry)}
    properties |= {name: {"$ref": "#/$defs/records"} for name in lists}
    checked = {name: {"items": {"$ref": "#/$defs/entry"}} for name in lists}
    identified = {name: {"items": HAS_ID} for name in lists}
    return {
        "$schema": header["$schema"],
        "title": f"Manifest of {kind} for ld-import",
        "type": "object",
        "additionalProperties": False,
        "properties": properties,
        "oneOf": [{"required": [name]} for name in ("source", *lists)],
        "allOf": [
            {"if": HAS_MAP, "else": {"properties": checked}},
            {
                "if": {"anyOf": [HAS_MAP, HAS_ID_TEMPLATE]},
                "else": {"properties": identified},
            },
        ],
        "$defs": {
            "records": {
                "type": "array",
                "description": "a list of records",
                "items": {"type": "object"},
            },
            "entry": _record_of(entry, has_own_ids=KINDS[kind].has_own_ids),
            **entry.get("$defs", {}),
        },
    }


def _record_of(entry: Schema, *, has_own_ids: bool) -> Schema:
    """Return the schema of a record that is an entry already: ids may be missing or numbers."""
    names = ("externalId",) if has_own_ids else ("externalId", "id")
    record = {key: rule for key, rule in entry.items() if not key.startswith("$")}
    record.pop("title", None)
    record["required"] = [name for name in entry["required"] if name != "id"]
    record["properties"] = {**entry["properties"], **dict.fromkeys(names, ID)}
    translations = record["properties"].get("translations")
    if translations is not None:
        # The program accepts an object with the locales as keys as well.
        record["properties"]["translations"] = {"anyOf": [translations, {"type": "object"}]}
    return _with_file(record, entry) if FILE in entry["properties"] else record


def _with_file(record: Schema, entry: Schema) -> Schema:
    """Return the schema of a record whose asset is made from its file, if it names one."""
    members = entry["$defs"]["own"]["properties"]
    stated = {name: rule for name, rule in members.items() if name not in OF_STORAGE}
    asset = {"type": "object", "properties": {**stated, **dict.fromkeys(OF_STORAGE, False)}}
    return {
        "type": "object",
        "properties": record["properties"],
        "if": {"required": [FILE]},
        "then": {"properties": {"asset": asset}},
        "else": record,
    }


def _templates(entry: Schema) -> Schema:
    """Return the keys of `map`, each with its explanation; its values are checked by record."""
    names = {"externalId": ID, **entry["properties"]}
    return {name: {"description": rule.get("description", name)} for name, rule in names.items()}


def _described(schema: Any) -> Any:
    """Return a schema whose advice for messages is the description that editors show."""
    if isinstance(schema, list):
        return [_described(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    described = {key: _described(part) for key, part in schema.items() if key != "x-advice"}
    advice = schema.get("x-advice")
    return {"description": advice, **described} if isinstance(advice, str) else described


def _read(path: Path) -> Schema:
    schema: Schema = orjson.loads(path.read_bytes())
    return schema
