"""The documents agree with the program: help texts, tables, links, paths, keys and states."""

from __future__ import annotations

import dataclasses
import json
import re
import tomllib

import pytest
import yaml

from ld_import import errors, events
from ld_import.cli.config import read_config
from ld_import.cli.settings import ON_EXISTING
from ld_import.emulator import Settings
from ld_import.emulator.faults import ACTIONS, REQUESTS, Fault
from ld_import.manifest.filters import FILTERS
from ld_import.model import State
from tests import docs
from tests.docs import ROOT, codes, fences, help_of, rows, section
from tests.test_samples import SAMPLES

HELP_BLOCKS = list(docs.HELP.finditer(docs.COMMANDS.read_text(encoding="utf-8")))
LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)|!\[[^\]]*\]\(([^)\s]+)\)")
# `kinds/base.py`, `kinds/`, `docs/run.svg`; not a pattern such as `kinds/<kind>.py`.
PATH = re.compile(r"(?:[\w.-]+/)+[\w.-]*|[\w-]+\.(?:py|md|sql|toml)")
# Made by commands, or read by them in the reader's own folder.
NOT_HERE = ("build/", "ld-import/", ".ld-import/")


def options_of(command):
    """Return the names of a command's options."""
    return set(re.findall(r"^  (?:-\w, )?(--[a-z-]+)", help_of(command), re.MULTILINE))


def anchors_of(page):
    """Return the anchors that GitHub makes of a page's headings."""
    text = re.sub(r"^```.*?^```$", "", page.read_text(encoding="utf-8"), flags=re.M | re.S)
    headings = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("found", HELP_BLOCKS, ids=lambda found: found["command"].strip())
def test_help_blocks_are_what_the_commands_print(found):
    """`make docs` writes them again."""
    shown = found[0].split("```text\n")[1].split("```")[0]

    assert docs.words_of(shown) == docs.words_of(help_of(found["command"]))


def test_every_command_has_a_help_block():
    """Images and files share the block of videos, since their options are the same."""
    shown = {found["command"].strip() for found in HELP_BLOCKS}
    commands = set(re.findall(r"^  ([a-z-]+)  ", help_of("").split("Commands:")[1], re.MULTILINE))
    questions = re.findall(r"^  ([a-z]+)  ", help_of("ledger").split("Commands:")[1], re.MULTILINE)

    assert shown - {""} == commands - {"images", "files"} | {f"ledger {one}" for one in questions}
    assert options_of("images") == options_of("files") == options_of("videos")
    assert options_of("media-library") - options_of("videos") == {"--random-ids"}
    assert options_of("videos") - options_of("media-library") == {"--listen", "--public-url"}


def test_list_of_modules_is_that_of_the_tree():
    """`make docs` writes it again."""
    text = docs.ARCHITECTURE.read_text(encoding="utf-8")

    assert docs.with_modules(text) == text


@pytest.mark.parametrize("page", [docs.ARCHITECTURE, docs.CONTRIBUTING], ids=lambda page: page.stem)
def test_paths_named_exist(page):
    """A path is relative to the package or to the repository."""
    text = docs.MODULES.sub("", page.read_text(encoding="utf-8"))
    paths = {path for code in codes(text) for path in [code] if PATH.fullmatch(path)}
    paths |= set(re.findall(r"  ((?:\w+/)+(?:\w+\.py)?)  ", text))
    places = (ROOT, docs.PACKAGE, docs.DOCS)
    missing = [
        path
        for path in sorted(paths)
        if not path.startswith(NOT_HERE) and not any((place / path).exists() for place in places)
    ]

    assert paths
    assert missing == []


@pytest.mark.parametrize("page", docs.PAGES, ids=lambda page: page.stem)
def test_links_lead_somewhere(page):
    """A link between documents names a file and a heading that exist."""
    text = re.sub(r"^```.*?^```$", "", page.read_text(encoding="utf-8"), flags=re.M | re.S)
    for found in LINK.finditer(text):
        link = found[1] or found[2]
        if "://" in link:
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.is_relative_to(ROOT.resolve())
        assert target.exists(), link
        assert not anchor or anchor in anchors_of(target), link


def test_readme_is_short_and_links_every_page():
    """The README is an entrance; the manual is in `docs/`."""
    text = docs.README.read_text(encoding="utf-8")

    assert len(text.splitlines()) <= 160
    assert [page for page in docs.PAGES[1:] if page.name not in text] == []


@pytest.mark.parametrize("page", docs.PAGES, ids=lambda page: page.stem)
def test_no_page_names_a_machine(page):
    """Paths and hosts of the machine that made a page are of no use to its readers."""
    text = page.read_text(encoding="utf-8")

    assert not re.search(r"/(?:work|root|home|tmp/pytest)[/-]", text)


def test_picture_is_small_and_complete():
    """It loads nothing from the network and names no path of the machine that made it."""
    text = (docs.DOCS / "run.svg").read_text(encoding="utf-8")
    addresses = set(re.findall(r"https?://[^\"'\s<]+", text.replace("&#160;", " ")))

    assert len(text) < 60_000
    assert {one for one in addresses if "w3.org" not in one and "127.0.0.1" not in one} <= {
        "https://www.textualize.io"
    }
    assert "@font-face" not in text
    assert not re.search(r"/(?:work|root|home|tmp)/", text)


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
    commands = re.findall(r"^  ([a-z-]+)  ", help_of("").split("Commands:")[1], re.MULTILINE)

    assert [name for name in commands if f"`ld-import {name}" not in table] == []


def test_make_targets_shown_exist():
    """Each `make` of a page is a target of the Makefile."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    text = "\n".join(page.read_text(encoding="utf-8") for page in docs.PAGES[:-1])
    shown = set(re.findall(r"(?:`|^\$ )make(?: |\n)([a-z-]+)", text, re.MULTILINE))

    assert {"check", "demo", "docs", "test"} <= shown
    assert [name for name in shown if not re.search(rf"^{name}:", makefile, re.MULTILINE)] == []


def test_extras_shown_exist():
    """Installation names extras that the package has."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    text = docs.README.read_text(encoding="utf-8")
    shown = set(re.findall(r"(?:ld-import|')\.?\[(\w+)\]", text))

    assert shown
    assert shown <= set(project["optional-dependencies"])


def test_documents_are_in_the_source_distribution():
    """Everything that a reader of the sources needs is packed."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    packed = settings["tool"]["hatch"]["build"]["targets"]["sdist"]["include"]
    pages = {page.relative_to(ROOT).parts[0] for page in docs.PAGES}

    assert pages | {"benchmarks", "ld_import", "tests", "Makefile"} <= set(packed)
    assert [name for name in packed if not (ROOT / name).exists()] == []


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
    (example,) = [one.text for one in fences(docs.CONFIGURATION, "yaml")]
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
    keys = {*schema["profile"]["properties"], *schema["command"]["properties"]}
    table = rows(section(docs.CONFIGURATION, "## ld-import.yaml"))

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


def test_switches_of_the_emulator_are_those_there_are():
    """Each switch has a row with its default."""
    table = {row[0].strip("`"): row[1] for row in rows(section(docs.EMULATOR, "## Switches"))}
    fields = {one.name: one for one in dataclasses.fields(Settings) if one.name != "tokens"}

    assert table.keys() == fields.keys()
    for name, field in fields.items():
        default = None if field.default is dataclasses.MISSING else field.default
        if isinstance(default, tuple):
            assert codes(table[name]) <= set(default), name
        else:
            shown = (
                "none"
                if default is None
                else f"{default:g}"
                if isinstance(default, float)
                else str(default)
            )
            assert table[name].strip("`").lower() == shown.lower(), name


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
