"""Warnings on rows that can hardly be right beside the others.

A row that passed `stockpile.treaty.folder` can be read. Here rows are compared with each
other, with the treaty's rules and with their sources. Public sources do contradict each
other, so no row is rejected for it: each finding is a warning of a named kind, with the
row's file and line, and changes no result.

Numbers are compared as the ranges that they stand for (see `stockpile.common.tolerance`),
so that 'approximately 1,000' contradicts neither 980 nor 1,020.
"""

from __future__ import annotations

import string
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from stockpile.common.english import digits
from stockpile.common.frames import period_starts, values_at
from stockpile.common.tolerance import bounds_of_column
from stockpile.treaty.schema import FORWARD_EVENTS, FURTHER_TABLES, MEASURES, MEMBERSHIP_ACTS

if TYPE_CHECKING:
    from stockpile.ledger.ledger import Ledger

#: Warnings, a frame for each part of a check.
Warnings = Iterable[pd.DataFrame]

#: Events that only happen to a state that the treaty binds.
_OF_PARTIES = ("deadline_stated", "deadline_missed", "extension_requested", "extension_granted")
#: Events that happen once, so that one source cannot have two days for them.
_ONCE = ("signed", "consented", "entered_into_force")
_SHARES = [name for name, measure in MEASURES.items() if measure.kind == "share"]
#: Stock of which every container still has its contents.
_WHOLE_STOCK = [name for name, measure in MEASURES.items() if measure.kind == "stock"]


def find_doubts(ledger: Ledger) -> pd.DataFrame:
    """Return a warning for each row that can hardly be right beside the others.

    Columns: ``file``, ``line``, ``kind``, ``message``, sorted; the warnings that the ledger has
    already are among them.

    >>> import stockpile as sp
    >>> found = find_doubts(sp.load("ccm"))
    >>> found[found["kind"] == "stated deadline disagrees"]["message"].tolist()[0]
    'BGR: cmm2015-bgr-profile has 2019-04-30, the rule gives 2019-10-01'
    """
    quantities = _comparable(ledger.quantities)
    parts = [ledger.warnings, *(part for check in CHECKS for part in check(ledger, quantities))]
    # Pandas warns of empty frames beside others, for their columns have no type to go by.
    filled = [part for part in parts if len(part)]
    if not filled:
        return ledger.warnings
    out = pd.concat(filled).drop_duplicates()
    return out.sort_values(list(out.columns), kind="stable", ignore_index=True)


def _warn(rows: pd.DataFrame, kind: str, message: str, **more: pd.Series) -> pd.DataFrame:
    """Rows as warnings of a kind; the message names columns, as ``{date}``, or one of ``more``."""
    if rows.empty:  # most checks find nothing
        return rows[["file", "line"]]
    names = [name for _, name, _, _ in string.Formatter().parse(message) if name]
    cells = [_in_words(more[name][rows.index] if name in more else rows[name]) for name in names]
    texts = [
        message.format_map(dict(zip(names, row, strict=True))) for row in zip(*cells, strict=True)
    ]
    return rows[["file", "line"]].assign(kind=kind, message=pd.Series(texts, rows.index, "str"))


def _in_words(column: pd.Series) -> list[str]:
    """Days, counts, shares and words as people write them, each different one written once."""
    codes, different = pd.factorize(column, use_na_sentinel=False)
    values = pd.Series(different)
    if values.dtype.kind == "M":
        values = values.dt.strftime("%Y-%m-%d")
    if values.dtype.kind in "if":
        words = [f"{value:.0%}" if 0 < value < 1 else digits(value) for value in values]
    else:
        words = list(values.astype("str"))
    return [words[code] for code in codes]


def _comparable(quantities: pd.DataFrame) -> pd.DataFrame:
    """Add to quantities the range that each stands for, and a number for each state and unit."""
    texts = ["iso3", "unit", "measure", "source_id"]
    value, how = quantities["quantity"].to_numpy(), quantities["qualifier"].to_numpy()
    shares = quantities["measure"].isin(_SHARES).to_numpy()
    low, high = bounds_of_column(value, how, shares)
    out = quantities.astype(dict.fromkeys(texts, "category")).assign(low=low, high=high)
    return out.assign(stock=_by(out, ["iso3", "unit"]))


def _by(rows: pd.DataFrame, keys: list[str]) -> pd.Series:
    """A number for each group of rows alike in some columns; missing days are alike."""
    return rows.groupby(keys, observed=True, sort=False, dropna=False).ngroup()


def _published_early(ledger: Ledger, quantities: pd.DataFrame) -> Warnings:
    """A source cannot report what has not happened yet."""
    acts = ledger.events
    happened = acts[~acts["event"].isin((*FORWARD_EVENTS, *MEMBERSHIP_ACTS))]
    for rows, speaks in ((quantities, "period_end"), (happened, "date")):
        early = rows[rows["published"] < rows[speaks]]
        yield _warn(
            early,
            "published before what it tells",
            "{source_id} of {published} tells of {day}",
            day=early[speaks],
        )


def _known_on_no_day(ledger: Ledger, quantities: pd.DataFrame) -> Warnings:
    """Without a day of publication and a day of its own, a row is never known."""
    further = (getattr(ledger, table) for table in FURTHER_TABLES)
    for rows in filter(len, (quantities, ledger.events, *further)):
        never = rows[rows["known_published"].isna() & rows["known_reported"].isna()]
        yield _warn(
            never,
            "no day at all",
            "{source_id} has no day of publication and the row no date: it is on record, but "
            "known on no day",
        )


def _report_day_disagrees(ledger: Ledger, _: pd.DataFrame) -> Warnings:
    """The day on which the initial report falls due follows from entry into force."""
    reports = ledger.transparency_reports
    if reports.empty:
        return
    bound = values_at(ledger.bound["entry_into_force"], reports["iso3"])
    ruled = ledger.treaty.initial_reports_due(bound)
    off = (reports["initial_due"] != ruled) & reports["initial_due"].notna() & ruled.notna()
    yield _warn(
        reports[off],
        "stated report day disagrees",
        "{iso3}: {source_id} has {initial_due}, the rule gives {ruled}",
        ruled=ruled,
    )


def _bound_disagrees(ledger: Ledger, _: pd.DataFrame) -> Warnings:
    """Entry into force follows from the day of consent, or is what other sources state."""
    acts = ledger.events
    stated = acts[acts["event"] == "entered_into_force"]
    if stated.empty:
        return
    bound = ledger.bound
    ruled = values_at(bound["by_rule"].fillna(bound["entry_into_force"]), stated["iso3"])
    off = stated[ruled.notna() & (ruled != stated["date"])]
    yield _warn(
        off, "entry into force disagrees", "{date} is stated, the rule gives {ruled}", ruled=ruled
    )


def _consent_disagrees(ledger: Ledger, _: pd.DataFrame) -> Warnings:
    """A state consents once."""
    acts = ledger.events
    consent = acts[acts["event"] == "consented"]
    chosen = values_at(ledger.bound["consented"], consent["iso3"])
    off = consent[chosen != consent["date"]]
    yield _warn(off, "consent disagrees", "{date} is set aside for {chosen}", chosen=chosen)


def _deadline_disagrees(ledger: Ledger, _: pd.DataFrame) -> Warnings:
    """The original deadline follows from entry into force."""
    acts = ledger.events
    stated = acts[(acts["event"] == "deadline_stated") & (acts["value"] == "original")]
    if stated.empty:
        return
    bound = values_at(ledger.bound["entry_into_force"], stated["iso3"])
    due = ledger.treaty.term.ends(bound)
    differs = pd.Series(False, index=stated.index)
    for precision, period in (("day", "D"), ("month", "M"), ("year", "Y")):
        here = due.notna() & (stated["precision"] == precision)
        other = due[here].dt.to_period(period) != stated.loc[here, "date"].dt.to_period(period)
        differs.loc[other.index] = other
    yield _warn(
        stated[differs],
        "stated deadline disagrees",
        "{iso3}: {source_id} has {date}, the rule gives {due}",
        due=due,
    )


def _extension_of_nothing(ledger: Ledger, _: pd.DataFrame) -> Warnings:
    """An extension ends after the deadline that it extends."""
    acts = ledger.events
    granted = acts[(acts["event"] == "extension_granted") & acts["new_deadline"].notna()]
    if granted.empty:
        return
    bound = values_at(ledger.bound["entry_into_force"], granted["iso3"])
    due = ledger.treaty.term.ends(bound)
    yield _warn(
        granted[granted["new_deadline"] <= due],
        "extends nothing",
        "{iso3}: an extension to {new_deadline}, and the original deadline is {due}",
        due=due,
    )


def _extension_too_long(ledger: Ledger, _: pd.DataFrame) -> Warnings:
    """An extension reaches no further than the treaty lets it.

    It is held against the deadline before it, whoever names that one: the original one,
    or an extension to an earlier month.
    """
    acts, treaty = ledger.events, ledger.treaty
    extended = (acts["event"] == "deadline_stated") & (acts["value"] == "extended")
    granted = acts["event"] == "extension_granted"
    if not (granted | extended).any():
        return
    ends = acts["new_deadline"].where(~extended, acts["date"])
    precision = acts["new_deadline_precision"].where(~extended, acts["precision"])
    rows = acts.assign(to=ends, earliest=period_starts(ends, precision))
    rows = rows[(granted | extended) & rows["to"].notna()].sort_values(["iso3", "to"])
    rows = rows.assign(month=rows["to"].dt.to_period("M"))
    bound = values_at(ledger.bound["entry_into_force"], rows["iso3"])
    # By months, so that the day and the month of one extension are one.
    months = rows.groupby(["iso3", "month"])["to"].min()
    before = months.groupby("iso3").shift()
    keys = pd.MultiIndex.from_frame(rows[["iso3", "month"]])
    previous = before.reindex(keys).set_axis(rows.index).fillna(treaty.term.ends(bound))
    longest = previous + pd.DateOffset(years=treaty.extension_max_years)
    if treaty.extension_latest is not None:
        late = longest.isna() | (longest > treaty.extension_latest)
        longest = longest.where(~late, treaty.extension_latest)
    yield _warn(
        rows[rows["earliest"] > longest],
        "extension too long",
        "{iso3}: {source_id} has an extension to {to}, and the treaty allows none beyond {longest}",
        longest=longest,
    )


def _no_party(ledger: Ledger, quantities: pd.DataFrame) -> Warnings:
    """A stock to be destroyed under the treaty is that of a state which it binds.

    One warning for each state, at its first row; none in a folder that has no
    state's consent.
    """
    parties = ledger.bound.index
    acts = ledger.events[ledger.events["event"].isin(_OF_PARTIES)]
    if not len(parties):
        return
    place = ["iso3", "file", "line"]
    for rows, what in ((quantities, "figures of its stock"), (acts, "deadlines or extensions")):
        others = rows.loc[~rows["iso3"].isin(parties), place].astype({"iso3": "str"})
        if others.empty:
            continue
        first = others.sort_values(place).drop_duplicates("iso3")
        counts = first["iso3"].map(others["iso3"].value_counts())
        message = f"{{iso3}}: no consent on record; rows with {what}: {{counts}}"
        yield _warn(first, "not a party on record", message, counts=counts)


def _one_source_two_numbers(_: Ledger, quantities: pd.DataFrame) -> Warnings:
    """One source cannot have two numbers for one thing."""
    keys = ["source_id", "iso3", "unit", "measure", "period_start", "period_end"]
    same = _by(quantities, keys)
    rows = quantities[same.duplicated(keep=False)]
    if rows.empty:
        return
    group = rows.groupby(same[rows.index])
    apart = group["low"].transform("max") > group["high"].transform("min")
    rows, first = rows[apart], group["quantity"].transform("first")[apart]
    yield _warn(
        rows[rows["quantity"] != first],
        "one source, two numbers",
        "{iso3}: {source_id} has {quantity} here, and elsewhere {first} for the same",
        first=first,
    )


def _one_source_two_days(ledger: Ledger, _: pd.DataFrame) -> Warnings:
    """One source cannot have two days for what happens once."""
    acts = ledger.events
    reopened = acts.loc[acts["event"] == "reopened", "iso3"]
    once = acts["event"].isin(_ONCE)
    once |= (acts["event"] == "completed") & ~acts["iso3"].isin(reopened)
    rows, keys = acts[once & (acts["precision"] == "day")], ["source_id", "iso3", "event", "stock"]
    rows = rows[rows.duplicated(keys, keep=False)]
    if rows.empty:
        return
    first = rows.groupby(keys)["date"].transform("min")
    yield _warn(
        rows[rows["date"] != first],
        "one source, two days",
        "{iso3}: {source_id} has {date} here, and elsewhere {first} for the same",
        first=first,
    )


def _more_than_declared(_: Ledger, quantities: pd.DataFrame) -> Warnings:
    """No more can be destroyed than there was; one warning for each state and unit.

    The most that any source has declared counts, against totals, single periods,
    and the sum of one source's periods where none of them overlap.
    """
    measure = quantities["measure"]
    declared = quantities[measure == "declared"]
    totals = quantities[measure.isin(["destroyed", "destroyed_total"])]
    if declared.empty or totals.empty:
        return
    most = declared.groupby("stock")[["quantity", "high"]].max().add_prefix("most_")
    apart = _periods(quantities[measure == "destroyed"])
    by_source = apart.groupby(_by(apart, ["stock", "source_id"]))
    whole = ~by_source["overlaps"].transform("any")
    sums = apart[whole].assign(
        low=by_source["low"].cumsum(), quantity=by_source["quantity"].cumsum()
    )
    rows = pd.concat([totals, sums[totals.columns]]).join(most, on="stock")
    off = rows[rows["low"] > rows["most_high"]]
    off = off.sort_values(["low", "file", "line"], ascending=[False, True, True], kind="stable")
    yield _warn(
        off.drop_duplicates("stock"),
        "more destroyed than declared",
        "{iso3}: {quantity} {unit} destroyed, and no source has declared more than {most_quantity}",
    )


def _falling_total(_: Ledger, quantities: pd.DataFrame) -> Warnings:
    """A running total cannot fall."""
    running = quantities["measure"].isin(["destroyed_total", "destroyed_share"])
    rows = quantities[running & quantities["period_start"].isna()]
    if len(rows) < 2:
        return
    rows = rows.sort_values(["stock", "measure", "period_end"], kind="stable")
    line, day = _by(rows, ["stock", "measure"]), _by(rows, ["stock", "measure", "period_end"])
    # The most up to the row before; and of the rows of one day, none is earlier than another.
    before = rows["low"].groupby(line).cummax().groupby(line).shift(fill_value=-np.inf)
    earlier = before.groupby(day).transform("first")
    yield _warn(
        rows[rows["high"] < earlier],
        "running total falls",
        "{iso3}: {quantity} {unit} destroyed by {period_end}, and at least {earlier} earlier",
        earlier=earlier,
    )


def _growing_stock(ledger: Ledger, quantities: pd.DataFrame) -> Warnings:
    """What is left to destroy does not grow, but where stock turned up."""
    rows = quantities[(quantities["measure"] == "remaining") & quantities["period_end"].notna()]
    if len(rows) < 2:
        return
    rows = rows.sort_values(["stock", "period_end"], kind="stable")
    # The least up to the row before; and of the rows of one day, none is earlier than another.
    line = rows["stock"]
    before = rows["high"].groupby(line).cummin().groupby(line).shift(fill_value=np.inf)
    earlier = before.groupby(_by(rows, ["stock", "period_end"])).transform("first")
    acts = ledger.events
    found = acts[acts["event"] == "reopened"].groupby("iso3")["date"].min()
    turned_up = values_at(found, rows["iso3"]) <= rows["period_end"]
    yield _warn(
        rows[(rows["low"] > earlier) & ~turned_up],
        "stock grows",
        "{iso3}: {quantity} {unit} left on {period_end}, and at most {earlier} earlier; some of "
        "these figures will be set aside",
        earlier=earlier,
    )


def _periods(rows: pd.DataFrame) -> pd.DataFrame:
    """Rows with a whole period, in order, and whether each overlaps an earlier one of its source.

    The same period stated again is no overlap.
    """
    rows = rows[rows["period_start"].notna()]
    rows = rows.sort_values(["stock", "source_id", "period_start", "period_end"], kind="stable")
    line = _by(rows, ["stock", "source_id"])
    starts, ends = (rows[name].groupby(line) for name in ("period_start", "period_end"))
    reached = rows["period_end"].astype("int64").groupby(line).cummax().groupby(line).shift()
    again = (rows["period_start"] == starts.shift()) & (rows["period_end"] == ends.shift())
    inside = rows["period_start"].astype("int64") <= reached
    return rows.assign(overlaps=inside & ~again)


def _overlapping_periods(_: Ledger, quantities: pd.DataFrame) -> Warnings:
    """Periods of one source that share days cannot be added up."""
    rows = quantities[quantities["measure"] == "destroyed"]
    if len(rows) < 2:
        return
    rows = _periods(rows)
    yield _warn(
        rows[rows["overlaps"]],
        "periods overlap",
        "{iso3}: {source_id} has the period from {period_start} to {period_end}, and an earlier "
        "one that reaches into it",
    )


def _done_before_declared(ledger: Ledger, quantities: pd.DataFrame) -> Warnings:
    """Stock is declared before it is destroyed; without a day, at the beginning."""
    declared = quantities[(quantities["measure"] == "declared") & (quantities["quantity"] > 0)]
    acts = ledger.events
    done = acts[(acts["event"] == "completed") & acts["date"].notna()]
    if done.empty:
        return
    day = declared["period_end"].fillna(pd.Timestamp(1900, 1, 1))
    first = day.groupby(declared["iso3"].astype("str")).min()
    done = done.sort_values(["iso3", "date"], kind="stable").drop_duplicates("iso3")
    since = values_at(first, done["iso3"])
    yield _warn(
        done[since > done["date"]],
        "done before it was declared",
        "{iso3}: completed on {date}, and the first stock declared is of {since}",
        since=since,
    )


def _fewer_inside(ledger: Ledger, quantities: pd.DataFrame) -> Warnings:
    """Of two units, the one inside the other is the larger count, while the stock is whole."""
    keys = ["iso3", "measure", "source_id", "period_start", "period_end"]
    rules = ledger.treaty.unit_rules
    held = quantities["unit"].isin([unit for unit in rules if rules[unit].inside])
    stock = quantities[quantities["measure"].isin(_WHOLE_STOCK)]
    if not held.any():
        return
    same = _by(stock, keys)
    for inner, outer in ((unit, rules[unit].inside) for unit in rules if rules[unit].inside):
        inside = stock[stock["unit"] == inner]
        holds = stock[stock["unit"] == outer].groupby(same)["low"].min()
        least = same[inside.index].map(holds)
        yield _warn(
            inside[inside["high"] < least],
            f"fewer {inner} than {outer}",
            f"{{iso3}}: {{quantity}} {inner} {{measure}}, and the same source has at least "
            f"{{least}} {outer}",
            least=least,
        )


def _declared_again(_: Ledger, quantities: pd.DataFrame) -> Warnings:
    """A declaration that was restated does not come back."""
    declared = (quantities["measure"] == "declared") & (quantities["qualifier"] == "exact")
    rows = quantities[declared & quantities["published"].notna()]
    if len(rows) < 2:
        return
    # Where one day has two figures, neither of them replaced the other.
    day = rows["quantity"].groupby(_by(rows, ["stock", "published"]))
    rows = rows[day.transform("min") == day.transform("max")]
    rows = rows.sort_values(["stock", "published", "file", "line"], kind="stable")
    before = rows["quantity"].groupby(rows["stock"]).shift()
    turns = rows[rows["quantity"] != before]
    yield _warn(
        turns[turns.duplicated(["stock", "quantity"])],
        "declared again",
        "{iso3}: {source_id} goes back to {quantity} {unit}, after {before} had taken its place",
        before=before,
    )


#: Each check takes the ledger and its quantities as `_comparable` returns them, and yields
#: warnings.
CHECKS: tuple[Callable[[Ledger, pd.DataFrame], Warnings], ...] = (
    _published_early,
    _known_on_no_day,
    _report_day_disagrees,
    _bound_disagrees,
    _consent_disagrees,
    _deadline_disagrees,
    _extension_of_nothing,
    _extension_too_long,
    _no_party,
    _one_source_two_numbers,
    _one_source_two_days,
    _more_than_declared,
    _falling_total,
    _growing_stock,
    _overlapping_periods,
    _done_before_declared,
    _fewer_inside,
    _declared_again,
)
