"""The four import commands: the same options each, and help that costs nothing."""

from __future__ import annotations

import subprocess
import sys

import pytest

from ld_import.importer.checks import ON_EXISTING
from ld_import.kinds import KINDS
from ld_import.manifest import FORMAT_NAMES

from .place import videos

IMPORTS = ("videos", "images", "files", "media-library")


def options_of(place, command):
    """Return the options the help of a command lists."""
    shown = place.run(command, "--help").out
    return {word for word in shown.split() if word.startswith("--")}


@pytest.mark.parametrize("command", IMPORTS)
def test_import_commands_have_the_same_options(place, command):
    """What one learned for videos is true for the others; one takes media ids, and has no jobs."""
    wanted = options_of(place, "videos")
    if command == "media-library":
        about_jobs = {word for word in wanted if word.startswith(("--listen", "--public-url"))}
        wanted = wanted - about_jobs | {"--random-ids"}

    assert options_of(place, command) == wanted


def test_help_names_every_format(place):
    """The words `--format` takes are those the readers know."""
    for command in ("videos", "validate"):
        words = place.run(command, "--help").out.replace(",", " ").replace(".", " ").split()
        assert set(FORMAT_NAMES) <= set(words)


def test_help_loads_no_kinds():
    """`--help` stays quick: neither schemas nor readers are loaded for it."""
    code = (
        "import sys; from ld_import.cli.app import main; main(['media-library', '--help']);"
        " print([name for name in sys.modules if name.startswith(('ld_import.kinds',"
        " 'ld_import.manifest', 'jinja2', 'httpx', 'jsonschema_rs'))], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stderr.strip() == "[]"


def test_random_ids_are_for_the_media_library(place):
    """The other kinds have no ids of their own."""
    ended = place.run("videos", "--random-ids")

    assert ended.code == 2
    assert "--random-ids" in ended.err


@pytest.mark.parametrize("word", ["overwrite", "Patch", "patch "])
def test_unknown_word_for_existing_items(place, word):
    """A word that is none of the three is a usage error that names them."""
    place.write(*videos(1))

    ended = place.run("videos", "-n", "--on-existing", word)

    assert ended.code == 2
    assert (
        f"on_existing (--on-existing) must be one of skip, patch, fail, not {word!r}" in ended.err
    )


def test_words_for_existing_items(place):
    """Each of the three is taken, from the flag and from the configuration."""
    place.write(*videos(1))
    for word in ON_EXISTING:
        assert place.run("videos", "-n", "--on-existing", word).code == 0
        (place.folder / "ld-import.yaml").write_text(f"videos: {{onExisting: {word}}}\n")
        assert place.run("videos", "-n").code == 0


def test_list_of_another_kind(place):
    """A manifest that lists another kind is not imported by mistake."""
    place.write(list_key="mediaLibraryEntries")

    ended = place.run("videos", "-n")

    assert ended.code == 2
    assert "manifest.json lists `mediaLibraryEntries`, not `videos`" in ended.err
    assert "import it as mediaLibraryEntries" in ended.err


def test_template_that_cannot_work(place):
    """A wrong template of the flag is wrong usage, one of the manifest is a wrong manifest."""
    place.write(*videos(1), externalId="{{ id")

    by_flag = place.run("videos", "-n", "--external-id", "{{ number")
    by_manifest = place.run("videos", "-n")

    assert by_flag.code == 2
    assert "--external-id: `externalId` is not a valid template" in by_flag.err
    assert by_manifest.code == 4
    assert "manifest.json: `externalId` is not a valid template" in by_manifest.err


def test_every_command_has_its_kind():
    """The commands are named like the kinds they import."""
    assert tuple(KINDS) == IMPORTS
