"""File name endings of manifests, apart from the formats, which `--help` does not need."""

from __future__ import annotations

# A test compares them with the registry of formats.
SUFFIXES = (".yaml", ".yml", ".jsonl", ".ndjson", ".json", ".csv", ".tsv", ".xml")
# Values of `--format`.
FORMAT_NAMES = tuple(suffix.removeprefix(".") for suffix in SUFFIXES)
# Exports that another manifest maps: `videos.xml` beside `videos.yaml` is its source, not a
# second candidate.
EXPORTS = (".xml",)


def listed(words: tuple[str, ...]) -> str:
    """Return words as a list in a sentence: `a, b or c`."""
    return f"{', '.join(words[:-1])} or {words[-1]}"
