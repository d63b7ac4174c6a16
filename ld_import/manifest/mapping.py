"""Mapping of a record to an entry: the templates of a manifest, and the rules for their results."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

import orjson

from ld_import.errors import ManifestError
from ld_import.manifest.base import Columns
from ld_import.manifest.external_id import are_plain_ids, checked_id, own_ids, record_id
from ld_import.manifest.record_json import parse_record, parse_records
from ld_import.manifest.templating.compiler import Templates
from ld_import.manifest.templating.layout import LayoutPlan, filled
from ld_import.manifest.templating.slots import Slot
from ld_import.manifest.templating.values import OMIT
from ld_import.model import Entry, Invalid, Problem, Record, new_entry

if TYPE_CHECKING:
    from ld_import.manifest.templating.column_map import ColumnMap

# Part of the fingerprint. Increment it when the same record and templates give another entry.
RULES_VERSION = 2
FINGERPRINT_BYTES = 16
ID_FIELDS = ("externalId", "id")


class Mapping:
    """Turns the records of a manifest into entries.

    `fingerprint` changes exactly when the templates or the rules of this package change: the same
    record with the same fingerprint always gives the same entry. `external_id_template` is the
    template that makes the ids, or `None` if records have their own.
    """

    def __init__(
        self,
        *,
        external_id: str | None,
        fields: dict[str, Any] | None,
        has_own_ids: bool = False,
        columns: Columns | None = None,
    ) -> None:
        """Compile the templates. Raises `ManifestError` that names an invalid template.

        The externalId comes from the template `external_id`, else from the key `externalId` or
        `id` of `fields`, else from the record.

        `has_own_ids` is for entries whose `id` differs from their externalId: the fields then
        have both, and the `id` is also the externalId if there is no other one.

        `columns` are those of a table, so that its empty cells are not unknown fields. They are
        not part of the fingerprint: they can turn an invalid record into an entry, but never
        change an entry.
        """
        self.fingerprint = _fingerprint(external_id, fields, has_own_ids)
        self._has_own_ids = has_own_ids
        self._is_table = columns is not None
        self._id_template, self._id_field = external_id, "externalId"
        layout = None if fields is None else dict(fields)
        name = "externalId"
        for key in (ID_FIELDS[:1] if has_own_ids else ID_FIELDS) if layout else ():
            value = layout.pop(key, None) if layout else None
            if self._id_template is None and value is not None:
                name, self._id_field = f"map.{key}", key
                self._id_template = _id_template(value, name)
        self._plan = LayoutPlan()
        if self._id_template is not None:
            self._plan.add(Slot(self._id_field, self._id_template, is_id=True), name)
        self._layout = self._plan.layout_of(layout, "")
        self.external_id_template = self._id_template or _fallback_id(layout, has_own_ids)
        self._templates = Templates(self._plan.slots, self._plan.names, columns)
        self._entry_of = self._plain_map()
        self._columns = self._column_map() if self._entry_of is not None else None

    def may_have(self, field: str, raw: bytes) -> bool:
        """Return whether the entry of a record text may have this top-level field; quickly."""
        if self._layout is not None:
            return field in self._layout
        return b'"%s"' % field.encode() in raw

    def entry_from(self, record: Record) -> Entry | Invalid:
        """Return the entry, or all problems of the record; no record raises an error."""
        line, raw, problem = record
        if problem is not None:
            return Invalid(line, None, (problem,))
        return self._entry_from(line, parse_record(raw))

    def entries_from(
        self, records: Sequence[Record], checkpoint: Callable[[], None] | None = None
    ) -> Sequence[Entry | Invalid]:
        """Return for each record what `entry_from` does.

        `checkpoint` may raise; it is called before each record that is mapped by itself.
        """
        lines, raws, problems = zip(*records, strict=True)
        if any(problems):
            return _one_by_one(self.entry_from, checkpoint, records)
        sources = parse_records(raws)
        columns = self._columns
        mapped = columns.mapped(sources, max(map(len, raws))) if columns is not None else None
        if mapped is not None and are_plain_ids(mapped[0]):
            return list(map(new_entry, zip(lines, *mapped, strict=True)))
        return _one_by_one(self._entry_from, checkpoint, lines, sources)

    def _entry_from(self, line: int, source: dict[str, Any] | str) -> Entry | Invalid:
        if isinstance(source, str):
            return Invalid(line, None, (Problem("", source),))
        if self._entry_of is not None and (entry := self._entry_of(line, source)):
            return entry
        values, problems = self._templates.render(source) if self._plan.slots else ([], [])
        external_id = self._external_id(source, values, problems)
        if isinstance(external_id, Problem):
            problems.append(external_id)
        if problems or not isinstance(external_id, str):
            known_id = external_id if isinstance(external_id, str) else None
            return Invalid(line, known_id, tuple(problems))
        if self._layout is not None:
            fields = filled(self._layout, values)
        elif self._has_own_ids:
            fields = source
        else:
            fields = {key: value for key, value in source.items() if key not in ID_FIELDS}
        if self._has_own_ids:
            fields = self._with_ids(fields, source, external_id)
        return Entry(line, external_id, fields)

    def _plain_map(self) -> Callable[[int, dict[str, Any]], Entry | None] | None:
        """Return the function from line and fields of a record to its entry.

        It returns `None` for a record with a problem, and is `None` if the map is not plain.
        """
        if self._layout is None or self._has_own_ids or not self._plan.slots:
            return None
        templates, id_field = self._templates, self._id_field
        fields_of = templates.function_of(self._layout)
        text_of = templates.id_function()
        has_own_id = self._id_template is None
        if fields_of is None or text_of is None:
            return None

        def entry_of(line: int, source: dict[str, Any]) -> Entry | None:
            templates.begin(source)
            try:
                id_ = record_id(source) if has_own_id else checked_id(text_of(source), id_field)
                fields = fields_of(source)
            # The problems follow when the templates are rendered one by one.
            except Exception:
                return None
            return new_entry((line, id_, fields)) if isinstance(id_, str) else None

        return entry_of

    def _column_map(self) -> ColumnMap | None:
        """Return the columns of a plain map, `None` if one of its templates has none."""
        # Imported when there are templates.
        from ld_import.manifest.templating.column_map import ColumnMap, filling

        columns = self._templates.columns()
        if columns is None or self._layout is None:
            return None
        return ColumnMap(
            [column.values_of for column in columns],
            own_ids if self._id_template is None else None,
            filling(self._layout),
            self._templates.work_limit // sum(column.units for column in columns),
        )

    def advise(self, invalid: Invalid, record: Record) -> Invalid:
        """Return the problems of a record that was mapped, with advice on its missing fields."""
        source = parse_record(record.raw)
        if isinstance(source, str):
            return invalid
        # Imported when there is an invalid record.
        from ld_import.manifest.missing_fields import with_advice

        return with_advice(invalid, source, self._layout, is_table=self._is_table)

    def _external_id(
        self, source: dict[str, Any], values: list[Any], problems: list[Problem]
    ) -> str | Problem | None:
        """Return the id, or its problem; `None` if `problems` has the failure of its template."""
        if self._id_template is not None:
            return None if values[0] is None else checked_id(values[0], self._id_field)
        if not self._has_own_ids or self._layout is None or source.get("externalId") is not None:
            return record_id(source)
        if any(problem.field == "id" for problem in problems):
            return None
        mapped = filled(self._layout.get("id"), values)
        return record_id(source if mapped is None or mapped is OMIT else {**source, "id": mapped})

    def _with_ids(
        self, fields: dict[str, Any], source: dict[str, Any], external_id: str
    ) -> dict[str, Any]:
        """Return the fields with `externalId`, unless it only repeats the `id`."""
        with_ids = {
            key: value
            for key, value in fields.items()
            if key != "externalId" and (key != "id" or value is not None)
        }
        if self._id_template is not None or source.get("externalId") is not None:
            with_ids["externalId"] = external_id
        return with_ids


def _one_by_one(
    make: Callable[..., Entry | Invalid],
    checkpoint: Callable[[], None] | None,
    *columns: Sequence[Any],
) -> list[Entry | Invalid]:
    """Call `make` with each row of the columns, and `checkpoint` before that."""
    made = []
    for row in zip(*columns, strict=True):
        if checkpoint is not None:
            checkpoint()
        made.append(make(*row))
    return made


def _id_template(value: Any, name: str) -> str:
    if not isinstance(value, str):
        raise ManifestError(f'`{name}` must be a template such as "{{{{ slug }}}}"')
    return value


def _fallback_id(layout: dict[str, Any] | None, has_own_ids: bool) -> str | None:
    """Return the template of the `id` that is the externalId if there is no other one."""
    template = layout.get("id") if layout and has_own_ids else None
    return template if isinstance(template, str) else None


def _fingerprint(
    external_id: str | None, fields: dict[str, Any] | None, has_own_ids: bool
) -> bytes:
    parts = [RULES_VERSION, external_id, fields, *([has_own_ids] * has_own_ids)]
    try:
        text = orjson.dumps(parts, option=orjson.OPT_SORT_KEYS)
    except orjson.JSONEncodeError as error:
        raise ManifestError(f"`map` has a value that JSON cannot represent ({error})") from error
    return blake2b(text, digest_size=FINGERPRINT_BYTES).digest()
