"""The advice of a group, whose findings may have different ones."""

from __future__ import annotations

from ld_import.validation.sentences import CUT, Sentence, merged_values, sentence_of

# Each of them helps with some records of the group.
MOST_SHOWN = 3
BETWEEN = " / "


class Advices:
    """The different pieces of advice of a group, without the values that differ; bounded."""

    def __init__(self, first: str) -> None:
        """Start with the advice of the first finding."""
        self._first = first
        self._others: dict[tuple[str, ...], Sentence] = {}
        self._has_more = False

    def add(self, advice: str) -> None:
        """Add the advice of another finding."""
        if advice == self._first and not self._others:
            return
        if not self._others:
            self._note(self._first)
        self._note(advice)

    def _note(self, advice: str) -> None:
        sentence = sentence_of(advice)
        known = self._others.get(sentence.words)
        if known is not None:
            values = merged_values(known, sentence)
            self._others[sentence.words] = known._replace(values=tuple(values))
        elif len(self._others) < MOST_SHOWN:
            self._others[sentence.words] = sentence
        else:
            self._has_more = True

    def __str__(self) -> str:
        """Return the advice, or the first three that differ, in the order of their findings."""
        if not self._others:
            return self._first
        texts = [sentence.joined() for sentence in self._others.values()]
        return BETWEEN.join([*filter(None, texts), *([CUT] * self._has_more)])
