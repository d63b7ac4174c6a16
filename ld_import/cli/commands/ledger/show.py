"""`ld-import ledger show`."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from ld_import.cli.commands.ledger.reading import reading_uploads
from ld_import.cli.options import JsonFlags, TargetFlags, command_flags, command_of
from ld_import.cli.output.console import json_out, print_out
from ld_import.cli.output.sanitize import sanitize
from ld_import.errors import UsageError


@command_flags
class ShowFlags(JsonFlags, TargetFlags):
    """The flags of `ledger show`."""

    external_id: Annotated[
        str, typer.Argument(metavar="EXTERNAL_ID", help="externalId of the item.")
    ]


def show_item(flags: ShowFlags) -> int:
    """Show one item with its history. Raises UsageError for an unknown item."""
    with reading_uploads(flags) as (reader, target):
        items = reader.with_uploads(reader.show(flags.external_id, of=target))
    if not items:
        raise UsageError(
            f"the ledger has no item {flags.external_id!r}",
            hint="`ld-import ledger items` lists the items that it has",
        )
    if flags.json:
        json_out(items)
        return 0
    for item in items:
        _print_item(item, item.pop("history"), item.pop("upload", {}))
    return 0


command = command_of(ShowFlags, show_item)


def _print_item(
    item: dict[str, Any], history: list[dict[str, Any]], upload: dict[str, Any]
) -> None:
    lines = {**item, **{f"upload.{name}": value for name, value in upload.items()}}
    width = max(map(len, lines))
    for name, value in lines.items():
        print_out(f"{name:<{width}}  {'' if value is None else sanitize(value)}")
    for attempt in history:
        reason = f": {attempt['reason']}" if attempt["reason"] else ""
        job = f" in job {attempt['jobId']}" if attempt["jobId"] else ""
        print_out(sanitize(f"  {attempt['sentAt']}  {attempt['state']}{job}{reason}"))
