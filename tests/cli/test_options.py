"""The four import commands have the same options and a help that loads quickly."""

from __future__ import annotations

import subprocess
import sys

import pytest

from ld_import.importer.checks import ON_EXISTING
from ld_import.kinds import KINDS
from ld_import.manifest import FORMAT_NAMES
from tests.harness.records import videos

IMPORTS = ("videos", "images", "files", "media-library")
UPLOAD_OPTIONS = {
    "--transfers",
    "--workers",
    "--verify",
    "--reprobe",
    "--allow-private-sources",
    "--limit-bandwidth",
}


def options_of(place, command):
    """Return the options the help of a command lists."""
    shown = place.run(command, "--help").out
    return {word for word in shown.split() if word.startswith("--")}


@pytest.mark.parametrize("command", IMPORTS)
def test_import_commands_have_the_same_options(place, command):
    """All import commands have the same options, except those for jobs, ids and uploads."""
    wanted = options_of(place, "videos")
    if command == "media-library":
        about_jobs = {word for word in wanted if word.startswith(("--listen", "--public-url"))}
        wanted = wanted - about_jobs | {"--random-ids"} | UPLOAD_OPTIONS

    assert options_of(place, command) == wanted


def test_help_names_every_format(place):
    """The help of `--format` names every format that has a reader."""
    for command in ("videos", "validate"):
        words = place.run(command, "--help").out.replace(",", " ").replace(".", " ").split()
        assert set(FORMAT_NAMES) <= set(words)


def test_help_loads_no_kinds():
    """`--help` loads neither schemas nor readers."""
    code = (
        "import sys; from ld_import.cli.app import main; main(['media-library', '--help']);"
        " print([name for name in sys.modules if name.startswith(('ld_import.kinds',"
        " 'ld_import.manifest', 'jinja2', 'httpx', 'jsonschema_rs'))], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stderr.strip() == "[]"


def test_random_ids_are_for_the_media_library(place):
    """Only the media library has an option for random ids."""
    ended = place.run("videos", "--random-ids")

    assert ended.code == 2
    assert "--random-ids" in ended.err


@pytest.mark.parametrize("word", ["overwrite", "Patch", "patch "])
def test_unknown_value_of_on_existing(place, word):
    """An unknown value of `--on-existing` is a usage error that names the valid ones."""
    place.write(*videos(1))

    ended = place.run("videos", "-n", "--on-existing", word)

    assert ended.code == 2
    assert f"--on-existing must be one of skip, patch, fail, not {word!r}" in ended.err


def test_values_of_on_existing(place):
    """Flag and configuration accept each of the three values of `--on-existing`."""
    place.write(*videos(1))
    for word in ON_EXISTING:
        assert place.run("videos", "-n", "--on-existing", word).code == 0
        (place.folder / "ld-import.yaml").write_text(f"videos: {{onExisting: {word}}}\n")
        assert place.run("videos", "-n").code == 0


def test_list_of_another_kind(place):
    """A manifest that lists another kind is rejected."""
    place.write(list_key="mediaLibraryEntries")

    ended = place.run("videos", "-n")

    assert ended.code == 2
    assert "manifest.json lists `mediaLibraryEntries`, not `videos`" in ended.err
    assert "import it as media-library," in ended.err


def test_template_that_cannot_work(place):
    """An invalid template is exit 2 if it comes from a flag, exit 4 if from the manifest."""
    place.write(*videos(1), externalId="{{ id")

    by_flag = place.run("videos", "-n", "--external-id", "{{ number")
    by_manifest = place.run("videos", "-n")

    assert by_flag.code == 2
    assert "--external-id: `externalId` is not a valid template" in by_flag.err
    assert by_manifest.code == 4
    assert "manifest.json: `externalId` is not a valid template" in by_manifest.err


def test_every_command_has_its_kind():
    """Every kind has an import command of the same name."""
    assert tuple(KINDS) == IMPORTS
