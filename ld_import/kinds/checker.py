"""The check of entries by the JSON Schema of their kind."""

from __future__ import annotations

from collections.abc import Callable, Mapping
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


class Checker:
    """A JSON Schema that reports every problem of an entry, each with advice."""

    def __init__(self, schema_name: str) -> None:
        """Read `schemas/<schema_name>.json`; to compile it takes about a millisecond."""
        text = (SCHEMA_FOLDER / f"{schema_name}.json").read_bytes()
        self.schema: dict[str, Any] = orjson.loads(text)
        self._is_usual = usual_check(self.schema, has_formats=True)
        self._usual_count = 0
        # Returns whether an entry is valid.
        self.is_valid: Callable[[Mapping[str, Any]], bool] = self._is_valid_at_first

    @cached_property
    def _validator(self) -> jsonschema_rs.Validator:
        import jsonschema_rs

        return jsonschema_rs.validator_for(self.schema, validate_formats=True)

    def _is_valid_at_first(self, fields: Mapping[str, Any]) -> bool:
        self._usual_count += 1
        if self._usual_count <= MOST_USUAL and self._is_usual(fields):
            return True
        self.is_valid = self._validator.is_valid
        return self.is_valid(fields)

    def problems(self, fields: Mapping[str, Any]) -> tuple[Problem, ...]:
        """Return all problems; an empty tuple if the entry is valid."""
        if self.is_valid(fields):
            return ()
        # Imported for the first invalid entry.
        from ld_import.kinds.violations import problems_from

        return problems_from(self._validator.iter_errors(fields), self.schema)
