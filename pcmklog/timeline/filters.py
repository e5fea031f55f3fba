"""The filter language: `daemon = corosync and text ~ "FAULTY"`.

    filter      a comparison, or filters joined by `and`, `or`, `not` and parentheses
    comparison  FIELD = VALUE, !=, ~ (contains the regular expression), !~, <, <=, >, >=, FIELD in (VALUE, VALUE)
    field       node daemon role subsystem pid level kind text file line
    value       a word, a number or a text in quotes; `*` in the value of `=` stands for anything

Letters may be small or large.  Levels are compared by their weight: `level >= warning`.  The result is an expression
of DuckDB, so that no text of the user becomes a part of a statement.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache

import duckdb
import pyparsing as pp
from duckdb import ColumnExpression as Column
from duckdb import ConstantExpression as Constant
from duckdb import Expression
from duckdb import FunctionExpression as Call

from pcmklog.model import PcmklogError

LEVELS = ("trace", "debug", "info", "notice", "warning", "error", "crit", "alert", "emerg")
OTHER_NAMES = {"warn": "warning", "err": "error", "critical": "crit", "emergency": "emerg", "panic": "emerg"}
TEXTS = ("node", "daemon", "role", "subsystem", "kind", "text", "file")
NUMBERS = ("pid", "line")
ORDERED = ("<=", ">=", "<", ">")

Comparison = tuple[str, str, list[str]]
COMPARE: dict[str, Callable[[Expression, Expression], Expression]] = {
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}


def condition(text: str) -> Expression:
    """The filter as a condition on the rows of `sql/timeline.sql`.

    Raises PcmklogError with the place of what was not understood.
    """
    try:
        (found,) = _grammar().parse_string(text, parse_all=True)
    except pp.ParseBaseException as error:
        raise PcmklogError(f"The filter {text!r} is not understood at column {error.column}: {error.msg}.") from error
    except RecursionError as error:
        raise PcmklogError("The filter is nested too deep.") from error
    assert isinstance(found, Expression)
    return found


def severity(level: str) -> int:
    """The weight of a level, 0 for trace to 8 for emerg.  Raises PcmklogError for what is no level."""
    name = OTHER_NAMES.get(level.lower(), level.lower())
    if name not in LEVELS:
        raise PcmklogError(f"There is no level {level!r}; the levels are {', '.join(LEVELS)}.")
    return LEVELS.index(name)


def one_of(field: str, values: list[str]) -> Expression:
    """True of rows whose field equals one of the values, letter case aside; `*` stands for anything."""
    found = _equal(field, values[0])
    for value in values[1:]:
        found = found | _equal(field, value)
    return found


@cache
def _grammar() -> pp.ParserElement:
    word = pp.Regex(r"[^\s()=!~<>,\"']+").set_name("a value")
    quoted = pp.QuotedString('"', esc_char="\\", unquote_results=True, convert_whitespace_escapes=False) | (
        pp.QuotedString("'", unquote_results=True, convert_whitespace_escapes=False)
    )
    value = (quoted | word).set_name("a value")
    field = pp.one_of(["level", *TEXTS, *NUMBERS], caseless=True, as_keyword=True).set_name(
        f"a field ({', '.join((*TEXTS, *NUMBERS, 'level'))})"
    )
    operator = pp.one_of("= == != ~ !~ <= >= < >").set_name("one of = != ~ !~ < <= > >= in")
    inside = pp.CaselessKeyword("in") - pp.Suppress("(") - pp.DelimitedList(value) - pp.Suppress(")")
    after = (inside | operator - value).set_name("one of = != ~ !~ < <= > >= in")
    comparison = (
        (field - after)
        .set_parse_action(_comparison)
        .set_name(f"a comparison such as daemon = corosync, of {', '.join((*TEXTS, *NUMBERS, 'level'))}")
    )
    found: pp.ParserElement = pp.infix_notation(  # type: ignore[no-untyped-call]
        comparison,
        [
            (pp.CaselessKeyword("not"), 1, pp.OpAssoc.RIGHT, lambda t: ~t[0][1]),
            (pp.CaselessKeyword("and"), 2, pp.OpAssoc.LEFT, lambda t: _joined(t[0][::2], lambda a, b: a & b)),
            (pp.CaselessKeyword("or"), 2, pp.OpAssoc.LEFT, lambda t: _joined(t[0][::2], lambda a, b: a | b)),
        ],
    )
    return found


def _comparison(text: str, place: int, found: pp.ParseResults) -> Expression:
    try:
        return _compared(found[0], found[1].lower(), list(found[2:]))
    except PcmklogError as error:
        raise pp.ParseFatalException(text, place, str(error).rstrip(".")) from error


def _joined(parts: list[Expression], join: Callable[[Expression, Expression], Expression]) -> Expression:
    found = parts[0]
    for part in parts[1:]:
        found = join(found, part)
    return found


def _compared(field: str, operator: str, values: list[str]) -> Expression:
    value = values[0]
    if operator == "in":
        return one_of(field, values)
    if operator in ("=", "=="):
        return _equal(field, value)
    if operator == "!=":
        return ~_equal(field, value)
    if operator in ("~", "!~"):
        found = _matching(field, value)
        return found if operator == "~" else ~found
    return COMPARE[operator](*_weighed(field, value))


def _equal(field: str, value: str) -> Expression:
    if field == "level" or field in NUMBERS:
        column, wanted = _weighed(field, value)
        return _true(column == wanted)
    pattern = ".*".join(re.escape(part) for part in value.split("*"))
    return _true(Call("regexp_full_match", Column(field), Constant(pattern), Constant("is")))


def _matching(field: str, pattern: str) -> Expression:
    try:
        duckdb.execute("select regexp_matches('', ?)", [pattern])
    except duckdb.Error as error:
        reason = str(error).split(": ", 1)[-1]
        raise PcmklogError(f"'{pattern}' is no regular expression ({reason})") from error
    return _true(Call("regexp_matches", Column(field).cast("varchar"), Constant(pattern), Constant("i")))


def _true(found: Expression) -> Expression:
    """Null is no: so that `not` finds what has no value."""
    return duckdb.CoalesceOperator(found, Constant(value=False))


def _weighed(field: str, value: str) -> tuple[Expression, Expression]:
    if field == "level":
        return Column("severity"), Constant(severity(value))
    if field not in NUMBERS:
        raise PcmklogError(f"{field} is a text: it can be =, != or ~")
    if not value.isdecimal():
        raise PcmklogError(f"{field} is a number, and '{value}' is none")
    return Column(field), Constant(int(value))
