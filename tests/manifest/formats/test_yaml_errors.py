"""Messages for text that is not YAML: what the line looks like, and how to write it."""

from __future__ import annotations

import pytest
import yaml

from ld_import.errors import ManifestError
from ld_import.manifest.files import ByteFile
from ld_import.manifest.formats.yaml import PARSER, survey

HEAD = "systemName: town\nsource: r.jsonl\nmap:\n"
MISTAKES = [
    ("  url: x\n fileName: y\n", "5", "the line is indented by 1, unlike the keys", "same number"),
    ("  metadata:\n      a: x\n    b: y\n", "6", "the line is indented by 4", "same number of"),
    (
        "  url: x\n    fileName: y\n",
        "5",
        "the line is indented deeper than the line before",
        "same",
    ),
    ("\turl: x\n", "4", "the line is indented with a tab", "indent with spaces"),
    ("  url: x\n\tfileName: y\n", "5", "the line is indented with a tab", "indent with spaces"),
    ("  title: Part 1: x\n", "4", "there is a second `: ` in this line", "in quotes"),
    ("  metadata: title: a\n", "4", "there is a second `: ` in this line", "on its own line"),
    ('  url: "{{ url }}\n  fileName: y\n', "6", "begins in line 4 is not closed", "add the quote"),
    ('  url: "{{ a | replace("x", 1) }}"\n', "4", "follows after the closing quote", "single"),
    ("  url: @x\n", "4", "a text cannot begin with `@`", "put the text in quotes"),
    ("  url: [a, b\n  f: x\n", "5", "in line 4 is not closed", "close it"),
    ("  - url: x\n  fileName: y\n", "5", "the line is not an item of the list", "with `- `"),
    ('  url: "a\\qb"\n', "4", "begins an escape sequence", "single quotes"),
    ("  url: - a\n", "4", "a list cannot begin on the line of its key", "on the next line"),
    ("  url: x\n  url2\n  z: y\n", "6", "the line before has no `: `", "`key: value`"),
]


@pytest.mark.parametrize("parser", [PARSER, yaml.BaseLoader], ids=["libyaml", "pure"])
@pytest.mark.parametrize(("text", "line", "message", "hint"), MISTAKES)
def test_mistakes(tmp_path, parser, text, line, message, hint):
    """A message has line and cause without words of the parser; the hint says what to write."""
    path = tmp_path / "a.yaml"
    path.write_text(HEAD + text)

    with pytest.raises(ManifestError) as raised:
        survey(ByteFile(path), parser)

    assert message in str(raised.value)
    assert f"line {line}" in str(raised.value)
    assert hint in raised.value.hint
    assert "while" not in str(raised.value)


def test_packed_files_are_explained(tmp_path):
    """The line is read again from a packed file, too."""
    import gzip

    path = tmp_path / "a.yaml.gz"
    path.write_bytes(gzip.compress(("# one\n" * 50_000 + "a: 1\n b: 2\n").encode()))

    with pytest.raises(ManifestError, match="line 50002.*indented deeper"):
        survey(ByteFile(path))
