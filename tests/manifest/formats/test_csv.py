"""CSV: rows of RFC 4180, nested names, and invalid rows that do not end a run."""

from __future__ import annotations

import csv
import gzip
import io
import random
import tracemalloc

import orjson
import pytest

from ld_import.errors import ManifestError
from ld_import.manifest import Mapping, open_manifest
from ld_import.manifest.base import MAX_RECORD_BYTES, TOO_LARGE
from ld_import.manifest.formats.csv_columns import columns_from
from ld_import.model import Entry, Invalid

SEPARATORS = ["\x85", "\u2028", "\u2029", "\x0b", "\x0c", "\x1c", "\x1e", "\r"]
X = "x" * MAX_RECORD_BYTES
LINE_COUNT = MAX_RECORD_BYTES // 100 + 1
LINES = ("x" * 99 + "\n") * LINE_COUNT
ADVICE = "; put each cell that contains `,`, a quote or a line break in quotes"


@pytest.fixture
def read(write):
    """Read a text as a manifest; return the line and fields of each record, or its problem."""

    def read(content, name="a.csv"):
        mapping = Mapping(external_id="x", fields=None)
        result: list[tuple[object, ...]] = []
        for record in open_manifest(write(name, content)).records():
            entry = mapping.entry_from(record)
            if isinstance(entry, Invalid):
                (problem,) = entry.problems
                result.append((entry.line, problem.field, problem.text))
            else:
                result.append((record.line, orjson.loads(record.raw)))
        return result

    return read


def test_cells_become_texts_under_the_names_of_the_header(read):
    """Values keep no type: zeros, dates and JSON words remain text."""
    assert read("id,date,no\n0012,2024-01-01,null\n1e3,12:30,true\n") == [
        (2, {"id": "0012", "date": "2024-01-01", "no": "null"}),
        (3, {"id": "1e3", "date": "12:30", "no": "true"}),
    ]


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("last", [True, False])
def test_rows_end_at_lf_and_crlf(read, end, last):
    """Line ends are not part of a cell, and the last row needs none."""
    text = end.join(["id,t", "1,a", '"2","b"']) + (end if last else "")

    assert read(text) == [(2, {"id": "1", "t": "a"}), (3, {"id": "2", "t": "b"})]


def test_line_breaks_and_quotes_inside_quotes_are_data(read):
    """The line of a record is the first line of its row, as an editor counts line feeds."""
    text = 'id,t\r\n1,"a\r\nb\nc"\r\n2,"say ""hi"", you"\r\n"3",""""\r\n'

    assert read(text) == [
        (2, {"id": "1", "t": "a\r\nb\nc"}),
        (5, {"id": "2", "t": 'say "hi", you'}),
        (6, {"id": "3", "t": '"'}),
    ]


@pytest.mark.parametrize("sign", SEPARATORS)
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_other_line_separators_are_data(read, sign, end):
    """Other line separators of Python and the csv module remain in the cell, quoted or not."""
    text = end.join(["id,t", f"1,a{sign}b", f'2,"c{sign}d"', f'3,"{sign}"', f"{sign}4,e", ""])

    assert read(text) == [
        (2, {"id": "1", "t": f"a{sign}b"}),
        (3, {"id": "2", "t": f"c{sign}d"}),
        (4, {"id": "3", "t": sign}),
        (5, {"id": f"{sign}4", "t": "e"}),
    ]


@pytest.mark.parametrize("tail", ["a\r", '"a\r"', "a\rb"])
def test_carriage_returns_at_the_very_end_are_data(read, tail):
    """A carriage return ends a row only before a line feed."""
    assert read(f"id,t\n1,{tail}") == [(2, {"id": "1", "t": tail.strip('"')})]


@pytest.mark.parametrize("quoting", [csv.QUOTE_MINIMAL, csv.QUOTE_ALL])
def test_written_cells_are_read_unchanged(read, quoting):
    """Any combination of characters is read as it was written."""
    rng = random.Random(4180)
    signs = ["a", "é", "\U0001f600", '"', ",", ";", "\t", " ", "\n", "\r", *SEPARATORS]
    rows = [
        ["x" + "".join(rng.choices(signs, k=rng.randrange(9))) for _ in "abc"] for _ in "x" * 500
    ]
    text = io.StringIO()
    csv.writer(text, quoting=quoting, lineterminator="\r\n").writerows([["a", "b", "c"], *rows])

    result = read(text.getvalue())

    assert [list(fields.values()) for _, fields in result] == rows
    counts = [1 + sum(cell.count("\n") for cell in row) for row in rows]
    assert [line for line, _ in result] == [2 + sum(counts[:at]) for at in range(len(rows))]


def test_byte_order_marks_at_the_start_of_a_row_are_removed(read):
    """Concatenated files have them between rows; inside a row they are data."""
    text = '@@"id",t\n\n@1,@2\n\n@\r\n@"2","a\n@b"\n@'.replace("@", "\ufeff")

    assert read(text) == [
        (3, {"id": "1", "t": "\ufeff2"}),
        (6, {"id": "2", "t": "a\n\ufeffb"}),
    ]
    assert read("\n\ufeffid\tt\n\ufeff1\t2\n", "a.tsv") == [(3, {"id": "1", "t": "2"})]


def test_names_are_stripped_and_cells_are_not(read):
    """White space aligns headers; in a cell it is data."""
    assert read("id , t\n 1, a \n") == [(2, {"id": " 1", "t": " a "})]


def test_dots_nest(read):
    """`metadata.title` fills a nested field, at any depth and in any order of columns."""
    assert read("metadata.title,id,metadata.a.b,metadata.a.c\nT,1,B,C\n") == [
        (2, {"metadata": {"title": "T", "a": {"b": "B", "c": "C"}}, "id": "1"})
    ]


def test_empty_cells_are_omitted_but_their_object_is_not(read):
    """An entry needs `metadata` even if it is empty; a quoted empty cell is empty too."""
    assert read('id,t,metadata.title,metadata.a.b\n1,,"",\n2,"",T,\n') == [
        (2, {"id": "1", "metadata": {"a": {}}}),
        (3, {"id": "2", "metadata": {"title": "T", "a": {}}}),
    ]


@pytest.mark.parametrize("name", ["Inv.Nr.", ".a", "a..b", "."])
def test_names_with_an_empty_part_do_not_nest(read, name):
    """The dot of an abbreviation does not separate names."""
    assert read(f"id,{name}\n1,2\n") == [(2, {"id": "1", name: "2"})]


@pytest.mark.parametrize(
    ("header", "words"),
    [
        ("id,,t", "column 2 has no name"),
        ("id, ,,t,,", "columns 2, 3 have no name"),
        ("id,t, id", "columns 1 and 3 have the same name, `id`"),
        ("m.a,m.a", "columns 1 and 2 have the same name, `m.a`"),
        ("id,m,m.t", "column 2 is `m` and column 3 is `m.t`: a field cannot be both a text"),
        ("m.a.t,id,m.a", "column 3 is `m.a` and column 1 is `m.a.t`"),
        (".".join("a" * 201), "column 1 is nested deeper than 200 levels"),
        ('"id"x,t', "text follows a closing quote"),
        ("id\rt", "the name of column 1 has a carriage return without a line feed"),
        ("id,t\0", "the name of column 2: the text contains a NUL byte"),
    ],
)
def test_invalid_header_row_is_an_error_of_the_file(refusal, header, words):
    """The error names the column before any record is read."""
    message = refusal("a.csv", f"\n{header}\n1,2,3\n")

    assert message.startswith(f"a.csv, line 2: {words}")


def test_a_header_that_is_not_utf8_is_an_error_of_the_file(refusal):
    """Without the names of the columns no record can be read."""
    assert "the name of column 2: the text is not UTF-8" in refusal("a.csv", b"id,\xfcber\n1,2\n")


@pytest.mark.parametrize("rows", ["1,2\r3,4\r", "1,2\r\r\n3,4\r\r\n"])
def test_row_ends_without_line_feed_are_an_error(refusal, rows):
    """An old Mac file would be a header without records; a doubled CR would be part of each row."""
    end = "\r" if rows.count("\n") == 0 else "\r\r\n"

    assert "carriage return without a line feed" in refusal("a.csv", f"id,t{end}{rows}")


@pytest.mark.parametrize("content", ["\n\n", " \n", "\ufeff", ",,\n", "\r\n"])
def test_a_header_is_needed(refusal, content):
    """Blank rows are not a header."""
    assert "the header row is missing" in refusal("a.csv", content)


def test_header_alone_has_zero_records(read):
    """An export of zero records is valid."""
    assert read("id,t\n") == []


def test_an_empty_file_is_refused(refusal):
    """An export that wrote zero bytes failed."""
    assert refusal("a.csv", b"") == "a.csv: the file is empty"


def test_a_row_of_another_width_is_an_invalid_record(read):
    """Other rows are read; the message has the line and both widths."""
    result = read("a,b,c\n1,2,3\n1,2\n1\n1,2,3,4\n4,5,6\n")
    assert result[1:4] == [
        (3, "", f"the row has 2 cells, the header has 3 columns{ADVICE}"),
        (4, "", f"the row has 1 cell, the header has 3 columns{ADVICE}"),
        (5, "", f"the row has 4 cells, the header has 3 columns{ADVICE}"),
    ]
    assert [result[0][0], result[4]] == [2, (6, {"a": "4", "b": "5", "c": "6"})]


def test_width_is_worded_for_one_column_and_for_tabs(read):
    """The message uses the singular, and names the delimiter."""
    ((_, _, text),) = read("a\n1\t2\n", "a.tsv")

    assert text == (
        "the row has 2 cells, the header has 1 column; a cell of a .tsv cannot contain a tab or a"
        " line break; export it as .csv"
    )


def test_blank_rows_are_skipped(read):
    """Spreadsheets export rows of delimiters only; they count as lines."""
    assert read('\n\na,b\n\n1,2\r\n\r\n,\n""," "\n   \n,,,\n3,4\n\n') == [
        (5, {"a": "1", "b": "2"}),
        (11, {"a": "3", "b": "4"}),
    ]


@pytest.mark.parametrize(
    ("rows", "line"),
    [
        ('1,"a', 2),
        ('1,"a\n', 2),
        ('1,"a\n\n\nb\n', 2),
        ('1,a\n"2\n2","b\nc\n', 4),
        ('1,a\n"2\r\n2","b\r\nc', 4),
        ('1,"a ""\n2,b\n', 2),
    ],
)
def test_unclosed_quote_is_an_error_with_its_line(refusal, rows, line):
    """The error occurs before anything is sent, and names the line of the quote."""
    message = refusal("a.csv", f"\ufeffid,t\n{rows}")

    assert message == f"a.csv, line {line}: the quote that opens here is never closed"


def test_unclosed_quote_uses_little_memory(refusal):
    """In a very large file the error names the row of the unclosed quote."""
    assert (
        refusal("a.csv", f'id,t\n1,a\n2,"{LINES}')
        == "a.csv, line 3: a quote in this row is never closed"
    )


@pytest.mark.parametrize(
    ("row", "line_count"),
    [
        ("2,<x>", 1),
        ('2,"<x>"', 1),
        ('2,"<x>\n"', 2),
        ('"2","a\n""<x>,""\r\n,"', 3),
        ('2,5"<x>', 1),
        ('2,"a" b<x>,"', 1),
        ('2,"a\n<x>" b,"', 2),
        ('2,"<lines>"', LINE_COUNT + 1),
        ('2,<rest>y,"\n"', 2),
        ('2,"<rest>""\n"', 2),
        ('2,"<rest>",""\r', 1),
    ],
)
def test_a_row_that_is_too_large_is_one_invalid_record(read, row, line_count):
    """Its end is where the csv module would find it, and later rows keep their line numbers."""
    for name, text in (("<x>", X), ("<rest>", X[6:]), ("<lines>", LINES)):
        row = row.replace(name, text)
    result = read(f"id,t\n1,a\n{row}\n3,c\n")

    assert result == [
        (2, {"id": "1", "t": "a"}),
        (3, "", TOO_LARGE),
        (3 + line_count, {"id": "3", "t": "c"}),
    ]


def test_a_line_that_is_too_large_in_a_tsv_is_one_invalid_record(read):
    """A quote does not continue a row of a TSV."""
    result = read(f'id\tt\n1\t"{X}\n2\tb\n3\t{X}', "a.tsv")

    assert result == [(2, "", TOO_LARGE), (3, {"id": "2", "t": "b"}), (4, "", TOO_LARGE)]


def test_the_largest_row_is_read(read):
    """The limit includes the line end."""
    rest = MAX_RECORD_BYTES - len("1,\r\n")
    result = read(f"id,t\r\n1,{'x' * rest}\r\n1,{'x' * rest}y\r\n")

    assert [(line, len(rest)) for line, *rest in result] == [(2, 1), (3, 2)]


def test_header_row_that_is_too_large_is_an_error(refusal):
    """Without the names of the columns no record can be read."""
    assert refusal("a.csv", f'id,"\n{X}",t\n1,2,3\n') == (
        "a.csv, line 2: the header row is larger than 4,194,304 bytes"
    )


@pytest.mark.no_cover
def test_memory_stays_flat_at_a_large_row(tmp_path):
    """Half a megabyte of gzip can contain a row of hundreds of megabytes."""
    path = tmp_path / "a.csv.gz"
    with gzip.open(path, "wb", compresslevel=1) as packed:
        packed.write(b'id,t\n1,"')
        for _ in range(64):
            packed.write(b"x" * 1_000_000 + b"\n")
        packed.write(b'"\n2,b\n')

    tracemalloc.start()
    lines = [record.line for record in open_manifest(path).records()]
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert (lines, peak < 8 * MAX_RECORD_BYTES) == ([2, 67], True)


def test_many_columns_are_named_in_linear_time():
    """Checking a table reads each name once."""
    looks = 0

    class Name(str):
        __slots__ = ()

        def __hash__(self):
            return super().__hash__()

        def __eq__(self, other):
            nonlocal looks
            looks += 1
            return super().__eq__(other)

    count = 3000
    shape = columns_from([Name(f"c{number}") for number in range(count)])

    assert isinstance(shape, dict)
    assert len(shape) == count
    assert looks < 10 * count


def test_long_cells_are_read(read):
    """The default limit of the csv module is 131,072 characters."""
    ((_, fields),) = read(f"id,t\n1,{'x' * 1_000_000}\n")

    assert len(fields["t"]) == 1_000_000


def test_text_after_a_closing_quote_is_an_invalid_record(read):
    """Guessing would change data; the next line starts a row again."""
    message = ": write each quote inside a quoted cell twice, and close each quoted cell"

    assert read('id,t\n1,"a" b\n2,"c\nd" e\n3,f\n') == [
        (2, "", f"text follows a closing quote{message}"),
        (3, "", f"text follows a closing quote on line 4{message}"),
        (5, {"id": "3", "t": "f"}),
    ]


def test_quotes_inside_a_cell_without_quotes_are_data(read):
    """Five inches are written 5"."""
    assert read('id,t\n1,5"\n2,a "b" c\n') == [
        (2, {"id": "1", "t": '5"'}),
        (3, {"id": "2", "t": 'a "b" c'}),
    ]


def test_cell_that_is_not_text_is_an_invalid_record(read):
    """The problem names the column; other rows are read."""
    result = read(b"id,m.t\n1,\xfcber\n2,a\0b\n3,\xed\xa0\x8d\r\n4,\r\xff\n5,ok\r!\n")
    utf8 = "the text is not UTF-8; export it as UTF-8"

    assert result == [
        (2, "m.t", utf8),
        (3, "m.t", "the text contains a NUL byte; the file is damaged, export it again"),
        (4, "m.t", utf8),
        (5, "m.t", utf8),
        (6, {"id": "5", "m": {"t": "ok\r!"}}),
    ]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-32"])
def test_utf16_is_one_error(refusal, encoding):
    """ "Unicode text" of Excel is UTF-16: one error, not one for each row."""
    assert "UTF-16" in refusal("a.csv", "id,t\n".encode(encoding))


@pytest.mark.parametrize(
    ("header", "row"),
    [
        ("id;t", "1;a,b"),
        ('id;"t, u"', "1;a,b"),
        ('"i\nd";t', "1;a,b"),
        ("id,t", '1,"a,b"'),
        ("id,t;u", '1,"a,b"'),
        ('id,"t;u"', '1,"a,b"'),
    ],
)
def test_semicolon_is_the_delimiter_if_the_header_has_no_comma(read, header, row):
    """Excel writes semicolons in locales with a decimal comma; only the header row decides."""
    ((_, fields),) = read(f"\r\n{header}\r\n{row}\r\n")

    assert list(fields.values()) == ["1", "a,b"]


def test_one_column_needs_no_delimiter(read):
    """A list of URLs with a name above it is a manifest."""
    assert read("url\nhttps://a.example/x;y\n") == [(2, {"url": "https://a.example/x;y"})]


def test_tab_is_the_delimiter_of_tsv_only(read):
    """The suffix decides the delimiter of a TSV."""
    assert read("id\tt\n1\ta,b;c\r\n2\t\\td \r\n", "a.tsv") == [
        (2, {"id": "1", "t": "a,b;c"}),
        (3, {"id": "2", "t": "\\td "}),
    ]


def test_quote_is_data_in_tsv(read):
    """As in exports of databases, a quote does not start a quoted cell."""
    text = 'id\t"t"\n1\t"Heroes" live\n2\t"Weird Al\n3\tAl"\n"4"\t""\n5\ta"b""c\n'

    assert read(text, "a.tsv") == [
        (2, {"id": "1", '"t"': '"Heroes" live'}),
        (3, {"id": "2", '"t"': '"Weird Al'}),
        (4, {"id": "3", '"t"': 'Al"'}),
        (5, {"id": '"4"', '"t"': '""'}),
        (6, {"id": "5", '"t"': 'a"b""c'}),
    ]


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("tail", [",,,", ", ,\t", ","])
def test_trailing_empty_columns_are_ignored(read, end, tail):
    """Spreadsheets also export columns that were used once."""
    text = end.join([f"id,t{tail}", f"1,a{tail}", "2,b", f"3,c{tail},,", f"{tail}", ""])

    assert read(text) == [
        (2, {"id": "1", "t": "a"}),
        (3, {"id": "2", "t": "b"}),
        (4, {"id": "3", "t": "c"}),
    ]


def test_a_value_in_a_column_without_name_makes_the_row_invalid(read):
    """No value is lost silently; the message has the column."""
    result = read("id,t,,\n1,a,,x\n2,b,,,y\n3,c,,\n4\n")

    assert result == [
        (
            2,
            "",
            'column 4 has the value "x", but no name in the header; the first row must hold the'
            " names of all columns, without rows above it",
        ),
        (3, "", f"the row has 5 cells, the header has 2 columns{ADVICE}"),
        (4, {"id": "3", "t": "c"}),
        (5, "", f"the row has 1 cell, the header has 2 columns{ADVICE}"),
    ]


@pytest.mark.parametrize(
    ("first", "row"),
    [
        ("sep=;", "1;a,b"),
        ("SEP=;", "1;a,b"),
        ('"sep=;"', "1;a,b"),
        ("sep=,", '1,"a,b"'),
        ("sep=|", "1|a,b"),
        ("sep=\t", "1\ta,b"),
        ("\ufeffsep=;", "1;a,b"),
    ],
)
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_sep_line_sets_the_delimiter(read, first, row, end):
    """Excel reads and writes `sep=;`; it is a line, but neither a header nor a record."""
    sign = row[1]
    text = end.join([first, f"id{sign}t", row, f'2{sign}"c"', ""])

    assert read(text) == [(3, {"id": "1", "t": "a,b"}), (4, {"id": "2", "t": "c"})]


def test_sep_line_is_the_first_line_or_data(read, refusal):
    """On other lines, or with a delimiter other than the tab of a TSV, it has no meaning."""
    assert read("id\nsep=;\n") == [(2, {"id": "sep=;"})]
    assert read("sep=\t\nid\tt\n1\ta\n", "a.tsv") == [(3, {"id": "1", "t": "a"})]
    assert read("sep=;\nid;t\n", "a.tsv") == [(2, {"sep=;": "id;t"})]
    assert refusal("a.csv", "sep=;\n") == "a.csv, line 1: the header row is missing"


def test_gzip_is_unpacked(read):
    """A `.gz` file reads like its content."""
    assert read("id\n1\n", "a.csv.gz") == [(2, {"id": "1"})]


def test_truncated_gzip_is_found_by_the_survey(write):
    """Nothing of an incomplete file is sent."""
    rows = b"".join(b"%d,%x\n" % (n, n * 7919**5) for n in range(20_000))
    path = write("a.csv.gz", b"id,t\n" + rows)
    path.write_bytes(path.read_bytes()[:-2000])

    with pytest.raises(ManifestError, match=r"after line 1\d+: the gzip data ends too early"):
        open_manifest(path)


def test_csv_as_the_source_of_a_mapping(write):
    """The header is in a YAML file, the records are in a CSV file."""
    write("a.csv", "slug,title,metadata.credit\nx,T,\ny,,C\n")
    manifest = open_manifest(
        write(
            "m.yaml",
            'externalId: "v-{{ slug }}"\nsource: a.csv\n'
            'map:\n  fileName: "{{ title }}"\n  metadata: "{{ metadata }}"\n',
        )
    )
    mapping = Mapping(external_id=manifest.header.external_id, fields=manifest.header.map)

    first, second = map(mapping.entry_from, manifest.records())

    assert first == Entry(2, "v-x", {"fileName": "T", "metadata": {}})
    assert isinstance(second, Invalid)
    assert [item.field for item in second.problems] == ["fileName"]


@pytest.mark.no_cover
def test_memory_stays_flat(tmp_path):
    """Memory does not grow with the file, neither in the survey nor after it."""
    path = tmp_path / "big.csv"
    row = b'1,"' + b"x" * 500 + b"\r\n" + b"y" * 500 + b'"\r\n'
    path.write_bytes(b"id,t\r\n" + row * 8000)

    tracemalloc.start()
    count = sum(1 for _ in open_manifest(path).records())
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert (count, peak < 2_000_000) == (8000, True)


def test_real_rows_equal_those_of_the_csv_module(real_data):
    """2,000 records on 19,160 lines, 124 of them with carriage returns inside."""
    path = real_data / "pyvideo.csv"
    with path.open(encoding="utf-8", newline="") as stream:
        rows = [{k: v for k, v in row.items() if v} for row in csv.DictReader(stream)]
    lines = path.read_bytes().split(b"\n")

    records = list(open_manifest(path).records())

    assert [orjson.loads(record.raw) for record in records] == rows
    assert len(records) == 2000
    assert all(
        lines[record.line - 1].decode().lstrip('"').startswith(row["source_file"])
        for record, row in zip(records, rows, strict=True)
    )


def test_real_rows_read_the_same_packed(real_data, write):
    """Packing changes neither lines nor texts."""
    path = real_data / "pyvideo.csv"
    packed = write("a.csv.gz", path.read_bytes())

    assert gzip.decompress(packed.read_bytes()) == path.read_bytes()
    assert list(open_manifest(packed).records()) == list(open_manifest(path).records())
