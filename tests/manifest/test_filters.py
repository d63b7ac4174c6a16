"""The filters beside Jinja's own: what they make of real values, and what they refuse."""

from __future__ import annotations

import hashlib

import pytest

from ld_import.manifest.filters import FILTERS
from ld_import.manifest.unfit import Unfit

slugify, sha256, basename = FILTERS["slugify"], FILTERS["sha256"], FILTERS["basename"]
strip_html, isodate = FILTERS["strip_html"], FILTERS["isodate"]


@pytest.mark.parametrize(
    ("value", "slug"),
    [
        ("Ellipses and Arcane Syntax", "ellipses-and-arcane-syntax"),
        ("  Ça va -- déjà?  ", "ca-va-deja"),
        ("ﬁne ①", "fine-1"),
        (572, "572"),
        ("김경훈", f"x{hashlib.sha256('김경훈'.encode()).hexdigest()[:12]}"),
        ("", "xe3b0c44298fc"),
    ],
)
def test_slugify(value, slug):
    """A slug is ASCII, never empty, and always the same for the same text."""
    assert slugify(value) == slug


def test_slugs_of_texts_without_ascii_differ():
    """Two Korean titles do not become one id."""
    assert slugify("김경훈") != slugify("김정주")


def test_sha256():
    """The digest is that of the UTF-8 text."""
    assert sha256("é") == "4a99557e4033c3539de2eb65472017cad5f9557f7a0625a09f1c3f6e2ba69c4c"


@pytest.mark.parametrize(
    ("value", "name"),
    [
        ("https://x.example/a/My%20Talk.mp4?sig=1/2#t=3", "My Talk.mp4"),
        ("https://x.example/a/b/", "b"),
        ("https://x.example/a%2Fb.mp4", "b.mp4"),
        ("https://x.example/a.mp4?u=https://y.example/c.mp4", "a.mp4"),
        ("A/A00/A00168_144852_10.jpg", "A00168_144852_10.jpg"),
        ("/media/C# talk.mp4?x=1", "C# talk.mp4"),
        ("C:\\media\\50%.jpg", "50%.jpg"),
        ("plain.mp4", "plain.mp4"),
    ],
)
def test_basename(value, name):
    """The last part of the path is the name; signatures in a query never are."""
    assert basename(value) == name


@pytest.mark.parametrize("value", ["https://x.example", "https://x.example/?a=b", "", "/"])
def test_basename_of_nothing(value):
    """Where there is no name, an empty one would only fail later."""
    with pytest.raises(Unfit, match="has no file name"):
        basename(value)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("<p>How? Let&#39;s <b>find</b> out.</p>", "How? Let's find out."),
        ("<p>a</p><p>b<br>c</p>", "a\n\nb\nc"),
        ("1 < 2 &amp; x <3", "1 < 2 & x <3"),
        ("a<script>if (1 < 2) {}</script><style>p {}</style>b", "ab"),
        ("<ul>\n\n\n<li>a</li>\n\n\n<li>b</li></ul>", "a\n\nb"),
        ("no html", "no html"),
        ("&lt;b&gt;", "<b>"),
    ],
)
def test_strip_html(value, text):
    """Text survives, tags do not, and blocks do not run into each other."""
    assert strip_html(value) == text


@pytest.mark.parametrize(
    ("value", "iso"),
    [
        ("2016-06-26", "2016-06-26"),
        ("2023-05-11T20:10:00", "2023-05-11T20:10:00"),
        ("2023-05-11 20:10:00", "2023-05-11T20:10:00"),
        ("2023-05-11T20:10:00Z", "2023-05-11T20:10:00+00:00"),
        ("2017-11-23 14:00:00 +0530", "2017-11-23T14:00:00+05:30"),
        ("2017-11-23 14:00:00+02:00", "2017-11-23T14:00:00+02:00"),
        ("Mon, 20 Nov 1995 19:12:08 -0500", "1995-11-20T19:12:08-05:00"),
        ("1.2.2020", "2020-02-01"),
        ("01.02.2020 9:05", "2020-02-01T09:05:00"),
        ("01.02.2020 19:05:10", "2020-02-01T19:05:10"),
        (" 2016-06-26\n", "2016-06-26"),
    ],
)
def test_isodate(value, iso):
    """The documented forms are read; a date stays a date, and nobody invents an offset."""
    assert isodate(value) == iso


@pytest.mark.parametrize(
    ("value", "form", "iso"),
    [
        ("24/12/99", "%d/%m/%y", "1999-12-24"),
        ("24/12/1999 10h", "%d/%m/%Y %Hh", "1999-12-24T10:00:00"),
        ("20240102", "%Y%m%d", "2024-01-02"),
    ],
)
def test_isodate_with_a_form(value, form, iso):
    """A form of one's own is read as `strptime` reads it."""
    assert isodate(value, form) == iso


@pytest.mark.parametrize(
    ("value", "form"),
    [("31.02.2020", None), ("soon", None), ("12:30", None), ("", None), ("2020-13-01", None)]
    + [("1/2/2020", None), ("Mon, 99 Nov 1995 19:12:08 -0500", None), ("2020-01-01", "%d/%m/%Y")],
)
def test_isodate_refuses_what_it_cannot_read(value, form):
    """A date that is none is an error of the record, with the value in it."""
    with pytest.raises(Unfit, match="is not a date in"):
        isodate(value, form)


def test_form_without_a_year_makes_no_date():
    """A day of no year is refused for its form, whatever the value."""
    with pytest.raises(Unfit, match="has no year"):
        isodate("24/12", "%d/%m")


@pytest.mark.parametrize("name", FILTERS)
@pytest.mark.parametrize("value", [None, True, 1.5, ["a"], {"a": 1}])
def test_filters_take_text(name, value):
    """`null` does not become the text "None"; integers are their digits."""
    with pytest.raises(Unfit, match=f"`{name}` needs a text, not "):
        FILTERS[name](value)
