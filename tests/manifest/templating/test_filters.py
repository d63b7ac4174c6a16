"""Filters that are added to those of Jinja: results for real values, and errors."""

from __future__ import annotations

import hashlib

import pytest

from ld_import.manifest.templating.errors import TemplateValueError
from ld_import.manifest.templating.filters import FILTERS

slugify, sha256, basename = FILTERS["slugify"], FILTERS["sha256"], FILTERS["basename"]
strip_html, isodate = FILTERS["strip_html"], FILTERS["isodate"]
encode_url = FILTERS["encode_url"]


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
    """A slug is ASCII, never empty, and deterministic."""
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
    """The name is the last part of the path; a signature in a query is not part of it."""
    assert basename(value) == name


@pytest.mark.parametrize("value", ["https://x.example", "https://x.example/?a=b", "", "/"])
def test_basename_of_nothing(value):
    """An empty name would fail later only."""
    with pytest.raises(TemplateValueError, match="has no file name"):
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
        ('a <i title="x>y">b</i>', "a b"),
        ('<a href="x>a</a>b', "ab"),
        ("a <b c", "a <b c"),
        ("a <!-- b", "a <!-- b"),
        ("a<!-- > -->b", "ab"),
        ("a<script>b", "a"),
        ("a<![CDATA[ > ]]>b</3>", "ab"),
    ],
)
def test_strip_html(value, text):
    """Text remains, tags do not, and blocks are separated."""
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
        ("Jul 18, 2011 10:00 PM", "2011-07-18T22:00:00"),
        ("Jul 18, 2011, 10:00:00 PM", "2011-07-18T22:00:00"),
        ("Monday, July 18, 2011 10:00 PM", "2011-07-18T22:00:00"),
        ("18 Jul 2011 10:00 p.m.", "2011-07-18T22:00:00"),
        ("Jul 18, 2011 12:05 AM", "2011-07-18T00:05:00"),
        ("2011-07-18 12:05pm", "2011-07-18T12:05:00"),
        ("1.2.2020 9:05 a.m.", "2020-02-01T09:05:00"),
        ("18 Jul 2011", "2011-07-18"),
        ("18-Jul-2011 10:00", "2011-07-18T10:00:00"),
        (
            "Mon Jul 18 2011 22:00:00 GMT+0200 (Central European Summer Time)",
            "2011-07-18T22:00:00+02:00",
        ),
        ("Mon Jul 18 22:00:00 CEST 2011", "2011-07-18T22:00:00+02:00"),
        ("Mon Jul 18 22:00:00 2011", "2011-07-18T22:00:00"),
        ("Mon, 20 Nov 1995 19:12:08 EST", "1995-11-20T19:12:08-05:00"),
        ("Mon, 20 Nov 1995 19:12:08 -0000", "1995-11-20T19:12:08+00:00"),
        ("2011-07-18 10:00:00 UTC", "2011-07-18T10:00:00+00:00"),
        ("2011-07-18 10:00 PM UTC+2", "2011-07-18T22:00:00+02:00"),
        ("2011-07-18T10:00:00,5+02", "2011-07-18T10:00:00.500000+02:00"),
        ("2011-07-18T10:00:00.123456789Z", "2011-07-18T10:00:00.123456+00:00"),
        ("20110718", "2011-07-18"),
        (20110718, "2011-07-18"),
        ("20110718220000", "2011-07-18T22:00:00"),
        ("20110718T220000Z", "2011-07-18T22:00:00+00:00"),
    ],
)
def test_isodate(value, iso):
    """The documented forms are read; a date remains a date, and no offset is invented."""
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
    """A given form is read as `strptime` reads it."""
    assert isodate(value, form) == iso


@pytest.mark.parametrize(
    ("value", "form"),
    [("31.02.2020", None), ("soon", None), ("12:30", None), ("", None), ("2020-13-01", None)]
    + [
        (text, None)
        for text in (
            "2011-07-18 13:00 PM",
            "2011-07-18 0:30 AM",
            "2011-07-18 10:00 (PM)",
            "2011-07-18x10:00",
            "2011-07-18T10",
            "2011-07-18T24:00",
            "2011-07-18T10:00+02:75",
            "2011-W29-1",
            "2011-W29",
            "2011-199",
            "0000-00-00",
            "18 Jul 11 10:00",
            "Mon, 20 Nov 95 19:12:08 GMT",
            "31122020",
            "2011-07-18" + " " * 200,
        )
    ]
    + [("1/2/2020", None), ("Mon, 99 Nov 1995 19:12:08 -0500", None), ("2020-01-01", "%d/%m/%Y")],
)
def test_isodate_refuses_other_values(value, form):
    """An invalid date is a problem of the record, and the message has the value."""
    with pytest.raises(TemplateValueError, match="is not a date in"):
        isodate(value, form)


@pytest.mark.parametrize("zone", ["IST", "PM2", "Uhr", "Europe/Zurich", "X"])
def test_isodate_refuses_ambiguous_zones(zone):
    """The name of several zones, or of none, is refused."""
    with pytest.raises(TemplateValueError, match="unknown time zone|is not a date"):
        isodate(f"18 Jul 2011 10:00 {zone}")


@pytest.mark.parametrize(
    "value", ["1311012300", "1311012300000", "1311012312345", "13110123001", "2011071810"]
)
def test_isodate_refuses_numbers(value):
    """Only 8 or 14 digits are a date; the message explains how to read an epoch timestamp."""
    with pytest.raises(
        TemplateValueError, match=r'isodate\("epoch"\) for seconds, isodate\("epoch_ms"\)'
    ):
        isodate(value)


@pytest.mark.parametrize(
    ("value", "form", "iso"),
    [
        ("1311012300", "epoch", "2011-07-18T18:05:00+00:00"),
        (1311012300, "epoch", "2011-07-18T18:05:00+00:00"),
        (1311012300.5, "epoch", "2011-07-18T18:05:00.500000+00:00"),
        ("1311012300.000001", "epoch", "2011-07-18T18:05:00.000001+00:00"),
        (" 1311012312345 ", "epoch_ms", "2011-07-18T18:05:12.345000+00:00"),
        (0, "epoch", "1970-01-01T00:00:00+00:00"),
        (-1, "epoch", "1969-12-31T23:59:59+00:00"),
    ],
)
def test_epoch(value, form, iso):
    """Seconds and milliseconds since 1970 become a time in UTC."""
    assert isodate(value, form) == iso


@pytest.mark.parametrize(
    ("value", "form"),
    [
        ("", "epoch"),
        ("1e9", "epoch"),
        ("1_000", "epoch"),
        (float("nan"), "epoch"),
        ("1311012300000", "epoch"),
        ("9" * 30, "epoch_ms"),
    ],
)
def test_epoch_refuses(value, form):
    """Other texts, and times after the year 9999, are errors; for milliseconds there is advice."""
    with pytest.raises(TemplateValueError, match="since 1970|beyond the year 9999"):
        isodate(value, form)


@pytest.mark.parametrize(
    "form", ["%Y-%m-%d %H:%M %p", "%Y-%m-%d %I:%M", "%Y-%m-%d %H:%M %Z", "%Y %W", "%s", 5]
)
def test_form_that_ignores_a_part(form):
    """A form whose AM, PM, zone or week `strptime` ignores is refused for every value."""
    with pytest.raises(TemplateValueError, match="the form"):
        isodate("2011-07-18 10:00 PM", form)


@pytest.mark.parametrize(
    ("form", "written"),
    [
        ("DD.MM.YYYY", "%d.%m.%Y"),
        ("mm/dd/yy", "%m/%d/%y"),
        ("yyyy-mm-dd", "%Y-%m-%d"),
        ("TT.MM.JJJJ", "%d.%m.%Y"),
    ],
)
def test_form_of_a_spreadsheet(form, written):
    """The letters of a spreadsheet are refused with the directives that mean the same."""
    with pytest.raises(TemplateValueError) as raised:
        isodate("24.12.2020", form)

    assert str(raised.value) == f'the form "{form}" is written isodate("{written}")'


@pytest.mark.parametrize(("value", "year"), [("12/24/2020", "%Y"), ("12/24/20", "%y")])
def test_example_of_a_form_has_the_digits_of_the_year(value, year):
    """The proposed form reads a year of as many digits as the value has."""
    with pytest.raises(TemplateValueError, match=f"isodate..%d/%m/{year}"):
        isodate(value)


def test_form_without_a_year():
    """A form without a year is refused for every value."""
    with pytest.raises(TemplateValueError, match="has no year"):
        isodate("24/12", "%d/%m")


@pytest.mark.parametrize(
    ("value", "url"),
    [
        ("https://media.example/My Talk (1).mp4", "https://media.example/My%20Talk%20(1).mp4"),
        ("https://media.example/Größe.mp4", "https://media.example/Gr%C3%B6%C3%9Fe.mp4"),
        ("https://media.example/a%20b?x=1&y=2", "https://media.example/a%20b?x=1&y=2"),
        ("https://media.example/a[1]{b}|^`c", "https://media.example/a%5B1%5D%7Bb%7D%7C%5E%60c"),
        ("https://media.example/100%.mp4", "https://media.example/100%25.mp4"),
        ("https://media.example/%zz%41", "https://media.example/%25zz%41"),
        ("https://münchen.example:8080/a", "https://xn--mnchen-3ya.example:8080/a"),
        ("https://ü:p@straße.example/", "https://%C3%BC:p@xn--strae-oqa.example/"),
        ("https://a/b?q=[x y]#t=1 2#3", "https://a/b?q=%5Bx%20y%5D#t=1%202%233"),
        ("https://[2001:db8::1]:80/a b", "https://[2001:db8::1]:80/a%20b"),
        (" s3://bucket/a b\n", "s3://bucket/a%20b"),
        ("https://a/~b-c_d.e!$&'()*+,;=:@", "https://a/~b-c_d.e!$&'()*+,;=:@"),
    ],
)
def test_encode_url(value, url):
    """Invalid characters are encoded, and only once; the schemas accept the result."""
    assert encode_url(value) == url
    assert encode_url(url) == url


@pytest.mark.parametrize(
    "value",
    ["a b.mp4", "", "//a/b", "https://a/\tb", "https://ü..example/", "https://" + "ü" * 300],
)
def test_encode_url_refuses(value):
    """A text without a scheme, with a control character or an invalid host is not a URL."""
    with pytest.raises(TemplateValueError):
        encode_url(value)


@pytest.mark.parametrize("name", FILTERS)
@pytest.mark.parametrize("value", [None, True, 1.5, ["a"], {"a": 1}])
def test_filters_accept_text(name, value):
    """`null` does not become the text "None"; integers are their digits."""
    with pytest.raises(TemplateValueError, match=f"`{name}` needs a text, not "):
        FILTERS[name](value)
