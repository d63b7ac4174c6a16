"""The page: text of manifests and servers stays text, and nothing is requested."""

from __future__ import annotations

import re
from base64 import b64encode
from dataclasses import replace
from hashlib import sha256
from html.parser import HTMLParser

import pytest

from ld_import.report.data import data_without_ledger
from ld_import.report.facts import Ending, RunFacts
from tests.report.ledgers import HOSTILE, data_in, page_in, text_of, write_hostile, write_story


class Elements(HTMLParser):
    """Collects the elements of a page, and the text outside of style and script."""

    def __init__(self, page):
        super().__init__()
        self.elements = []
        self.texts = []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.texts.append(data)


@pytest.fixture
def hostile(tmp_path):
    """Return the page of a run whose every text is hostile."""
    write_hostile(tmp_path)
    return page_in(tmp_path, ending=Ending(error=HOSTILE[0], hint=HOSTILE[1]))


def test_hostile_text_adds_no_element(hostile):
    """No element and no attribute comes from a text, and none of them can act."""
    page = Elements(hostile)
    names = {name for tag, attributes in page.elements for name in attributes}

    assert [tag for tag, _ in page.elements].count("script") == 1
    assert not {"img", "iframe", "object", "b>", "base", "link"} & {t for t, _ in page.elements}
    assert not [name for name in names if name.startswith("on") or name in ("style", "src")]
    assert [attributes["href"] for _, attributes in page.elements if "href" in attributes] == []


def test_hostile_text_is_shown(hostile):
    """The text is on the page as it was, with control and direction characters escaped."""
    shown = "".join(Elements(hostile).texts)

    for text in HOSTILE[:7]:
        assert text in shown
    assert r"\u202egnp.exe\u2066\x1b[31m\x00" in shown
    assert not re.search("[\u202a-\u202e\u2066-\u2069\x00-\x08\x0b-\x1f]", hostile)


def test_no_secret(hostile):
    """Secrets in URLs and reasons are redacted."""
    assert "geheimnis123" not in hostile and "abcdef0123" not in hostile
    assert "https://x.example/?token=***" in hostile


def test_policy_allows_only_the_style_and_script_of_the_page(hostile):
    """The policy names both by their hashes, and forbids every request."""
    (policy,) = [
        attributes["content"]
        for tag, attributes in Elements(hostile).elements
        if attributes.get("http-equiv") == "Content-Security-Policy"
    ]

    assert policy.startswith("default-src 'none'; ")
    for name in ("style", "script"):
        (content,) = re.findall(f"<{name}>(.*?)</{name}>", hostile, re.DOTALL)
        digest = b64encode(sha256(content.encode()).digest()).decode()
        assert f"{name}-src 'sha256-{digest}';" in policy


def test_no_address_that_is_loaded(hostile):
    """Style and script name no address, and neither does an attribute."""
    assert "url(" not in hostile.replace(HOSTILE[5], "") and "@import" not in hostile
    assert {name for _, attributes in Elements(hostile).elements for name in attributes} & {
        *("src", "srcset", "action", "formaction", "data", "poster", "background", "ping"),
    } == set()


def test_every_section_of_a_run(tmp_path):
    """A run with every outcome has every section, and the chart has a bar for each interval."""
    write_story(tmp_path)
    page = page_in(tmp_path)
    headings = re.findall(r'<h2 id="(\w+)"', page)

    assert headings == [
        *("counts", "problems", "time", "before", "quota", "jobs", "settings"),
    ] or headings == [
        *("counts", "problems", "time", "before", "quota", "jobs", "items", "settings"),
    ]
    assert "<title>01:00:50: 2 success</title>" in page
    assert page.count('<tr data-state="') == 10


def test_items_that_are_not_listed_are_in_a_file(tmp_path):
    """If the page does not list all items, it links the file beside it that does."""
    write_story(tmp_path)
    data = data_in(tmp_path)
    problems = replace(data.problems, total=4_000)

    assert "report.items.csv" not in text_of(data)
    page = text_of(replace(data, problems=problems))
    assert "9 of 4,000 items are listed" in page
    assert '<a href="./report.items.csv">' in page


def test_run_without_a_ledger():
    """A run that ended before the ledger recorded it has a page with the error."""
    run = RunFacts(kind="videos", server="", manifest="/talks.yaml", command="ld-import videos")
    page = text_of(
        data_without_ledger(
            run.ended_by(Ending(error="the manifest is <empty>", hint="add records"))
        )
    )

    assert "The run ended early: the manifest is &lt;empty&gt;. Nothing was sent." in page
    assert "Add records" in page
