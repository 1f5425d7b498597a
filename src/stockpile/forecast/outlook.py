"""What a reader asks of a projection: by which year, how many, and why it has changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from stockpile.common import english
from stockpile.common.cache import cached
from stockpile.forecast.history import YEAR, features, relative_sizes
from stockpile.forecast.projection import Model, learn, subjects
from stockpile.forecast.rates import Floats
from stockpile.ledger.ledger import Ledger, parse_day
from stockpile.stock.position import positions


def chances(
    ledger: Ledger,
    *,
    history: Sequence[Ledger] | None = None,
    years: int = 10,
    before: Ledger | None = None,
    own_dates: Mapping[str, object] | None = None,
) -> pd.DataFrame:
    """Return the chance of finishing in each calendar year; see `stockpile.chances`."""
    calendar = [ledger.require_day().year + i for i in range(years)]
    out = _by_year(ledger, history, calendar, own_dates or {})
    columns = {"chance": "chance_before", "chance_by": "chance_by_before"}
    if before is None:
        return out.assign(**dict.fromkeys(columns.values(), np.nan))
    then = _by_year(before, None, calendar, {}).rename(columns=columns)
    keys = ["iso3", "year"]
    return out.merge(then[[*keys, *columns.values()]], how="left", on=keys)


def _by_year(
    ledger: Ledger,
    history: Sequence[Ledger] | None,
    calendar: Sequence[int],
    own_dates: Mapping[str, object],
) -> pd.DataFrame:
    day, where = ledger.require_day(), positions(ledger)
    shown = where[subjects(where, ledger)].copy()
    for iso3, date in own_dates.items():
        row = shown["iso3"] == iso3
        if not row.any():
            raise ValueError(
                f"own_dates names {iso3}, which is given no projection on {day:%Y-%m-%d}; "
                f"expected of {english.listing(list(shown['iso3']), limit=8) or 'nobody'}"
            )
        shown.loc[row, "planned_completion"] = parse_day(date)
        shown.loc[row, "planned_precision"] = "day"
    curves = learn(ledger, history).curves(features(shown, ledger))
    ends = [(pd.Timestamp(year, 12, 31) - day).days / YEAR for year in calendar]
    by = [curves.chance_by(np.full(len(shown), end)) for end in ends]
    reached = np.array([*by, np.ones(len(shown))]).T
    steps = np.diff(reached, axis=1, prepend=0.0)
    return pd.DataFrame(
        {
            "iso3": np.repeat(shown["iso3"].to_numpy(), len(calendar) + 1),
            "state": np.repeat(shown["state"].to_numpy(), len(calendar) + 1),
            "year": pd.array([*calendar, pd.NA] * len(shown), dtype="Int64"),
            "chance": steps.ravel(),
            "chance_by": reached.ravel(),
        }
    )


def missing_counts(
    ledger: Ledger, by: object = None, codes: Sequence[str] | None = None
) -> pd.DataFrame:
    """Return the chance that so many states miss their deadline; see `stockpile.missing_counts`."""
    day, where = ledger.require_day(), positions(ledger)
    due = where["deadline"]
    still = subjects(where, ledger) & (due >= day).to_numpy()
    if by is not None:
        still &= (due <= parse_day(by)).to_numpy()
    if codes is not None:
        still &= where["iso3"].isin(codes).to_numpy()
    cases = features(where[still], ledger)
    curves = learn(ledger).curves(cases)
    alone = np.ones(1)
    for chance in curves.chance_by(cases["to_deadline"].to_numpy()):
        alone = np.convolve(alone, [chance, 1 - chance])
    numbers = np.arange(len(cases) + 1)
    return pd.DataFrame({"missing": numbers, "chance": curves.missing(), "alone": alone})


@cached
def chance_changes(ledger: Ledger, before: Ledger) -> pd.DataFrame:
    """Return why the chance of being in time has changed; see `stockpile.chance_changes`."""
    now, then = positions(ledger), positions(before)
    day = ledger.require_day()
    old = then[subjects(then, before) & (then["deadline"] >= day).to_numpy()].set_index("iso3")
    both = now["iso3"].isin(old.index).to_numpy() & subjects(now, ledger)
    where = now[both]
    old = old.loc[where["iso3"]].rename_axis("iso3").reset_index().set_index(where.index)
    known, model = features(old, before), learn(before)
    passed = features(old, before, pd.Series(day, old.index))
    told, newest = passed.copy(), features(where, ledger)
    dates = ["to_deadline", "to_plan", "late", "extended", "step_missed"]
    told[dates] = newest[dates]
    sizes = where["iso3"].map(relative_sizes(ledger, before)).fillna(0.0)
    moved = newest.assign(size=sizes)
    steps = [_in_time(model, case) for case in (known, passed, told, moved)]
    steps.append(_in_time(learn(ledger), newest))
    added = np.diff(np.array(steps), axis=0)
    names = ["time", "own_date", "own_stock", "others"]
    return pd.DataFrame(
        {
            "iso3": where["iso3"],
            "state": where["state"],
            "chance_before": steps[0],
            **dict(zip(names, added, strict=True)),
            "chance": steps[-1],
        }
    ).reset_index(drop=True)


def _in_time(model: Model, cases: pd.DataFrame) -> Floats:
    due = cases["to_deadline"].to_numpy()
    return np.where(due >= 0, model.curves(cases).chance_by(due), 0.0)
