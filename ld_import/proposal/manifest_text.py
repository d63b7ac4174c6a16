"""Writes a proposal as YAML with comments; text of the export stays inside quotes and comments."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from textwrap import wrap

from ld_import.proposal.proposal import Line, Proposal
from ld_import.wording import escaped

WIDTH = 96
_plain_key = re.compile(r"[A-Za-z][A-Za-z0-9_-]*").fullmatch
TYPED = ("true", "false", "null")


def manifest_text(proposal: Proposal) -> str:
    """Return the text of a manifest."""
    return "".join(f"{line}\n" for line in _lines(proposal))


def _lines(proposal: Proposal) -> Iterator[str]:
    yield f"# Proposed by `ld-import init` from {comment(proposal.source.name)}: check it first."
    yield from _comments(proposal.kind_notes)
    yield ""
    yield "# The name of the old system: half of the identity of every item. Never change it later."
    yield f"systemName: {quoted(proposal.system_name)}"
    yield "# The other half: it must be unique, in every record, and the same in a later export."
    yield from _comments(proposal.id_notes)
    yield f"externalId: {quoted(proposal.external_id)}"
    yield f"source: {quoted(proposal.source.name)}"
    for key in ("delimiter", "sheet"):
        if (value := getattr(proposal.source, key)) is not None:
            yield f"{key}: {quoted(value)}"
    yield "map:"
    yield from _entries(proposal.fields, "  ")
    if proposal.asset:
        yield "  # The object in the storage; the server downloads nothing."
        yield "  asset:"
        yield from _entries(proposal.asset, "    ")
    yield from _comments(proposal.metadata_notes, "  ")
    is_empty = not any(line.is_active for line in proposal.metadata)
    yield "  metadata: {}" if is_empty else "  metadata:"
    if is_empty and proposal.metadata:
        yield "  # To add one of these lines, remove the {} of the line above, too."
    yield from _entries(proposal.metadata, "    ")


def _entries(lines: Iterable[Line], indent: str) -> Iterator[str]:
    for line in lines:
        note = f"  # {comment(line.note)}" if line.note else ""
        if line.template is None:
            yield f"{indent}# {comment(line.note)}"
        else:
            sign = "" if line.is_active else "# "
            yield f"{indent}{sign}{key_of(line.key)}: {quoted(line.template)}{note}"


def _comments(notes: Iterable[str], indent: str = "") -> Iterator[str]:
    for note in notes:
        for line in wrap(comment(note), WIDTH, break_long_words=False, break_on_hyphens=False):
            yield f"{indent}# {line}"


def comment(text: str) -> str:
    """Return a text as a part of a comment: in one line, invisible characters as escapes."""
    line = " ".join(text.split())
    return "".join(sign if sign.isprintable() else escaped(sign) for sign in line)


def quoted(text: str) -> str:
    """Return a text as a double-quoted scalar of YAML."""
    inner = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(sign if sign.isprintable() else escaped(sign) for sign in inner) + '"'


def key_of(name: str) -> str:
    """Return a key, quoted if YAML could read it as something else."""
    return name if _plain_key(name) and name.lower() not in TYPED else quoted(name)
