"""What changed between two days, or between an earlier report and now.

Comparing what a report said with what is said now shows whether a change came with
time or because the tables themselves were corrected.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from stockpile.common.columns import column_names, typed_frame
from stockpile.common.frames import as_dicts
from stockpile.common.output import number, unescaped
from stockpile.rating.snapshot import Snapshot
from stockpile.rating.status import RATINGS
from stockpile.stock.reconcile import USED

#: The same statement is the same in these; its part in a line may change with others.
_IDENTITY = "iso3 unit figure value qualifier period_start date new_deadline source_id".split()
_DESTROYED = ("destroyed", "destroyed_total", "destroyed_share")
_MOVES_DEADLINE = ("deadline_stated", "extension_granted", "consented", "entered_into_force")
_ENDS_STOCK = ("completed", "reopened")


@dataclass(frozen=True, repr=False)
class Changes:
    """What `what_changed` found.

    Attributes
    ----------
    since, day : pandas.Timestamp
        The two as-of days.
    same_data : bool
        Whether both were drawn from the same tables.
    same_thresholds : bool
        Whether both were rated alike, as far as is on record.
    ratings : pandas.DataFrame
        ``treaty``, ``as_of`` (the later day), ``iso3``, ``state``, ``before``, ``after``
        (missing for a state that was not, or is no longer, on record), ``reason`` (of the
        later rating); worst first.
    restated : pandas.DataFrame
        Figures that were corrected rather than moved on: ``treaty``, ``as_of``, ``iso3``,
        ``state``, ``unit`` (missing for days), ``figure`` (``declared``, ``destroyed``,
        ``remaining``, ``deadline``, ``completed``), ``on`` (the day that a count
        speaks of), ``before`` and ``after`` (counts) or ``before_day`` and
        ``after_day``, ``change`` (``restated``, ``extended``, ``made precise``,
        ``taken back``), ``sources`` (ids of what caused it, separated by blanks).
    statements, withdrawn_statements : pandas.DataFrame
        Known now and not then, and the other way round: the columns of
        `stockpile.statements`.
    deadlines : pandas.DataFrame
        Of states with stock left: ``treaty``, ``as_of``, ``iso3``, ``state``, ``deadline``,
        ``status``, ``what`` (``passed`` since, or ``within a year`` from now and not from then).
    """

    since: pd.Timestamp
    day: pd.Timestamp
    same_data: bool
    same_thresholds: bool
    ratings: pd.DataFrame
    restated: pd.DataFrame
    statements: pd.DataFrame
    withdrawn_statements: pd.DataFrame
    deadlines: pd.DataFrame

    def __repr__(self) -> str:
        """One line: between which days, and how much changed."""
        tables = ("ratings", "restated", "statements", "withdrawn_statements", "deadlines")
        told = ", ".join(f"{len(getattr(self, name))} {name}" for name in tables)
        return f"<Changes {self.since:%Y-%m-%d} to {self.day:%Y-%m-%d}: {told}>"

    @property
    def empty(self) -> bool:
        """Whether nothing changed at all."""
        tables = (
            self.ratings, self.restated, self.statements, self.withdrawn_statements, self.deadlines
        )  # fmt: skip
        return all(table.empty for table in tables)


def what_changed(before: Snapshot, now: Snapshot) -> Changes:
    """Compare two snapshots of a treaty; see `stockpile.what_changed`."""
    for what, a, b in (
        ("treaty", before.treaty, now.treaty),
        ("rule", before.rule, now.rule),
    ):
        if a != b:
            raise ValueError(f"the earlier {what} is {a!r} and the later {b!r}; expected the same")
    if before.day > now.day:
        raise ValueError(
            f"the earlier day is {before.day:%Y-%m-%d} and the later {now.day:%Y-%m-%d}; "
            "expected an earlier day, or the same"
        )
    old, new = _keyed(before.statements), _keyed(now.statements)
    added, gone = now.statements[~new.isin(old)], before.statements[~old.isin(new)]
    return Changes(
        since=before.day,
        day=now.day,
        same_data=before.data_hash == now.data_hash,
        same_thresholds=None in (limits := (before.thresholds, now.thresholds))
        or limits[0] == limits[1],
        ratings=_ratings(before.status, now.status),
        restated=_restated(before, now, _Causes(before.statements, old, now.statements, new)),
        statements=_once(added, new),
        withdrawn_statements=_once(gone, old),
        deadlines=_due(before, now),
    )


def _keyed(told: pd.DataFrame) -> pd.Series:
    """What makes each statement the same one, as it would stand in a file."""
    # A share of an unnamed count is one statement, whatever count it bears on.
    unit = told["unit"].where(told["figure"] != "destroyed_share", "")
    columns = [_cells(unit if name == "unit" else told[name]) for name in _IDENTITY]
    return pd.Series(list(zip(*columns, strict=True)), index=told.index, dtype="object")


def _cells(column: pd.Series) -> Iterable[object]:
    if pd.api.types.is_datetime64_any_dtype(column):
        return column.astype("int64").tolist()
    if pd.api.types.is_float_dtype(column):
        return [_number(value) for value in column.tolist()]
    return [unescaped(text) if isinstance(text, str) else "" for text in column.tolist()]


def _number(value: float) -> int | float | None:
    """A number with the digits that a file has."""
    return None if math.isnan(value) else number(value)


def _once(told: pd.DataFrame, keys: pd.Series) -> pd.DataFrame:
    """Leave each statement in once, though it may bear on several lines."""
    return told[~keys.loc[told.index].duplicated()].reset_index(drop=True)


def _ratings(before: pd.DataFrame, now: pd.DataFrame) -> pd.DataFrame:
    columns = ["state", "status", "reason"]
    sides = (
        before.set_index("iso3")[columns].add_suffix("_before"),
        now.set_index("iso3")[columns].add_suffix("_after"),
    )
    both = sides[0].join(sides[1], how="outer")
    out = pd.DataFrame(
        {
            "state": both["state_after"].fillna(both["state_before"]),
            "before": both["status_before"].fillna(""),
            "after": both["status_after"].fillna(""),
            "reason": both["reason_after"].fillna(""),
        }
    )
    out = out[out["before"] != out["after"]].rename_axis("iso3").reset_index()
    order = {rating: i for i, rating in enumerate(RATINGS)}
    out = out.assign(order=out["after"].map(order)).sort_values(["order", "state", "iso3"])
    return out[column_names("changes.ratings")].reset_index(drop=True)


def _due(before: Snapshot, now: Snapshot) -> pd.DataFrame:
    """Deadlines of states with stock left that passed, or came near."""
    open_ = now.status[
        now.status["had_stock"]
        & now.status["completed"].isna()
        & (now.status["membership"] == "State Party")
    ]
    deadline = open_["deadline"]
    year = pd.DateOffset(years=1)
    # The day itself is in time: a deadline has passed when it is over.
    passed = (before.day <= deadline) & (deadline < now.day)
    near = (now.day <= deadline) & (deadline <= now.day + year) & (deadline > before.day + year)
    out = open_.assign(what=passed.map({True: "passed", False: "within a year"}))
    out = out[passed | near].sort_values(["deadline", "state", "iso3"])
    return out[column_names("changes.deadlines")].reset_index(drop=True)


def _restated(before: Snapshot, now: Snapshot, causes: _Causes) -> pd.DataFrame:
    """Figures that are no longer what they were for the same fact."""
    rows = [*_restated_counts(before, now, causes), *_restated_days(before, now, causes)]
    out = typed_frame("changes.restated", rows)
    return out.sort_values(["state", "iso3"], kind="stable", ignore_index=True)


class _Causes:
    """Looks up the statements that a changed figure goes back to."""

    def __init__(
        self, before: pd.DataFrame, old: pd.Series, now: pd.DataFrame, new: pd.Series
    ) -> None:
        was, is_ = before["role"] == USED, now["role"] == USED
        self.came = now[is_ & ~new.isin(old[was])]
        self.went = before[was & ~old.isin(new)]

    def of(self, iso3: str, figures: Sequence[str], unit: str = "", on: Any = pd.NaT) -> str:
        """Ids of the sources that came in, or, if none did, of those taken out."""
        for told in (self.came, self.went):
            own = told[(told["iso3"] == iso3) & told["figure"].isin(figures)]
            own = own[own["unit"] == unit]
            if pd.notna(on):
                # What was destroyed later is no correction of what was by the day,
                # unless there is nothing else: a later total may cap it.
                own = own[own["date"] <= on] if (own["date"] <= on).any() else own
            if len(own):
                return " ".join(sorted(set(own["source_id"])))
        return ""


def _restated_counts(before: Snapshot, now: Snapshot, causes: _Causes) -> Iterable[tuple[Any, ...]]:
    names = dict(zip(now.status["iso3"], now.status["state"], strict=True))
    lines = _lines(now.progress)
    for key, line in _lines(before.progress).items():
        was, own = line[-1], lines.get(key, [])
        iso3, unit, _ = key
        # What is now said of the very day that the earlier figure spoke of.
        by_then = [p for p in own if pd.isna(was["date"]) or p["date"] <= was["date"]]
        at = (by_then or own)[-1] if own else None
        found: list[tuple[Any, ...]] = []
        for figure, figures in (
            ("declared", ("declared",)),
            ("destroyed", _DESTROYED),
            ("remaining", ("remaining",)),
        ):
            a = _number(was[figure])
            b = None if at is None else _number(at[figure])
            if a is None or a == b or (a == 0 and b is None):
                continue
            if figure != "declared" and not by_then and b is not None and b >= a:
                continue  # only later figures are on record, and they do not go back on it
            if figure == "remaining" and (found or was["basis"] == "declared"):
                continue  # follows from the other two
            on = pd.NaT if figure == "declared" else was["date"]
            sources = causes.of(iso3, figures, unit, on)
            if not sources and not found:
                # What is destroyed may follow from what is left, and the other way round.
                sources = causes.of(iso3, (*_DESTROYED, "remaining"), unit, on)
            if figure != "declared" and not sources and (found or was["basis"] == "completed"):
                continue  # follows from the declared stock, or from the day of completion
            found.append(
                (
                    iso3, names.get(iso3, was["state"]), unit, figure, on,
                    a, math.nan if b is None else b, pd.NaT, pd.NaT,
                    "taken back" if b is None else "restated", sources,
                )
            )  # fmt: skip
        yield from found


def _lines(progress: pd.DataFrame) -> dict[tuple[str, str, int], list[dict[str, Any]]]:
    """The points of each line, in their order."""
    out: dict[tuple[str, str, int], list[dict[str, Any]]] = {}
    for point in as_dicts(progress):
        out.setdefault((point["iso3"], point["unit"], point["episode"]), []).append(point)
    return out


def _restated_days(before: Snapshot, now: Snapshot, causes: _Causes) -> Iterable[tuple[Any, ...]]:
    was = {str(row.iso3): row for row in before.status.itertuples()}
    row: Any
    for row in now.status.itertuples():
        iso3 = str(row.iso3)
        old: Any = was.get(iso3)
        if old is None:
            continue
        for figure, figures in (("deadline", _MOVES_DEADLINE), ("completed", _ENDS_STOCK)):
            a, b = getattr(old, figure), getattr(row, figure)
            if pd.isna(a) or a == b:
                continue
            sources = causes.of(iso3, figures)
            if not sources and figure == "completed":
                # The word that stock is left speaks against an earlier completion.
                sources = causes.of(iso3, ("remaining", "declared"), unit=str(row.unit))
            yield (
                iso3, row.state, "", figure, pd.NaT, math.nan, math.nan, a, b,
                _how(figure, old, row), sources,
            )  # fmt: skip


def _how(figure: str, old: Any, row: Any) -> str:
    """Say in what way a day is no longer what it was."""
    before, after = getattr(old, figure), getattr(row, figure)
    if pd.isna(after):
        return "taken back"
    if figure == "deadline":
        if _inside(after, before, "month" if before.is_month_end else ""):
            return "made precise"
        if _inside(after, before, "year" if before.is_year_end else ""):
            return "made precise"
        later = after > before and old.original_deadline == row.original_deadline
        return "extended" if later else "restated"
    precision = str(old.completed_precision)
    loose = precision in ("on_or_before", "unknown") and after <= before
    return "made precise" if loose or _inside(after, before, precision) else "restated"


def _inside(after: pd.Timestamp, before: pd.Timestamp, precision: str) -> bool:
    """Whether a day lies in the month or year that an earlier one stood for the end of."""
    period = {"month": "M", "year": "Y"}.get(precision)
    return period is not None and after.to_period(period) == before.to_period(period)
