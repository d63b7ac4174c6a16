"""The documents as a whole: help blocks, links, paths, options and targets that they name exist."""

from __future__ import annotations

import re
import tomllib
from functools import cache

import pytest

from tests import docs
from tests.docs import ROOT, codes, section
from tests.docs.generated import (
    HELP,
    MODULES,
    TOPIC_SECTIONS,
    TOPICS,
    commands_of,
    help_of,
    topic_of,
    with_modules,
    words_of,
)

HELP_BLOCKS = list(HELP.finditer(docs.COMMANDS.read_text(encoding="utf-8")))
LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)|!\[[^\]]*\]\(([^)\s]+)\)")
# `kinds/base.py`, `kinds/`, `docs/run.svg`; not a pattern such as `kinds/<kind>.py`.
PATH = re.compile(r"(?:[\w.-]+/)+[\w.-]*|[\w-]+\.(?:py|md|sql|toml)")
# Made by commands, or read by them in the reader's own folder.
NOT_HERE = ("build/", "ld-import/", ".ld-import/")


# Each page is compared with all of them.
@cache
def options_of(command):
    """Return the names of a command's options."""
    return frozenset(re.findall(r"^  (?:-\w, )?(--[a-z-]+)", help_of(command), re.MULTILINE))


def anchors_of(page):
    """Return the anchors that GitHub makes of a page's headings."""
    text = re.sub(r"^```.*?^```$", "", page.read_text(encoding="utf-8"), flags=re.M | re.S)
    headings = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("found", HELP_BLOCKS, ids=lambda found: found["command"].strip())
def test_help_blocks_are_what_the_commands_print(found):
    """`make docs` writes them again."""
    shown = found[0].split("```text\n")[1].split("```")[0]

    assert words_of(shown) == words_of(help_of(found["command"]))


def test_every_command_has_a_help_block():
    """Images and files share the block of videos, since their options are the same."""
    shown = {found["command"].strip() for found in HELP_BLOCKS}

    assert shown - {""} == {*commands_of("")} - {"images", "files"} | {*commands_of("ledger")}
    assert options_of("images") == options_of("files") == options_of("videos")
    uploads = set(re.findall(r"--[a-z][a-z-]+", section(docs.COMMANDS, "### Files to upload")))
    shared = {"--allow-http", "--allow-outside-source"}
    assert options_of("media-library") - options_of("videos") == uploads - shared | {"--random-ids"}
    assert options_of("videos") - options_of("media-library") == {"--listen", "--public-url"}


@pytest.mark.parametrize("name", TOPIC_SECTIONS)
def test_topics_are_what_the_documents_say(name):
    """`make docs` copies the sections again."""
    assert (TOPICS / f"{name}.md").read_text(encoding="utf-8") == topic_of(name)


@pytest.mark.no_cover
def test_list_of_modules_is_that_of_the_tree():
    """`make docs` writes it again."""
    text = docs.ARCHITECTURE.read_text(encoding="utf-8")

    assert with_modules(text) == text


@pytest.mark.parametrize("page", [docs.ARCHITECTURE, docs.CONTRIBUTING], ids=lambda page: page.stem)
def test_paths_named_exist(page):
    """A path is relative to the package or to the repository."""
    text = MODULES.sub("", page.read_text(encoding="utf-8"))
    # In prose as code, in the picture of the path of a record between spaces.
    paths = {code for code in codes(text) if PATH.fullmatch(code)}
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


@pytest.mark.parametrize(
    "page", [docs.README, *sorted(docs.DOCS.glob("*.md"))], ids=lambda p: p.stem
)
def test_options_named_exist(page):
    """Each option in the prose is one that a command has, or one of our other programs."""
    real = {"--json", "--help", "--version"}.union(
        *(options_of(name) for name in ["", *commands_of(""), *commands_of("ledger")])
    )
    text = MODULES.sub("", page.read_text(encoding="utf-8"))
    named = {option for code in codes(text) for option in re.findall(r"(?<![\w-])--[a-z-]+", code)}

    assert named - real <= {"--seed", "--seeds", "--strict"}


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
    lists = re.findall(r"(?:ld-import|')\.?\[([\w,]+)\]", text)
    shown = {extra for extras in lists for extra in extras.split(",")}

    assert shown
    assert shown <= set(project["optional-dependencies"])


def test_documents_are_in_the_source_distribution():
    """Everything that a reader of the sources needs is packed."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    packed = settings["tool"]["hatch"]["build"]["targets"]["sdist"]["include"]
    pages = {page.relative_to(ROOT).parts[0] for page in docs.PAGES}

    assert pages | {"benchmarks", "ld_import", "tests", "Makefile"} <= set(packed)
    assert [name for name in packed if not (ROOT / name).exists()] == []
