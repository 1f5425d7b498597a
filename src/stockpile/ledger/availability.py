"""The days on which the rows of a ledger became known, by both availability rules.

What holds for quantities and events is written in `stockpile.ledger.ledger`. The further
tables are about what a state does beside destroying its stock. Each row is one statement
by one source, and the same rules hold for it, with what its subject asks for:

*Transparency reports.* Whether a state has filed can be seen on any day, as at the
depositary. So under ``reported`` a report is known on the day it came in, and a missed
one on the day it was due. A row on a late report states both; until the report is in,
`known_rows` reduces it to the statement that it is not.

*Laws and views.* A law is of its year, anything else of the time that the source
speaks of; known on publication or, under ``reported``, on the next reporting date.

*Allegations.* No report covers them: known on publication under either rule.
"""

from __future__ import annotations

from functools import cache

import pandas as pd

from stockpile.common.frames import earlier_day, period_starts, values_at
from stockpile.treaty.folder import without_rows
from stockpile.treaty.rules import Treaty
from stockpile.treaty.schema import FORWARD_EVENTS, MEMBERSHIP_ACTS

#: Tables whose newest source is older than this many days on the as-of day are stale.
STALE_DAYS = 60
#: How near a source stands to the fact; smaller is nearer. The Monitor sits with
#: the primary sources because its figures are those of the states' own reports.
SOURCE_RANK = {
    "depositary": 0,
    "state": 0,
    "treaty_body": 0,
    "monitor": 0,
    "organisation": 1,
    "press": 2,
}


@cache
def empty(table: str, treaty: Treaty) -> pd.DataFrame:
    """Return one of the further tables, or that of steps, for a folder that does not have it."""
    rows, sources = without_rows(table, treaty), without_rows("sources", treaty)
    if table == "steps":
        return date_events(rows, sources, treaty)
    return date_further(table, add_source(rows, sources), treaty)


def date_further(table: str, rows: pd.DataFrame, treaty: Treaty) -> pd.DataFrame:
    """Add to each row the day it speaks of and the days on which it became known.

    ``rows`` are accepted ones of one of `stockpile.treaty.schema.FURTHER_TABLES`, with ``kind``,
    ``rank`` and ``published`` of their source.

    The rows with ``on`` (the day they speak of), ``known_published``, ``known_reported``,
    ``missed`` (the due day that a late report missed; ``NaT`` for anything else) and ``implied``
    (false; see `known_rows`).
    """
    published = rows["published"]
    missed = pd.Series(pd.NaT, index=rows.index, dtype="datetime64[us]")
    if table == "transparency_reports":
        filed = _by_then(rows["initial_submitted"], rows["initial_submitted_precision"], published)
        as_of = _by_then(rows["as_of"], "", published)
        on = filed.where(rows["status"] == "submitted").fillna(as_of)
        seen = on.where(rows["status"] != "overdue", earlier_day(on, rows["initial_due"]))
        missed = rows["initial_due"].where(filed_from(rows) > rows["initial_due"])
    elif table == "allegations":
        on = _by_then(rows["alleged_on"], rows["alleged_on_precision"], published)
        seen = missed  # by no report
    else:
        on = rows["as_of"]
        if table == "national_legislation":
            law = (rows["status"] == "specific_law") & rows["law_year"].notna()
            end = pd.to_datetime(
                rows["law_year"].astype("str") + "-12-31", format="%Y-%m-%d", errors="coerce"
            ).astype("datetime64[us]")
            on = on.where(~law, earlier_day(end, on))
        on = _by_then(on, "", published)
        seen = treaty.reporting_dates(on)
    # Nothing is known before it happened, whatever the day of the source.
    known = published.where(~(published < on), on)
    return rows.assign(
        on=on,
        known_published=known,
        known_reported=earlier_day(known, seen),
        missed=missed,
        implied=False,
    )


def filed_from(rows: pd.DataFrame) -> pd.Series:
    """First day on which each report may have come in: of its month or year, or its day.

    >>> import stockpile as sp
    >>> reports = sp.load("ccm").transparency_reports
    >>> albania = filed_from(reports[reports["iso3"] == "ALB"])  # 'in January 2011'
    >>> albania.dt.strftime("%Y-%m-%d").unique().tolist()
    ['2011-01-01']
    """
    return period_starts(rows["initial_submitted"], rows["initial_submitted_precision"])


def known_rows(table: str, rows: pd.DataFrame, at: pd.Timestamp, rule: str) -> pd.DataFrame:
    """Return the rows of a table that were known by a day.

    A row on a report that came in after that day is reduced to the statement that the
    report was not in: its status is ``overdue``, ``implied`` is true, and the day of
    submission is left out.
    """
    if rows.empty:
        return rows
    known = rows[f"known_{rule}"] <= at
    late = ~known & (rows["missed"] <= at)
    if rule != "reported" or not late.any():
        return rows[known].reset_index(drop=True)
    out = rows[known | late].reset_index(drop=True)
    late = late[known | late].reset_index(drop=True) | out["implied"]
    return out.assign(
        status=out["status"].where(~late, "overdue"),
        initial_submitted=out["initial_submitted"].where(~late),
        initial_submitted_precision=out["initial_submitted_precision"].where(~late, ""),
        as_of=out["as_of"].where(~late),
        as_of_precision=out["as_of_precision"].where(~late, ""),
        on=out["on"].where(~late),
        implied=late,
    )


def _by_then(day: pd.Series, precision: pd.Series | str, published: pd.Series) -> pd.Series:
    """A month or year means its last day, but no day after the source was published."""
    out: pd.Series = day.where(day.isna() | (precision == "day"), earlier_day(day, published))
    return out


def add_source(rows: pd.DataFrame, sources: pd.DataFrame) -> pd.DataFrame:
    """Add the kind, rank and publication day of the source that each row cites."""
    by_id = sources.set_index("source_id")
    rank = by_id["kind"].map(SOURCE_RANK).astype("int64")
    by_id = by_id[["kind"]].assign(rank=rank, published=by_id["published"])
    return rows.assign(**by_id.loc[rows["source_id"]].set_axis(rows.index))


def date_events(events: pd.DataFrame, sources: pd.DataFrame, treaty: Treaty) -> pd.DataFrame:
    """Add to each event the day it speaks of and the days it became known."""
    out = add_source(events, sources)
    forward = out["event"].isin(FORWARD_EVENTS)
    act = out["event"].isin(MEMBERSHIP_ACTS)
    # A month or a year means its last day, but what a source states had happened when the
    # source was published.
    loose = out["precision"].isin(["month", "year", "on_or_before", "unknown"]) & ~forward & ~act
    on = out["date"].where(~loose, earlier_day(out["date"], out["published"]))
    published = out["published"].where(~(out["published"] < on) | forward, on)
    reported = earlier_day(published, treaty.reporting_dates(on).where(~forward))
    return out.assign(
        on=on,
        known_published=published.where(~act, out["date"]),
        known_reported=reported.where(~act, out["date"]),
    )


def date_quantities(
    quantities: pd.DataFrame, sources: pd.DataFrame, events: pd.DataFrame, treaty: Treaty
) -> pd.DataFrame:
    """Add to each quantity the day it speaks of and the days it became known."""
    out = add_source(quantities, sources)
    # A figure 'by the end of the year' published in September is that of September.
    capped = out["published"] < out["period_end"]
    on = out["period_end"].where(~capped, out["published"])
    published = out["published"]
    reported = earlier_day(published, treaty.reporting_dates(on))
    undated = on.isna() & (out["measure"] == "declared")
    if undated.any():
        bound = values_at(_first_bound(events, treaty), out.loc[undated, "iso3"])
        in_time = published[undated] <= treaty.term.ends(bound)
        # On the reporting date itself, where the initial report fell due on one.
        due = treaty.initial_reports_due(bound)
        initial = treaty.reporting_dates(due.fillna(bound) - pd.Timedelta(days=1))
        presumed = earlier_day(published[undated], initial)[in_time]
        reported.loc[presumed.index] = presumed
    return out.assign(on=on, known_published=published, known_reported=reported, presumed=False)


def _first_bound(events: pd.DataFrame, treaty: Treaty) -> pd.Series:
    """Earliest day from which any source has each state bound.

    The earliest, and not the best supported one, because no later source may move the
    day from which a declaration is presumed.
    """
    acts = events[events["event"].isin([*treaty.binding_acts, "entered_into_force"])]
    days = acts["date"].where(
        acts["event"] == "entered_into_force", treaty.entries_into_force(acts["date"])
    )
    return days.groupby(acts["iso3"]).min()


def latest_publication(sources: pd.DataFrame, day: pd.Timestamp) -> pd.Timestamp:
    """Return the day of the newest source that was out by a day; ``NaT`` where none was.

    >>> import stockpile as sp
    >>> day = pd.Timestamp("2012-04-19")
    >>> latest_publication(sp.load("ccm").sources, day) <= day
    True
    """
    newest: pd.Timestamp = sources.loc[sources["published"] <= day, "published"].max()
    return newest
