"""Exports of real structure: from `init` to a finished import, with the edited lines counted."""

from __future__ import annotations

import csv
import gzip
import io
import json
from itertools import islice

import pytest

from ld_import.proposal.propose import MISSING_HOST
from tests.flow.test_real_data import DATA
from tests.harness.place import Place
from tests.manifest.formats.wordpress import POST, media, meta, wxr
from tests.manifest.formats.workbooks import workbook
from tests.proposal.exports import header_of, lines, table
from tests.proposal.test_round_trip import uncommented

COUNT = 12


def content_system():
    """Return the pictures of a German CMS: semicolons, times, empty titles, spaces in URLs."""
    header = [
        *("Artikel-ID", "Überschrift", "Bildunterschrift", "Bild-URL", "Vorschaubild"),
        *("Fotograf / Agentur", "Erstellt am", "Stichworte", "Freigegeben", "Link zum Artikel"),
    ]
    rows = (
        [
            *(f"{1000 + n % 3}", f"Titel {n}" if n % 5 else "", "Eine Legende; lang\nZeile 2"),
            *(f"https://cms.example/m/{n}/Brücke {n}.jpg", f"https://cms.example/t/{n}.jpg"),
            *("Keystone / R. Keller" if n % 2 else "", f"{n + 1:02}.03.2011 {n:02}:15"),
            *("Winter, Brücke" if n % 3 else "", "ja", f"https://cms.example/artikel/{n % 3}"),
        ]
        for n in range(COUNT)
    )
    return table(header, *rows, delimiter=";")


def picture_desk():
    """Return the table of a French picture desk: files without a host, day before month."""
    rows = (
        [
            f"INV-{n:04}",
            f"Titre {n}",
            "",
            f"{n + 10:02}/02/1987",
            f"lot 1/INV-{n:04}.JPG",
            "pont|neige",
        ]
        for n in range(COUNT)
    )
    header = ["N° inventaire", "Titre", "Légende", "Date de prise de vue", "Fichier", "Mots-clés"]
    return table(header, *rows, delimiter=";")


def film_archive():
    """Return a database export with tabs: zero dates, American dates, an id in two columns."""
    header = ["shot", "reel", "title_en", "shot_on", "media_url", "duration_s", "created"]
    rows = [header] + [
        [
            *(str(n % 4 + 1), f"R{n // 4 + 1}", 'Film "x"', f"12/{n + 15}/1950"),
            *("https://films.example/stream?reel=1", "90", "0000-00-00 00:00:00"),
        ]
        for n in range(COUNT)
    ]
    return "".join("\t".join(row) + "\n" for row in rows).encode()


def wordpress_table():
    """Return the media of a WordPress blog as a table."""
    header = [
        *("ID", "post_title", "post_name", "post_date", "post_mime_type", "guid"),
        *("_wp_attached_file", "_wp_attachment_image_alt", "post_excerpt", "post_parent"),
    ]
    rows = (
        [
            *(str(7919 * n % 1009), f"IMG_{n}", f"img_{n}", "2015-06-01 10:11:12", "image/png"),
            *(f"http://blog.example/up/img{n}.png", f"up/img{n}.png", "", "A caption", "0"),
        ]
        for n in range(COUNT)
    )
    return table(header, *rows)


def assets():
    """Return the assets of a DAM, nested, with nulls and missing parts."""
    return [
        {
            "assetId": f"DAM{n:07}",
            "renditions": [
                {"name": "original", "href": f"https://dam.example/{n}/original.mov"},
                {"name": "preview", "href": f"https://dam.example/{n}/preview.jpg"},
            ],
            "iptc": {"headline": f"Headline {n}", "caption": None if n % 2 else "", "keywords": []},
            "created": 1_400_000_000_000 + n,
            "rights": {"owner": "DPA", "until": "2030-01-01"} if n % 3 else None,
        }
        for n in range(COUNT)
    ]


def stored_objects():
    """Return objects that are in the storage already."""
    return [
        {
            "ref": f"file-{n}",
            "title": "Minutes",
            "asset": {
                "key": f"minutes/{n}.pdf",
                "url": f"https://cdn.example/minutes/{n}.pdf",
                "size": str(90_112 + n),
                "mimeType": "application/pdf",
                "filename": f"{n}.pdf",
            },
        }
        for n in range(COUNT)
    ]


def blog():
    """Return the media of a WordPress blog, with posts between them."""
    fields = (
        "<wp:post_date_gmt>2011-07-18 22:00:00</wp:post_date_gmt>"
        "<content:encoded><![CDATA[<p>Seen</p>]]></content:encoded>"
        '<category domain="media_tag" nicename="b"><![CDATA[Bridges]]></category>'
    )
    attachments = [
        media(7 * n % 101, fields + meta("credit", "X") if n % 3 else "")
        for n in range(1, COUNT + 1)
    ]
    return wxr(POST, *attachments, POST)


def photo_editors():
    """Return the sheet of photo editors, with ids as text with leading zeros."""
    rows = [
        [f"00{number:03}", f"Altstadt {number}", f"https://pictures.example/{number}.jpg", number]
        for number in range(1, COUNT + 1)
    ]
    return workbook([["Signatur", "Titel", "Bild-URL", "Jahrgang"], *rows])


# Name, content, kind, template of the externalId, lines that a user must edit.
EXPORTS = {
    "cms.csv": (content_system(), "images", "{{ record['Bild-URL'] }}", 0),
    "desk.csv": (picture_desk(), "images", "{{ record['N° inventaire'] }}", 1),
    "archive.tsv": (film_archive(), "videos", "{{ shot }}-{{ reel }}", 0),
    "blog.csv.gz": (gzip.compress(wordpress_table()), "images", "{{ ID }}", 0),
    "desk.xlsx": (photo_editors(), "images", "{{ Signatur }}", 0),
    "wordpress.xml": (blog().encode(), "images", "{{ id }}", 0),
    "list.json": (json.dumps(assets()).encode(), "videos", "{{ assetId }}", 0),
    "answer.json": (
        json.dumps({"total": COUNT, "page": 1, "assets": assets()}).encode(),
        "videos",
        "{{ assetId }}",
        0,
    ),
    "items.json": (json.dumps({"items": assets()}).encode(), "videos", "{{ assetId }}", 0),
    "dam.jsonl": (lines(*assets()), "videos", "{{ assetId }}", 0),
    "stored.jsonl": (lines(*stored_objects()), "media-library", "{{ ref }}", 0),
}


@pytest.mark.parametrize("name", EXPORTS)
def test_export_is_imported(place, name):
    """The proposal validates, and is imported after at most one edit: the address of the files."""
    content, kind, external_id, edit_count = EXPORTS[name]
    (place.folder / name).write_bytes(content)

    ended = place.run("init", name, "--yes", "--no-server", "--system-name", place.system_name)

    manifest = place.folder / f"{kind}.yaml"
    assert ended.code == 0
    assert f"{COUNT} records: {COUNT} would be sent, 0 have problems" in ended.out
    assert header_of(manifest)["externalId"] == external_id
    text = manifest.read_text(encoding="utf-8")
    assert text.count("EDIT") == edit_count
    manifest.write_text(text.replace(MISSING_HOST, "https://pictures.example"), encoding="utf-8")
    summary = place.summary(manifest.name, command=kind)
    assert summary["outcomes"]["success"] == len(place.mine()) == COUNT


@pytest.mark.parametrize("name", EXPORTS)
def test_every_commented_line_is_valid(place, name):
    """A user can remove the `#` of any column."""
    content, kind, _, _ = EXPORTS[name]
    (place.folder / name).write_bytes(content)
    place.run("init", name, "--yes", "--no-server")
    manifest = place.folder / f"{kind}.yaml"
    manifest.write_text(uncommented(manifest.read_text(encoding="utf-8")), encoding="utf-8")

    ended = place.run("validate", manifest.name)

    assert (ended.code, len(header_of(manifest)["map"]["metadata"]) > 1) == (0, True)


def some_of(name):
    """Return a part of a real catalogue."""
    path = DATA / name
    if not path.exists():
        pytest.skip("the real catalogues are not beside this checkout")
    if path.suffix == ".csv":
        with path.open(newline="", encoding="utf-8") as stream:
            rows = list(islice(csv.reader(stream), 600))
        out = io.StringIO()
        csv.writer(out).writerows(rows)
        return out.getvalue().encode()
    with gzip.open(path) as stream:
        return gzip.compress(b"".join(islice(stream, 0, 20_000, 40)), 1)


@pytest.mark.parametrize(
    ("name", "kind", "external_id", "url"),
    [
        ("pyvideo.jsonl.gz", "videos", "{{ source_file }}", "{{ videos[0].url }}"),
        ("pyvideo.csv", "videos", "{{ source_file }}", "{{ video_url }}"),
        ("museum-images.jsonl.gz", "images", "{{ id }}", "{{ thumbnailUrl }}"),
    ],
)
def test_real_catalogues(place: Place, name, kind, external_id, url):
    """A real catalogue needs no edit; records without a URL are reported as invalid."""
    (place.folder / name).write_bytes(some_of(name))

    ended = place.run("init", name, "--yes", "--no-server")

    header = header_of(place.folder / f"{kind}.yaml")
    assert (header["externalId"], header["map"]["url"]) == (external_id, url)
    assert ended.code == (3 if "museum" in name else 0)
    manifest = place.folder / f"{kind}.yaml"
    manifest.write_text(uncommented(manifest.read_text(encoding="utf-8")), encoding="utf-8")
    assert place.run("validate", manifest.name).code == ended.code
