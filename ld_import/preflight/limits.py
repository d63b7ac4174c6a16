"""Limits in the configuration of a property: the server may accept a value outside of them.

Livingdocs checks most of them when a document is published, and media are not published; whether an
import checks them is not documented.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any, NamedTuple

from ld_import.preflight.faults import Fault, Rule
from ld_import.preflight.listed import listed_values, number_in
from ld_import.preflight.project import ProjectConfig, Property
from ld_import.preflight.shapes import NOT_ON_MEDIA
from ld_import.wording import amount, did_you_mean, show

# A value has the JSON type of its property when a limit sees it.
Limit = Callable[[Any, str], Fault | None]
COLOR = re.compile(r"#[0-9A-Fa-f]{6}")
LISTED = ("li-text", "li-enum", "li-integer", "li-system-integer", "li-string-list")
# To find close names takes long, and a legacy system repeats its values.
MOST_ADVICE = 1_000
DATES = ("li-date", "li-datetime", "li-system-datetime")


class Surroundings(NamedTuple):
    """The values that a limit may need besides its property."""

    project: ProjectConfig
    now: datetime


def limits_of(prop: Property, around: Surroundings) -> tuple[Limit, ...]:
    """Return the limits of a property."""
    return tuple(limit for limits in LIMITS for limit in limits(prop, around))


def _text_limits(prop: Property, around: Surroundings) -> Iterator[Limit]:
    if prop.type != "li-text":
        return
    fewest, most = number_in(prop, "minLength"), number_in(prop, "maxLength")
    if fewest is not None or most is not None:
        yield _between(Rule.TEXT_LENGTH, len, (fewest, most), "character")
    if prop.config.get("allowNewlines") is False:
        yield _no_line_break


def _between(
    rule: Rule,
    measure: Callable[[Any], float],
    limits: tuple[float | None, float | None],
    word: str,
) -> Limit:
    least, most = limits

    def check(value: Any, field: str) -> Fault | None:
        size = measure(value)
        if most is not None and size > most:
            asked, advice = (
                f"at most {most}",
                "shorten it" if word else "give a smaller one",
            )
        elif least is not None and size < least:
            asked, advice = (
                f"at least {least}",
                "give more" if word else "give a larger one",
            )
        else:
            return None
        has = f"has {amount(int(size), word)}" if word else f"is {show(value)}"
        return Fault(rule, field, f"`{field}` {has}, the project asks for {asked}", advice)

    return check


def _no_line_break(value: Any, field: str) -> Fault | None:
    if "\n" not in value and "\r" not in value:
        return None
    return Fault(
        Rule.LINE_BREAK,
        field,
        f"`{field}` has a line break, which the project does not allow",
        r"replace it, for example by `| replace('\n', ' ')`",
    )


def _range(prop: Property, around: Surroundings) -> Iterator[Limit]:
    least, most = number_in(prop, "minValue"), number_in(prop, "maxValue")
    is_number = prop.type in ("li-integer", "li-system-integer")
    if is_number and (least is not None or most is not None):
        yield _between(Rule.RANGE, _itself, (least, most), "")


def _itself(value: Any) -> float:
    return float(value)


def _lists(prop: Property, around: Surroundings) -> Iterator[Limit]:
    if prop.type == "li-numeric-list" and (most := number_in(prop, "maxItems")) is not None:
        yield _between(Rule.LIST_LENGTH, len, (None, most), "item")
    least, most = number_in(prop, "min"), number_in(prop, "max")
    if prop.type == "li-document-references" and (least is not None or most is not None):
        yield _between(Rule.LIST_LENGTH, _reference_count, (least, most), "reference")


def _reference_count(value: Any) -> int:
    return len(value.get("references") or ())


def _allowed_values(prop: Property, around: Surroundings) -> Iterator[Limit]:
    allowed = listed_values(prop)
    if not allowed or prop.type not in LISTED:
        return
    known = frozenset(allowed)
    names = [str(value) for value in allowed]
    advice: dict[str, str] = {}

    def advice_on(name: str) -> str:
        if len(advice) >= MOST_ADVICE:
            advice.clear()
        if name not in advice:
            advice[name] = did_you_mean(name, names)
        return advice[name]

    def check(value: Any, field: str) -> Fault | None:
        values = value if type(value) is list else [value]
        other = next((one for one in values if one not in known), None)
        if other is None:
            return None
        text = f"`{field}` has {show(other)}, which is not in the list of the project"
        return Fault(Rule.NOT_IN_LIST, field, text, advice_on(str(other)))

    yield check


def _dates(prop: Property, around: Surroundings) -> Iterator[Limit]:
    if prop.type in DATES:
        yield _no_date


def _no_date(value: Any, field: str) -> Fault | None:
    if moment_of(value) is not None:
        return None
    return Fault(
        Rule.NOT_A_DATE,
        field,
        f"`{field}` is {show(value)}, which is not an ISO 8601 date",
        "write it like 2024-05-31; `| isodate` converts other forms",
    )


def moment_of(value: Any) -> datetime | None:
    """Return an ISO 8601 date or time, in UTC without an offset; `None` for anything else."""
    try:
        moment = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _colors(prop: Property, around: Surroundings) -> Iterator[Limit]:
    if prop.type == "li-color":
        yield _no_color


def _no_color(value: Any, field: str) -> Fault | None:
    if COLOR.fullmatch(value):
        return None
    text = f"`{field}` is {show(value)}, which is not a color"
    return Fault(Rule.NOT_A_COLOR, field, text, "write it like #8CBA51")


def _invalid(prop: Property, around: Surroundings) -> Iterator[Limit]:
    if prop.type == "li-invalid":
        yield _marked_invalid
    if prop.type == "li-datetime-validity":
        now = around.now

        def check(value: Any, field: str) -> Fault | None:
            end = moment_of(value.get("to"))
            if end is None or end > now:
                return None
            return Fault(
                Rule.VALIDITY_OVER,
                f"{field}.to",
                f"`{field}.to` is {show(value['to'])}, in the past: the medium becomes invalid",
                "omit it, unless the medium must not be used",
            )

        yield check


def _marked_invalid(value: Any, field: str) -> Fault | None:
    if not value:
        return None
    return Fault(
        Rule.MARKED_INVALID,
        field,
        f"`{field}` is true: the server marks the medium as invalid and does not serve it",
        "omit it, unless the medium must not be used",
    )


def _license_profiles(prop: Property, around: Surroundings) -> Iterator[Limit]:
    handles = around.project.license_profiles
    if prop.type != "li-license-profile" or not handles:
        return

    def check(value: Any, field: str) -> Fault | None:
        handle = value.get("handle")
        if handle in handles:
            return None
        text = f"`{field}.handle` is {show(handle)}, which is not a license profile"
        return Fault(Rule.NOT_IN_LIST, f"{field}.handle", text, did_you_mean(str(handle), handles))

    yield check


def _not_on_media(prop: Property, around: Surroundings) -> Iterator[Limit]:
    if prop.type not in NOT_ON_MEDIA:
        return

    def check(value: Any, field: str) -> Fault | None:
        text = f"`{field}` has the type {prop.type}, which is not documented for media"
        advice = "import one record first, and look at the entry in Livingdocs"
        return Fault(Rule.NOT_ON_MEDIA, field, text, advice)

    yield check


LIMITS = (
    _text_limits,
    _range,
    _lists,
    _allowed_values,
    _dates,
    _colors,
    _invalid,
    _license_profiles,
    _not_on_media,
)
