"""What a reader asks of a projection: by which year, how many, and why it has changed."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

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
) -> pd.DataFrame:
    """Return the chance of finishing in each calendar year; see `stockpile.chances`."""
    calendar = [ledger.require_day().year + i for i in range(years)]
    out = _by_year(ledger, history, calendar)
    columns = {"chance": "chance_before", "chance_by": "chance_by_before"}
    if before is None:
        return out.assign(**dict.fromkeys(columns.values(), np.nan))
    then = _by_year(before, None, calendar).rename(columns=columns)
    keys = ["iso3", "year"]
    return out.merge(then[[*keys, *columns.values()]], how="left", on=keys)


def _by_year(
    ledger: Ledger, history: Sequence[Ledger] | None, calendar: Sequence[int]
) -> pd.DataFrame:
    day, where = ledger.require_day(), positions(ledger)
    shown = where[subjects(where, ledger)]
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


def missing_counts(ledger: Ledger, by: object = None) -> pd.DataFrame:
    """Return the chance that none, one, two ... of the states with stock miss their deadline.

    The states of a treaty share how fast it is, so that their fates hang together: none, or
    many, is more likely than it would be if each went its own way.

    Parameters
    ----------
    ledger : Ledger
        As of a day.
    by : str, datetime.date or pandas.Timestamp, optional
        Only of states whose deadline in force lies on this day or before; all if left out.

    Returns
    -------
    pandas.DataFrame
        ``missing`` (how many), ``chance``, and ``alone``: the chance if no state told
        anything of another.

    Examples
    --------
    >>> import stockpile as sp
    >>> found = missing_counts(sp.load("ccm").as_of("2016-01-01"))
    >>> round(float(found["chance"].sum()), 6)
    1.0
    """
    day, where = ledger.require_day(), positions(ledger)
    due = where["deadline"]
    still = subjects(where, ledger) & (due >= day).to_numpy()
    if by is not None:
        still &= (due <= parse_day(by)).to_numpy()
    cases = features(where[still], ledger)
    curves = learn(ledger).curves(cases)
    alone = np.ones(1)
    for chance in curves.chance_by(cases["to_deadline"].to_numpy()):
        alone = np.convolve(alone, [chance, 1 - chance])
    numbers = np.arange(len(cases) + 1)
    return pd.DataFrame({"missing": numbers, "chance": curves.missing(), "alone": alone})


def with_own_date(ledger: Ledger, iso3: str, date: object) -> float:
    """Return the chance of being in time if a state announced a date today.

    Parameters
    ----------
    ledger : Ledger
        As of a day.
    iso3 : str
        A state with stock left.
    date : str, datetime.date or pandas.Timestamp
        The day that it would announce.

    Raises
    ------
    ValueError
        When the state is given no projection.

    Examples
    --------
    >>> import stockpile as sp
    >>> then = sp.load("ccm").as_of("2016-01-01")
    >>> with_own_date(then, "PER", "2025-12-31") <= 0.25  # beyond its deadline
    True
    """
    where = positions(ledger)
    row = where[subjects(where, ledger) & (where["iso3"] == iso3).to_numpy()]
    if row.empty:
        raise ValueError(f"{iso3!r} is given no projection on {ledger.require_day():%Y-%m-%d}")
    told = row.assign(planned_completion=parse_day(date), planned_precision="day")
    return float(_in_time(learn(ledger), features(told, ledger))[0])


@cached
def chance_changes(ledger: Ledger, before: Ledger) -> pd.DataFrame:
    """Return why the chance of being in time has changed since an earlier day.

    One thing after another is moved from the earlier day to the later: the calendar alone; the
    state's own date, its requests and its deadline; what it reported of its stock; and what other
    states did, which also sets how large its stock looks beside theirs.

    Parameters
    ----------
    ledger : Ledger
        As of a day.
    before : Ledger
        The same treaty as of an earlier day.

    Returns
    -------
    pandas.DataFrame
        For each state projected on both days, before its deadline: ``iso3``, ``state``,
        ``chance_before``, then what ``time``, ``own_date``, ``destruction`` and ``others``
        added, and ``chance``. They add up.

    Examples
    --------
    >>> import stockpile as sp
    >>> ccm = sp.load("ccm")
    >>> why = chance_changes(ccm.as_of("2020-07-01"), ccm.as_of("2020-01-01"))
    >>> bool((why.set_index("iso3").loc["PER", "own_date"]) < 0)  # it asked for more time
    True
    """
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
    names = ["time", "own_date", "destruction", "others"]
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
