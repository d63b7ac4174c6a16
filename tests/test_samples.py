"""Every sample manifest is imported unchanged."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest
import yaml

from ld_import.assets.base import SourceRules, SourceSettings, StorageSettings
from ld_import.assets.source import check_source
from ld_import.assets.storages.settings import check_settings
from ld_import.cli.config.assets import DEFAULT_KEY
from ld_import.cli.config.file import read_config
from ld_import.kinds.media_library import derived_id
from ld_import.model import ItemKey
from tests.harness.program import Program

SAMPLES = Path(__file__).parent.parent / "sample-manifests"
RECORDS = {
    "videos.yaml": ("videos", 3),
    "talks.yaml": ("videos", 120),
    "request.json": ("videos", 1),
    "photos.yaml": ("images", 4),
    "media-library.yaml": ("media-library", 3),
    "uploads.yaml": ("media-library", 2),
}
SOURCES = {"talks.jsonl", "photos.csv", "old-bridge.svg", "minutes.pdf"}
PROJECT = SAMPLES / "project-config.json"
CONFIG = SAMPLES / "uploads-config.yaml"
# In samples, the commented lines of YAML begin with it.
COMMENTED = "#  "


def test_every_sample_is_known_here():
    """Every sample is run by a test."""
    files = {path.name for path in SAMPLES.iterdir()} - {"README.md"}

    assert files == set(RECORDS) | SOURCES | {PROJECT.name, CONFIG.name}


@pytest.mark.parametrize("name", RECORDS)
def test_sample_is_imported(tmp_path, make_emulator, clock, name):
    """All its records arrive at the sample project, and a second run sends nothing."""
    project = orjson.loads(PROJECT.read_bytes())
    program = Program(tmp_path, make_emulator(job_polls=0, project_config=project), clock)
    for path in SAMPLES.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    (tmp_path / "stored-files").mkdir()
    program.manifest = tmp_path / name
    kind, count = RECORDS[name]
    options = {"config": tmp_path / CONFIG.name} if name == "uploads.yaml" else {}

    first, second = (program.run(kind=kind, batch_size=50, **options) for _ in range(2))

    assert (first.exit_code, first.tally.outcomes["success"]) == (0, count)
    assert (second.exit_code, second.tally.sent) == (0, 0)


def test_ids_of_the_sample_come_out_as_they_stand(tmp_path, make_emulator, clock):
    """`0007` and `1_000` are texts, not numbers."""
    program = Program(tmp_path, make_emulator(job_polls=0), clock)
    program.manifest = tmp_path / "videos.yaml"
    program.manifest.write_bytes((SAMPLES / "videos.yaml").read_bytes())

    program.run()

    assert set(program.states()) == {"0007", "0008", "1_000"}


def test_cells_of_the_sample_become_images(tmp_path, make_emulator, clock):
    """An empty cell gives no property, a list is split, a blank in a URL is percent-encoded."""
    emulator = make_emulator(job_polls=0)
    program = Program(tmp_path, emulator, clock)
    for name in ("photos.yaml", "photos.csv"):
        (tmp_path / name).write_bytes((SAMPLES / name).read_bytes())
    program.manifest = tmp_path / "photos.yaml"

    program.run(kind="images")

    held = {one["externalId"]: one["metadata"] for one in emulator.entries()}
    assert held["photo-0101"]["tags"] == ["market", "tower"]
    assert held["photo-0103"]["title"] == 'The "Golden Lion" before the fire'
    assert "credit" not in held["photo-0102"]
    assert program.rows()["photo-0101"]["url"].endswith("/photos/0101%20market.jpg")


def test_stored_files_of_the_sample_have_derived_ids(tmp_path, make_emulator, clock):
    """The ids follow from systemName and externalId, and a map of locales becomes a list."""
    emulator = make_emulator()
    program = Program(tmp_path, emulator, clock)
    program.manifest = tmp_path / "media-library.yaml"
    program.manifest.write_bytes((SAMPLES / "media-library.yaml").read_bytes())

    program.run(kind="media-library")

    held = {one["externalId"]: one for one in emulator.entries()}
    assert {name: one["id"] for name, one in held.items()} == {
        name: derived_id(ItemKey("town-archive", name))
        for name in ("photo-0412", "film-0031", "minutes-1953-02")
    }
    locales = [one["locale"] for one in held["photo-0412"]["translations"]]
    assert locales == ["fr", "it"]


def with_comments(path):
    """Return the text of a sample with its commented lines in use."""
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    return "".join(line[1:] if line.startswith(COMMENTED) else line for line in lines)


def test_commented_storages_are_valid(tmp_path):
    """Every example of a storage in the sample of a configuration could be used as it is."""
    path = tmp_path / "ld-import.yaml"
    path.write_text(with_comments(CONFIG), encoding="utf-8")

    storages = read_config(path).storages

    assert {entry["url"].partition(":")[0] for entry in storages.values()} == {
        *("stored-files", "s3", "gs", "az")
    }
    for name, entry in storages.items():
        check_settings(
            StorageSettings(
                name=name,
                url=entry["url"],
                public_url=entry["publicUrl"],
                key=DEFAULT_KEY,
                endpoint=entry.get("endpoint"),
                key_with_prefix=entry.get("keyWithPrefix", False),
            )
        )


def test_commented_forms_of_a_file_are_valid(tmp_path):
    """Every form of `file` in the sample is one that a source reads."""
    text = (SAMPLES / "uploads.yaml").read_text(encoding="utf-8")
    lines = [line[1:] for line in text.splitlines() if line.startswith("#  - ")]
    files = [entry["file"] for entry in yaml.safe_load("\n".join(lines))]
    entries = read_config(CONFIG).sources
    sources = tuple(SourceSettings(name=name, url=one["url"]) for name, one in entries.items())

    assert [file.partition(":")[0] for file in files] == ["https", "sftp", "s3", "gs", "az"]
    for file in files:
        check_source(file, SourceRules(folder=tmp_path, sources=sources))
