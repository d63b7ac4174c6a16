"""Control characters: those that are invisible or act on programs, and no usual ones."""

from __future__ import annotations

import pytest

from ld_import.validation.checks.control_characters import CONTROL_CHARACTERS, problems_of
from tests.validation.makers import inspected, make_item


@pytest.mark.parametrize(
    ("text", "code", "name"),
    [
        ("a\x00b", "0000", "control character"),
        ("a\x08b", "0008", "control character"),
        ("a\x0cb", "000C", "control character"),
        ("a\x1b[31mb", "001B", "control character"),
        ("a\x7fb", "007F", "control character"),
        ("a\x85b", "0085", "control character"),
        ("a\u200bb", "200B", "zero width space"),
        ("a\ufeffb", "FEFF", "byte order mark"),
        ("a\u202eb", "202E", "right-to-left override"),
        ("a\u2028b", "2028", "line separator"),
        ("a\u2060b", "2060", "word joiner"),
        ("plain\u200e text", "200E", "left-to-right mark"),
        ("a\u061cb", "061C", "arabic letter mark"),
        ("a\ufffbb", "FFFB", "interlinear annotation terminator"),
    ],
)
def test_reported_with_code_and_place(text, code, name):
    """The finding has code, name and position; the advice removes the character."""
    (finding,) = inspected([make_item(metadata={"note": text})])

    place = text.index(chr(int(code, 16))) + 1
    assert finding.rule == f"control-character-{code.lower()}"
    assert finding.text == f"`metadata.note` contains U+{code} ({name}) as character {place}"
    assert f'replace("\\u{code.lower()}", "")' in finding.advice


@pytest.mark.parametrize(
    "text",
    [
        "tab\tand\nline\r\nbreaks",
        r"a path c:\book\fig\u0041",
        'a "quote"',
        "نامه\u200cها",
        "👩\u200d💻 ❤️",
        "Donau\xaddampf",
        "\u200fשלום world\u200e!",
        "\u2067مرحبا\u2069 (PDF)",
        "ภาษา\u200bไทย",
        "10\xa0km – “x” …",
    ],
)
def test_usual_characters_pass(text):
    """Line breaks, joiners, soft hyphens, and marks in text of right-to-left scripts pass."""
    assert inspected([make_item(metadata={"note": text})]) == []


def test_each_character_once():
    """A character that occurs often is one problem, different ones are several."""
    found = [problem.rule for problem in problems_of("\u200ba\u200bb\ufeffc\ufeff")]

    assert found == ["control-character-200b", "control-character-feff"]


def test_part_of_mis_decoded_text():
    """A C1 control in mis-decoded text has that as its cause, and only one finding."""
    found = inspected([make_item(metadata={"note": "a â€\x9d b"})])

    assert [finding.rule for finding in found] == ["mis-decoded"]


def test_lone_surrogates():
    """A text with a lone surrogate, which cannot be JSON of an item, is a problem as well."""
    assert [problem.rule for problem in problems_of("a\ud800")] == ["control-character-d800"]


def test_all_texts_of_an_entry():
    """Texts in lists and objects count; members of a list have the path of the list."""
    metadata = {"tags": ["a", "b\u200b"], "place": {"name": "c\ufeff"}}

    found = inspected([make_item(fileName="Title\u200e", metadata=metadata)])

    assert [finding.field for finding in found] == [
        "fileName",
        "metadata.tags",
        "metadata.place.name",
    ]


def test_the_hint_covers_all_of_them():
    """The JSON of each reported character matches the hint, with and without other ASCII."""
    suspects = [chr(code) for code in range(0x10000) if not 0xD800 <= code < 0xE000]
    for sign in suspects:
        if any(problems_of(sign)):
            escaped = {0x08: b"\\b", 0x0C: b"\\f"}.get(ord(sign))
            is_c0 = ord(sign) < 0x20
            raw = escaped or (b"\\u%04x" % ord(sign) if is_c0 else sign.encode())
            assert CONTROL_CHARACTERS.is_suspect(b'{"a":"x' + raw + b'y"}'), ascii(sign)
