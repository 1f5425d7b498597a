"""The sections of a state's own page: frames to HTML, one function a section.

Each takes the frames of the whole treaty and the state's ISO code, so that a
hundred pages are drawn from one reading of the tables. Text is escaped.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from stockpile import plot
from stockpile.common import english as words
from stockpile.common.frames import as_dicts, plain, takes_results
from stockpile.compliance.scorecard import scorecard, sources_behind
from stockpile.pages.chance_wording import record_words, why
from stockpile.pages.compliance_page import state_record
from stockpile.pages.html import Html, figure, render, section, stale_sentence, whole_page
from stockpile.pages.state_wording import (
    Sources,
    expectations,
    expected,
    looks,
    moves,
    outlook,
    state_sentence,
    tiles,
)
from stockpile.plot import figures
from stockpile.plot.burndown import draw
from stockpile.plot.burndown_data import Burndown, burndown_of
from stockpile.plot.style import drawable
from stockpile.rating.status import OPEN, Thresholds
from stockpile.rating.status import status as _status
from stockpile.stock.obligations import deadlines as _deadlines
from stockpile.stock.position import positions
from stockpile.stock.progress import conflicts
from stockpile.stock.progress import progress as _progress
from stockpile.stock.progress import statements as _statements
from stockpile.stock.steps import steps
from stockpile.stock.timelines import stocks
from stockpile.track_record.scoring import own_words, past_ratings
from stockpile.treaty.schema import MEMBERSHIP_ACTS

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from stockpile.ledger.ledger import Ledger

#: Up to this many disagreements stand open; more are folded.
_FEW = 6


def prepare(then: Ledger, thresholds: Thresholds) -> None:
    """Work out what the pages of all states ask for; it is then kept with the ledger.

    Parameters
    ----------
    then : Ledger
        As of a day.
    thresholds : Thresholds
        Of the ratings.
    """
    _status(then, thresholds), _progress(then), _statements(then), sources_behind(then)
    expectations(then, thresholds), past_ratings(then, thresholds), own_words(then)
    scorecard(then), conflicts(then), steps(then), positions(then), _deadlines(then)


def page(
    then: Ledger,
    state: str,
    thresholds: Thresholds,
    *,
    title: str,
    index: str | None = None,
    charts: Path | None = None,
) -> str:
    """Return the whole page of one state, as its notebook makes it.

    Parameters
    ----------
    then : Ledger
        As of a day.
    state : str
        ISO code of the state.
    thresholds : Thresholds
        Of the ratings.
    title : str
        Of the page.
    index : str, optional
        Address of the page on all states, to link back to.
    charts : pathlib.Path, optional
        A folder to write the chart to as well; see `save_chart`.

    Raises
    ------
    ValueError
        When the treaty's table of states has no such code.
    """
    rated = _status(then, thresholds)
    _row(rated, state)
    status, progress, rows = (
        frame[frame["iso3"] == state] for frame in (rated, _progress(then), _statements(then))
    )
    return whole_page(
        "state_page",
        title=title,
        sections={
            "": headline(status, then, state, past_ratings(then, thresholds), index=index),
            "What was left over the years": burndown(
                status, progress, rows, then, state, charts=charts
            ),
            "Where it stands": position(status, progress, state),
            "Expected then and now": projection(status, then, state, thresholds),
            "Deadlines": deadlines(status, rows, then, state),
            "What the sources say of its stock": statements(rows, then, state),
            "Reports, laws and views": state_record(then, state),
            "Method and origin": method(then, thresholds, index=index),
        },
    )


@takes_results
def headline(
    status: pd.DataFrame,
    then: Ledger,
    state: str,
    record: pd.DataFrame | None = None,
    *,
    index: str | None = None,
) -> Html:
    """Return the first screen: the rating, why, and the figures.

    Parameters
    ----------
    status : pandas.DataFrame
        As `stockpile.status` returns it.
    then : Ledger
        What it was drawn from, as of a day.
    state : str
        ISO code of the state.
    record : pandas.DataFrame, optional
        How often such ratings came true, as `stockpile.track_record.scoring.past_ratings`
        returned it; worked out from the ledger if left out.
    index : str, optional
        Address of the page on all states, to link back to.

    Raises
    ------
    ValueError
        When the treaty's table of states has no such code.
    """
    row = _row(status, state)
    record = past_ratings(then) if record is None else record
    return render(
        "state_headline",
        view=then,
        stale=stale_sentence(then),
        sentence=state_sentence(row),
        row=row,
        record=record_words(row["status"], record),
        tiles=tiles(row, then.treaty.units),
        index=index,
    )


def _row(status: pd.DataFrame, state: str) -> dict[str, Any]:
    """The state's row of ``status``."""
    rows = status[status["iso3"] == state]
    if rows.empty:
        raise ValueError(
            f"state is {state!r}; expected one of the {len(status)} codes of the table of states, "
            f"as {status['iso3'].iloc[0]!r}"
            if len(status)
            else f"state is {state!r}; the table of states is empty"
        )
    return as_dicts(rows)[0]


@takes_results
def burndown(
    status: pd.DataFrame,
    progress: pd.DataFrame,
    statements: pd.DataFrame,
    then: Ledger,
    state: str,
    *,
    charts: Path | None = None,
) -> Html:
    """Return what was left of the stock over the years, as a figure.

    Parameters
    ----------
    status, progress, statements : pandas.DataFrame
        As `stockpile.status`, `stockpile.progress` and `stockpile.statements`
        return them.
    then : Ledger
        What they were drawn from, as of a day.
    state : str
        ISO code of the state.
    charts : pathlib.Path, optional
        A folder to write the figure to as well; see `save_chart`.
    """
    row = _row(status, state)
    if not _drawn(row, progress):
        rows = progress[progress["iso3"] == state]
        why = (
            "No figure on a stock is on record."
            if rows.empty
            else "No dated figure on a stock is on record; what is known stands below."
            if row["had_stock"]
            else "There is no stock to destroy, and so nothing to draw; the figures stand below."
        )
        return section("burndown", paragraphs=[why])
    known = _burndown_of(status, progress, statements, then, state)
    title = known.title
    return figure(
        "burndown",
        lambda known, as_of, **look: draw(known, **look),
        known,
        then,
        title=title,
        text="Each point is one statement; the tables below show what the line is based on.",
        alt=f"{title}. The numbers stand below.",
        once=True,
        also=charts
        and functools.partial(
            figures.save_framed,
            folder=charts,
            name=f"{state}-burndown",
            title=title if drawable(title) else title.replace(row["state"], state),
            source=f"{then.treaty.name}: public statements of states and monitors. "
            f"As known on {words.day(then.require_day())}.",
        ),
    )


def _burndown_of(
    status: pd.DataFrame,
    progress: pd.DataFrame,
    statements: pd.DataFrame,
    then: Ledger,
    state: str,
) -> Burndown:
    """What the chart of a state draws, with the steps of its treaty."""
    return burndown_of(
        progress,
        state=state,
        statements=statements,
        status=_rated(status[status["iso3"] == state]),
        steps=_steps_of(then, progress, state),
        as_of=then.day,
    )


def _steps_of(then: Ledger, progress: pd.DataFrame, state: str) -> pd.DataFrame:
    """The steps that concern the stock of the first line of a state."""
    rows = steps(then)
    if rows.empty:
        return rows
    units = set(plot.lines_left(progress, state=state)["unit"].head(1))
    concerned = [bool(units & then.treaty.speaking_of(stock)) for stock in rows["stock"]]
    return rows[pd.Series(concerned, index=rows.index, dtype=bool)]


def _drawn(row: dict[str, Any], progress: pd.DataFrame) -> bool:
    """Whether there is anything to draw."""
    rows = progress[progress["iso3"] == row["iso3"]]
    return bool(row["had_stock"] and rows["date"].notna().any())


def _rated(status: pd.DataFrame) -> pd.DataFrame:
    """Leave out what is projected where no rating rests on it."""
    ahead = ["projected", "earliest", "latest"]
    return status.assign(**status[ahead].where(status["status"].isin(OPEN)))


@takes_results
def save_chart(
    folder: str | Path,
    status: pd.DataFrame,
    progress: pd.DataFrame,
    statements: pd.DataFrame,
    then: Ledger,
    state: str,
) -> list[Path]:
    """Write the figure of `burndown` to ``<ISO3>-burndown.svg`` and ``.png`` in a folder.

    Parameters
    ----------
    folder : str or pathlib.Path
        Where to.
    status, progress, statements, then, state
        As for `burndown`.

    Returns
    -------
    list of pathlib.Path
        The files; none where there is nothing to draw.
    """
    if not _drawn(_row(status, state), progress):
        return []
    burndown(status, progress, statements, then, state, charts=Path(folder))
    return [Path(folder) / f"{state}-burndown.{ending}" for ending in ("svg", "png")]


def chart_of(
    then: Ledger, state: str, thresholds: Thresholds | None = None
) -> tuple[Callable[[Axes], Axes], str] | None:
    """Return what draws the figure of `burndown` on given axes, and its title.

    ``None`` where there is nothing to draw.
    """
    status, progress = plain(_status(then, thresholds)), plain(_progress(then))
    if not _drawn(_row(status, state), progress):
        return None
    known = _burndown_of(status, progress, _statements(then), then, state)
    return lambda ax: draw(known, ax=ax, title="", source=""), known.title


@takes_results
def position(status: pd.DataFrame, progress: pd.DataFrame, state: str) -> Html:
    """Return where each count of the stock stands, and the line behind it in numbers.

    Parameters
    ----------
    status, progress : pandas.DataFrame
        As `stockpile.status` and `stockpile.progress` return them.
    state : str
        ISO code of the state.
    """
    row = _row(status, state)
    rows = progress[progress["iso3"] == state]
    last = rows.groupby(["unit", "episode"], sort=False).tail(1)
    kept = row["retained"]
    paragraphs = []
    if rows.empty:
        paragraphs.append("No figure on a stock is on record.")
    if kept > 0:
        paragraphs.append(
            f"{row['state']} retains {words.full_amount(kept)} "
            f"{words.unit(row['unit'] or 'items', kept)} for training, which the "
            "treaty permits; they are no part of what has to be destroyed."
        )
    return render(
        "state_position",
        paragraphs=paragraphs,
        counts=[_figures(r) for r in as_dicts(last)],
        line=[_figures(r) for r in as_dicts(rows)],
        episodes=bool((rows["episode"] > 0).any()),
    )


def _figures(row: dict[str, Any]) -> dict[str, Any]:
    """A row of ``progress`` as it is shown."""
    shown = {
        name: words.full_amount(row[name], row[f"{name}_qualifier"])
        for name in ("declared", "destroyed", "remaining")
    }
    share = row["share_destroyed"]
    return (
        row
        | {f"{name}_shown": text for name, text in shown.items()}
        | {
            "share_shown": words.percent(share),
            "episode_shown": "" if not row["episode"] else f"found later ({row['episode']})",
            "day_shown": "undated" if pd.isna(row["date"]) else words.day(row["date"]),
        }
    )


@takes_results
def projection(
    status: pd.DataFrame, then: Ledger, state: str, thresholds: Thresholds | None = None
) -> Html:
    """Return when the state was expected to be done, as seen from earlier years and now.

    Parameters
    ----------
    status : pandas.DataFrame
        As `stockpile.status` returns it.
    then : Ledger
        What it was drawn from, as of a day.
    state : str
        ISO code of the state.
    thresholds : Thresholds, optional
        As the ratings used them.
    """
    row = _row(status, state)
    past = looks(expectations(then, thresholds), state)
    seen = [*past, *([row | {"day": then.day}] if expected(row) else [])]
    where = positions(then)
    (place,) = as_dicts(where[where["iso3"] == state])
    said = [
        outlook(row, then.require_day(), place["planned_precision"]),
        *why(row, place, then),
        *moves(row, seen),
    ]
    return render(
        "state_projection",
        paragraphs=[text for text in said if text],
        looks=seen,
        day=then.day,
    )


@takes_results
def deadlines(status: pd.DataFrame, statements: pd.DataFrame, then: Ledger, state: str) -> Html:
    """Return since when the treaty binds the state, and the chain of its deadlines.

    Parameters
    ----------
    status, statements : pandas.DataFrame
        As `stockpile.status` and `stockpile.statements` return them.
    then : Ledger
        What they were drawn from, as of a day.
    state : str
        ISO code of the state.
    """
    row = _row(status, state)
    chain = _deadlines(then)
    cited = Sources(then)
    links = [
        link
        | {
            "shown": words.dated(link["deadline"], link["precision"]),
            "passed": link["deadline"] < then.require_day(),
            "cited": [cited[key] for key in str(link["sources"]).split()],
        }
        for link in as_dicts(chain[chain["iso3"] == state])
    ]
    asked = statements[
        (statements["iso3"] == state)
        & (statements["figure"] == "extension_requested")
        & (statements["role"] == "used")
    ]
    return render(
        "state_deadlines",
        row=row,
        links=links,
        day=then.day,
        asked=cited.cited(asked),
        treaty=then.treaty,
        steps=_steps(then, state, cited),
    )


def _steps(then: Ledger, state: str, cited: Sources) -> list[dict[str, Any]]:
    """The steps on the way of a state that had something to destroy, and what came of each."""
    rows = steps(then)
    of_state = as_dicts(rows[rows["iso3"] == state])
    if state not in stocks(then):
        return []
    stock = {name: f" of the {rule.one}" for name, rule in then.treaty.stocks.items()}
    return [
        step
        | {
            "share": f"{step['percent']:g} per cent{stock.get(step['stock'], '')}",
            "shown": words.dated(step["due"], step["due_precision"])
            if pd.notna(step["due"])
            else "put off to a day that is not on record",
            "came": f"{step['outcome']} {words.on_date(when, step['outcome_precision'])}"
            if step["outcome"] == "met" and pd.notna(when := step["outcome_date"])
            else step["outcome"],
            "cited": [cited[step["source"]]] if step["source"] else [],
        }
        for step in of_state
    ]


@takes_results
def statements(statements: pd.DataFrame, then: Ledger, state: str) -> Html:
    """Return every statement on a state's stock and deadlines, and where sources disagree.

    Those on membership stand in `stockpile.pages.compliance_page.state_record`.

    Parameters
    ----------
    statements : pandas.DataFrame
        As `stockpile.statements` returns them.
    then : Ledger
        What they were drawn from, as of a day.
    state : str
        ISO code of the state.
    """
    of_state = statements[
        (statements["iso3"] == state) & ~statements["figure"].isin(MEMBERSHIP_ACTS)
    ]
    of_state = of_state.sort_values("date", kind="stable", na_position="first")
    cited = Sources(then)
    rows = cited.cited(of_state)
    disputed = conflicts(then)
    return render(
        "state_statements",
        disputed=as_dicts(disputed[disputed["iso3"] == state]),
        few=_FEW,
        groups=[
            (title, part)
            for title, part in (
                ("On the stock", [r for r in rows if r["unit"]]),
                ("On its end, deadlines and plans", [r for r in rows if not r["unit"]]),
            )
            if part
        ],
        total=len(rows),
        sources=of_state["source_id"].nunique(),
    )


def method(then: Ledger, thresholds: Thresholds, *, index: str | None = None) -> Html:
    """Return what the page was drawn from.

    Parameters
    ----------
    then : Ledger
        As of a day.
    thresholds : Thresholds
        As the ratings used them.
    index : str, optional
        Address of the page on all states, where the method is told in full.
    """
    from stockpile._version import __version__

    return render(
        "state_method",
        treaty=then.treaty,
        day=then.day,
        rule=then.rule,
        thresholds=thresholds,
        data_version=then.data_version,
        data_hash=then.data_hash,
        version=__version__,
        index=index,
    )
