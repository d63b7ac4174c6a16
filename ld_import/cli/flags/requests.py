"""Flags for the size of requests, and for the time to wait."""

from typing import Annotated, ClassVar

import typer

from ld_import.cli.flags.declare import flag_group
from ld_import.cli.flags.themes import LIMITS, WAITING


@flag_group
class BatchBytesFlags:
    """The flag for the size of requests."""

    theme: ClassVar[str] = LIMITS

    batch_bytes: Annotated[
        int | None,
        typer.Option(metavar="N", help="Maximum bytes in a request. [default: 480000]", min=1000),
    ] = None


@flag_group
class MaxWaitFlags:
    """The flag for the time to wait for a job."""

    theme: ClassVar[str] = WAITING

    max_wait: Annotated[
        float | None,
        typer.Option(
            metavar="SECONDS",
            help="Seconds until a job is overdue; it stays open. [default: 3600]",
            min=0,
        ),
    ] = None
