"""Messages for mistakes in the text of a template, in terms of what is written there.

Jinja reports the tokens of its parser ("expected token 'end of print statement'"). The patterns
match the messages of its lexer and parser; one that matches none gets a less specific text:
https://github.com/pallets/jinja/blob/main/src/jinja2/parser.py
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from ld_import.wording import did_you_mean, shorten

Explain = Callable[[re.Match[str], str], str]

# The tokens that a user does not see under these names.
TOKENS = {
    "end of print statement": "`}}`",
    "end of statement block": "`%}`",
    "begin of print statement": "`{{`",
    "begin of statement block": "`{%`",
    "end of template": "the end of the text",
    "name": "a name",
    "string": "a text in quotes",
    "integer": "a number",
    "float": "a number",
}
# Characters of other languages, and of word processors.
SIGNS = {
    "?": "there is no `a ? b : c` in templates; write `b if a else c`",
    "&": "`&&` is not an operator of templates; write `and`",
    "!": "`!` is not an operator of templates; write `not`",
    "$": "a name is written without `$`; remove it",
    "@": "`@` cannot be part of a name; write `record['…']` with the whole name",
    "#": "`#` cannot be part of a name; write `record['…']` with the whole name",
    "`": "a text is not written in backticks; use ' or \"",
}
QUOTES = "“”„‟‘’‚‛«»´"
# The names here of filters and functions that other programs have.
ELSEWHERE = {
    "split": "write `field.split(',')`",
    "startswith": "write `field.startswith('…')`",
    "endswith": "write `field.endswith('…')`",
    "date": "use `isodate`",
    "strftime": "use `isodate`",
    "todatetime": "use `isodate`",
    "lowercase": "use `lower`",
    "downcase": "use `lower`",
    "uppercase": "use `upper`",
    "upcase": "use `upper`",
    "strip": "use `trim`",
    "strip_tags": "use `strip_html`",
    "removetags": "use `strip_html`",
    "size": "use `length`",
    "len": "use `length`",
    "str": "use `string`",
    "text": "use `string`",
    "number": "use `int` or `float`",
    "json": "use `tojson`",
    "concat": "join texts with `~`, or a list with `join`",
    "append": "join texts with `~`",
    "url_encode": "use `encode_url` or `urlencode`",
    "hash": "use `sha256`",
    "md5": "use `sha256`",
    "ifempty": "use `default(…, true)`",
    "null": "write `none`",
    "nil": "write `none`",
    "undefined": "write `none`",
}
# A number or a text in quotes.
VALUE = r"""(\d+|'[^']*'|"[^"]*")"""
BLOCKS = ("if", "for", "set", "macro", "filter", "with")


def explain_syntax(message: str, text: str, filters: Iterable[str], tests: Iterable[str]) -> str:
    """Return Jinja's message about the template `text` as a sentence with advice.

    `filters` and `tests` are the names that a template can use.
    """
    if match := re.match(r"No filter named '(.*)'", message):
        return f"there is no filter `{match[1]}`; {_instead(match[1], filters)}"
    if match := re.match(r"No test named '(.*)'", message):
        return f"there is no test `is {match[1]}`; {_instead(match[1], tests)}"
    for pattern, explain in PATTERNS:
        if match := re.match(pattern, message, re.DOTALL):
            return explain(match, text)
    return "it is not written as a template; compare it with `{{ field }}`"


def _instead(name: str, names: Iterable[str]) -> str:
    known = sorted(one for one in names if one.isidentifier() and len(one) > 1)
    return ELSEWHERE.get(name.lower()) or did_you_mean(name, known)


def _character(match: re.Match[str], text: str) -> str:
    sign = match[1].encode().decode("unicode_escape") if match[1].startswith("\\") else match[1]
    if sign in ("'", '"'):
        return f"a text that begins with {sign} is not closed; add {sign} at its end"
    if sign in QUOTES:
        return f"{sign} is a typographic quote; use ' or \""
    place = f"the character {shorten(sign)}, number {int(match[2]) + 1} of the template,"
    return SIGNS.get(sign) or f"{place} cannot be there; remove it, or put the text in quotes"


def _open(match: re.Match[str], text: str) -> str:
    kind = "{{" if "print" in match[1] else "{%"
    end = {"{{": "}}", "{%": "%}"}[kind]
    return f"`{kind}` is not closed; add `{end}`"


def _brace(match: re.Match[str], text: str) -> str:
    if text.count("{%") > text.count("%}"):
        return "`{%` is closed with `}}`; write `%}`"
    if text.count("{{") > text.count("}}") and "%}" in text:
        return "`{{` is closed with `%}`; write `}}`"
    if text.count("{{") > text.count("}}"):
        return "`{{` is not closed: there is only one `}`; write `}}`"
    return "`{` inside `{{ }}` begins a mapping that is not closed; add `}`, or remove `{`"


def _unclosed(match: re.Match[str], text: str) -> str:
    opening = {")": "(", "]": "[", "}": "{"}[match[2]]
    before = "}}" if match[1] == "}" and "}}" in text else match[1]
    return f"`{opening}` is not closed; add `{match[2]}` before `{before}`"


def _unopened(match: re.Match[str], text: str) -> str:
    opening = {")": "(", "]": "["}[match[1]]
    return f"`{match[1]}` has no `{opening}` before it; add or remove one"


def _nested(match: re.Match[str], text: str) -> str:
    if "{{" in text[text.find("{{") + 2 :].partition("}}")[0]:
        return "`{{` is inside `{{ }}`; write names there without braces"
    return "`{` inside `{{ }}` begins a mapping; write `{'key': value}`, or remove `{`"


def _ends_early(match: re.Match[str], text: str) -> str:
    before = re.search(r"([=!<>]=|[-+*/~<>|]|\w+)\s*[-+]?[}%]}", text)
    sign = f" after `{before[1]}`" if before else ""
    return f"a value is missing{sign}; complete the expression"


def _follows(match: re.Match[str], text: str) -> str:
    """Explain a token where the expression should have ended."""
    got = match[1]
    if got == "=":
        return "`=` is not a comparison; write `==`"
    if match_filter := re.search(rf"\|\s*(\w+)\s*:?\s+{VALUE}", text):
        return f"the arguments of a filter have no parentheses; {_called(match_filter)}"
    if statement := re.search(rf"{{{{\s*({'|'.join(BLOCKS)})\s", text):
        name = statement[1]
        return f"`{{{{ {name} … }}}}` is a statement; write `{{% {name} … %}} … {{% end{name} %}}`"
    if got == "else":
        return "`else` has no `if` before it; write `{{ a if condition else b }}`"
    if re.search(rf"\|\s*\w+(?:\([^()]*\))?\s+{re.escape(got)}\b", text):
        return f"`{got}` has no `|` before it; write `| {got}`"
    if got in (";", ",", ":", ".", ")", "]", "}"):
        return f"`{got}` cannot be there; remove it"
    name = re.search(rf"(\d+){re.escape(got)}\b", text)
    if name:
        return f"a name cannot begin with a digit; write `record['{name[0]}']`"
    words = re.search(rf"([\w.\[\]']+)\s+({re.escape(got)}\b[\w ]*)", text)
    if words and got.isidentifier():
        both = f"{words[1]} {words[2]}".strip()
        return (
            f"`{shorten(got)}` follows without an operator; a name with blanks is written"
            f" `record['{shorten(both)}']`, two values are joined with `~`"
        )
    return f"{_token(got)} follows without an operator; join values with `~`"


def _called(match: re.Match[str]) -> str:
    return f"write `{match[1]}({match[2]})`"


def _unclosed_block(match: re.Match[str], text: str) -> str:
    return f"`{{% {match[1]} %}}` is not closed; add `{{% end{match[1]} %}}`"


def _unknown_end(match: re.Match[str], text: str) -> str:
    wanted = re.findall(r"'(\w+)'", match[2])
    return f"there is no `{{% {match[1]} %}}`; {did_you_mean(match[1], wanted)}"


def _unknown_tag(match: re.Match[str], text: str) -> str:
    name = match[1]
    opening = {"else": "if", "elif": "if"}.get(name, name.removeprefix("end"))
    if opening in BLOCKS:
        return f"`{{% {name} %}}` has no `{{% {opening} … %}}` before it; add or remove one"
    return f"there is no `{{% {name} %}}`; {did_you_mean(name, BLOCKS)}"


def _expected(match: re.Match[str], text: str) -> str:
    wanted, got = match[1], match[2]
    if got == "|":
        return "`||` is not an operator of templates; write `or`"
    if wanted == "name" and got.startswith("end of"):
        after = "`|`" if re.search(r"\|\s*[-+]?[}%]}", text) else "the last sign"
        return f"a name is missing after {after}; a filter is written `{{{{ field | upper }}}}`"
    if wanted == "in":
        return "`{% for %}` has no `in`; write `{% for one in list %}`"
    if wanted == ",":
        return f"{_token(got)} follows without a comma; put `,` before it"
    return f"{_token(got)} is not expected there; write {_token(wanted)} instead"


def _token(name: str) -> str:
    return TOKENS.get(name) or f"`{shorten(name)}`"


def _fixed(text: str) -> Explain:
    return lambda match, template: text


PATTERNS: tuple[tuple[str, Explain], ...] = (
    (r"unexpected char '(.+)' at (\d+)", _character),
    (r"unexpected char \"(.+)\" at (\d+)", _character),
    (r"unexpected end of template, expected '(end of [\w ]+)'", _open),
    (r"[Uu]nexpected end of template.*innermost block that needs to be closed is '(\w+)'",
     _unclosed_block),
    (r"unexpected '(.)', expected '(.)'", _unclosed),
    (r"unexpected '}'", _brace),
    (r"unexpected '([)\]])'", _unopened),
    (r"Missing end of comment tag", _fixed("`{#` is not closed; add `#}`")),
    (r"Missing end of raw directive", _fixed("`{% raw %}` is not closed; add `{% endraw %}`")),
    (r"tag name expected", _fixed("`{% %}` is empty; write `{% if … %}`, or `{{ field }}`")),
    (r"Encountered unknown tag '(\w+)'\. Jinja was looking for the following tags: (.*?)\.",
     _unknown_end),
    (r"Encountered unknown tag '(\w+)'", _unknown_tag),
    (r"Expected an expression, got 'end of print statement'",
     _fixed("`{{ }}` is empty; write the name of a field in it")),
    (r"unexpected 'end of (?:print statement|statement block)'", _ends_early),
    (r"Expected an expression, got 'end of statement block'", _ends_early),
    (r"expected token '[:}]', got '}'", _nested),
    (r"expected token 'end of (?:print statement|statement block)', got '(.+)'", _follows),
    (r"expected token '(.+)', got '(.+)'", _expected),
    (r"unexpected '(.+)'", lambda match, text: f"{_token(match[1])} cannot be there; remove it"),
)  # fmt: skip
