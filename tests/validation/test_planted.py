"""Planted faults in a manifest of 10,000 rows: all are found in one pass, and none is invented."""

from __future__ import annotations

from typing import Any

import orjson

from ld_import.validation import Level

ROWS = 10_000
ERROR, WARNING = Level.ERROR, Level.WARNING

# Texts of usual rows that a careless check would report.
TITLES = (
    "SÃO PAULO – “NÃO”", "Spaß“ und Fuß…", "10 Å² of 4×½", "نامه\u200cها", "👩\u200d💻 at work",
    "« café\xa0»", "Rock & Roll; AT&T", "A good setup.py", "ภาษา\u200bไทย", "שלום\u200f (PDF)",
    "Privé… c’est « là »", "Привет, мир", "Ærø Ð", "Nº 5", "x < y && y > z",
)  # fmt: skip
DATES = ("2024-02-29", "1826-12-31", "2019-07-18T23:59:60Z", "31.03.2020", "12/31/1999")
NOTES = ("16:9", "99:59", "192.168.0.1", "0x1F", "tab\tand\nlines", "null", "C:\\book\\fig\\u0041")
URLS = (
    "https://media.example.com/%C3%BC/{}.mp4",
    "https://cdn.example.org/v/{}.webm?width=3&expires=never",
    "https://player.vimeo.com/external/{}.hd.mp4?s=x",
    "https://archive.org/download/films/{}.ogv",
    "https://films.example.net/get.php?file={}.jpg",
    "https://films.example.net/{}",
)


def usual(number):
    """Return a row without a fault, different from the others in all its texts."""
    return {
        "id": f"f{number:05}-{number % 7}.{number}",
        "url": URLS[number % len(URLS)].format(number),
        "fileName": f"{TITLES[number % len(TITLES)]} {number}",
        "metadata": {
            "title": f"{TITLES[number % len(TITLES)]} {number}",
            "recordedAt": DATES[number % len(DATES)],
            "shown": DATES[number % 2],
            "inventory": f"19{number % 100:02}-{number % 97}-{number % 60}",
            "note": NOTES[number % len(NOTES)],
            "tags": [f"tag {number % 31}", "Zürich"],
            "place": {"name": "Ñuñoa", "zip": None},
        },
    }


def url(text):
    return {"url": f"https://media.example.com/planted/{text}"}


def metadata(**properties):
    return {"metadata": properties}


# Changes of a row, and the findings about it: level, rule (or text of an error) and field.
PLANTED: list[Any] = [
    # Errors: the record is not sent.
    ({"url": ...}, (ERROR, "`url` is missing", "url")),
    ({"fileName": ...}, (ERROR, "`fileName` is missing", "fileName")),
    ({"metadata": ...}, (ERROR, "`metadata` is missing", "metadata")),
    ({"url": "ftp://media.example.com/a.mp4"}, (ERROR, '`url` is "ftp:', "url")),
    ({"url": "media.example.com/a.mp4"}, (ERROR, '`url` is "media', "url")),
    (url("a b.mp4"), (ERROR, '`url` is "https:', "url")),
    ({"url": "https://media.example.com:99999/a.mp4"}, (ERROR, '`url` is "https:', "url")),
    ({"url": None}, (ERROR, "`url` is null", "url")),
    ({"fileName": "  "}, (ERROR, '`fileName` is "  "', "fileName")),
    ({"fileName": 3}, (ERROR, "`fileName` is 3", "fileName")),
    ({"metadata": []}, (ERROR, "`metadata` is []", "metadata")),
    ({"mediaType": ""}, (ERROR, '`mediaType` is ""', "mediaType")),
    ({"id": ...}, (ERROR, "there is neither", "id")),
    ({"id": ""}, (ERROR, "the externalId is empty", "id")),
    ({"id": 1.5}, (ERROR, "`id` is 1.5", "id")),
    ({"id": "a\u200bb"}, (ERROR, "the externalId has the invisible", "id")),
    ({"id": "a\tb"}, (ERROR, "the externalId has the control", "id")),
    ({"id": "é" * 600}, (ERROR, "the externalId is 1,200 bytes", "id")),
    ({"id": usual(7)["id"]}, (ERROR, "the externalId 'f00007-0.7' already", "externalId")),
    (b'{"id": "x", ', (ERROR, "column", "")),
    (b"[1, 2]", (ERROR, "the record is", "")),
    (b'{"id": "x", "id": "y"}', (ERROR, "the key `id` occurs twice", "")),
    # Warnings: the record is sent.
    ({"id": "F00010-3.10"}, (WARNING, "look-alike-id-case", "externalId")),
    ({"id": "f00011-4.11 "}, (WARNING, "white-space-around-id", "externalId"),
     (WARNING, "look-alike-id-blanks", "externalId")),
    ({"id": "f12-5.12"}, (WARNING, "look-alike-id-leading-zeros", "externalId")),
    ({"id": "\uff4600013-6.13"}, (WARNING, "look-alike-id-unicode-form", "externalId")),
    ({"id": "x" * 256}, (WARNING, "long-id", "externalId")),
    ({"url": usual(14)["url"]}, (WARNING, "shared-url", "url")),
    ({"url": "https://media.example.com/u%CC%88/60.mp4"}, (WARNING, "shared-url", "url")),
    ({"url": "https://www.youtube.com/watch?v=x"}, (WARNING, "web-page-youtube", "url")),
    ({"url": "https://vimeo.com/12345"}, (WARNING, "web-page-vimeo", "url")),
    (url("a.jpg"), (WARNING, "file-ending-image", "url")),
    (url("a.PDF?x=1"), (WARNING, "file-ending-document", "url")),
    ({"url": "http://192.168.1.7:8080/a.mp4"}, (WARNING, "private-host", "url")),
    ({"url": "http://localhost/a.mp4"}, (WARNING, "private-host", "url")),
    ({"url": "https://nas/a.mp4"}, (WARNING, "private-host", "url")),
    ({"url": "https://a:b@media.example.com/a.mp4"}, (WARNING, "credentials-in-url", "url")),
    (url("b.mp4?Expires=1367619700&Signature=x"), (WARNING, "expired-url", "url")),
    (url("c.mp4?se=2999-01-01&sig=x"), (WARNING, "expiring-url", "url")),
    (metadata(recordedAt="2023-02-30"), (WARNING, "impossible-date", "metadata.recordedAt")),
    (metadata(shown="2024-13-01"), (WARNING, "impossible-date", "metadata.shown")),
    (metadata(recordedAt="31.04.2020"), (WARNING, "impossible-date", "metadata.recordedAt")),
    (metadata(recordedAt="25:61"), (WARNING, "impossible-time", "metadata.recordedAt")),
    (metadata(recordedAt="0000-00-00"), (WARNING, "zero-date", "metadata.recordedAt")),
    (metadata(note="a\u0007b"), (WARNING, "control-character-0007", "metadata.note")),
    (metadata(tags=["a\u200bb"]), (WARNING, "control-character-200b", "metadata.tags")),
    (metadata(note="abc\u202edef"), (WARNING, "control-character-202e", "metadata.note")),
    (metadata(note="Ã¼ber"), (WARNING, "mis-decoded", "metadata.note")),
    (metadata(note="itâ€™s"), (WARNING, "mis-decoded", "metadata.note")),
    (metadata(note="caf\ufffd"), (WARNING, "lost-character", "metadata.note")),
    ({"titel": "A title"}, (WARNING, "unknown-field", "titel")),
    (metadata(credit=None), (WARNING, "null-property", "metadata.credit")),
    ({"fileName": "IMG_0412.mp4"}, (WARNING, "file-name-as-title", "fileName")),
    ({"fileName": "Fish &amp; Chips"}, (WARNING, "html-in-title", "fileName")),
    (metadata(title=" "), (WARNING, "empty-title", "metadata.title")),
]  # fmt: skip


def planted(number, changes):
    """Return the text of a row with changes; `...` removes a field."""
    if isinstance(changes, bytes):
        return changes
    row = {**usual(number), **changes}
    return orjson.dumps({name: value for name, value in row.items() if value is not ...})


def is_expected(problem, finding):
    """Return whether a problem of the document is this finding."""
    level, what, field = finding
    name = problem["text"] if level is ERROR else problem["rule"]
    is_named = name.startswith(what) if level is ERROR else name == what
    return is_named and (problem["level"], problem["field"]) == (level, field)


def test_planted_faults(place):
    """The findings are those that were planted: at their lines, and no others."""
    rows = [orjson.dumps(usual(number)) for number in range(1, ROWS + 1)]
    at_line: dict[int, list[Any]] = {}
    for position, (changes, *findings) in enumerate(PLANTED):
        line = 100 + position * 170
        rows[line - 1] = planted(line, changes)
        at_line[line] = findings
    (place.folder / "videos.jsonl").write_bytes(b"\n".join(rows) + b"\n")

    ended = place.run("validate", "videos.jsonl", "--system-name", "town", "--json")

    document = ended.document
    found: dict[int, list[Any]] = {}
    for problem in document["problems"]:
        found.setdefault(problem["line"], []).append(problem)
    assert found.keys() - at_line.keys() == set(), "invented"
    for line, findings in at_line.items():
        problems = found.get(line, [])
        assert len(problems) == len(findings), (line, findings, problems)
        for finding in findings:
            assert any(is_expected(problem, finding) for problem in problems), (finding, problems)
    errors = sum(finding[0] is ERROR for findings in at_line.values() for finding in findings)
    assert (ended.code, document["read"], document["invalid"]) == (3, ROWS, errors)
    assert document["warnings"] == len(PLANTED) - errors
