"""Every chart on real data, on one page: to look at, and to choose from.

    python tools/gallery.py --out reports/gallery

The page has both treaties on days on which they looked quite different, both
layouts of each chart, and follows the light or dark ground of its reader. It runs
nothing and loads nothing.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from stockpile import plot
from stockpile.common import english as words
from stockpile.common.output import write_text
from stockpile.forecast.projection import project
from stockpile.ledger.ledger import Ledger
from stockpile.ledger.load import load
from stockpile.pages.html import TEMPLATES, Html, environment, style_sheet, tidy
from stockpile.pages.safety import check_page
from stockpile.plot import figures
from stockpile.rating.status import DONE, status
from stockpile.results.over_time import half_years
from stockpile.stock.progress import progress
from stockpile.stock.reconcile import SET_ASIDE

if TYPE_CHECKING:
    from matplotlib.axes import Axes

TEMPLATE = Path(__file__).with_suffix(".html")
#: Treaty and day of each part of the page; no day is that of the newest row.
CASES: tuple[tuple[str, str | None], ...] = (
    ("ccm", "2012-04-19"),
    ("ccm", "2018-06-30"),
    ("ccm", None),
    ("apmbc", "2007-06-30"),
    ("apmbc", None),
    ("cwc", "2009-01-01"),
)
_RATED = ["as_of", "state", "status"]


@dataclass(frozen=True)
class Chart:
    """One chart: its name is that of the function that draws it, with what sets it apart."""

    name: str
    frame: pd.DataFrame
    options: dict[str, Any] = field(default_factory=dict)

    def draw(self, frame: pd.DataFrame, **options: Any) -> Axes:
        """Draw it, with further options."""
        function = getattr(plot, self.name.split(" ")[0])
        ax: Axes = function(frame, **self.options, **options)
        return ax


def charts(view: Ledger, statuses: pd.DataFrame) -> Iterator[Chart]:
    """Give every chart that there is, of one treaty as of a day.

    The statuses are of the states with stock on the days up to that day.
    """
    rated, ahead = status(view), project(view)
    lines, explained = progress(view), progress(view, explain=True)
    day = {"as_of": view.day}
    parties = rated[rated["membership"] == "State Party"]
    yield Chart("timeline", rated, day)
    yield Chart("calendar", rated, day)
    yield Chart("need_against_pace", ahead, day | {"status": rated})
    count = words.count(len(parties), "State Party", "States Parties")
    yield Chart("ratings_bar", parties, {"title": f"The ratings of {count}"})
    counts = statuses.groupby(["as_of", "status"]).size().rename("states").reset_index()
    yield Chart("ratings_over_time", counts.rename(columns={"status": "rating"}), day)
    yield Chart("ratings_heatmap", statuses, day)
    yield Chart("tile_map", rated, day)
    stocked = lines[lines["iso3"].isin(rated.loc[rated["had_stock"], "iso3"])]
    for scale in ("share", "total", "log"):
        yield Chart(f"remaining {scale}", stocked, day | {"view": scale})
    whole = {"statements": explained, "status": rated, "fan": ahead}
    for code in _in_focus(rated, explained):
        yield Chart(f"burndown {code}", lines, day | whole | {"state": code})
    aside = explained[explained["role"] == SET_ASIDE]
    for code in _most(aside):
        yield Chart(
            f"disagreement {code}", explained, day | {"state": code, "sources": view.sources}
        )


def _in_focus(rated: pd.DataFrame, statements: pd.DataFrame) -> list[str]:
    """Two states to look at: the one in most trouble, and the one with most statements."""
    unfinished = plot.trouble_first(rated[rated["had_stock"] & ~rated["status"].isin(DONE)])
    on_record = unfinished[unfinished["iso3"].isin(statements["iso3"])]
    return list(dict.fromkeys([*on_record["iso3"].head(1), *_most(statements)]))


def _most(statements: pd.DataFrame) -> list[str]:
    """Return the state with the most rows, if there are any."""
    counts = statements["iso3"].value_counts()
    return sorted(counts.index[counts == counts.max()])[:1] if len(counts) else []


def parts(cases: Sequence[tuple[str, str | None]]) -> Iterator[tuple[Ledger, list[Chart]]]:
    """Give each case's ledger and charts; the ratings of a treaty are replayed once for all."""
    for treaty in dict.fromkeys(treaty for treaty, _ in cases):
        ledger = load(treaty)
        days = [pd.Timestamp(day or ledger.newest) for other, day in cases if other == treaty]
        replayed = pd.concat(
            status(ledger.as_of(day)).query("had_stock").assign(as_of=day)[_RATED]
            for day in sorted({*half_years(ledger, max(days)), *days})
        )
        for day in days:
            view = ledger.as_of(day)
            known = replayed["as_of"].isin([*half_years(ledger, day), day])
            yield view, list(charts(view, replayed[known & (replayed["as_of"] <= day)]))


def write_gallery(out: str | Path, *, cases: Sequence[tuple[str, str | None]] = CASES) -> Path:
    """Draw every chart of every case, a treaty and a day, into ``index.html`` of a folder.

    A page that would run or load something is refused with a ``ValueError``.
    """
    page = tidy(
        environment()
        .from_string(TEMPLATE.read_text(encoding="utf-8"))
        .render(
            style=Html(style_sheet()),
            frame=Html((TEMPLATES / "page" / "page.css").read_text(encoding="utf-8")),
            cases=[_case(view, drawn) for view, drawn in parts(cases)],
        )
    )
    if problems := check_page(page):
        raise ValueError(f"the gallery is not fit to be looked at: {'; '.join(problems)}")
    path = Path(out) / "index.html"
    write_text(path, page)
    return path


def _case(view: Ledger, made: Sequence[Chart]) -> dict[str, Any]:
    """What the page says of one case."""
    day = view.require_day()
    key = f"{view.treaty.id}-{day:%Y-%m-%d}"
    source = f"Source: public statements on the {view.treaty.name}."
    drawings = []
    for chart in made:
        name = f"{key}-{chart.name.replace(' ', '-')}"
        # The bar has no room for a source.
        more = {} if chart.name == "ratings_bar" else {"source": source}
        drawing = figures.picture(
            chart.draw, chart.frame, name=name, alt=f"{chart.name}: {view.treaty.name}", **more
        )
        drawings.append({"id": name, "name": chart.name, "drawing": Html(drawing)})
    return {"id": key, "treaty": view.treaty, "day": day, "charts": drawings}


def main(argv: Sequence[str] | None = None) -> int:
    """Write the page, and say where it is."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", required=True, help="folder for the page")
    given = parser.parse_args(argv)
    print(write_gallery(given.out))
    return 0


if __name__ == "__main__":
    sys.exit(main())
