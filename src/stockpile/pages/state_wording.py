"""What the pages say of one state: how it stands, what was expected of it, what sources state."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

import pandas as pd

from stockpile.common import english as words
from stockpile.common.cache import cached
from stockpile.common.frames import as_dicts
from stockpile.pages.html import web_address
from stockpile.rating.reasons import LIKELY
from stockpile.rating.status import DONE, OPEN, status
from stockpile.treaty.schema import EVENTS, MEASURES

if TYPE_CHECKING:
    from stockpile.ledger.ledger import Ledger, Rule
    from stockpile.rating.status import Thresholds

#: Looks back at what was projected: at most so many, on the first of January.
LOOKS = 12


def period(start: Any, end: Any) -> str:
    """A span of days, in the shortest words that are exact.

    Examples
    --------
    >>> import pandas as pd
    >>> year = pd.Timestamp("2019-01-01"), pd.Timestamp("2019-12-31")
    >>> period(*year), period(pd.Timestamp("2022-02-01"), pd.Timestamp("2022-05-31"))
    ('in 2019', 'from February 2022 to May 2022')
    >>> period(pd.NaT, year[1]), period(year[0], pd.Timestamp("2019-03-15")), period(pd.NaT, pd.NaT)
    ('by 31 December 2019', 'from 1 January 2019 to 15 March 2019', '')
    """
    if pd.isna(end):
        return "" if pd.isna(start) else f"since {words.day(start)}"
    if pd.isna(start):
        return f"by {words.day(end)}"
    if start == end:
        return f"on {words.day(end)}"
    if start.day == 1 and end.is_month_end:
        if start.month == 1 and end.month == 12:
            years = f"in {end.year}" if start.year == end.year else ""
            return years or f"from {start.year} to {end.year}"
        first, last = words.dated(start, "month"), words.dated(end, "month")
        return f"in {last}" if first == last else f"from {first} to {last}"
    return f"from {words.day(start)} to {words.day(end)}"


def statement_sentence(row: Mapping[str, Any]) -> str:
    """What a statement says, as a clause.

    Examples
    --------
    >>> import stockpile as sp
    >>> rows = sp.statements(sp.load("ccm").as_of("2024-01-01")).query("iso3 == 'PER'")
    >>> extension = rows[rows["figure"] == "extension_granted"].to_dict("records")[0]
    >>> statement_sentence(extension)
    'Was granted an extension to April 2024'
    """
    figure, on, value = str(row["figure"]), row["date"], row["value"]
    if isinstance(value, float) and not math.isnan(value):
        return _number_sentence(figure, row)
    when = words.dated(on, row["qualifier"])
    by = when if when.startswith("by ") else f"by {when}"
    new = row["new_deadline"]
    to = "" if pd.isna(new) else f" to {_month_or_day(new)}"
    if figure not in EVENTS:  # of an earlier report, which another version may have made
        return words.sentence(figure.replace("_", " "))
    return EVENTS[figure].sentence.format(when=when, by=by, to=to)


def _number_sentence(figure: str, row: Mapping[str, Any]) -> str:
    """A stated count in words."""
    value, start, on = row["value"], row["period_start"], row["date"]
    when = f" {period(start, on)}" if pd.notna(on) or pd.notna(start) else ""
    measure, unit = MEASURES[figure], words.unit(str(row["unit"]), value)
    if measure.kind == "share":
        count = words.qualified(f"{value:.0%}", row["qualifier"])
    else:
        count = f"{words.full_amount(value, row['qualifier']) if value else 'no'} {unit}"
    day = "" if pd.isna(on) else words.day(on)
    by, at = (f" {word} {day}" * bool(day) for word in ("by", "on"))
    return words.sentence(measure.sentence.format(count=count, when=when, by=by, on=at))


def _month_or_day(day: pd.Timestamp) -> str:
    """A deadline of which only the month is known stands for that month's last day."""
    return words.dated(day, "month") if day.is_month_end else words.day(day)


def state_sentence(row: Mapping[str, Any]) -> str:
    """How a state stands, in one sentence.

    Examples
    --------
    >>> state_sentence({"state": "Greece", "status": "overdue", "membership": "State Party"})
    'Greece is overdue'
    """
    name, rating = words.the(str(row["state"])), row["status"]
    if rating in DONE:
        late = ", late" if rating == "completed late" else ""
        return words.sentence(f"{name} has finished destroying its stock{late}")
    deadline = row.get("deadline")
    precision = "year" if row.get("deadline_precision") == "year" else "month"
    since = f"has been overdue since {words.dated(deadline, precision)}"
    said = {
        "overdue": f"{name} {since if pd.notna(deadline) else 'is overdue'}",
        "off target": f"{name} is off target for its deadline",
        "at risk": f"{name} is at risk of missing its deadline",
        "on target": f"{name} is on target for its deadline",
        "unconfirmed": f"Whether {name} met its deadline is unconfirmed",
        "no data": f"There is too little information on {name} for a rating",
    }.get(
        rating,
        f"{name} has no stock to destroy"
        if row["membership"] == "State Party"
        else f"{name} is not bound to destroy a stock",
    )
    return words.sentence(said)


def tiles(row: Mapping[str, Any], units: Sequence[str]) -> list[dict[str, str]]:
    """The figures of a state's first screen.

    ``units`` are those of the treaty.

    Returns
    -------
    list of dict
        ``big``, ``label`` and ``small`` (empty where there is nothing to add).

    Examples
    --------
    >>> import stockpile as sp
    >>> rows = sp.status(sp.load("ccm").as_of("2024-01-01")).query("iso3 == 'PER'")
    >>> [tile["big"] for tile in tiles(rows.to_dict("records")[0], ["submunitions"])]
    ['100%', 'Dec 2023', 'Apr 2024', 'strong']
    """
    return [*_stock_tiles(row, units), *_time_tiles(row), _evidence_tile(row)]


def _stock_tiles(row: Mapping[str, Any], units: Sequence[str]) -> Iterable[dict[str, str]]:
    """Share destroyed of each count that was declared; without one, what is known of the stock."""
    for unit in units:
        declared, share = row[f"declared_{unit}"], row[f"share_{unit}"]
        left, name = row[f"remaining_{unit}"], words.unit(unit, declared)
        decides = unit == row["unit"]
        if not declared > 0:
            yield from _count_tile(row) if decides else ()
            continue
        total = words.full_amount(declared, row["declared_qualifier"] if decides else "exact")
        if pd.isna(share):
            yield {"big": total, "label": f"{name} declared", "small": ""}
            continue
        label, small = f"of {total} declared {words.unit(unit)} destroyed", []
        destroyed, kept = row[f"destroyed_{unit}"], row["retained"] if decides else 0.0
        if 0 < kept < declared and abs(share - (1 - left / (declared - kept))) < 0.005:
            label = f"of the {words.unit(unit)} to be destroyed are gone"
            small = [f"{total} declared", f"{words.full_amount(row['retained'])} retained"]
        elif not abs(share - destroyed / declared) < 0.005:
            # The share is that of what is destroyed and left, and not of the declared number.
            label = f"of the {words.unit(unit)} on record are gone"
            how = row["destroyed_qualifier"] if decides else "exact"
            small = [f"{words.full_amount(destroyed, how)} destroyed"] * bool(destroyed >= 0)
        if pd.notna(left) and decides:
            small.append(f"{words.full_amount(left, row['remaining_qualifier'])} left")
        yield {"big": words.percent(share), "label": label, "small": ", ".join(small)}


def _count_tile(row: Mapping[str, Any]) -> Iterable[dict[str, str]]:
    """How many are left of nobody knows how many; or how many are destroyed."""
    for figure, what in (("remaining", "left"), ("destroyed", "destroyed")):
        if row[figure] > 0:
            big = words.full_amount(row[figure])
            how = words.full_amount(row[figure], row[f"{figure}_qualifier"])
            label = f"{words.unit(str(row['unit']), row[figure])} {what}"
            yield {"big": big, "label": label, "small": how if how != big else ""}
            return


def _time_tiles(row: Mapping[str, Any]) -> Iterable[dict[str, str]]:
    """When it was finished, or is expected to be, and by when it has to be."""
    if row["status"] in DONE and pd.notna(row["completed"]):
        yield {
            "big": words.month(row["completed"]),
            "label": "finished",
            "small": words.dated(row["completed"], row["completed_precision"]),
        }
    deadline, first = row["deadline"], row["original_deadline"]
    if pd.notna(deadline):
        moved_ = pd.notna(first) and first != deadline
        yield {
            "big": words.month(deadline),
            "label": "deadline",
            "small": words.dated(deadline, row["deadline_precision"])
            + (f", first {words.day(first)}" if moved_ else ""),
        }
    if row["status"] in OPEN and pd.notna(row["projected"]):
        until = f"to {words.month(row['latest'])}" if pd.notna(row["latest"]) else "or later"
        word = LIKELY.get(row["status"])
        chance = f"; in time: {word}" if word else ""
        yield {
            "big": words.month(row["projected"]),
            "label": "expected to finish",
            "small": f"{words.month(row['earliest'])} {until}{chance}",
        }


def _evidence_tile(row: Mapping[str, Any]) -> dict[str, str]:
    reports = words.count(row["reports"], "report")
    newest = row["last_report"]
    return {
        "big": row["evidence"],
        "label": "evidence",
        "small": reports + (f", newest of {words.day(newest)}" if pd.notna(newest) else ""),
    }


def moved(before: pd.Timestamp, after: pd.Timestamp) -> str:
    """By how much a projected date moved, in words; empty for less than a month.

    Examples
    --------
    >>> import pandas as pd
    >>> moved(pd.Timestamp("2020-01-01"), pd.Timestamp("2022-07-01"))
    '2.5 years later'
    >>> moved(pd.Timestamp("2020-06-01"), pd.Timestamp("2020-02-01"))
    'four months earlier'
    """
    months = round((after - before).days / 30.4375)
    if not months:
        return ""
    way = "later" if months > 0 else "earlier"
    if abs(months) >= 18:
        return f"{abs(months) / 12:.1f} years {way}"
    return f"{words.count(abs(months), 'month')} {way}"


@cached
def expectations(then: Ledger, thresholds: Thresholds | None = None) -> pd.DataFrame:
    """Return what was expected of each state on the first of January of earlier years.

    Returns
    -------
    pandas.DataFrame
        The columns of `stockpile.status` and ``day``, by state and day; no row where
        there was nothing to expect.

    Examples
    --------
    >>> import stockpile as sp
    >>> seen = expectations(sp.load("ccm").as_of("2013-10-01"))
    >>> seen.loc[seen["iso3"] == "GBR", "day"].dt.year.tolist()
    [2011, 2012, 2013]
    """
    start, today = then.treaty.first_entry_into_force, then.require_day()
    parts = [
        status(then.as_of(day, cast("Rule", then.rule)), thresholds).assign(day=day)
        for day in pd.date_range(start, today, freq="YS")
        if day < today
    ]
    rows = pd.concat(parts, ignore_index=True) if parts else status(then).head(0).assign(day=today)
    seen = rows["status"].isin(OPEN) & rows["projected"].notna()
    return rows[seen].sort_values(["iso3", "day"], ignore_index=True)


def looks(seen: pd.DataFrame, state: str) -> list[dict[str, Any]]:
    """Return at most `LOOKS` of a state's rows, spread evenly from the first to the last.

    ``seen`` is what `expectations` returns.
    """
    rows = as_dicts(seen[seen["iso3"] == state])
    if len(rows) > LOOKS:
        step = (len(rows) - 1) / (LOOKS - 1)
        rows = [rows[round(i * step)] for i in range(LOOKS)]
    return rows


def expected(row: Mapping[str, Any]) -> bool:
    """Whether a row of `stockpile.status` gives a day that its rating rests on."""
    return row["status"] in OPEN and pd.notna(row["projected"])


def announced_date(day: pd.Timestamp, precision: str) -> str:
    """A date that a state announced, to the month, or to the year if it told no more.

    Examples
    --------
    >>> import pandas as pd
    >>> [announced_date(pd.Timestamp("2021-12-31"), told) for told in ("day", "year")]
    ['December 2021', '2021']
    """
    return words.dated(day, precision if precision == "year" else "month")


def outlook(row: Mapping[str, Any], day: pd.Timestamp, precision: str = "month") -> str:
    """Say what is expected of a state on a day, or why nothing is.

    The precision is that of the date that it announced.
    """
    if expected(row):
        rest = f" to {words.month(row['latest'])}" if pd.notna(row["latest"]) else " or later"
        text = (
            f"It is expected to finish around {words.dated(row['projected'], 'month')}; the range "
            f"that should hold eight outcomes in ten is {words.month(row['earliest'])}{rest}."
        )
        if pd.notna(target := row["planned_completion"]):
            passed = ", which has passed" if target < day else ""
            text += f" Its own announced date is {announced_date(target, precision)}{passed}."
        return text
    if row["status"] in DONE:
        return "It has finished; there is nothing left to project."
    if row["status"] == "unconfirmed":
        return "Its deadline has passed and what is left is unconfirmed; nothing is projected."
    if row["status"] == "no data":
        return "There is too little information to project anything."
    if row["status"] == "no obligation":
        return "It has nothing to destroy under the treaty; there is nothing to project."
    # Stock is left and a deadline stands: only who suspends or leaves is given no projection.
    return "It has given notice of suspending or leaving the treaty; nothing is projected."


def moves(row: Mapping[str, Any], seen: Sequence[Mapping[str, Any]]) -> list[str]:
    """Say how the expected date moved from look to look, and how far off the last one was."""
    if not seen:
        return []
    first, last = seen[0], seen[-1]
    out = []
    if len(seen) > 1:
        by = moved(first["projected"], last["projected"])
        out.append(
            f"From {words.day(first['day'])} to {words.day(last['day'])} the expected date "
            + (
                f"moved from {words.dated(first['projected'], 'month')} to "
                f"{words.dated(last['projected'], 'month')}, {by}."
                if by
                else "stayed within a month of where it was."
            )
        )
    if row["status"] in DONE and pd.notna(row["completed"]):
        by = moved(last["projected"], row["completed"])
        out.append(
            f"On {words.day(last['day'])} it was expected for "
            f"{words.dated(last['projected'], 'month')}; the end came "
            f"{by or 'within a month of that'}."
        )
    return out


_FIGURES = {
    "declared": "declared stock",
    "destroyed": "destroyed",
    "remaining": "left",
    "deadline": "deadline",
    "completed": "completion",
}


def restated_words(row: Mapping[str, Any]) -> dict[str, str]:
    """Name a restated figure, and put it as it was and as it is.

    Returns
    -------
    dict
        ``what``, ``was`` and ``is``.

    Examples
    --------
    >>> import pandas as pd
    >>> row = {"figure": "destroyed", "unit": "submunitions", "on": pd.Timestamp("2012-02-29")}
    >>> restated_words(row | {"before": 100.0, "after": float("nan")})
    {'what': 'Submunitions destroyed by 29 February 2012', 'was': '100', 'is': 'unknown'}
    """
    figure = str(row["figure"])
    if not row["unit"]:
        days = {"was": row["before_day"], "is": row["after_day"]}
        return {"what": words.sentence(_FIGURES[figure])} | {
            name: words.day(day) for name, day in days.items()
        }
    on = "" if pd.isna(row["on"]) else f" by {words.day(row['on'])}"
    what = f"{words.unit(str(row['unit']))} {_FIGURES[figure]}{on}"
    if figure == "declared":
        what = f"declared stock of {words.unit(str(row['unit']))}"
    return {
        "what": words.sentence(what),
        "was": words.full_amount(row["before"]),
        "is": words.full_amount(row["after"]),
    }


@cached
def _source_rows(then: Ledger) -> dict[str, dict[str, str]]:
    """What to call each source; a page asks twice, and there are pages of many states."""
    rows: dict[str, dict[str, str]] = {}
    source: Any
    for source in then.sources.itertuples():
        when = words.dated(
            source.published,
            "year" if source.published_precision == "edition" else source.published_precision,
        )
        out = [_text(source.publisher), when if pd.notna(source.published) else "undated"]
        key = str(source.source_id)
        rows[key] = {
            "source_id": key,
            "title": _text(source.title) or key,
            "published": ", ".join(filter(None, out)),
            "url": web_address(source.url),
        }
    return rows


class Sources:
    """What to call each source of a ledger on a page.

    Parameters
    ----------
    then : Ledger
        As of a day.

    Examples
    --------
    >>> import stockpile as sp
    >>> Sources(sp.load("ccm").as_of("2024-01-01"))["cmm2023-per-profile"]["published"]
    'Landmine and Cluster Munition Monitor (ICBL-CMC), 11 December 2023'
    """

    def __init__(self, then: Ledger) -> None:
        self._rows = _source_rows(then)

    def __getitem__(self, source_id: str) -> dict[str, str]:
        """Return a source; of one that is not on record any more, the id alone."""
        unknown = {"source_id": source_id, "title": "a source no longer on record"}
        return self._rows.get(source_id, unknown | {"published": "", "url": ""})

    def cited(self, statements: pd.DataFrame) -> list[dict[str, Any]]:
        """Return rows of `stockpile.statements`, each with its ``sentence`` and its source."""
        return [
            row | {"sentence": statement_sentence(row), "cited": self[row["source_id"]]}
            for row in as_dicts(statements)
        ]


def _text(cell: Any) -> str:
    return cell if isinstance(cell, str) else ""
