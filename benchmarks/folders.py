"""Folders of generated files with the records, manifest and configuration to upload them."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.bench import PYTHON, Bench
from benchmarks.contest import RunFailed, progress
from benchmarks.sample import measured

MANIFEST = """\
systemName: archive
externalId: "{{ slug }}"
source: %s
map:
  file: "{{ file }}"
  metadata:
    title: "{{ title }}"
"""


@dataclass(frozen=True, slots=True)
class Folder:
    """Files, and `records` beside them with one line for each."""

    path: Path
    count: int
    byte_count: int

    @property
    def records(self) -> Path:
        """The records."""
        return self.path.with_name(f"{self.path.name}.jsonl")

    @property
    def config(self) -> Path:
        """The configuration of the program."""
        return self.path.with_name(f"{self.path.name}.config.yaml")

    def manifest(self, storage: Mapping[str, Any]) -> Path:
        """Write manifest and configuration for a storage; return the manifest."""
        return manifest_of(self.records, self.config, storage)


def manifest_of(records: Path, config: Path, storage: Mapping[str, Any]) -> Path:
    """Write a manifest of records, and a configuration with one storage; return the manifest."""
    config.write_text(json.dumps({"storages": {"media": storage}}))
    manifest = records.with_suffix(".yaml")
    manifest.write_text(MANIFEST % records.name, encoding="utf-8")
    return manifest


def media_folder(bench: Bench, kind: str, count: int, *, is_own: bool = False) -> Folder:
    """Return a folder of `count` files of a kind, generated on first use.

    With `is_own` it is generated anew, and the caller may change its files.
    """
    path = bench.folder / "media" / f"{kind}-{count}{'-own' if is_own else ''}"
    if is_own:
        shutil.rmtree(path, ignore_errors=True)
    if not path.is_dir():
        progress(f"  generating {path.name}")
        command = [PYTHON, "-m", "benchmarks.media", kind, str(count), str(path)]
        result = measured(command, env=bench.env)
        if result.exit_code:
            raise RunFailed(f"{path.name} cannot be generated:\n{result.stderr}")
    return Folder(path, count, sum(file.stat().st_size for file in path.iterdir()))
