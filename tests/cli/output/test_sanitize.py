"""Text from outside is escaped: no control code, text direction, markup or forged line."""

from __future__ import annotations

import re
import subprocess
import unicodedata
from dataclasses import replace

import orjson
import pytest

from ld_import.cli.output.sanitize import (
    UNSAFE,
    UNSAFE_IN_JSON,
    UNSAFE_IN_LINES,
    json_text,
    sanitize,
)
from tests.harness.records import video
from tests.harness.terminal import run_on_terminal

ESCAPE = "\x1b[31mred\x1b]0;title\x07"
BIDI = "\u202egnp.exe\u2066"
FORGED = "x\nerror: forged\r\nhint: forged\u2028line"
MARKUP = "[red]bold[/red] [link=http://evil.example]here[/link]"
NASTY = f"{ESCAPE} {BIDI} {FORGED} {MARKUP} \x9b31m \x00"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Ärger im Café 日本 👍", "Ärger im Café 日本 👍"),
        ("a\x1b[31mb", "a\\x1b[31mb"),
        ("a\nb\tc\rd", "a\\nb\\tc\\rd"),
        ("\u202eabc\u2069", "\\u202eabc\\u2069"),
        ("\x9b31m\x7f", "\\x9b31m\\x7f"),
        ("\u2028\u2029\ud800", "\\u2028\\u2029\\ud800"),
        (MARKUP, MARKUP),
        (12, "12"),
        (None, "None"),
    ],
)
def test_plain(text, shown):
    """Control characters are shown as escapes; other text is unchanged."""
    assert sanitize(text) == shown


# The soft hyphen, joiners, and visible signs of numbers and notations.
SEEN = (
    "\xad\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u0890\u0891\u08e2\u200c\u200d\U000110bd"
)
SEEN += "\U000110cd" + "".join(map(chr, range(0x13430, 0x13440)))
CATEGORIES = {"Cc", "Cf", "Zl", "Zp"}


def test_every_character_that_can_act():
    """Every control, format and line separator character of Unicode is escaped."""
    every = map(chr, range(0xE0100))
    acting = [one for one in every if unicodedata.category(one) in CATEGORIES]

    # Newer versions of Unicode have more such characters.
    assert [one for one in acting if sanitize(one) == one] == [one for one in SEEN if one in acting]
    text = "".join(acting)
    shown = json_text({text: [text, "a"]})
    assert orjson.loads(shown) == {text: [text, "a"]}
    assert [one for one in shown if unicodedata.category(one) in CATEGORIES] == []


@pytest.mark.parametrize("text", ["a\x7f", "é\x9b", "\xa0é\u202e", "👍\U000e0001"])
def test_json_says_the_same(text):
    """An escape in JSON does not change the parsed value; other letters are unchanged."""
    for is_indented in (False, True):
        shown = json_text({"a": text}, is_indented=is_indented)

        assert orjson.loads(shown) == {"a": text}
        assert harmless(shown)
        assert text[0] in shown


def test_plain_has_a_limit():
    """A limit applies to the text shown, escapes included."""
    assert sanitize("x" * 10, limit=10) == "x" * 10
    assert sanitize("x" * 11, limit=10) == "x" * 9 + "…"
    assert len(sanitize("\x1b" * 50, limit=10)) == 10


def harmless(text):
    """Return whether a text contains no control characters."""
    return not [one for one in text if one not in "\n\t" and re.match(UNSAFE, one)]


@pytest.fixture
def nasty(place):
    """Return a place whose manifest, server and ledger contain hostile text."""
    place.emulator.settings = replace(place.emulator.settings, fail_url={"/2.mp4": NASTY})
    place.write(
        video(1, id=f"a {MARKUP}", fileName=NASTY, metadata={"title": NASTY}),
        video(2),
        video(3, id=f"c{NASTY}"),
        video(4, url=NASTY),
        {NASTY: NASTY},
        context={"x": NASTY},
    )
    return place


def test_import_of_hostile_text(nasty):
    """Hostile titles, ids and reasons are escaped in every kind of output."""
    shown = []
    for arguments in (
        ["videos", "-n"],
        ["videos", "-v", "--no-wait"],
        ["videos", "-v"],
        ["validate"],
    ):
        ended = nasty.run(*arguments)
        assert ended.code == 3, ended
        assert harmless(ended.out), arguments
        assert harmless(ended.err), arguments
        shown += [ended.out, ended.err]

    lines = "".join(shown).splitlines()
    assert not [line for line in lines if line.startswith(("error:", "hint: forged"))]
    assert "\\x1b[31mred" in "".join(shown)


def test_json_of_hostile_text(nasty):
    """JSON contains every text unchanged, with control characters as escapes only."""
    ended = nasty.run("videos", "-v", "-n", "--log-format", "json", "--json")

    events = [orjson.loads(line) for line in ended.err.split("\n")[:-1]]
    assert "\x1b" not in ended.err + ended.out
    assert {"rejected"} <= {one["event"] for one in events}
    assert ended.document["firstRequest"]["body"]["videos"][0]["fileName"] == NASTY


def test_ledger_of_hostile_text(nasty):
    """The ledger commands escape hostile text, too."""
    nasty.imported(code=3)
    job = nasty.jobs()[0]["id"]

    for arguments in (
        ["ledger", "items"],
        ["ledger", "jobs"],
        ["ledger", "show", f"a {MARKUP}"],
        ["ledger", "show", "v2"],
        ["status", job],
        ["ledger", "show", f"none{NASTY}"],
        ["status", NASTY],
        ["ledger", "items", "--ledger", ESCAPE],
        ["videos", f"{ESCAPE}.json"],
        ["videos", "--profile", NASTY],
        ["videos", "--system-name", NASTY],
        ["videos", "--external-id", NASTY],
        ["videos", "--server", NASTY],
    ):
        ended = nasty.run(*arguments)

        assert harmless(ended.out), arguments
        assert harmless(ended.err), arguments
    rows = nasty.run("ledger", "items", "--json").document
    assert f"a {MARKUP}" in [one["externalId"] for one in rows]
    exported = [orjson.loads(line) for line in nasty.run("ledger", "export").out.split("\n")[:-1]]
    assert NASTY in [one["fileName"] for one in exported]


def test_hostile_text_on_a_terminal(nasty):
    """On a real terminal the only escape codes are those of the program."""
    nasty.imported(code=3)

    _, text = run_on_terminal(nasty, "ledger", "items", stderr=subprocess.DEVNULL)

    assert "\\x1b[31mred" in text.replace("\r\n", "").replace(" ", "")
    assert "\x1b[31m" not in text
    assert "\x1b]0;" not in text
    assert "\u202e" not in text
    assert "[red]" in text


def test_unsafe_characters_are_not_printable():
    """A printable text needs no search for unsafe characters."""
    every = "".join(map(chr, range(0x110000)))

    for pattern in (UNSAFE, UNSAFE_IN_LINES, UNSAFE_IN_JSON):
        assert [one for one in re.findall(pattern, every) if one.isprintable()] == []
