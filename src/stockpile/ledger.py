"""The accepted statements of one treaty, and what of them was known on a day.

Every statement has a day it speaks of and a day it became known. The day it
became known is worked out here, once, for both rules of knowing:

``published``
    Known on the day its source was published. A source without such a day is
    never known under this rule.
``reported``
    Known on publication, or on the treaty's first reporting date after the fact,
    whichever came first, because many sources are younger than what they tell.

Under both, acts of membership are known on their day, a plan or a stated
deadline on publication alone (it speaks of the future), and nothing before it
happened. A declaration without a date speaks of the stock a state had to begin
with: under ``reported`` it is *presumed* to be that of the initial transparency
report, and known on the reporting date on which, or next after, that report
fell due, if it was published while the treaty's years were still running. A presumed figure
gives way to any figure that was out by the day, and of several presumed ones
the earliest published is taken, so that a later restatement stays out.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, cast, get_args

import numpy as np
import pandas as pd

from stockpile.ingest import ingest
from stockpile.treaty import DataError, Treaty

Rule = Literal["reported", "published"]
RULES: tuple[str, ...] = get_args(Rule)

#: Acts that everybody can see on the day they are done, at the depositary.
MEMBERSHIP_ACTS = (
    "signed",
    "consented",
    "entered_into_force",
    "withdrawal_notified",
    "suspension_notified",
    "withdrew",
)
#: Statements about the future: the date in them is no day on which anything happened.
FORWARD_EVENTS = ("planned_completion", "deadline_stated")

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


@dataclass(frozen=True)
class Ledger:
    """The accepted rows of one treaty folder.

    Attributes
    ----------
    treaty : Treaty
        The rules the rows are read by.
    states : pandas.DataFrame
        ``iso3``, ``name``.
    sources : pandas.DataFrame
        ``source_id``, ``title``, ``publisher``, ``kind``, ``published`` (day),
        ``published_precision``, ``url``.
    quantities : pandas.DataFrame
        ``iso3``, ``measure``, ``unit``, ``quantity``, ``qualifier``,
        ``period_start``, ``period_end``, ``source_id``, ``kind`` and ``published``
        of the source, ``on`` (the day the row speaks of), ``known_reported``,
        ``known_published``, ``presumed``, ``file``, ``line``.
    events : pandas.DataFrame
        ``iso3``, ``event``, ``date``, ``precision``, ``value``, ``new_deadline``,
        ``source_id`` and the same columns of knowing as ``quantities``.
    transparency_reports, national_legislation, interpretive_views : pandas.DataFrame
        The further tables, empty where the folder has none.
    rejected, warnings, counts : pandas.DataFrame
        The account of all rows read; see `stockpile.ingest.Ingested`.
    data_hash : str
        SHA-256 over the input files.
    folder : pathlib.Path
        Where the rows were read.
    listed : bool
        Whether ``states.csv`` names the states; if not, they are those of the known rows.
    day : pandas.Timestamp or None
        The as-of day; ``None`` for everything on record.
    rule : str or None
        The rule of knowing that was applied.
    """

    treaty: Treaty
    states: pd.DataFrame
    sources: pd.DataFrame
    quantities: pd.DataFrame
    events: pd.DataFrame
    transparency_reports: pd.DataFrame
    national_legislation: pd.DataFrame
    interpretive_views: pd.DataFrame
    rejected: pd.DataFrame
    warnings: pd.DataFrame
    counts: pd.DataFrame
    data_hash: str
    folder: Path
    listed: bool = True
    day: pd.Timestamp | None = None
    rule: Rule | None = None

    def as_of(self, day: object, rule: Rule = "reported") -> Ledger:
        """The ledger as it was known on a day.

        Parameters
        ----------
        day : str, datetime.date or pandas.Timestamp
            The as-of day, as ``"2012-04-19"``.
        rule : {"reported", "published"}
            What 'known' means; see the module's own text.

        Returns
        -------
        Ledger
            With the rows known by the end of that day, and with ``day`` and
            ``rule`` set. No result drawn from it depends on a row that became
            known later.

        Raises
        ------
        ValueError
            When the day is no calendar day, the rule has another name, or the
            ledger was already cut to an earlier day or by the other rule.

        Examples
        --------
        >>> import stockpile as sp
        >>> ccm = sp.load("ccm")
        >>> then = ccm.as_of("2014-12-31")
        >>> peru = then.quantities.query("iso3 == 'PER' and measure == 'declared'")
        >>> sorted(set(peru.loc[~peru["presumed"], "quantity"].tolist()))
        [676.0, 86200.0]
        """
        at = parse_day(day)
        if rule not in RULES:
            raise ValueError(f"rule is {rule!r}; expected one of {', '.join(RULES)}")
        if self.day is not None and (at > self.day or rule != self.rule):
            raise ValueError(
                f"this ledger is already cut to {self.day:%Y-%m-%d} by the rule {self.rule!r}; "
                "start from the whole ledger for a later day or another rule"
            )
        known = f"known_{rule}"
        quantities = self.quantities[self.quantities[known] <= at]
        published = quantities["published"]
        quantities = quantities.assign(
            presumed=quantities["on"].isna() & ~(published <= at)
        ).reset_index(drop=True)
        events = self.events[self.events[known] <= at].reset_index(drop=True)
        cited = set(quantities["source_id"]) | set(events["source_id"])
        states = self.states
        if not self.listed:
            named = set(quantities["iso3"]) | set(events["iso3"])
            states = states[states["iso3"].isin(named)].reset_index(drop=True)
        return replace(
            self,
            states=states,
            quantities=quantities,
            events=events,
            sources=self.sources[self.sources["source_id"].isin(cited)].reset_index(drop=True),
            day=at,
            rule=rule,
        )

    @cached_property
    def bound(self) -> pd.DataFrame:
        """What `entry_into_force` returns for the ledger, worked out once."""
        return entry_into_force(self.events, self.treaty)

    @property
    def newest(self) -> pd.Timestamp:
        """Day on which the newest row became known: an as-of day that needs no clock."""
        known = [rows["known_reported"].max() for rows in (self.quantities, self.events)]
        days = [day for day in known if pd.notna(day)]
        return max(days) if days else self.treaty.first_entry_into_force

    def require_day(self) -> pd.Timestamp:
        """Return the as-of day, or say that one is needed."""
        if self.day is None:
            raise ValueError(
                "this needs an as-of day: call ledger.as_of('2012-04-19') first and pass the result"
            )
        return self.day


def parse_day(day: object) -> pd.Timestamp:
    """Turn an ISO day, a date or a Timestamp into a Timestamp at midnight.

    Raises
    ------
    ValueError
        For anything that is not one calendar day from 1900 to 2199.

    Examples
    --------
    >>> parse_day("2012-04-19").year
    2012
    """
    try:
        iso = isinstance(day, str) and re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", day)
        if not iso and not isinstance(day, dt.date | np.datetime64):  # a Timestamp is a date
            raise ValueError
        at = pd.Timestamp(cast("str", day))
        if pd.isna(at) or at.tz is not None or not 1900 <= at.year <= 2199:
            raise ValueError
    except (TypeError, ValueError):
        raise ValueError(f"{day!r} is not a day; expected YYYY-MM-DD, as 2012-04-19") from None
    return at.normalize()


def packaged() -> tuple[str, ...]:
    """Ids of the treaties whose data come with the package.

    Examples
    --------
    >>> packaged()
    ('apmbc', 'ccm')
    """
    return tuple(sorted(p.parent.name for p in _data_folder().glob("*/treaty.toml")))


def packaged_folder(treaty_id: str) -> Path:
    """Folder of a packaged treaty.

    Raises
    ------
    DataError
        When there is no packaged treaty of that id.
    """
    if treaty_id not in packaged():
        raise DataError(
            f"{treaty_id!r} is not a packaged treaty; expected {' or '.join(packaged())}, "
            "or the path of a folder with treaty.toml, sources.csv, quantities.csv and events.csv"
        )
    return _data_folder() / treaty_id


def _data_folder() -> Path:
    """Where the raw tables lie: inside an installed package, or in the checkout."""
    here = Path(__file__).resolve().parent
    inside = here / "data"
    return inside if inside.is_dir() else here.parents[1] / "data" / "raw"


def load(treaty: str | Path) -> Ledger:
    """Load a treaty's statements.

    Parameters
    ----------
    treaty : str or pathlib.Path
        ``"ccm"`` or ``"apmbc"`` for the packaged data, or the path of a folder
        that holds ``treaty.toml``, ``sources.csv``, ``quantities.csv`` and
        ``events.csv`` (and, if you have them, ``states.csv`` and more).

    Returns
    -------
    Ledger
        With all accepted rows; rejected ones are in ``ledger.rejected``.

    Raises
    ------
    DataError
        When the folder or one of its files cannot be read at all.

    Examples
    --------
    >>> import stockpile as sp
    >>> sp.load("ccm").treaty.name
    'Convention on Cluster Munitions'
    """
    as_path = isinstance(treaty, Path) or (
        treaty not in ("", *packaged()) and Path(treaty).is_dir()
    )
    folder = Path(treaty) if as_path else packaged_folder(str(treaty))
    found = ingest(folder)
    empty = pd.DataFrame({"iso3": pd.Series(dtype="str"), "source_id": pd.Series(dtype="str")})
    # In an order of their own, so that the order of the rows in a file cannot matter.
    quantities, events = (
        table.sort_values([c for c in table.columns if c != "file"], ignore_index=True)
        for table in (found.tables["quantities"], found.tables["events"])
    )
    states = found.tables.get("states")
    listed = states is not None
    if states is None:
        codes = sorted(set(quantities["iso3"]) | set(events["iso3"]))
        states = pd.DataFrame({"iso3": codes, "name": codes}, dtype="str")
    states = states[["iso3", "name"]].sort_values("iso3", ignore_index=True)
    sources = found.tables["sources"].drop(columns=["file", "line"])
    events = _know_events(events, sources, found.treaty)
    ledger = Ledger(
        treaty=found.treaty,
        states=states,
        sources=sources,
        quantities=_know_quantities(quantities, sources, events, found.treaty),
        events=events,
        rejected=found.rejected,
        warnings=found.warnings,
        counts=found.counts,
        data_hash=found.data_hash,
        folder=folder,
        listed=listed,
        transparency_reports=found.tables.get("transparency_reports", empty),
        national_legislation=found.tables.get("national_legislation", empty),
        interpretive_views=found.tables.get("interpretive_views", empty),
    )
    return replace(ledger, warnings=_all_warnings(ledger))


def _with_source(rows: pd.DataFrame, sources: pd.DataFrame) -> pd.DataFrame:
    """Add the kind, rank and publication day of the source that each row cites."""
    by_id = sources.set_index("source_id")
    kind = _looked_up(by_id["kind"], rows["source_id"])
    return rows.assign(
        kind=kind,
        rank=kind.map(SOURCE_RANK).astype("int64"),
        published=_looked_up(by_id["published"], rows["source_id"]),
    )


def _looked_up(values: pd.Series, keys: pd.Series) -> pd.Series:
    """Values by key; unlike `map` it keeps the type of the values where there is no row."""
    return values.reindex(keys).set_axis(keys.index)


def _earlier(a: pd.Series, b: pd.Series) -> pd.Series:
    """The earlier of two days, or the one that is there."""
    return a.where(~(b < a) & a.notna(), b)


def _know_events(events: pd.DataFrame, sources: pd.DataFrame, treaty: Treaty) -> pd.DataFrame:
    """Add to each event the day it speaks of and the days it became known."""
    out = _with_source(events, sources)
    forward = out["event"].isin(FORWARD_EVENTS)
    act = out["event"].isin(MEMBERSHIP_ACTS)
    # A month or a year stands for its last day, but what a source tells had
    # happened by the time the source was out.
    loose = out["precision"].isin(["month", "year", "on_or_before", "unknown"]) & ~forward & ~act
    on = out["date"].where(~loose, _earlier(out["date"], out["published"]))
    published = out["published"].where(~(out["published"] < on) | forward, on)
    reported = _earlier(published, treaty.reporting_dates(on).where(~forward))
    return out.assign(
        on=on,
        known_published=published.where(~act, out["date"]),
        known_reported=reported.where(~act, out["date"]),
    )


def _know_quantities(
    quantities: pd.DataFrame, sources: pd.DataFrame, events: pd.DataFrame, treaty: Treaty
) -> pd.DataFrame:
    """Add to each quantity the day it speaks of and the days it became known."""
    out = _with_source(quantities, sources)
    # A position 'by the end of the year' told in September is that of September.
    capped = out["published"] < out["period_end"]
    on = out["period_end"].where(~capped, out["published"])
    published = out["published"]
    reported = _earlier(published, treaty.reporting_dates(on))
    bound = _looked_up(_first_bound(events, treaty), out["iso3"])
    in_time = published <= bound + pd.DateOffset(years=treaty.years)
    # On the reporting date itself, where the initial report fell due on one.
    initial = treaty.reporting_dates(
        bound + pd.Timedelta(days=treaty.initial_days) - pd.Timedelta(days=1)
    )
    undated = (out["measure"] == "declared") & on.isna() & in_time
    reported = reported.where(~undated, _earlier(published, initial))
    return out.assign(on=on, known_published=published, known_reported=reported, presumed=False)


def _first_bound(events: pd.DataFrame, treaty: Treaty) -> pd.Series:
    """Earliest day on which any source has each state bound.

    The earliest, and not the best supported one, because nothing that a source
    says later may move the day from which a declaration is presumed.
    """
    acts = events[events["event"].isin(["consented", "entered_into_force"])]
    days = acts["date"].where(
        acts["event"] == "entered_into_force", treaty.entries_into_force(acts["date"])
    )
    return days.groupby(acts["iso3"]).min()


def entry_into_force(events: pd.DataFrame, treaty: Treaty) -> pd.DataFrame:
    """When the treaty bound, or binds, each state that consented to it.

    Computed from the day of consent by the treaty's rule; where consent is not
    on record, a stated day stands in. Of several different days the source
    nearest to the fact is taken, then the one published last.

    Returns
    -------
    pandas.DataFrame
        Indexed by ``iso3``: ``consented``, ``entry_into_force``, ``stated`` (the
        day as sources have it, ``NaT`` if none does).
    """

    def best(event: str) -> pd.Series:
        rows = events[(events["event"] == event) & events["date"].notna()]
        chosen: dict[str, tuple[Any, ...]] = {}
        for iso3, rank, out, day, source in zip(
            rows["iso3"],
            rows["rank"],
            -rows["published"].to_numpy().astype("int64"),  # NaT comes last
            rows["date"],
            rows["source_id"],
            strict=True,
        ):
            chosen[iso3] = min(chosen.get(iso3, (9,)), (rank, out, day, source))
        days = {iso3: key[2] for iso3, key in chosen.items()}
        return pd.Series(days, dtype="datetime64[us]")

    out = pd.DataFrame({"consented": best("consented"), "stated": best("entered_into_force")})
    out = out.rename_axis("iso3").sort_index()
    computed = treaty.entries_into_force(out["consented"])
    return out.assign(entry_into_force=computed.fillna(out["stated"]))


def _all_warnings(ledger: Ledger) -> pd.DataFrame:
    """Warnings of the rows themselves, and of rows held against rules and sources."""
    parts = [ledger.warnings]

    def note(rows: pd.DataFrame, kind: str, message: pd.Series) -> None:
        if len(rows):
            parts.append(
                pd.DataFrame(
                    {"file": rows["file"], "line": rows["line"], "kind": kind, "message": message}
                )
            )

    for rows, speaks in ((ledger.quantities, "period_end"), (ledger.events, "date")):
        happened = (
            ~rows["event"].isin((*FORWARD_EVENTS, *MEMBERSHIP_ACTS)) if "event" in rows else True
        )
        early = rows[(rows["published"] < rows[speaks]) & happened]
        note(
            early,
            "published before what it tells",
            early["source_id"]
            + " of "
            + early["published"].dt.strftime("%Y-%m-%d")
            + " tells of "
            + early[speaks].dt.strftime("%Y-%m-%d"),
        )
        never = rows[rows["known_published"].isna() & rows["known_reported"].isna()]
        note(
            never,
            "no day at all",
            never["source_id"] + " has no day of publication and the row no date: "
            "it is on record, but known on no day",
        )
    days = ledger.bound
    acts = ledger.events
    stated = acts[acts["event"] == "entered_into_force"]
    ruled = _looked_up(days["entry_into_force"], stated["iso3"])
    off = stated[ruled.notna() & (ruled != stated["date"])]
    note(
        off,
        "entry into force disagrees",
        off["date"].dt.strftime("%Y-%m-%d")
        + " is stated, the rule gives "
        + ruled.loc[off.index].dt.strftime("%Y-%m-%d"),
    )
    consent = acts[acts["event"] == "consented"]
    chosen = _looked_up(days["consented"], consent["iso3"])
    off = consent[chosen != consent["date"]]
    note(
        off,
        "consent disagrees",
        off["date"].dt.strftime("%Y-%m-%d")
        + " is set aside for "
        + chosen.loc[off.index].dt.strftime("%Y-%m-%d"),
    )
    stated = acts[(acts["event"] == "deadline_stated") & (acts["value"] == "original")]
    bound = _looked_up(days["entry_into_force"], stated["iso3"])
    due = bound + pd.DateOffset(years=ledger.treaty.years)
    period = stated["precision"].map({"day": "D", "month": "M", "year": "Y"})
    covers = pd.Series(
        [
            d.to_period(p) == s.to_period(p) if pd.notna(d) and isinstance(p, str) else True
            for d, s, p in zip(due, stated["date"], period, strict=True)
        ],
        index=stated.index,
        dtype="bool",
    )
    off = stated[~covers]
    note(
        off,
        "stated deadline disagrees",
        off["iso3"]
        + ": "
        + off["source_id"]
        + " has "
        + off["date"].dt.strftime("%Y-%m-%d")
        + ", the rule gives "
        + due.loc[off.index].dt.strftime("%Y-%m-%d"),
    )
    out = pd.concat([p for p in parts if len(p)] or [ledger.warnings])
    return out.sort_values(list(out.columns), kind="stable", ignore_index=True)
