"""The sample entry of a validation: the JSON that would be sent, cut for reading."""

from __future__ import annotations

import sys
from typing import Any

from ld_import.cli.output.console import print_out
from ld_import.cli.output.sanitize import REDACTOR, json_text, sanitize

LONGEST_TEXT = 100
LONGEST_LIST = 3
LONGEST_LINE = 2_000
MOST_LINES = 30


def print_sample(body: bytes, line: int) -> None:
    """Print an entry: indented on a terminal, else on one line."""
    import orjson

    entry = cut(orjson.loads(body))
    title = f"sample, the entry of line {line} as it would be sent:"
    if not sys.stdout.isatty():
        print_out(f"{title} {sanitize(json_text(entry), limit=LONGEST_LINE)}")
        return
    print_out(title)
    lines = json_text(entry, is_indented=True).splitlines()
    for text in lines[:MOST_LINES]:
        print_out(f"  {text}")
    if len(lines) > MOST_LINES:
        print_out(f"  … and {len(lines) - MOST_LINES:,} more lines")


def cut(value: Any) -> Any:
    """Return a JSON value with long texts and lists cut; `…` shows where."""
    if isinstance(value, str):
        # Before anything is cut away: half a secret is hard to find.
        text = REDACTOR.redact(value)
        return text if len(text) <= LONGEST_TEXT else text[: LONGEST_TEXT - 1] + "…"
    if isinstance(value, list):
        rest = [f"… {len(value) - LONGEST_LIST:,} more"] * (len(value) > LONGEST_LIST)
        return [cut(item) for item in value[:LONGEST_LIST]] + rest
    if isinstance(value, dict):
        return {key: cut(item) for key, item in value.items()}
    return value
