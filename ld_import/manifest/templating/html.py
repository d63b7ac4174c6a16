"""Text of HTML without its tags, in time proportional to its length.

`html.parser` is quadratic for unclosed comments and tags in Python releases that are still in use:
https://github.com/python/cpython/issues/135462
"""

from __future__ import annotations

import re
from html import unescape

BLOCK_TAGS = re.compile(
    "address|article|aside|blockquote|br|dd|div|dl|dt|figure|footer|form|h[1-6]|header|hr|li|main"
    "|nav|ol|p|pre|section|table|td|th|tr|ul"
)
SILENT_TAGS = ("script", "style")

_markup_from = re.compile(r"<(?:!--|!\[CDATA\[|[!?/]|[a-zA-Z])").search
_name_at = re.compile(r"<(?:/\s*)?([^\s/>]*)").match
_tag_part_from = re.compile(r"""=\s*["']|>""").search
_silence_end_from = {
    tag: re.compile(rf"</{tag}(?=[\s/>])", re.IGNORECASE).search for tag in SILENT_TAGS
}


def text_from(html: str) -> str:
    """Return the text of HTML, entities resolved; each edge of a block becomes a line break."""
    return "".join(_Scanner(html).parts())


def strip_tags(html: str) -> str:
    """Return the same text as Jinja's `striptags`: on one line, blocks ignored."""
    text = _without(_without(html, "<!--", "-->"), "<", ">")
    return unescape(" ".join(text.split()))


def _without(text: str, opening: str, closing: str) -> str:
    parts, at = [], 0
    while (start := text.find(opening, at)) >= 0 and (end := text.find(closing, start)) >= 0:
        parts.append(text[at:start])
        at = end + len(closing)
    return "".join([*parts, text[at:]])


class _Scanner:
    """One pass over a text; a closing sign that is absent once is not searched for again."""

    def __init__(self, html: str) -> None:
        self._html = html
        self._absent: set[str] = set()

    def parts(self) -> list[str]:
        html, at, parts = self._html, 0, []
        text_start = 0
        while markup := _markup_from(html, at):
            start = markup.start()
            end = self._end_of(markup.group(), start)
            if end is None:
                # A `<` without an end is part of the text.
                at = markup.end()
                continue
            parts.append(unescape(html[text_start:start]))
            name = self._tag_name(start)
            if BLOCK_TAGS.fullmatch(name):
                # `<br/>` is both a start tag and an end tag.
                parts.append("\n\n" if html[end - 2] == "/" and html[start + 1] != "/" else "\n")
            elif name in SILENT_TAGS and html[start + 1] != "/":
                end = self._end_of_silence(name, end)
            text_start = at = end
        parts.append(unescape(html[text_start:]))
        return parts

    def _end_of(self, opening: str, start: int) -> int | None:
        if opening == "<!--":
            # `<!-->` and `<!--->` are complete comments.
            return self._after("-->", start + 2)
        if opening == "<![CDATA[":
            return self._after("]]>", start)
        if opening in ("<!", "<?", "</"):
            return self._after(">", start)
        return self._end_of_tag(start)

    def _end_of_tag(self, start: int) -> int | None:
        """Return the end of a tag; a `>` in a quoted attribute value does not end it."""
        at = start
        while ">" not in self._absent:
            part = _tag_part_from(self._html, at)
            if part is None:
                self._absent.add(">")
            elif part.group() == ">":
                return part.end()
            else:
                at = self._after(part.group()[-1], part.end()) or part.end()
        return None

    def _end_of_silence(self, name: str, at: int) -> int:
        match = _silence_end_from[name](self._html, at)
        return match.start() if match else len(self._html)

    def _after(self, sign: str, at: int) -> int | None:
        if sign in self._absent:
            return None
        start = self._html.find(sign, at)
        if start < 0:
            self._absent.add(sign)
            return None
        return start + len(sign)

    def _tag_name(self, start: int) -> str:
        match = _name_at(self._html, start)
        return match.group(1).lower() if match else ""
