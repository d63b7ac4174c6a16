"""WordPress exports: attachments become records; nothing in the XML can do harm."""

from __future__ import annotations

import random
import tracemalloc

import orjson
import pytest

from ld_import.errors import ManifestError
from ld_import.manifest import FORMATS_BY_SUFFIX, Mapping, open_manifest
from ld_import.manifest.base import MAX_RECORD_BYTES, TOO_LARGE
from ld_import.manifest.files import ByteFile
from ld_import.model import Entry
from tests.manifest.formats.wordpress import HEAD, POST, TAIL, media, meta, wxr

FULL = (
    "<link>https://town.example/?attachment_id=7</link>\n"
    "<dc:creator><![CDATA[anna]]></dc:creator>\n"
    '<guid isPermaLink="false">https://town.example/?p=7</guid>\n'
    "<description></description>\n"
    "<content:encoded><![CDATA[<p>Seen ]]]]><![CDATA[> &amp; liked</p>]]></content:encoded>\n"
    "<excerpt:encoded><![CDATA[ Smith & Sons ]]></excerpt:encoded>\n"
    "<wp:post_date><![CDATA[2011-07-19 00:00:00]]></wp:post_date>\n"
    "<wp:post_date_gmt><![CDATA[2011-07-18 22:00:00]]></wp:post_date_gmt>\n"
    "<wp:post_name>bridge</wp:post_name>\n<wp:status>inherit</wp:status>\n"
    "<wp:post_parent>3</wp:post_parent>\n"
    '<category domain="media_tag" nicename="b"><![CDATA[Bridges]]></category>\n'
    '<category domain="media_tag" nicename="t"><![CDATA[Town]]></category>\n'
    + meta("_wp_attached_file", "2011/07/b.jpg")
    + meta("_wp_attachment_image_alt", "A bridge")
    + meta("credit", "Photo: X")
    + meta("seen", "1")
    + meta("seen", "2")
    + "<wp:comment><wp:comment_id>1</wp:comment_id><wp:post_id>9</wp:post_id>\n"
    "<wp:commentmeta><wp:meta_key>no</wp:meta_key><wp:meta_value>no</wp:meta_value>"
    "</wp:commentmeta></wp:comment>\n"
)


@pytest.fixture
def read(write):
    """Read an export; return the line and fields of each record, or its problem."""

    def read(content, name="a.xml"):
        return [
            (record.line, record.problem.text if record.problem else orjson.loads(record.raw))
            for record in open_manifest(write(name, content)).records()
        ]

    return read


@pytest.mark.parametrize("version", ["1.0", "1.1", "1.2"])
def test_attachment_is_a_record_with_its_meta(read, version):
    """Posts are skipped; comments and their meta are not part of an item."""
    assert read(wxr(POST, media(7, FULL), POST, version=version)) == [
        (
            13,
            {
                "id": "7",
                "url": "https://town.example/7.jpg",
                "title": "Picture 7",
                "link": "https://town.example/?attachment_id=7",
                "guid": "https://town.example/?p=7",
                "author": "anna",
                "authorName": "Anna Muster",
                "caption": "Smith & Sons",
                "description": "<p>Seen ]]> &amp; liked</p>",
                "parentId": "3",
                "slug": "bridge",
                "status": "inherit",
                "date": "2011-07-18T22:00:00Z",
                "alt": "A bridge",
                "file": "2011/07/b.jpg",
                "terms": {"media_tag": ["Bridges", "Town"]},
                "meta": {"credit": "Photo: X", "seen": ["1", "2"]},
            },
        )
    ]


@pytest.mark.parametrize(
    ("gmt", "local", "date"),
    [
        ("0000-00-00 00:00:00", "2011-07-19 00:00:00", "2011-07-19T00:00:00"),
        ("", "2011-07-19 00:00:00", "2011-07-19T00:00:00"),
        ("0000-00-00 00:00:00", "0000-00-00 00:00:00", None),
        ("last year", "", "last year"),
    ],
)
def test_date_of_the_site_replaces_an_unset_one(read, gmt, local, date):
    """It has no zone, because the export does not name the zone of the site."""
    more = f"<wp:post_date>{local}</wp:post_date><wp:post_date_gmt>{gmt}</wp:post_date_gmt>"
    ((_, fields),) = read(wxr(media(more=more)))

    assert fields.get("date") == date


def test_empty_elements_are_empty_cells(write):
    """A template of a field that this item lacks, but another may have, is not an error."""
    more = meta("credit", "X") + '<category domain="tag" nicename="a">A</category>'
    manifest = open_manifest(write("a.xml", wxr(media(1, more), media(2))))
    fields = {
        "c": "{{ caption }}",
        "d": "{{ meta.credit }}",
        "e": "{{ terms.tag }}",
        "f": "{{ meta['_wp_x'] | default('none') }}",
    }
    mapping = Mapping(external_id=None, fields=fields, columns=manifest.columns)

    assert [mapping.entry_from(record) for record in manifest.records()] == [
        Entry(12, "1", {"d": "X", "e": ["A"], "f": "none"}),
        Entry(19, "2", {"f": "none"}),
    ]


def test_blank_lines_before_the_xml_are_counted(read):
    """Plug-ins print them; other parsers refuse the file."""
    assert [line for line, _ in read("\n \n" + wxr(media()))] == [14]


def test_prefixes_are_free(read):
    """The namespace counts, not its prefix."""
    text = wxr(media(3)).replace("wp:", "w0:").replace("xmlns:wp", "xmlns:w0")

    assert read(text)[0][1]["id"] == "3"


def test_record_that_is_too_large_is_invalid(read):
    """The next one is read; a large post is skipped."""
    large = f"<content:encoded>{'x' * (MAX_RECORD_BYTES + 1)}</content:encoded>"
    post = POST.replace("</item>", large + "</item>")

    (first, second) = read(wxr(post, media(1, large), media(2)))

    assert first[1] == TOO_LARGE
    assert second[1]["id"] == "2"


def test_cache_equals_the_file(write):
    """Reading the file itself gives the same records."""
    path = write("a.xml.gz", wxr(media(1, FULL), POST, media(2)))

    records = FORMATS_BY_SUFFIX[".xml"].records(ByteFile(path))

    assert list(records) == list(open_manifest(path).records())


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "a.xml: the file is empty"),
        ("  \n ", "a.xml, line 2, column 1: the XML ends too early"),
        (wxr(media())[:-30], "the XML ends too early"),
        ("id,url\n1,x\n", "a.xml, line 1, column 1: this is not XML"),
        ("<html><body/></html>", "a.xml, line 1: this is XML with the root element `html`"),
        ("<rss><channel/></rss>", "a.xml: this is an RSS feed, not an export of WordPress"),
        (wxr(), "a.xml: the export has no media"),
        (wxr(POST, POST), "no media; it has 2 items (2 × `post`), and none is an attachment"),
        (wxr("</item>"), "a.xml, line 12, column 3: not valid XML: mismatched tag"),
        (wxr("a\x0bb"), "column 2: the text contains the control character U+000B"),
        ("<!DOCTYPE rss><rss/>", "a.xml, line 1: the document has a DOCTYPE"),
        ('<?xml version="1.0" encoding="nope"?><rss/>', "the encoding in the first line is unkn"),
        ('<?xml version="1.0" encoding="sjis"?><rss/>', "the encoding in the first line is unkn"),
        ("<rss>" * 300, "a.xml, line 1: elements are nested deeper than 200 levels"),
        (f'<rss a="{"x" * 2 * MAX_RECORD_BYTES}">', "a tag or comment is larger than 4,194,304"),
        (wxr("&wp;"), "a.xml, line 12, column 1: not valid XML: undefined entity"),
        (wxr(media()).encode("utf-16"), "the text is UTF-16 or UTF-32"),
    ],
)
def test_other_files_are_refused(refusal, content, words):
    """Each message has the place, and says what the file is."""
    assert words in refusal("a.xml", content)


def test_entities_are_not_expanded(refusal):
    """A billion laughs and an external file end at the DOCTYPE."""
    laughs = '<!DOCTYPE rss [<!ENTITY a "ha"><!ENTITY b SYSTEM "file:///etc/passwd">]>\n'
    text = wxr("&b;").replace("<rss", laughs + "<rss", 1)

    assert refusal("a.xml", text).startswith("a.xml, line 2: the document has a DOCTYPE")


def test_damaged_exports_are_one_error_or_records(write):
    """Truncated files, changed bytes and random ones never raise anything else."""
    rng = random.Random(12)
    whole = wxr(*(media(number, FULL) for number in range(3))).encode()
    for _ in range(150):
        data = bytearray(whole[: rng.randrange(len(whole))] if rng.random() < 0.5 else whole)
        for _ in range(rng.randrange(4)):
            if data:
                data[rng.randrange(len(data))] = rng.randrange(256)
        try:
            list(open_manifest(write("a.xml", bytes(data))).records())
        except ManifestError as error:
            assert error.hint


def test_memory_stays_flat(tmp_path):
    """Neither items nor long posts are kept."""
    path = tmp_path / "a.xml"
    post = POST.replace("A post", "x" * 20_000)
    with path.open("w") as stream:
        stream.write(HEAD.replace("{version}", "1.2"))
        for number in range(3_000):
            stream.write(media(number) + (post if number % 5 == 0 else ""))
        stream.write(TAIL)

    tracemalloc.start()
    walk = FORMATS_BY_SUFFIX[".xml"].records(ByteFile(path))
    count = sum(1 for _ in walk)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert (count, peak < 2_000_000) == (3_000, True)
