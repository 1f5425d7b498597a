"""When will it be done: a distribution of completion dates, never a bare date.

The method, ``pull of the deadline``: a rate of finishing that depends on how near the
deadline is and on what is known of the state, learnt from other treaties, and a factor for
how fast the states of this treaty have been against that (both in `stockpile.forecast.rates`).
Only what was known on the as-of day is used.

And what a reader asks of it: by which year, how many, and why it has changed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from stockpile.common import english
from stockpile.common.cache import cached
from stockpile.common.columns import column_names
from stockpile.common.frames import as_dicts
from stockpile.forecast.history import (
    YEAR,
    allowed_time,
    announcements,
    features,
    landmarks,
    relative_sizes,
)
from stockpile.forecast.rates import Curves, Floats, Pace, Rates, curves_of, fit, pace_of, seen_by
from stockpile.ledger.ledger import Ledger, parse_day
from stockpile.ledger.load import load, packaged
from stockpile.stock.position import positions

METHOD = "pull of the deadline"
QUANTILES = (0.10, 0.25, 0.50, 0.75, 0.90)
QUANTILE_COLUMNS = tuple(f"q{round(q * 100)}" for q in QUANTILES)

_CHUNK = 20_000


@dataclass(frozen=True)
class Model:
    """What a projection rests on: rates of other treaties, and the pace of its own."""

    rates: Rates
    pace: Pace

    def curves(self, cases: pd.DataFrame) -> Curves:
        """Return the distributions of states as `stockpile.forecast.history.features` has them."""
        return curves_of(self.rates, self.pace, cases)


def forecast(model: Model, cases: pd.DataFrame) -> pd.DataFrame:
    """Project any number of states at once.

    ``cases`` has the columns of `stockpile.forecast.history.FEATURES`.

    Columns: ``q10`` to ``q90`` (years from now; ``NaN`` beyond
    `stockpile.forecast.rates.HORIZON_YEARS`), ``p_on_time`` (0 for a deadline that has passed)
    and ``p_by_plan`` (``NaN`` without an announced date ahead).

    >>> from stockpile.forecast.rates import fit
    >>> year_left = pd.DataFrame({"to_deadline": [1.0], "to_plan": float("nan"), "share": 0.5,
    ...     "size": 0.0, "late": False, "extended": False, "step_missed": False})
    >>> found = forecast(Model(fit([]), Pace()), year_left)
    >>> bool(0 < found["q10"].iloc[0] < found["q90"].iloc[0])
    True
    """
    if len(cases) > _CHUNK:
        # In pieces that fit the processor's caches: time then grows with the rows.
        cuts = range(0, len(cases), _CHUNK)
        parts = [forecast(model, cases.iloc[i : i + _CHUNK]) for i in cuts]
        return pd.concat(parts, ignore_index=True)
    curves = model.curves(cases)
    due, plan = (cases[name].to_numpy(float) for name in ("to_deadline", "to_plan"))
    out = {
        column: curves.years_to(quantile)
        for quantile, column in zip(QUANTILES, QUANTILE_COLUMNS, strict=True)
    }
    # Finishing on the day of the deadline is in time; once it has passed, nothing is.
    out["p_on_time"] = np.where(due >= 0, curves.chance_by(due), 0.0)
    ahead = np.where(plan >= 0, plan, 0.0)
    out["p_by_plan"] = np.where(plan >= 0, curves.chance_by(ahead), np.nan)
    return pd.DataFrame(out)


def other_treaties(ledger: Ledger) -> list[Ledger]:
    """Return the packaged treaties other than the ledger's, as of its day and by its rule."""
    day = ledger.require_day()
    assert ledger.rule is not None
    others = [load(other) for other in packaged() if other != ledger.treaty.id]
    # Before it was in force a treaty has nothing to teach.
    since = [other for other in others if other.treaty.first_entry_into_force <= day]
    return [other.as_of(day, ledger.rule) for other in since]


@cached
def project(
    ledger: Ledger,
    *,
    history: Sequence[Ledger] | None = None,
) -> pd.DataFrame:
    """Project when each state with stock left will have destroyed it; see `stockpile.project`."""
    day = ledger.require_day()
    where, past = positions(ledger), landmarks(ledger)
    subject = subjects(where, ledger)
    cases = features(where[subject], ledger)
    ahead = forecast(learn(ledger, history), cases)
    due, share = (cases[name].to_numpy() for name in ("to_deadline", "share"))
    start, end = allowed_time(where, ledger.treaty)
    used = ((day - start) / (end - start)).to_numpy(float)
    kept = announcements(ledger)["kept"].dropna()

    def lay(values: Floats) -> Floats:
        out = np.full(len(where), np.nan)
        out[subject] = values
        return out

    needed = lay(np.divide(1 - share, due, out=np.full(len(due), np.nan), where=due > 0))
    same = _comparables(past, used, needed, subject)
    facts = ["state", "membership", "stock", "share_destroyed", "planned_completion"]
    facts += ["suspension_notified", "deadline"]
    reasons = [_reason(row) for row in as_dicts(where[facts].assign(**same))]
    columns = {
        "iso3": where["iso3"],
        "state": where["state"],
        "method": METHOD,
        "as_of": day,
        "deadline": where["deadline"],
        "time_used": used,
        **{column: days_after(day, lay(ahead[column].to_numpy())) for column in QUANTILE_COLUMNS},
        "p_on_time": lay(ahead["p_on_time"].to_numpy()),
        "planned_completion": where["planned_completion"],
        "p_by_plan": lay(ahead["p_by_plan"].to_numpy()),
        "plans_past": len(kept),
        "plans_kept": int(kept.sum()),
        "pace_needed": needed,
        **same,
        "reason": pd.array(reasons, dtype="str"),
    }
    return pd.DataFrame(columns)[["as_of", *column_names("project")]]


def chances_since_word(ledger: Ledger) -> pd.Series:
    """Chance of being in time as it was when the stock was last spoken of, by ISO code.

    Who has been silent since may have finished: a completion becomes known months after
    the fact. At most the last year before the deadline is looked back on; before it, the
    chance is that of `project`.
    """
    where = positions(ledger)
    where = where[subjects(where, ledger)]
    word = where[["last_report", "stock_seen"]].max(axis=1)
    year_before = where["deadline"] - pd.DateOffset(years=1)
    since = word.where(word > year_before, year_before)
    since = since.where(since < ledger.require_day(), ledger.require_day())
    cases = features(where, ledger, since)
    due = cases["to_deadline"].to_numpy()
    still = (where["deadline"] >= ledger.require_day()).to_numpy()
    chance = np.where(still, learn(ledger).curves(cases).chance_by(due), 0.0)
    return pd.Series(chance, index=where["iso3"])


def days_after(day: pd.Timestamp | pd.Series, years: Floats) -> NDArray[np.datetime64]:
    """Days so many years after a day, or after one for each, rounded up; ``NaT`` for ``NaN``.

    >>> days_after(pd.Timestamp("2012-04-19"), np.array([1.0, np.nan])).astype(str).tolist()
    ['2013-04-20T00:00:00.000000', 'NaT']
    """
    known = ~np.isnan(years)
    steps = np.full(len(years), np.timedelta64("NaT", "D"))
    steps[known] = np.ceil(years[known] * YEAR).astype("timedelta64[D]")
    start: NDArray[np.datetime64] = np.asarray(day, dtype="datetime64[us]")
    return start + steps


def subjects(where: pd.DataFrame, ledger: Ledger) -> NDArray[np.bool_]:
    """Which states there is something to project for."""
    start, _ = allowed_time(where, ledger.treaty)
    bound = (where["membership"] == "State Party") & where["suspension_notified"].isna()
    ends = start.notna() & where["deadline"].notna()
    return (bound & (where["stock"] == "left") & ends).to_numpy()


@cached
def learn(ledger: Ledger, history: Sequence[Ledger] | None = None) -> Model:
    """Learn the rates from other treaties, and from the treaty's own past how fast it has been."""
    others = other_treaties(ledger) if history is None else history
    rates = fit(seen_by(other) for other in others)
    return Model(rates, pace_of(seen_by(ledger), rates))


def _comparables(
    past: pd.DataFrame, used: Floats, needed: Floats, subject: NDArray[np.bool_]
) -> dict[str, NDArray[np.int64]]:
    """Count the states that had stock at the same point of their time, and what they did."""
    # The landmark of each state that is next to the point, if it has one beyond it.
    decided = past[past["in_time"].notna()]
    codes, state = np.unique(decided["iso3"].to_numpy(), return_inverse=True)
    reach, timely, pace = (np.zeros(len(codes)) for _ in range(3))
    np.maximum.at(reach, state, decided["time_used"].to_numpy())
    np.maximum.at(timely, state, decided["in_time"].to_numpy())
    # Pace kept to the end, from each landmark; the best of them is what a state can do.
    rest = np.maximum(decided["until"].to_numpy(), 1 / 12)
    speed = np.where(decided["finished"], (1 - decided["share"].to_numpy()) / rest, 0.0)
    np.maximum.at(pace, state, speed)
    same = (reach[None, :] >= used[:, None]) & subject[:, None]
    return {
        "pace_kept_by": (same & (pace[None, :] >= needed[:, None])).sum(axis=1),
        "comparables": same.sum(axis=1),
        "comparables_in_time": (same & (timely[None, :] > 0)).sum(axis=1),
    }


def _reason(row: dict[str, Any]) -> str:
    """Say why there is no date, or what the dates rest on."""
    state = row["state"]
    if row["membership"] == "withdrawn":
        return f"{state} has withdrawn from the treaty."
    if row["membership"] != "State Party":
        return f"{state} is not yet bound by the treaty."
    why = {
        "unknown": f"Nothing is on record of a stock of {state}.",
        "none": f"{state} has no stock.",
        "kept": f"{state} keeps all it has for training.",
        "gone": f"{state} has finished.",
    }
    if row["stock"] in why:
        return why[row["stock"]]
    if pd.notna(row["suspension_notified"]):
        return f"{state} has notified a suspension of the treaty."
    if pd.isna(row["deadline"]):
        return f"No deadline of {state} is on record."
    parts = []
    count, timely = row["comparables"], row["comparables_in_time"]
    if count:
        parts.append(
            f"{timely} of {count} comparable state{'s' if count > 1 else ''} at this point "
            "finished in time"
        )
    else:
        parts.append("no state has been at this point before")
    share = row["share_destroyed"]
    parts.append(
        "nothing destroyed on record"
        if not share > 0
        else f"{share:.0%} destroyed".replace("%", " per cent")
    )
    if pd.notna(row["planned_completion"]):
        parts.append(f"own target {row['planned_completion']:%B %Y}")
    text = "; ".join(parts)
    return f"{text[:1].upper()}{text[1:]}."


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
