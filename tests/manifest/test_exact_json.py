"""Exact JSON records: no digit is rounded, no repeated key is dropped."""

from __future__ import annotations

import random
from decimal import Decimal

import orjson
import pytest

from ld_import.manifest import Mapping, open_manifest
from ld_import.manifest.exact_json import (
    RepeatedKeyError,
    may_have_long_numbers,
    may_have_repeated_keys,
    parse_exact,
)
from ld_import.manifest.record_json import parse_record, parse_records
from ld_import.model import Entry, Invalid, Record

LONG = [
    "18446744073709551616",
    "-9223372036854775809",
    "123456789012345678901234",
    "-123456789012345678901234",
    "3.141592653589793238",
    "0.1000000000000000055511151231257827",
    "1.2345678901234567e-310",
    "1.23456789012345e-320",
    "9007199254740993.0",
    "1e400",
    "-1E+400",
    "1e-400",
    "1e-99999999999999999999999",
    "9" * 5000,
]
SHORT = ["18446744073709551615", "-9223372036854775808", "1.5", "1.10", "1e5", "1E-300", "-0.0"]


@pytest.mark.parametrize("digits", LONG)
def test_a_number_that_would_be_rounded_is_the_text_of_its_digits(digits):
    """Anywhere in the record, and with white space and texts around it."""
    raw = f'{{"a": {digits},"b":[{{"c":[ {digits} ]}}],"d":"x","e":1.5}}'

    assert parse_record(raw.encode()) == {"a": digits, "b": [{"c": [digits]}], "d": "x", "e": 1.5}


@pytest.mark.parametrize("digits", SHORT)
def test_exact_number_keeps_its_type(digits):
    """Integers of 64 bits, and floats that convert back to the same text, are numbers."""
    result = parse_record(f'{{"n":{digits}}}'.encode())

    assert result == {"n": orjson.loads(digits)}


def test_numbers_of_any_length_are_exact():
    """A number equals the one in the text, everything else is its digits."""
    rng = random.Random(754)
    for _ in range(2000):
        digits = "".join(rng.choices("0123456789", k=rng.randint(1, 24)))
        exponent = rng.choice(["", "", f"e{rng.randint(-330, 330)}", f"E+{rng.randint(0, 99)}"])
        written = f"{rng.choice(['', '-'])}{rng.randint(0, 9)}.{digits}{exponent}"
        result = parse_record(b'{"n":%b}' % written.encode())
        assert isinstance(result, dict), written
        number = result["n"]
        is_exact = number == written or Decimal(repr(number)) == Decimal(written)
        assert is_exact, written


def test_digits_are_exact_in_templates():
    """In a single expression, in a text, and after a filter that makes text."""
    mapping = Mapping(
        external_id="i-{{ n }}",
        fields={"a": "{{ n }}", "b": "{{ n | string }}", "c": "no {{ f }}"},
    )
    raw = b'{"n":123456789012345678901234,"f":0.12345678901234567890}'

    assert mapping.entry_from(Record(1, raw)) == Entry(
        1,
        "i-123456789012345678901234",
        {
            "a": "123456789012345678901234",
            "b": "123456789012345678901234",
            "c": "no 0.12345678901234567890",
        },
    )


def test_long_digits_in_texts_are_texts():
    """They do not change the type of a number beside them."""
    raw = b'{"isbn":"97831614841009783161484100","uuid":"1e400 2E-400","n":1.5,"at":[1,2]}'

    assert parse_record(raw) == orjson.loads(raw)


@pytest.mark.parametrize(
    ("raw", "key"),
    [
        ('{"id":"1","id":"2"}', "id"),
        ('{"id":"1","id" :"2"}', "id"),
        ('{"id" : "1" , "id"\t: "2"}', "id"),
        ('{"id":"1","m":{"title":"a","b":1,"title":"c"}}', "title"),
        ('{"id":"1","m":[[{"a":1},{"t":1,"t":1}]]}', "t"),
        ('{"id":"1","\\u0069d":"2"}', "id"),
        ('{"a:b":1,"c":2,"c":{"d":3}}', "c"),
        ('{"a":"say \\": x","b":1,"b":2}', "b"),
        ('{"a":"say \\" : x","b":1,"b" :2}', "b"),
        ('{"":1,"":2}', ""),
        ('{"a":{"x":1,"y":2},"a":{"z":1}}', "a"),
        ('{"n":1e400,"n":1}', "n"),
        ('\ufeff{"id":1,"id":2}', "id"),
    ],
)
def test_repeated_key_is_a_problem(raw, key):
    """At any depth and with any white space: either value could be the intended one."""
    result = parse_record(raw.encode())

    assert result == f"the key `{key}` occurs twice in one object; keep one of them"


@pytest.mark.parametrize(
    "raw",
    [
        '{"a":"\\": x","b":"\\" : y","c":[{"a":1},{"a":2}],"d":{"a":{"a":3}}}',
        '{ "a" : 1 ,\n "b"\t: {"a" : "c:" } }',
        '{"http://a.example/":"x:","y":"z\\\\","w":"\\":"}',
    ],
)
def test_different_keys_are_valid(raw):
    """The same key in different objects, and quotes and colons in texts, are not repeated keys."""
    assert parse_record(raw.encode()) == orjson.loads(raw)


@pytest.mark.parametrize("name", ["a.json", "a.jsonl"])
def test_a_repeated_key_makes_one_record_invalid(write, name):
    """Other records are read, and the problem has its line."""
    rows = ['{"id":1}', '{"id":2,"x":{"t":1,"t":2}}', '{"id":3}']
    text = "\n".join(rows) if name.endswith("l") else "[" + ",\n".join(rows) + "]"
    mapping = Mapping(external_id=None, fields=None)

    result = [mapping.entry_from(item) for item in open_manifest(write(name, text)).records()]

    invalid = result[1]
    assert [type(item) for item in result] == [Entry, Invalid, Entry]
    assert isinstance(invalid, Invalid)
    assert invalid.line == 2
    assert "`t` occurs twice" in invalid.problems[0].text


@pytest.mark.parametrize(
    "raw",
    [
        b'{"id":1,"at":"2024-01-01T12:00:00Z","url":"https://a.example/1:2","x":[{"y":1.5}]}',
        b'{"id": 2, "t": "O\\u00f9\\u00a0: l\\u00e0", "n": 123456789012345}',
        b'{"id" : 3, "uuid":\t"e0123456-1234-5678-1234-567812345678", "z": null, "m": {}}',
    ],
)
def test_most_records_are_parsed_once(raw):
    """Times, URLs, white space and ordinary numbers do not need the slow parser."""
    assert not may_have_repeated_keys(raw, orjson.dumps(orjson.loads(raw)))
    assert not may_have_long_numbers(raw)


def test_generated_records_are_parsed_as_by_the_exact_parser():
    """Any keys, texts, numbers, escapes and white space, repeated keys included."""
    random_texts = RandomJson(random.Random(42))
    repeated = 0
    raws = [random_texts.record().encode() for _ in range(3000)]
    for raw in raws:
        try:
            expected = parse_exact(raw)
        except RepeatedKeyError as error:
            expected, repeated = str(error), repeated + 1
        assert repr(parse_record(raw)) == repr(expected), raw
    assert 300 < repeated < 2700
    for at in range(0, len(raws), 6):
        together = parse_records(raws[at : at + 6])
        assert repr(together) == repr(list(map(parse_record, raws[at : at + 6])))


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"5",
        b"[]",
        b"{",
        b'"a"',
        b'{"id":1,"id":2}',
        b'\xef\xbb\xbf{"id":3}',
        b'{"n":1e999}',
        b'{"n":%b}' % (b"9" * 40),
        b'{"d":%b}' % (b"[" * 198 + b"]" * 198),
        b'{"d":%b}' % (b"[" * 201 + b"]" * 201),
        b'{"d":%b}' % (b"[" * 600 + b"]" * 600),
        b'{"t":"\\ud800"}',
        b'{"t":"\xff"}',
        b'{"a": 1, "a": 2}',
        b'{"a": 1, "a" : 2}',
        b'{"a": 1, "a" :2, "t": "x\\":"}',
        b'{"a": 1, "a": 2, "t": "{"}',
        b'{"a": {"b": 1, "b": 2}}',
        b'{"a": [1, 2], "n": 1.0000000000000000001}',
        b'{"n": 1.5, "t": "20240101123456789"}',
        b'{"t": "a: b, c", "x": null}',
    ],
)
def test_records_are_parsed_together_as_by_themselves(raw):
    """One unusual text changes nothing for the other records, whose order is kept."""
    raws = [b'{"id":1}', raw, b'{"id": 2}', b'{"id":3}']

    assert repr(parse_records(raws)) == repr(list(map(parse_record, raws)))


class RandomJson:
    """JSON texts with everything that could hide a repeated key or a long number."""

    KEYS = ('"a"', '"b"', '"\\u0061"', '"\\":"', '"b\\\\"', '"c:"', '":"', '""', '"é"')
    TEXTS = (
        '"x"',
        '"\\": "',
        '"\\u0022:"',
        '"\\"\\u003a"',
        '" :"',
        '"\\\\"',
        '"12345678901234567"',
    )
    NUMBERS = ("0", "1.5", "-0.0", "12345678901234567890", "9007199254740993.0", "1E5", "-0")
    SPACES = ("", "", "", " ", "\t", "\r\n")

    def __init__(self, rng: random.Random) -> None:
        """Choose with `rng`."""
        self._rng = rng

    def record(self) -> str:
        """Return an object: compact, or with white space anywhere."""
        self._spaces = self._rng.choice((("",), self.SPACES))
        return self._object(0)

    def _object(self, depth: int) -> str:
        keys = self._rng.choices(self.KEYS, k=self._rng.randint(0, 4))
        return f"{{{','.join(f'{self._spaced(key)}:{self._value(depth)}' for key in keys)}}}"

    def _value(self, depth: int) -> str:
        choice = self._rng.random()
        if depth < 3 and choice < 0.2:
            return self._spaced(self._object(depth + 1))
        if depth < 3 and choice < 0.3:
            values = [self._value(depth + 1) for _ in range(self._rng.randint(0, 3))]
            return self._spaced(f"[{','.join(values)}]")
        return self._spaced(self._rng.choice((*self.TEXTS, *self.NUMBERS, "null", "true")))

    def _spaced(self, text: str) -> str:
        return f"{self._rng.choice(self._spaces)}{text}{self._rng.choice(self._spaces)}"


def test_byte_order_marks_at_the_start_of_a_line_are_removed(write):
    """Concatenated files have them between lines; a line of nothing else is blank."""
    text = '\ufeff{"id":1}\n@{"id":2}\n@@{"id":"@3"}\n@\n@\r\n{"id":4}\n@'.replace("@", "\ufeff")
    mapping = Mapping(external_id="x", fields=None)

    records = list(open_manifest(write("a.jsonl", text)).records())

    assert [record.line for record in records] == [1, 2, 3, 6]
    assert parse_record(records[1].raw) == {"id": 2}
    assert parse_record(records[2].raw) == {"id": "\ufeff3"}
    assert isinstance(mapping.entry_from(records[1]), Entry)
