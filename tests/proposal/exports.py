"""Exports of old systems, as files and as records."""

from __future__ import annotations

import csv
import io
from contextlib import contextmanager

import orjson

from ld_import.manifest import Mapping, open_manifest, read_mapping
from ld_import.model import Entry
from ld_import.proposal import Source, Wishes, findings_of, manifest_text, measuring, propose


def table(*rows, delimiter=","):
    """Return a CSV file with these rows, the first of which is the header."""
    stream = io.StringIO()
    csv.writer(stream, delimiter=delimiter, lineterminator="\n").writerows(rows)
    return stream.getvalue().encode()


def lines(*records):
    """Return a JSON Lines file."""
    return b"".join(orjson.dumps(record) + b"\n" for record in records)


@contextmanager
def measured(folder, content, name="export.csv"):
    """Write an export and yield its manifest and measurements."""
    path = folder / name
    path.write_bytes(content)
    manifest = open_manifest(path)
    with measuring(manifest) as found:
        yield manifest, found


def found_in(folder, content, name="export.csv", kind=None):
    """Return the findings about an export."""
    with measured(folder, content, name) as (manifest, found):
        return findings_of(manifest, found, kind)


def proposed(folder, content, name="export.csv", *, project=None, edit=None, **wishes):
    """Write an export and the manifest proposed for it; return the path of the manifest.

    `edit` changes the text of the manifest.
    """
    with measured(folder, content, name) as (manifest, found):
        findings = findings_of(manifest, found, wishes.get("kind"))
        proposal = propose(found, findings, Wishes(**wishes), Source(name), project)
    text = manifest_text(proposal)
    path = folder / f"{proposal.kind}.yaml"
    path.write_text(text if edit is None else edit(text), encoding="utf-8")
    return path


def entries_of(path):
    """Return the entries of a manifest; a record with a problem is an Invalid."""
    manifest = open_manifest(path)
    header = manifest.header
    mapping = Mapping(external_id=header.external_id, fields=header.map, columns=manifest.columns)
    return [mapping.entry_from(record) for record in manifest.records()]


def fields_of(path):
    """Return the fields of all entries, which must be valid templates."""
    entries = entries_of(path)
    assert all(isinstance(entry, Entry) for entry in entries), entries
    return [entry.fields for entry in entries]


def header_of(path):
    """Return the manifest as a mapping."""
    return read_mapping(path)[0]
