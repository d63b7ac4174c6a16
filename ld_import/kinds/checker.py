"""The check of entries by the JSON Schema of their kind."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import jsonschema_rs
import orjson

from ld_import.kinds.base import SCHEMA_FOLDER
from ld_import.model import Problem


class Checker:
    """A JSON Schema that reports every problem of an entry, each with advice."""

    def __init__(self, schema_name: str) -> None:
        """Compile `schemas/<schema_name>.json`; takes about a millisecond."""
        text = (SCHEMA_FOLDER / f"{schema_name}.json").read_bytes()
        self.schema: dict[str, Any] = orjson.loads(text)
        self._validator = jsonschema_rs.validator_for(self.schema, validate_formats=True)
        # Returns whether an entry is valid.
        self.is_valid: Callable[[Mapping[str, Any]], bool] = self._validator.is_valid

    def problems(self, fields: Mapping[str, Any]) -> tuple[Problem, ...]:
        """Return all problems; an empty tuple if the entry is valid."""
        if self.is_valid(fields):
            return ()
        # Imported for the first invalid entry.
        from ld_import.kinds.violations import problems_from

        return problems_from(self._validator.iter_errors(fields), self.schema)
