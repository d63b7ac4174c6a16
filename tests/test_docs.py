"""What the README shows is real: help texts, commands, exit codes, the manifest, the layers."""

from __future__ import annotations

import json
import re
import shlex
from importlib.resources import files

import pytest
import yaml

from ld_import import errors
from ld_import.cli.app import main
from ld_import.cli.config import read_config
from ld_import.cli.settings import ON_EXISTING
from ld_import.manifest.filters import FILTERS
from tests.readme import BLOCK, README, help_of, words_of
from tests.test_samples import SAMPLES

TEXT = README.read_text(encoding="utf-8")
COMMANDS = sorted(
    {
        line.split(" #")[0].removeprefix("$ ").strip()
        for line in TEXT.splitlines()
        if re.match(r"\$ (LD_IMPORT_TOKEN=\S+ )?ld-import ", line)
    }
)


def blocks(language):
    """Return the fenced blocks of a language."""
    return re.findall(rf"```{language}\n(.*?)```", TEXT, re.DOTALL)


@pytest.mark.parametrize("found", list(BLOCK.finditer(TEXT)), ids=lambda found: found["command"])
def test_help_blocks_are_what_the_commands_print(found):
    """`make readme` writes them again."""
    shown = found[0].split("```text\n")[1].split("```")[0]

    assert words_of(shown) == words_of(help_of(found["command"]))


@pytest.mark.parametrize("command", COMMANDS)
def test_commands_shown_exist_with_their_options(command, capsys):
    """Every command line of the README parses as far as its command and options."""
    words = [word for word in shlex.split(command) if word not in ("&", "…")]
    words = words[words.index("ld-import") + 1 :]
    if ">" in words:
        words = words[: words.index(">")]
    names = [word for word in words if not word.startswith("-")][: 2 if words[0] == "ledger" else 1]

    assert main([*names, "--help"]) == 0
    shown = capsys.readouterr().out
    for option in (word for word in words if word.startswith("-")):
        assert re.search(rf"(?<![\w-]){option}(?![\w-])", shown), option


def test_exit_codes_are_those_of_the_errors():
    """The table names every code an error can have, and no other ones but 0, 1, 3 and signals."""
    table = TEXT.split("### Exit codes")[1].split("##")[0]
    shown = {int(code) for code in re.findall(r"^\| (\d+)", table, re.MULTILINE)}
    real = {
        one.exit_code
        for one in vars(errors).values()
        if isinstance(one, type) and issubclass(one, errors.LdImportError)
    }

    assert shown == real | {0, 3, 130}


def test_filters_shown_are_those_there_are():
    """Each filter of our own has a row."""
    for name in FILTERS:
        assert f"| `{name}" in TEXT


def test_manifest_of_the_guide_is_the_sample():
    """The guide's manifest is the beginning of the sample that tests import."""
    (guide,) = [block for block in blocks("yaml") if "systemName: talks-portal" in block]
    shown = yaml.safe_load(guide)
    sample = yaml.safe_load((SAMPLES / "talks.yaml").read_text(encoding="utf-8"))

    assert shown["map"].pop("metadata").items() <= sample["map"].pop("metadata").items()
    assert shown["map"] == sample["map"]
    assert {key: sample[key] for key in shown} == shown


def test_configuration_of_the_readme_is_read(tmp_path):
    """The example of `ld-import.yaml` passes its own check."""
    (example,) = [block for block in blocks("yaml") if block.startswith("profile:")]
    path = tmp_path / "ld-import.yaml"
    path.write_text(example, encoding="utf-8")

    config = read_config(path)

    assert set(config.profiles) == {"live", "test"}
    assert config.command("videos")["batchSize"] == 50
    assert config.command("media-library")["onExisting"] == "patch"


def test_configuration_keys_are_all_named():
    """Each key of a command's section stands in the README."""
    schema = files("ld_import.cli").joinpath("config.schema.json").read_text(encoding="utf-8")
    section = TEXT.split("A command's section takes")[1].split("Mistakes")[0]

    assert set(re.findall(r"`(\w+)`", section)) == set(
        json.loads(schema)["$defs"]["command"]["properties"]
    )


def test_library_entry_of_the_readme_is_the_sample():
    """The entry shown is the first one of the sample, without its last lines."""
    (shown,) = [yaml.safe_load(one) for one in blocks("yaml") if "mediaLibraryEntries:" in one]
    sample = yaml.safe_load((SAMPLES / "media-library.yaml").read_text(encoding="utf-8"))
    (entry,), (first, *_) = shown["mediaLibraryEntries"], sample["mediaLibraryEntries"]

    assert entry["metadata"].items() <= first["metadata"].items()
    assert entry["translations"].items() <= first["translations"].items()
    assert entry["asset"] == first["asset"]


def test_words_for_existing_items_are_those_there_are():
    """Each has a row, and no other word has one."""
    table = TEXT.split("**Items the server has already**")[1].split("What the server says")[0]

    assert tuple(re.findall(r"^\| `(\w+)`", table, re.MULTILINE)) == ON_EXISTING
