"""SVG: the size that its first element states, in every unit; nothing in it is followed."""

from __future__ import annotations

import time

import pytest

from tests.assets.probing.makers import facts, reason, seen

NAMESPACE = 'xmlns="http://www.w3.org/2000/svg"'
ILLUSTRATOR = """<?xml version="1.0" encoding="utf-8"?>
<!-- Generator: a program -->
<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://127.0.0.1/svg11.dtd" [
  <!ENTITY ns_svg "http://www.w3.org/2000/svg">
  <!ENTITY a "aaaaaaaaaa"> <!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">
]>
<svg version="1.1" xmlns="&ns_svg;" width="30" height="20" title="&b;">
  <text>&b;</text>
</svg>
"""


@pytest.mark.parametrize(
    ("attributes", "sides"),
    [
        ('width="640" height="480"', (640, 480)),
        ("width='640px' height='480.4PX'", (640, 480)),
        ('width="4in" height="2.54cm"', (384, 96)),
        ('width="72pt" height="25.4mm"', (96, 96)),
        ('width="6pc" height="101.6Q"', (96, 96)),
        ('viewBox="0 0 640 480"', (640, 480)),
        ('viewBox="-5,-5, 64.6,48"', (65, 48)),
        ('width="100%" height="100%" viewBox="0 0 640 480"', (640, 480)),
        ('width="320" viewBox="0 0 640 480"', (320, 240)),
        ('height="240" viewBox="0 0 640 480"', (320, 240)),
        ('width="1e2" height=".4"', (100, 1)),
        ('data-width="7" stroke-width="9" width="10" height="20"', (10, 20)),
        ('title="a > b" width="10" height="20"', (10, 20)),
    ],
)
def test_size(attributes, sides):
    """Width and height are in pixels; without an absolute length the view box counts."""
    found = facts(f"<svg {NAMESPACE} {attributes}><g/></svg>".encode())

    assert seen(found) == ("image/svg+xml", ".svg", "image", *sides)
    assert (found.warnings, found.missing) == ((), ())


@pytest.mark.parametrize(
    "attributes",
    ["", 'width="100%" height="2em"', 'viewBox="0 0 0 0"', 'width="-1" height="0"', 'viewBox="a"'],
)
def test_drawing_without_a_size(attributes):
    """A drawing that adapts to its place does not state a size: then the manifest has to."""
    found = facts(f"<svg {NAMESPACE} {attributes}/>".encode())

    assert (found.width, found.height, found.missing) == (None, None, ("width", "height"))
    assert "`asset.width` and `asset.height`" in found.problem()
    assert found.problem(("width",)) == (
        "the content does not state `asset.height`, so the manifest has to give `asset.height`"
    )


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "latin-1"])
def test_encodings(encoding):
    """A drawing in another encoding is read."""
    assert facts(f'<svg width="8" height="6"><!--{"ä" * 9}--></svg>'.encode(encoding)).width == 8


def test_prefixed_name():
    """The first element can have a prefix."""
    assert facts(b'<svg:svg xmlns:svg="x" width="8" height="6"></svg:svg>').height == 6


def test_entities_are_not_expanded():
    """A document type with entities and an address is skipped: nothing is expanded or fetched."""
    assert seen(facts(ILLUSTRATOR.encode()))[3:] == (30, 20)


def test_truncated():
    """A drawing without its last tag is truncated; one without a whole first tag is damaged."""
    data = f'<svg {NAMESPACE} width="8" height="6"><path d="M0 0"/>'.encode()

    assert reason(data) == "the file is truncated: the SVG image has no end"
    assert reason(data[:20]) == "the SVG image is damaged: its first element has no end"


@pytest.mark.parametrize(
    "data",
    [
        b"<svg " + b"a='" * 20_000,
        b"<svg " + b'"' * 65_000,
        b"<!DOCTYPE svg [" + b"]" * 65_000,
        b"<!DOCTYPE svg [" + b"] " * 32_000,
        b"<!--" * 16_000,
        b"<?" * 32_000,
        b" " * 65_000,
    ],
)
def test_hostile_text_takes_no_time(data):
    """Expressions that fail on a long text do so in time that grows with its length."""
    began = time.process_time()

    with_name = reason(data, "a.svg")

    assert with_name
    assert time.process_time() - began < 0.5
