"""From a record to an entry: the templates of the manifest, and the rules for what they give."""

from __future__ import annotations

from hashlib import blake2b
from typing import Any

import orjson

from ld_import.errors import ManifestError
from ld_import.manifest.external_id import checked, own_id
from ld_import.manifest.formats.csv_columns import Shape
from ld_import.manifest.record_json import fields_of
from ld_import.manifest.templating.compiler import Slot, Templates, is_template
from ld_import.manifest.templating.natives import native
from ld_import.manifest.templating.omit import OMIT
from ld_import.manifest.templating.unfit import Unfit
from ld_import.manifest.templating.work import Work
from ld_import.model import Entry, Invalid, Problem, Record

# Part of the fingerprint: count up when the same record and templates give another entry.
RULES_VERSION = 2
FINGERPRINT_BYTES = 16
ID_FIELDS = ("externalId", "id")


class Mapping:
    """What the manifest makes of each record.

    `fingerprint` changes exactly when the templates or the rules of this room change, so that
    record and fingerprint together tell whether an entry can be another one than last time.
    `external_id_template` is what makes ids where the records' own do not.
    """

    def __init__(
        self,
        *,
        external_id: str | None,
        fields: dict[str, Any] | None,
        has_own_ids: bool = False,
        columns: Shape | None = None,
    ) -> None:
        """Compile the templates; one that cannot work raises `ManifestError` with its place.

        Without `external_id` the key `externalId` or `id` of `fields` takes its part, and without
        that the record's own.

        `has_own_ids` is for entries whose `id` is another thing than their externalId: both stand
        in the fields then, and the `id` is the externalId, too, where nothing else gives one.

        `columns` are those of a table, whose empty cells are no unknown fields. They have no part
        in the fingerprint: they can make an entry of a record that was invalid, but no other entry.
        """
        self.fingerprint = _fingerprint(external_id, fields, has_own_ids)
        self._has_own_ids = has_own_ids
        self._id_template, self._id_field = external_id, "externalId"
        shape = None if fields is None else dict(fields)
        name = "externalId"
        for key in (ID_FIELDS[:1] if has_own_ids else ID_FIELDS) if shape else ():
            value = shape.pop(key, None) if shape else None
            if self._id_template is None and value is not None:
                name, self._id_field = f"map.{key}", key
                self._id_template = _id_template(value, name)
        self._plan = _Plan()
        if self._id_template is not None:
            self._plan.add(Slot(self._id_field, self._id_template, is_id=True), name)
        self._shape = self._plan.shape_of(shape, "")
        self.external_id_template = self._id_template or _last_resort(shape, has_own_ids)
        self._templates = Templates(self._plan.slots, self._plan.names, columns)

    def entry_from(self, record: Record) -> Entry | Invalid:
        """Give the entry, or every problem of the record at once; never raises for a record."""
        if record.problem is not None:
            return Invalid(record.line, None, (record.problem,))
        source = fields_of(record.raw)
        if isinstance(source, str):
            return Invalid(record.line, None, (Problem("", source),))
        values, problems = self._templates.render(source) if self._plan.slots else ([], [])
        external_id = self._external_id(source, values, problems)
        if isinstance(external_id, Problem):
            problems.append(external_id)
        if problems or not isinstance(external_id, str):
            told = external_id if isinstance(external_id, str) else None
            return Invalid(record.line, told, tuple(problems))
        if self._shape is not None:
            fields = _filled(self._shape, values)
        elif self._has_own_ids:
            fields = source
        else:
            fields = {key: value for key, value in source.items() if key not in ID_FIELDS}
        if self._has_own_ids:
            fields = self._with_ids(fields, source, external_id)
        return Entry(record.line, external_id, fields)

    def _external_id(
        self, source: dict[str, Any], values: list[Any], problems: list[Problem]
    ) -> str | Problem | None:
        """Give the id; `None` when its template failed and that is told already."""
        if self._id_template is not None:
            return None if values[0] is None else checked(values[0], self._id_field)
        if not self._has_own_ids or self._shape is None or source.get("externalId") is not None:
            return own_id(source)
        if any(problem.field == "id" for problem in problems):
            return None
        mapped = _filled(self._shape.get("id"), values)
        return own_id(source if mapped is None or mapped is OMIT else {**source, "id": mapped})

    def _with_ids(
        self, fields: dict[str, Any], source: dict[str, Any], external_id: str
    ) -> dict[str, Any]:
        """Let `externalId` stand in the fields, unless it only repeats an `id`."""
        kept = {
            key: value
            for key, value in fields.items()
            if key != "externalId" and (key != "id" or value is not None)
        }
        if self._id_template is not None or source.get("externalId") is not None:
            kept["externalId"] = external_id
        return kept


class _Plan:
    """Collects the templates of a map; the map keeps the number of a slot in their place."""

    def __init__(self) -> None:
        self.slots: list[Slot] = []
        self.names: list[str] = []

    def add(self, slot: Slot, name: str) -> _Place:
        self.slots.append(slot)
        self.names.append(name)
        return _Place(len(self.slots) - 1)

    def shape_of(self, value: Any, field: str) -> Any:
        if isinstance(value, str) and is_template(value):
            return self.add(Slot(field, value), f"map.{field}")
        if isinstance(value, dict):
            dot = "." if field else ""
            return {key: self.shape_of(each, f"{field}{dot}{key}") for key, each in value.items()}
        if isinstance(value, list):
            return [self.shape_of(each, f"{field}[{at}]") for at, each in enumerate(value)]
        try:
            return native(value, Work())
        except Unfit as error:
            raise ManifestError(f"`map.{field}`: {error}") from error


class _Place(int):
    """The number of the slot whose value stands here."""


def _filled(shape: Any, values: list[Any]) -> Any:
    kind = type(shape)
    if kind is _Place:
        return values[shape]
    if kind is dict:
        filled = {}
        for key, each in shape.items():
            # Once for each field of each record: without a call for the usual case.
            value = values[each] if type(each) is _Place else _filled(each, values)
            if value is not OMIT:
                filled[key] = value
        return filled
    if kind is list:
        return [value for each in shape if (value := _filled(each, values)) is not OMIT]
    return shape


def _id_template(value: Any, name: str) -> str:
    if not isinstance(value, str):
        raise ManifestError(f'`{name}` must be a template text such as "{{{{ slug }}}}"')
    return value


def _last_resort(shape: dict[str, Any] | None, has_own_ids: bool) -> str | None:
    """Give the template of an `id` that is the externalId where nothing else gives one."""
    made = shape.get("id") if shape and has_own_ids else None
    return made if isinstance(made, str) else None


def _fingerprint(
    external_id: str | None, fields: dict[str, Any] | None, has_own_ids: bool
) -> bytes:
    parts = [RULES_VERSION, external_id, fields, *([has_own_ids] * has_own_ids)]
    try:
        told = orjson.dumps(parts, option=orjson.OPT_SORT_KEYS)
    except orjson.JSONEncodeError as error:
        raise ManifestError(f"`map` holds a value that JSON cannot carry ({error})") from error
    return blake2b(told, digest_size=FINGERPRINT_BYTES).digest()
