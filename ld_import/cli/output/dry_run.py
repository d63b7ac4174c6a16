"""The text output of a dry run: changed items and the first request."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ld_import.cli.output.console import print_out
from ld_import.cli.output.sanitize import sanitize

SHOWN_CHANGES = 20


def print_plan(summary: Mapping[str, Any], body: bytes | None) -> None:
    """Print the changed items and the first request, whose body is `body`."""
    changed = summary["changed"]
    for item in changed[:SHOWN_CHANGES]:
        print_out(sanitize(f"changed {item['externalId']}: {', '.join(item['fields'])}"))
    if len(changed) > SHOWN_CHANGES:
        print_out("… and more; --json lists them")
    if body is not None:
        request = summary["firstRequest"]
        print_out(f"first request: {request['method']} {sanitize(request['url'])}")
        print_out(sanitize(body.decode(), limit=2000))
