"""`ld-import fields`: the media types of the project, and their metadata properties."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ld_import.cli.options import JsonFlags, ProfileFlags, ServerFlags, command_flags, command_of
from ld_import.cli.output.console import json_out, print_event, print_out, table
from ld_import.cli.output.sanitize import sanitize

# Imported when the project is requested: `--help` does not need them.
if TYPE_CHECKING:
    from ld_import.preflight import ProjectConfig

WIDEST_EXAMPLE = 24
COLUMNS = ("property", "type", "rules", "example")


@command_flags
class FieldsFlags(JsonFlags, ProfileFlags, ServerFlags):
    """The flags of `fields`."""

    kind: Annotated[
        str | None,
        typer.Argument(
            metavar="KIND", help="Show only the media types of this kind of import, such as videos."
        ),
    ] = None


def show_fields(flags: FieldsFlags) -> int:
    """Show the media types of the project; return 0."""
    from ld_import.cli.config.file import find_config
    from ld_import.cli.config.server import find_server, with_credentials
    from ld_import.importer.checks import check_kind
    from ld_import.importer.project import project_of
    from ld_import.preflight.describe import project_document

    if flags.kind is not None:
        check_kind(flags.kind)
    config = find_config(flags.config)
    profile = config.profile(flags.profile)
    server = with_credentials(find_server(flags, profile, config), flags, profile, config)
    project = project_of(server, print_event)
    if flags.json:
        json_out(project_document(project, flags.kind))
    else:
        _print(project, flags.kind)
    return 0


command = command_of(FieldsFlags, show_fields)


def _print(project: ProjectConfig, kind: str | None) -> None:
    from ld_import.preflight.describe import property_rows

    types = [*project.media_types.values()] if kind is None else project.types_of(kind)
    if not sys.stdout.isatty():
        table(
            ("mediaType", *COLUMNS),
            (
                {"mediaType": part.handle, **row}
                for part in types
                for row in property_rows(part, project)
            ),
        )
        return
    print_out(sanitize(_heading(project)))
    for part in types:
        print_out()
        print_out(sanitize(_type_heading(part)))
        _print_properties(property_rows(part, project))
    if not types:
        print_out(f"the project has no media types for {kind}")


def _print_properties(rows: list[dict[str, str]]) -> None:
    """Print a table; examples that are too wide for it follow below."""
    wide = [row for row in rows if len(row["example"]) > WIDEST_EXAMPLE]
    shown = [{**row, "example": "below"} if row in wide else row for row in rows]
    table(COLUMNS, shown, is_wrapped=True)
    for row in wide:
        print_out(sanitize(f"{row['property']}: {row['example']}"))


def _heading(project: ProjectConfig) -> str:
    languages = ", ".join(
        f"{locale} (default)" if locale == project.default_locale else locale
        for locale in project.locales
    )
    name = f"project {project.handle or 'without a handle'}, revision {project.revision}"
    return f"{name}, languages {languages}" if languages else name


def _type_heading(media_type: Any) -> str:
    from ld_import.preflight.describe import is_default, kinds_of

    facts = [f"for {', '.join(kinds_of(media_type))}"]
    if is_default(media_type):
        facts.append("the default")
    if media_type.has_deletion_routine:
        facts.append("with a deletion routine")
    if not media_type.are_properties_known:
        facts.append("properties unknown")
    return f"{media_type.handle}: {'; '.join(facts)}"
