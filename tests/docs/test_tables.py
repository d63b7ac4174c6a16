"""Tables and examples of the documents: every key, value and state of the program, and no other."""

from __future__ import annotations

import dataclasses
import json
import re

import pytest
import yaml

from ld_import import errors, events
from ld_import.cli.config.file import read_config
from ld_import.emulator.faults import ACTIONS, REQUESTS, Fault
from ld_import.importer.checks import ON_EXISTING
from ld_import.manifest.templating.filters import FILTERS
from ld_import.model import State
from tests import docs
from tests.docs import codes, fences, rows, section
from tests.docs.generated import commands_of, help_of, with_switches
from tests.test_samples import SAMPLES


def test_exit_codes_are_those_of_the_errors():
    """The table names every code that an error can have, and 0, 3 and signals besides."""
    shown = {int(row[0].split(" / ")[0]) for row in rows(section(docs.README, "## Exit codes"))}
    real = {
        one.exit_code
        for one in vars(errors).values()
        if isinstance(one, type) and issubclass(one, errors.LdImportError)
    }

    assert shown == real | {0, 3, 130}


def test_commands_of_the_readme_are_those_there_are():
    """The table names every command."""
    table = section(docs.README, "## Commands")

    assert [name for name in commands_of("") if f"`ld-import {name}" not in table] == []


def test_filters_shown_are_those_there_are():
    """Each filter of our own has a row."""
    shown = codes("\n".join(row[0] for row in rows(section(docs.MANIFEST, "## Filters"))))

    assert {re.split(r"\W", name)[0] for name in shown} >= set(FILTERS)


@pytest.mark.parametrize("page", [docs.README, docs.GUIDE], ids=lambda page: page.stem)
def test_manifest_shown_is_the_sample(page):
    """The manifest shown is the beginning of the sample that tests import."""
    (block,) = [one for one in fences(page, "yaml") if "talks.jsonl" in one.text]
    shown = yaml.safe_load(block.text)
    sample = yaml.safe_load((SAMPLES / "talks.yaml").read_text(encoding="utf-8"))

    assert shown["map"].pop("metadata").items() <= sample["map"].pop("metadata").items()
    assert shown["map"] == sample["map"]
    assert {key: sample[key] for key in shown} == shown


@pytest.mark.parametrize("page", [docs.README, docs.GUIDE], ids=lambda page: page.stem)
def test_record_shown_is_that_of_the_sample(page):
    """The record has the fields of the first one of the sample."""
    shown = json.loads(fences(page, "json")[0].text)
    with (SAMPLES / "talks.jsonl").open(encoding="utf-8") as lines:
        first = json.loads(next(lines))

    assert shown.keys() <= first.keys()
    assert shown["number"] == first["number"]


def test_library_entry_shown_is_the_sample():
    """The entry shown is the first one of the sample, without its last lines."""
    blocks = [one.text for one in fences(docs.MANIFEST, "yaml")]
    (shown,) = [yaml.safe_load(text) for text in blocks if "mediaLibraryEntries:" in text]
    sample = yaml.safe_load((SAMPLES / "media-library.yaml").read_text(encoding="utf-8"))
    (entry,), (first, *_) = shown["mediaLibraryEntries"], sample["mediaLibraryEntries"]

    assert entry["metadata"].items() <= first["metadata"].items()
    assert entry["translations"].items() <= first["translations"].items()
    assert entry["asset"] == first["asset"]


def test_configuration_shown_is_read(tmp_path):
    """The example of `ld-import.yaml` passes its own check."""
    example, _ = [one.text for one in fences(docs.CONFIGURATION, "yaml")]
    path = tmp_path / "ld-import.yaml"
    path.write_text(example, encoding="utf-8")

    config = read_config(path)

    assert set(config.profiles) == {"live", "test"}
    assert config.command("videos")["batchSize"] == 50
    assert config.command("media-library")["onExisting"] == "patch"


def test_configuration_keys_are_all_named():
    """Each key of a profile and of a command has a row, and no row names another key."""
    (path,) = docs.PACKAGE.rglob("config.schema.json")
    schema = json.loads(path.read_text(encoding="utf-8"))["$defs"]
    keys = {*schema["profile"]["properties"], *schema["library"]["properties"]}
    table = rows(section(docs.CONFIGURATION, "## ld-import.yaml"))

    assert codes(" ".join(row[0] for row in table)) == keys


def test_storages_shown_are_read(tmp_path):
    """The example of storages and sources passes the check of the configuration."""
    _, example = [one.text for one in fences(docs.CONFIGURATION, "yaml")]
    path = tmp_path / "ld-import.yaml"
    path.write_text(example, encoding="utf-8")

    config = read_config(path)

    assert (set(config.storages), set(config.sources)) == ({"pictures", "films"}, {"old-host"})


@pytest.mark.parametrize("page", [docs.ASSETS, docs.MANIFEST], ids=lambda page: page.stem)
def test_shorter_storages_shown_are_read(tmp_path, page):
    """The examples of other pages pass it as well; one of them is in `ld-import help manifest`."""
    examples = [one.text for one in fences(page, "yaml")]
    path = tmp_path / "ld-import.yaml"

    for example in [text for text in examples if text.startswith(("storages:", "sources:"))]:
        path.write_text(example, encoding="utf-8")
        config = read_config(path)
        assert config.storages or config.sources


def test_uploads_shown_are_those_of_the_sample():
    """The manifest shown has the records of the sample, without its rarer fields."""
    (text,) = [one.text for one in fences(docs.ASSETS, "yaml") if "systemName" in one.text]
    shown = yaml.safe_load(text)
    sample = yaml.safe_load((SAMPLES / "uploads.yaml").read_text(encoding="utf-8"))

    for entry, whole in zip(
        shown.pop("mediaLibraryEntries"), sample.pop("mediaLibraryEntries"), strict=True
    ):
        assert entry.items() <= whole.items()
    assert shown == sample


def test_keys_of_storages_and_sources_are_all_named():
    """Each key of a storage and of a source has a row, and no row names another key."""
    (path,) = docs.PACKAGE.rglob("config.schema.json")
    schema = json.loads(path.read_text(encoding="utf-8"))["$defs"]
    keys = {*schema["storage"]["properties"], *schema["source"]["properties"]}
    table = rows(section(docs.CONFIGURATION, "## Storages"))

    assert codes(" ".join(row[0] for row in table)) == keys


def test_environment_variables_are_all_named():
    """Each variable that a help text names has a row."""
    shown = set(re.findall(r"LD_IMPORT_[A-Z_]+|LI_[A-Z]+", help_of("videos")))
    table = section(docs.CONFIGURATION, "## Environment")

    assert shown <= codes(table)


def test_values_of_on_existing_are_those_there_are():
    """Each value has a row, and no other value has one."""
    table = rows(section(docs.COMMANDS, "### Existing entries"))

    assert tuple(row[0].split("`")[1] for row in table) == ON_EXISTING


def test_shared_options_are_those_of_the_commands():
    """Each option of the table is one of the commands in its row."""
    names = {"imports": ["videos", "images", "files", "media-library"], "ledger": ["ledger items"]}
    table = rows(section(docs.COMMANDS, "## Shared options"))

    assert table
    for options, commands, _ in table:
        for command in commands.split(", "):
            for name in names.get(command, [command]):
                assert [one for one in codes(options) if one not in help_of(name)] == [], name


def test_switches_of_the_emulator_are_those_there_are():
    """`make docs` writes the table of the switches again."""
    text = docs.EMULATOR.read_text(encoding="utf-8")

    assert len(rows(section(docs.EMULATOR, "## Switches"))) > 20
    assert with_switches(text) == text


def test_faults_of_the_emulator_are_those_there_are():
    """Each action has a row, and the keys named are those of a fault."""
    text = section(docs.EMULATOR, "## Faults")
    table = rows(text)
    keys = {one.name for one in dataclasses.fields(Fault)}

    assert codes(" ".join(row[0] for row in table)) == set(ACTIONS)
    assert codes(" ".join(row[2] for row in table if len(row) > 2)) <= keys
    assert set(REQUESTS) <= codes(text)


def test_events_of_the_log_are_those_there_are():
    """Each event of a run has a row."""
    shown = codes(" ".join(row[0] for row in rows(section(docs.UNATTENDED, "## Logs"))))
    real = {one.__name__.lower() for one in events.Event.__args__}

    assert shown == real | {"begin", "summary", "end", "info", "warning", "error", "hint"}


def test_states_are_those_there_are():
    """Each state of an item has a row."""
    shown = {row[0].strip("`") for row in rows(section(docs.LEDGER, "## States"))}

    assert shown == {state.value for state in State} | {"invalid"}
