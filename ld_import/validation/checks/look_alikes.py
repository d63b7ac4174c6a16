"""Ids that differ only in case, blanks, Unicode form, leading zeros or invisible characters."""

from __future__ import annotations

import re
from collections.abc import Callable
from unicodedata import normalize

from ld_import.model import Item
from ld_import.validation.finding import Finding, Level
from ld_import.validation.seen_items import SeenItem
from ld_import.wording import SHOWN_LENGTH, escaped

RULE = "look-alike-id"
ADVICE = "if both are the same item, write its id in one way: the server has an entry for each"

ZEROS = "leading zeros"
# Characters before the first difference of two long ids.
SHOWN_BEFORE = 20
CUT = "…"

_numbers_in = re.compile("[0-9]+").findall
_hidden = re.compile("[\xad\u034f\u061c\u180b-\u180f\u200b-\u200f\u2060-\u206f\ufe00-\ufe0f\ufeff]")
# Not in decimals (1.05), nor between letters (b05f), as in random ids.
# It begins with a literal character, which is faster by far than a lookbehind.
_zeros = re.compile(
    r"0(?<![0-9]0)(?<![0-9][.,]0)(?:(?<![^\W_]0)0*(?=[0-9])|0*(?=[0-9]+(?![^\W_])))"
)


def _one_form(text: str) -> str:
    return text if text.isascii() else normalize("NFKC", text)


def _without_hidden(text: str) -> str:
    return text if text.isascii() else _hidden.sub("", text)


def _single_blanks(text: str) -> str:
    return " ".join(text.split())


def _without_zeros(text: str) -> str:
    return _zeros.sub("", text) if "0" in text else text


STEPS: tuple[tuple[str, Callable[[str], str]], ...] = (
    ("invisible characters", _without_hidden),
    ("Unicode form", _one_form),
    ("case", str.casefold),
    ("blanks", _single_blanks),
    (ZEROS, _without_zeros),
)


class LookAlikes:
    """Pairs of ids that look alike, within one system."""

    def __init__(self, kind: str) -> None:
        """All kinds are alike."""

    def key_of(self, item: Item) -> int:
        """Return the same number for all ids that look alike."""
        system_name, text = item.key
        # The same as `normal_form`, without its calls: this runs for every item.
        if text.isascii():
            text = text.lower()
            if " " in text:
                text = _single_blanks(text)
            return hash((system_name, _zeros.sub("", text) if "0" in text else text))
        return hash((system_name, normal_form(text)))

    def finding(self, item: SeenItem, earlier: SeenItem) -> Finding | None:
        """Return the finding about the later one of two items with the same key."""
        differences = differences_of(item.external_id, earlier.external_id)
        if not differences:
            return None
        one, other = shown_apart(item.external_id, earlier.external_id)
        text = (
            f'the externalId "{one}" differs from "{other}"'
            f" on line {earlier.line} only in {' and '.join(differences)}"
        )
        # Groups have one rule each; so have the pairs that differ in the same way.
        rule = f"{RULE}-{'-'.join(differences).lower().replace(' ', '-')}"
        return Finding(Level.WARNING, item.line, item.external_id, "externalId", text, ADVICE, rule)


def normal_form(text: str, omitted: str | None = None) -> str:
    """Return the same text for all ids that look alike; one step can be omitted."""
    for name, step in STEPS:
        if name != omitted:
            text = step(text)
    return text


def differences_of(one: str, other: str) -> list[str]:
    """Return in what two ids differ; empty if they do not look alike.

    Zeros have to be missing in one of the ids: random ids may have them at different places.
    """
    if normal_form(one) != normal_form(other) or one == other:
        return []
    needed = [name for name, _ in STEPS if normal_form(one, name) != normal_form(other, name)]
    if ZEROS in needed and not _is_padded(one, other) and not _is_padded(other, one):
        return []
    # Two steps may remove the same difference: a no-break space is a blank in another form.
    return needed or [name for name, step in STEPS if step(one) == step(other)][:1] or ["form"]


def shown_apart(one: str, other: str) -> tuple[str, str]:
    """Return two different texts for a message, cut so that their first difference is shown.

    Invisible characters are escapes, and so are all that are not ASCII if both look the same.
    """
    at = next(
        (at for at, pair in enumerate(zip(one, other, strict=False)) if pair[0] != pair[1]),
        min(len(one), len(other)),
    )
    is_long = max(len(one), len(other)) > SHOWN_LENGTH
    start = max(at - SHOWN_BEFORE, 0) if is_long else 0
    texts = _part(one, start), _part(other, start)
    if normalize("NFC", texts[0]) != normalize("NFC", texts[1]):
        return texts
    return _ascii(texts[0]), _ascii(texts[1])


def _part(text: str, start: int) -> str:
    part = text[start : start + SHOWN_LENGTH]
    shown = "".join(sign if sign.isprintable() else escaped(sign) for sign in part)
    return f"{CUT * (start > 0)}{shown}{CUT * (start + SHOWN_LENGTH < len(text))}"


def _ascii(text: str) -> str:
    return "".join(sign if sign.isascii() or sign == CUT else escaped(sign) for sign in text)


def _is_padded(one: str, other: str) -> bool:
    """Return whether each number of one id has at least the digits of the other's."""
    numbers = zip(_numbers_in(one), _numbers_in(other), strict=False)
    return all(len(longer) >= len(shorter) for longer, shorter in numbers)
