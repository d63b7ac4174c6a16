"""The check of entries by the JSON Schema of their kind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

import orjson

from ld_import.kinds.base import SCHEMA_FOLDER
from ld_import.model import Problem
from ld_import.usual_values import usual_check

# Loaded when it is needed: it takes eleven megabytes.
if TYPE_CHECKING:
    import jsonschema_rs

# So many entries are checked without the library, which checks more of them faster. A process that
# sends plans one to four thousand before another one plans the rest.
MOST_USUAL = 5_000
# A name for the schema of one entry inside another schema.
ENTRY = "urn:ld-import:entry"


class Checker:
    """A JSON Schema that reports every problem of an entry, each with advice.

    A check of one entry, and one of several, are compiled when they are first needed.
    """

    def __init__(self, schema_name: str) -> None:
        """Read `schemas/<schema_name>.json`; to compile it takes about a millisecond."""
        text = (SCHEMA_FOLDER / f"{schema_name}.json").read_bytes()
        self.schema: dict[str, Any] = orjson.loads(text)
        self._is_usual = usual_check(self.schema, has_formats=True)
        self._usual_count = 0

    @cached_property
    def _validator(self) -> jsonschema_rs.Validator:
        return _validator_for(self.schema)

    @cached_property
    def _list_validator(self) -> jsonschema_rs.Validator:
        # The `$id` makes the schema a resource of its own, to which its references refer.
        schema = {**self.schema, "$id": ENTRY}
        return _validator_for({"type": "array", "items": schema})

    def is_valid(self, fields: Mapping[str, Any]) -> bool:
        """Return whether an entry is valid."""
        return self._are_usual((fields,)) or self._validator.is_valid(fields)

    def are_valid(self, entries: Sequence[Mapping[str, Any]]) -> bool:
        """Return whether all entries are valid; takes three quarters of the time of each."""
        return self._are_usual(entries) or self._list_validator.is_valid(entries)

    def _are_usual(self, entries: Sequence[Mapping[str, Any]]) -> bool:
        self._usual_count += len(entries)
        if self._usual_count > MOST_USUAL:
            return False
        are_usual = all(map(self._is_usual, entries))
        if not are_usual:
            # The library is loaded for one of them.
            self._usual_count = MOST_USUAL
        return are_usual

    def problems(self, fields: Mapping[str, Any]) -> tuple[Problem, ...]:
        """Return all problems; an empty tuple if the entry is valid."""
        if self.is_valid(fields):
            return ()
        # Imported for the first invalid entry.
        from ld_import.kinds.violations import problems_from

        return problems_from(self._validator.iter_errors(fields), self.schema)


def _validator_for(schema: dict[str, Any]) -> jsonschema_rs.Validator:
    import jsonschema_rs

    return jsonschema_rs.validator_for(schema, validate_formats=True)
