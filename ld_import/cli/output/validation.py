"""The result of a validation in its three formats: text, JSON and SARIF."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Protocol

from ld_import.cli.output.console import print_out
from ld_import.cli.output.findings import (
    group_documents,
    line_printer,
    print_groups,
    sentence_with_advice,
)
from ld_import.cli.output.sample import print_sample
from ld_import.cli.output.sanitize import json_text, sanitize
from ld_import.cli.output.sarif import head_of, result_of, uri_of
from ld_import.cli.output.spooled_lines import SpooledLines
from ld_import.cli.output.url_table import print_url_checks
from ld_import.manifest.files import name_of
from ld_import.validation import FindingGroups
from ld_import.wording import amount

if TYPE_CHECKING:
    from ld_import.importer.spec import ImportSpec
    from ld_import.importer.validation import Checked
    from ld_import.validation import Finding


class Output(Protocol):
    """Takes the findings of a validation one by one, and prints the result at its end."""

    def take(self, finding: Finding) -> None:
        """Take a finding."""
        ...

    def end(self, checked: Checked) -> None:
        """Print the result."""
        ...

    def close(self) -> None:
        """Remove temporary files; safe to call at any point."""
        ...


class TextOutput:
    """Groups with counts; every finding as well if `shows_all`."""

    def __init__(self, spec: ImportSpec, *, shows_all: bool) -> None:
        """Print for this manifest."""
        self._spec = spec
        self._shows_all = shows_all
        self._file = name_of(spec.manifest.records_path)
        self._groups = FindingGroups()
        self._print_line = line_printer(self._file)

    def take(self, finding: Finding) -> None:
        """Group a finding, and print it at once if all are shown."""
        self._groups.add(finding)
        if self._shows_all:
            self._print_line(finding)

    def end(self, checked: Checked) -> None:
        """Print a sample entry, the groups and the counts."""
        if checked.sample is not None:
            print_sample(checked.sample.body, checked.sample.line)
        print_groups(self._groups.sorted(), self._file, shows_all=self._shows_all)
        if "urlChecks" in checked.more:
            print_url_checks(checked.more["urlChecks"], self._file)
        spec = self._spec
        rare = (
            (checked.repeated, "repeated"),
            (checked.warned, "with a warning" if checked.warned == 1 else "with warnings"),
        )
        print_out(
            f"{sanitize(name_of(spec.manifest.path))} as {spec.kind}:"
            f" {amount(checked.read, 'record')}, {checked.good:,} good, {checked.invalid:,} invalid"
            + "".join(f", {count:,} {word}" for count, word in rare if count)
        )

    def close(self) -> None:
        """Do nothing."""


class JsonOutput:
    """One JSON document with every finding and every group."""

    def __init__(self, spec: ImportSpec) -> None:
        """Print for this manifest."""
        self._spec = spec
        self._file = str(spec.manifest.records_path)
        self._groups = FindingGroups()
        self._problems = SpooledLines()

    def take(self, finding: Finding) -> None:
        """Keep a finding for the end."""
        group = self._groups.add(finding)
        self._problems.add(
            {
                "file": self._file,
                "line": finding.line,
                "externalId": finding.external_id,
                "field": finding.field,
                "text": sentence_with_advice(finding),
                "level": str(finding.level),
                "rule": finding.rule,
                "group": group.id,
            }
        )

    def end(self, checked: Checked) -> None:
        """Print the document."""
        import orjson

        sample = checked.sample
        head = {
            "manifest": str(self._spec.manifest.path),
            "kind": self._spec.kind,
            "read": checked.read,
            "invalid": checked.invalid,
            "repeated": checked.repeated,
            "warnings": checked.warned,
            "sample": sample and {"line": sample.line, "entry": orjson.loads(sample.body)},
            "groups": group_documents(self._groups.sorted()),
            **checked.more,
        }
        _print_with_list(json_text(head, is_indented=True), "\n}", "problems", self._problems)

    def close(self) -> None:
        """Remove the temporary file."""
        self._problems.close()


class SarifOutput:
    """A SARIF log with a result for each finding, and a rule for each group."""

    def __init__(self, spec: ImportSpec) -> None:
        """Print for this manifest."""
        self._uri = uri_of(spec.manifest.records_path)
        self._groups = FindingGroups()
        self._results = SpooledLines()

    def take(self, finding: Finding) -> None:
        """Keep a finding for the end."""
        self._results.add(result_of(finding, self._groups.add(finding), self._uri))

    def end(self, checked: Checked) -> None:
        """Print the log."""
        head = json_text(head_of(self._groups.sorted()), is_indented=True)
        _print_with_list(head, "\n    }\n  ]\n}", "results", self._results)

    def close(self) -> None:
        """Remove the temporary file."""
        self._results.close()


def _print_with_list(text: str, end: str, name: str, items: SpooledLines) -> None:
    """Print a JSON text whose last `end` closes the object that gets one more key, a list."""
    indent = " " * (len(end) - len(end.lstrip()) + 1)
    print_out(f'{text.removesuffix(end)},\n{indent}"{name}": [')
    _print_all(items.lines(indent + "  "))
    print_out(f"{indent}]{end}")


def _print_all(lines: Iterable[str]) -> None:
    for line in lines:
        print_out(line)


def output_for(spec: ImportSpec, name: str, *, shows_all: bool) -> Output:
    """Return the output in the format `name`."""
    if name == "text":
        return TextOutput(spec, shows_all=shows_all)
    return JsonOutput(spec) if name == "json" else SarifOutput(spec)
