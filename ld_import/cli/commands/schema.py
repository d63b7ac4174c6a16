"""`ld-import schema`: a JSON Schema of an output, a manifest or the configuration."""

from __future__ import annotations

from typing import Annotated

import typer

from ld_import.cli.options import command_flags, command_of
from ld_import.cli.output.console import json_out
from ld_import.cli.schemas import SCHEMAS, schema_of
from ld_import.errors import UsageError


@command_flags
class SchemaFlags:
    """The flags of `schema`."""

    name: Annotated[str, typer.Argument(metavar="SCHEMA", help=f"One of {', '.join(SCHEMAS)}.")]


def print_schema(flags: SchemaFlags) -> int:
    """Print a schema. Raises UsageError for an unknown name."""
    name = flags.name
    if name not in SCHEMAS:
        from ld_import.wording import did_you_mean

        raise UsageError(
            f"there is no schema {name!r}; {did_you_mean(name, SCHEMAS)}",
            hint="`ld-import schema --help` lists all",
        )
    json_out(schema_of(name))
    return 0


command = command_of(SchemaFlags, print_schema)
