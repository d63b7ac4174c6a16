"""Videos: every rule of the schema, with its message to the author of the manifest."""

from __future__ import annotations

import orjson
import pytest

from ld_import.kinds import KINDS
from ld_import.kinds.checker import Checker
from ld_import.model import Entry, Invalid, Item, State
from tests.kinds.contract import example
from tests.makers import make_entry

VIDEOS = KINDS["videos"]


def problems(entry):
    """Return fields and texts of the problems of an invalid entry."""
    invalid = VIDEOS.item_from(entry, "archive", b"digest")
    assert isinstance(invalid, Invalid), invalid
    return [(problem.field, problem.text) for problem in invalid.problems]


def is_valid(**fields):
    return isinstance(VIDEOS.item_from(make_entry(**fields), "archive", b"digest"), Item)


@pytest.mark.parametrize(
    "url",
    [
        "https://films.example/1.mp4",
        "http://films.example/1.mp4",
        "HTTPS://films.example/1.mp4",
        "https://films.example:8443/a/b.mp4?token=x&y=%20#t",
        "https://films.example",
        "https://films.example/%C3%BCber.mp4",
        "https://xn--bcher-kva.example/1.mp4",
        "https://192.0.2.1/1.mp4",
        "https://[2001:db8::1]/1.mp4",
        "https://films.example/" + "x" * 3000,
    ],
)
def test_address_the_server_can_fetch(url):
    """Any http(s) URL with a host is valid."""
    assert is_valid(url=url)


@pytest.mark.parametrize(
    "url",
    [
        "ftp://films.example/1.mp4",
        "file:///films/1.mp4",
        "s3://bucket/1.mp4",
        "data:video/mp4;base64,AAAA",
        "data:https://films.example/1.mp4",
        "films.example/1.mp4",
        "//films.example/1.mp4",
        "/films/1.mp4",
        "https:films.example/1.mp4",
        "https://",
        "https:///1.mp4",
        "https://?x",
        " https://films.example/1.mp4",
        "https://films.example/1.mp4 ",
        "https://films.example/a b.mp4",
        "https://films.example/a\n.mp4",
        "https://films.example/über.mp4",
        "https://bücher.example/1.mp4",
        "https://films.example/%zz.mp4",
        "https://films.example/<1>.mp4",
        "",
    ],
)
def test_address_the_server_cannot_fetch(url):
    """Other schemes, data URLs, spaces and non-ASCII letters are refused with advice."""
    reported = problems(make_entry(url=url))

    assert {field for field, _ in reported} == {"url"}
    for _, text in reported:
        assert orjson.dumps(url).decode()[:30] in text
        assert "; give the http(s) address from which the server can fetch the video" in text


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        (
            "https://münchen.example/a",
            'character 10, "ü", cannot be in a host; it has an ASCII form',
        ),
        ("https://films.example/a[1]", 'character 24, "[", cannot be in a URL;'),
        ("https://films.example/a|b", 'character 24, "|", cannot be in a URL;'),
        ("https://films.example/100%", 'character 26, "%", is not followed by two hexadecimal'),
        ("https://films.example/a\tb", "character 24, U+0009, cannot be in a URL;"),
        ("https://a/#b#c", 'character 13, "#", cannot be in a URL;'),
        ("https://a b/", 'character 10, " ", cannot be in a host;'),
        (" https://a/", 'character 1, " ", cannot be in a URL;'),
        ("https://@/x", "it has no host;"),
        ("https://:80/x", "it has no host;"),
        ("https://./x", "it has no host;"),
        ("https://a:99999/x", "its port is greater than 65535;"),
        ("https://a:65536/x", "its port is greater than 65535;"),
        ("https://a:b/x", "its port is not a number;"),
    ],
)
def test_position_of_an_invalid_character(url, reason):
    """The message names the character and its position, or the part of the URL."""
    ((field, text),) = problems(make_entry(url=url))

    assert field == "url"
    assert reason in text


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("/films/1.mp4", "it is a path without https:// and a host before it"),
        ("1.mp4", "it is a path without https:// and a host before it"),
        ("www.films.example/1.mp4", "it does not begin with https:// or http://"),
        ("//films.example:80/1.mp4", "it does not begin with https:// or http://"),
        ("C:\\films\\1.mp4", "it is a path on a computer"),
        ("\\\\server\\films\\1.mp4", "it is a path on a computer"),
        ("", "it is empty"),
        ("data:video/mp4;base64,AA", "it does not have the required form"),
    ],
)
def test_text_without_a_scheme(url, reason):
    """The message says what the text is; encoding is not proposed, which would not repair it."""
    ((_, text),) = problems(make_entry(url=url))

    assert f": {reason}; give the http(s) address" in text
    assert "encode_url" not in text


def test_encoding_repairs_a_character():
    """A character that a URL cannot contain gets the filter that encodes it."""
    ((_, text),) = problems(make_entry(url="https://films.example/a b.mp4"))

    assert text.endswith("; `| encode_url` encodes characters that a URL cannot contain")


@pytest.mark.parametrize(
    "url", ["https://a:65535/", "https://a:0080/", "https://a:/", "https://u:p@a/", "https://a_b/"]
)
def test_unusual_addresses(url):
    """Ports up to 65535, users and underscores are accepted."""
    assert is_valid(url=url)


@pytest.mark.parametrize("name", ["Film", " Film ", "电影", "a/b", ".", "0", "x" * 1000])
def test_title(name):
    """The title may be any text with a visible character."""
    assert is_valid(fileName=name)


@pytest.mark.parametrize("name", ["", " ", "\t\n", "\u00a0\u2003"])
def test_title_of_white_space(name):
    """A title of white space is refused."""
    assert [field for field, _ in problems(make_entry(fileName=name))] == ["fileName"]


@pytest.mark.parametrize(
    "metadata", [{}, {"title": None}, {"deep": {"er": [1, 2.5, True]}}, {"": ""}]
)
def test_metadata_is_an_object(metadata):
    """Any object is valid: only the server knows the metadata schema of the project."""
    assert is_valid(metadata=metadata)


@pytest.mark.parametrize("media_type", ["video", "trailer"])
def test_media_type_may_be_given(media_type):
    """The handle of any media type of the project is sent."""
    item = VIDEOS.item_from(make_entry(mediaType=media_type), "archive", b"digest")

    assert isinstance(item, Item)
    assert orjson.loads(item.body)["mediaType"] == media_type


def test_media_type_may_be_omitted():
    """No default is sent for an omitted field."""
    item = VIDEOS.item_from(make_entry(), "archive", b"digest")

    assert isinstance(item, Item)
    assert orjson.loads(item.body).keys() == {"id", "url", "fileName", "metadata"}


@pytest.mark.parametrize(
    ("fields", "field", "text"),
    [
        (
            {"url": "ftp://a/b"},
            "url",
            '`url` is "ftp://a/b": it does not have the required form; give the http(s) address'
            " from which the server can fetch the video",
        ),
        (
            {"url": "https://a/b c"},
            "url",
            '`url` is "https://a/b c": character 12, " ", cannot be in a URL; give the http(s)'
            " address from which the server can fetch the video; `| encode_url` encodes"
            " characters that a URL cannot contain",
        ),
        (
            {"fileName": "  "},
            "fileName",
            '`fileName` is "  ": it does not have the required form; it becomes the title in'
            " Livingdocs, so it needs some text",
        ),
        (
            {"metadata": []},
            "metadata",
            "`metadata` is []: it must be of type object; give an object, which may be empty: `{}`",
        ),
        (
            {"mediaType": ""},
            "mediaType",
            '`mediaType` is "": it must not be empty; give the handle of a media type of the'
            " project, or omit it",
        ),
        (
            {"mediaType": None},
            "mediaType",
            "`mediaType` is null: it must be of type string; give the handle of a media type of"
            " the project, or omit it",
        ),
    ],
)
def test_sentence_names_field_value_and_advice(fields, field, text):
    """A problem has the field, its value and advice."""
    assert problems(make_entry(**fields)) == [(field, text)]


def test_missing_field_comes_with_advice():
    """A missing field is reported with advice on its content."""
    fields = {"url": "https://films.example/1.mp4", "metadata": {}}

    assert problems(Entry(1, "v1", fields)) == [
        (
            "fileName",
            "`fileName` is missing; it becomes the title in Livingdocs, so it needs some text",
        )
    ]


def test_empty_external_id():
    """An id has at least one character."""
    entry = make_entry()

    assert problems(Entry(1, "", entry.fields)) == [
        (
            "id",
            '`id` is "": it must not be empty; give the text that names this video in the old'
            " system",
        )
    ]


def test_several_problems_of_one_entry():
    """All problems are reported together, one sentence per field."""
    entry = Entry(1, "", {"url": "no address", "fileName": 5, "mediaType": ""})
    reported = problems(entry)

    assert sorted({field for field, _ in reported}) == [
        "fileName",
        "id",
        "mediaType",
        "metadata",
        "url",
    ]
    assert len(reported) == len(set(reported)) == 5


def test_long_value_is_cut_in_the_sentence():
    """Only the beginning of a long value is shown."""
    (_, text), *_ = problems(make_entry(url="x" * 5000))

    assert len(text) < 300
    assert '`url` is "xxx' in text


def test_number_beyond_64_bits():
    """An integer beyond 64 bits is a problem and is not rounded."""
    reported = problems(make_entry(metadata={"views": 2**64}))

    assert reported == [
        ("", "the entry cannot be written as JSON: Integer exceeds 64-bit range"),
    ]


def test_schema_advises_on_every_field():
    """Every rule of the schema has advice for the author of the manifest."""
    properties = Checker("videos").schema["properties"]

    assert all(field["x-advice"] for field in properties.values())


@pytest.mark.parametrize("name", ["videos-status-success", "videos-status-imported"])
def test_both_names_of_success(name):
    """`imported` and the older `success` both mean that the item was created."""
    job = VIDEOS.job_from(example(name)["body"], "25bzj8j")

    assert job is not None
    assert job.results is not None
    assert [(result.state, result.media_id) for result in job.results] == [
        (State.SUCCESS, "jjiwhsf23kdk"),
        (State.SKIPPED, "jjiwhsf23wer"),
        (State.FAILED, None),
    ]


def test_documented_job_that_runs():
    """A started job is not finished and has no list."""
    body = example("videos-status-started")["body"]
    job = VIDEOS.job_from(body, body["id"])

    assert job is not None
    assert (job.state, job.finished, job.results, job.is_lost) == ("started", False, None, False)


def test_documented_job_that_failed():
    """A job that failed as a whole is finished and has no list."""
    job = VIDEOS.job_from(example("videos-status-failed")["body"], "098shjhv9")

    assert job is not None
    assert (job.state, job.finished, job.results) == ("failed", True, None)


def test_documented_job_that_is_lost():
    """A lost job never finishes; the message in its `id` does not become the job's id."""
    body = example("videos-status-lost")["body"]
    job = VIDEOS.job_from(body, "098shjhv9")

    assert job is not None
    assert job.is_lost
    assert (job.job_id, job.finished) == ("098shjhv9", False)
    assert body["id"] != "098shjhv9"


@pytest.mark.parametrize("video", [None, 5, "m1", [], {}, {"mediaId": 5}, {"mediaId": None}])
def test_invalid_media_id(video):
    """A value that is not a media reference is ignored."""
    item = {"externalId": "x", "state": "imported", "video": video}
    job = VIDEOS.job_from({"finished": True, "state": "success", "videos": [item]}, "j")

    assert job is not None
    assert job.results is not None
    assert job.results[0].media_id is None


def test_reason_that_is_not_text():
    """A reason that is not text is shown as JSON."""
    item = {"externalId": "x", "state": "failed", "reason": {"code": 7}}
    job = VIDEOS.job_from({"finished": True, "state": "success", "videos": [item]}, "j")

    assert job is not None
    assert job.results is not None
    assert job.results[0].reason == '{"code":7}'
