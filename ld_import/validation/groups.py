"""Groups of findings: one cause is one group, however many records have it, in bounded memory."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from ld_import.validation.advices import Advices
from ld_import.validation.finding import LEVELS, Finding, Level
from ld_import.validation.sentences import Sentence, cut_value, merged_values, sentence_of

FIRST_LINES = 3
# A group takes about a kilobyte.
MOST_GROUPS = 5_000
# A sentence with more different words in quotes has values there, not names.
MOST_NAMES = 20
ID_LENGTH = 60
OTHER_TEXT = "further kinds of problems, each with few records"
OTHER_ADVICE = "fix the groups above first, then validate again"

_index = re.compile(r"(?<=[.\w])\[\d+\]|\.\d+(?=\.|$)")


@dataclass(slots=True)
class Group:
    """Findings with one cause.

    - `count` is the number of records, `lines` are the first three of them.
    - `text` is the whole sentence of the first finding, `external_id` the first one known.
    - `field` has `…` for each position in a list, since the position differs.
    - `id` is the name of the group in a report, unique among the groups.
    """

    id: str
    level: Level
    rule: str
    field: str
    text: str
    external_id: str | None
    lines: list[int]
    _advices: Advices
    _sentence: Sentence
    count: int = 0
    _last: tuple[int, str | None, int] | None = None

    @property
    def sentence(self) -> str:
        """The sentence, with `…` for each value that differs between the findings.

        Of the lines of other records, the first one is shown.
        """
        return self.text if self.count == 1 else self._sentence.joined()

    @property
    def advice(self) -> str:
        """The advice; different ones are separated by ` / `."""
        return str(self._advices)

    def add(self, finding: Finding, sentence: Sentence) -> None:
        """Count a finding; several of one record count once."""
        record = (finding.line, finding.external_id, finding.number)
        if record != self._last:
            self._last = record
            self.count += 1
            self._note_line(finding.line)
        if self.external_id is None:
            self.external_id = finding.external_id
        self._compare(sentence)
        self._advices.add(finding.advice)

    def _note_line(self, line: int) -> None:
        lines = self.lines
        if line in lines:
            return
        if len(lines) < FIRST_LINES:
            lines.append(line)
            lines.sort()
        elif line < lines[-1]:
            lines[-1] = line
            lines.sort()

    def _compare(self, sentence: Sentence) -> None:
        """Cut the values that differ; all of them if the sentence is another one."""
        known = self._sentence
        if sentence.words != known.words:
            self._sentence = known._replace(values=tuple(map(cut_value, known.values)))
        elif sentence.values != known.values:
            self._sentence = known._replace(values=tuple(merged_values(known, sentence)))


class FindingGroups:
    """Takes findings one by one and groups them.

    A finding with a rule is grouped by level, rule and field, any other one by level, field and
    sentence.
    """

    def __init__(self, most: int = MOST_GROUPS) -> None:
        """Start without findings; further ones are counted together after `most` groups."""
        self._most = most
        self._groups: dict[tuple[str, ...], Group] = {}
        self._names: dict[tuple[str, ...], set[tuple[str, ...]]] = {}
        self._ids: set[str] = set()

    def add(self, finding: Finding) -> Group:
        """Count a finding, and return its group."""
        sentence = sentence_of(finding.text, finding.external_id)
        key = self._key_of(finding, sentence)
        group = self._groups.get(key)
        if group is None:
            if len(self._groups) >= self._most:
                return self._add_other(finding)
            name = _slug(sentence, has_names=len(key) > len(sentence.words) + 3)
            group = self._groups[key] = self._new(finding, sentence, finding.rule or name)
        group.add(finding, sentence)
        return group

    def __len__(self) -> int:
        """Return the number of groups."""
        return len(self._groups)

    def sorted(self) -> list[Group]:
        """Return the groups: errors first, then by number of records, then by first line."""
        return sorted(
            self._groups.values(),
            key=lambda group: (LEVELS.index(group.level), -group.count, group.lines, group.id),
        )

    def _key_of(self, finding: Finding, sentence: Sentence) -> tuple[str, ...]:
        place = field_of(finding.field)
        if finding.rule:
            return (finding.level, place, finding.rule)
        key = (finding.level, place, "", *sentence.words)
        if not sentence.names:
            return key
        names = tuple(sentence.values[at] for at in sentence.names)
        known = self._names.get(key, set())
        if names not in known:
            if len(known) >= MOST_NAMES or len(self._groups) >= self._most:
                return key
            known.add(names)
            self._names[key] = known
        return (*key, "", *names)

    def _new(self, finding: Finding, sentence: Sentence, name: str) -> Group:
        return Group(
            self._id_of(finding, name),
            finding.level,
            finding.rule,
            field_of(finding.field),
            finding.text,
            finding.external_id,
            [],
            Advices(finding.advice),
            sentence,
        )

    def _add_other(self, finding: Finding) -> Group:
        key = (finding.level, "", "other")
        if key not in self._groups:
            other = Finding(finding.level, 0, None, "", OTHER_TEXT, OTHER_ADVICE, "other")
            self._groups[key] = self._new(other, sentence_of(OTHER_TEXT), other.rule)
        group = self._groups[key]
        group.add(finding, sentence_of(OTHER_TEXT))
        return group

    def _id_of(self, finding: Finding, name: str) -> str:
        """Return a new id, readable in a report of another program."""
        place = field_of(finding.field)
        name = candidate = f"{place}/{name}" if place else name
        number = 1
        while candidate in self._ids:
            number += 1
            candidate = f"{name}-{number}"
        self._ids.add(candidate)
        return candidate


def grouped(findings: Iterable[Finding]) -> FindingGroups:
    """Return the groups of these findings."""
    groups = FindingGroups()
    for finding in findings:
        groups.add(finding)
    return groups


def field_of(name: str) -> str:
    """Return the path of a field without positions in lists: `tags.3` is `tags.…`."""
    return _index.sub(".…", name) if any(map(str.isdigit, name)) else name


def _slug(sentence: Sentence, *, has_names: bool) -> str:
    """Return the words of a sentence, joined by `-`."""
    names = {sentence.values[at] for at in sentence.names} if has_names else set()
    texts = [sentence.words[0]]
    for value, words in zip(sentence.values, sentence.words[1:], strict=True):
        texts += (value if value in names else " ", words)
    plain = re.sub(r"`[^`]*` is ", "", "".join(texts))
    return re.sub(r"[^A-Za-z0-9]+", "-", plain).strip("-").lower()[:ID_LENGTH].rstrip("-")
