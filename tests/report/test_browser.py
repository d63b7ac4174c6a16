"""The page in a real browser: filters work, nothing is requested, hostile text stays text."""

from __future__ import annotations

import re

import pytest

from ld_import.model import State
from tests.ledger.story import at, send, settle
from tests.report.browser import DESKTOP, PHONE, Browser, find_browser
from tests.report.ledgers import HOSTILE, begin, end, page_in, write_hostile, write_story

COUNT_SHOWN = "document.querySelectorAll('#rows tr:not([hidden])').length"
LUMINANCE = "getComputedStyle(document.querySelector('section')).backgroundColor"

pytestmark = pytest.mark.skipif(find_browser() is None, reason="no Chromium is installed")


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    """Return one browser for all tests."""
    program = find_browser()
    assert program is not None
    browser = Browser(program, tmp_path_factory.mktemp("profile"))
    yield browser
    browser.close()


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    """Return the files of three pages: of every outcome, of hostile texts, of many items."""
    folder = tmp_path_factory.mktemp("pages")
    for name, write in (("story", write_story), ("hostile", write_hostile), ("many", write_many)):
        (folder / name).mkdir()
        write(folder / name)
        path = folder / f"{name}.html"
        path.write_text(page_in(folder / name), encoding="utf-8")
    return folder


def write_many(folder):
    """Write a ledger with a run of 250 items that fail for two reasons."""
    ledger = begin(folder, "run-a")
    for first, reason in ((1, "too large"), (201, "not found")):
        numbers = range(first, min(first + 200, 251))
        batch = send(ledger, *numbers, job_id=f"job{first}")
        settle(ledger, batch, *numbers, state=State.FAILED, reason=reason, now=at(first))
    end(ledger, failed=250)


def type_into(browser, name, text):
    browser.run(
        f"(() => {{ const field = document.getElementById('{name}'); field.value = {text!r};"
        " for (const event of ['input', 'change']) field.dispatchEvent(new Event(event)); })()"
    )


def shown(browser):
    return browser.run("document.getElementById('shown').textContent")


@pytest.mark.parametrize("name", ["story", "hostile", "many"])
@pytest.mark.parametrize("screen", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_page_opens(browser, pages, name, screen):
    """The page opens without an error or a request, and fits into the screen."""
    path = pages / f"{name}.html"
    browser.open(path, screen)

    assert browser.run("document.querySelector('h1').getBoundingClientRect().height") > 20
    assert browser.run("document.documentElement.scrollWidth") <= screen["width"]
    assert (browser.errors, browser.requests) == ([], [path.as_uri()])


def test_search(browser, pages):
    """All words must occur in a row, in any case and any column."""
    browser.open(pages / "story.html")
    assert (browser.run(COUNT_SHOWN), shown(browser)) == (10, "10 items")

    type_into(browser, "search", "CODEC v14")
    assert (browser.run(COUNT_SHOWN), shown(browser)) == (1, "1 item matches, of 10 listed")
    type_into(browser, "search", "nothing like this")
    assert browser.run(COUNT_SHOWN) == 0
    assert browser.run("document.getElementById('none').hidden") is False

    browser.run("document.getElementById('clear').click()")
    assert browser.run(COUNT_SHOWN) == 10
    assert browser.errors == []


def test_filter_by_state(browser, pages):
    """A state shows its rows only; the search narrows them."""
    browser.open(pages / "story.html")
    type_into(browser, "state", "failed before")
    assert browser.run(COUNT_SHOWN) == 2

    type_into(browser, "search", "v3")
    assert browser.run(COUNT_SHOWN) == 1


def test_items_of_a_group(browser, pages):
    """The button of a group shows its items; the groups of a record with two problems share it."""
    browser.open(pages / "story.html")
    counts = []
    for number in range(browser.run("document.querySelectorAll('button.show').length")):
        browser.run(f"document.querySelectorAll('button.show')[{number}].click()")
        counts.append(browser.run(COUNT_SHOWN))

    assert counts == [3, 2, 2, 1, 1, 1, 1]


def test_long_list_is_shown_in_parts(browser, pages):
    """A hundred rows are shown at first, and a hundred more at each press of the button."""
    browser.open(pages / "many.html")
    assert (browser.run(COUNT_SHOWN), shown(browser)) == (100, "the first 100 of 250 items")

    browser.run("document.getElementById('more').click()")
    assert browser.run(COUNT_SHOWN) == 200
    assert browser.run("document.getElementById('more').textContent") == "Show 50 more"
    type_into(browser, "search", "not found")
    assert browser.run(COUNT_SHOWN) == 50


def test_hostile_text_is_text(browser, pages):
    """No text became an element, ran, or asked for anything."""
    browser.open(pages / "hostile.html")
    text = browser.run("document.body.textContent")

    assert all(one in text for one in HOSTILE[:7])
    assert browser.run("document.querySelectorAll('img, iframe, b > b, a, [onerror]').length") == 0
    assert browser.run("document.scripts.length") == 1
    assert browser.errors == []


def test_policy_is_enforced(browser, pages):
    """A script and an image that are added to the page neither run nor are requested."""
    browser.open(pages / "story.html")
    browser.run(
        "(() => { const script = document.createElement('script');"
        " script.textContent = 'window.hacked = 1'; document.body.append(script);"
        " const image = new Image(); image.src = 'http://127.0.0.1:9/x.png';"
        " document.body.append(image); })()"
    )

    assert browser.run("window.hacked") is None
    assert browser.blocked == ["csp"]
    # The other tests would see what the policy refuses.
    assert len(browser.errors) == 2


def test_light_dark_and_print(browser, pages):
    """The background follows the preference; paper is white and has no filters."""
    browser.open(pages / "story.html")
    assert browser.run(LUMINANCE) == "rgb(255, 255, 255)"
    browser.prefer(scheme="dark")
    assert max(map(int, re.findall(r"\d+", browser.run(LUMINANCE)))) < 60

    browser.prefer(scheme="dark", media="print")
    assert browser.run(LUMINANCE) == "rgb(255, 255, 255)"
    assert browser.run("document.getElementById('filters').offsetHeight") == 0
    browser.prefer()
    assert browser.pdf().startswith(b"%PDF")


def test_page_without_scripts(browser, pages):
    """Without scripts every listed item is shown, and no control that would do nothing."""
    browser.send("Emulation.setScriptExecutionDisabled", value=True)
    browser.open(pages / "many.html")
    browser.send("Emulation.setScriptExecutionDisabled", value=False)

    assert browser.run(COUNT_SHOWN) == 250
    assert browser.run("document.getElementById('filters').offsetHeight") == 0
    assert browser.run("document.getElementById('more').offsetHeight") == 0
