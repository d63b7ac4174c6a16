"""Findings in SARIF 2.1.0, for the code review of GitHub, GitLab and editors.

https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import ld_import
from ld_import.cli.output.findings import sentence_with_advice

if TYPE_CHECKING:
    from ld_import.validation import Finding, Group

SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)
LEVELS = {"error": "error", "warning": "warning", "info": "note"}
STANDARD_INPUT = "stdin"


def result_of(finding: Finding, group: Group, uri: str) -> dict[str, Any]:
    """Return the result of a finding; its rule is the group."""
    place: dict[str, Any] = {"artifactLocation": {"uri": uri}}
    if finding.line:
        place["region"] = {"startLine": finding.line}
    result: dict[str, Any] = {
        "ruleId": group.id,
        "level": LEVELS[finding.level],
        "message": {"text": sentence_with_advice(finding)},
        "locations": [{"physicalLocation": place}],
    }
    names = {"externalId": finding.external_id, "field": finding.field}
    if properties := {name: value for name, value in names.items() if value}:
        result["properties"] = properties
    return result


def head_of(groups: Iterable[Group]) -> dict[str, Any]:
    """Return the log without its results: the program, and a rule for each group."""
    return {
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "ld-import",
                        "version": ld_import.__version__,
                        "rules": [_rule(group) for group in groups],
                    }
                },
                "columnKind": "unicodeCodePoints",
            }
        ],
    }


def uri_of(path: Path) -> str:
    """Return the path of a file relative to the working directory, as a URI reference."""
    if str(path) == "-":
        return STANDARD_INPUT
    try:
        relative = os.path.relpath(path)
    except ValueError:
        # On another drive of Windows.
        return path.absolute().as_uri()
    return quote(relative.replace(os.sep, "/"))


def _rule(group: Group) -> dict[str, Any]:
    rule: dict[str, Any] = {
        "id": group.id,
        "shortDescription": {"text": group.sentence},
        "defaultConfiguration": {"level": LEVELS[group.level]},
        "properties": {"records": group.count},
    }
    if group.advice:
        rule["help"] = {"text": group.advice}
    return rule
