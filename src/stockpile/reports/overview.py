"""The first page of a folder of reports: all of them, and the ratings over the days.

It is drawn from the manifests of the good reports alone, so that it tells what was
published, whoever published it and when.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from stockpile import plot
from stockpile.common.output import write_text
from stockpile.pages.html import whole_page
from stockpile.plot import figures
from stockpile.plot.style import RATING_STYLE
from stockpile.reports import manifest

#: With fewer days than this there is no course of time to be drawn.
_DAYS = 3


@figures.default_style()
def write_overview(out: Path) -> Path:
    """Write ``index.html`` for all good reports in a folder, and return its path.

    Raises
    ------
    ValueError
        When the page would run or load something.
    """
    found = {
        treaty.name: folders
        for treaty in sorted(p for p in out.iterdir() if p.is_dir())
        if (folders := manifest.reports(treaty))
    }
    sections = [_treaty(folders) for folders in found.values()]
    failed = sorted(p.stem for p in (out / "failed").glob("*.ipynb"))
    write_text(out / "index.html", whole_page("overview", sections=sections, failed=failed))
    return out / "index.html"


def _treaty(folders: list[Path]) -> dict[str, Any]:
    """What the page says of one treaty: newest report first."""
    reports = [found for folder in folders if (found := manifest.read(folder))]
    counts = ratings_frame(reports)
    order = [rating for rating in RATING_STYLE if rating in set(counts["rating"])]
    treaty, newest = folders[-1].parent.name, reports[-1]
    drawing = ""
    if len(reports) >= _DAYS:
        alt = (
            f"Ratings of the States Parties of the {newest['name']} on the days of the reports. "
            "The same numbers stand in the table below."
        )
        name = f"ratings-{treaty}"
        drawing = figures.picture(plot.ratings_over_time, counts, name=name, alt=alt, title="")
    return {
        "id": treaty,
        "name": newest["name"],
        "latest": f"{treaty}/{newest['as_of']}/index.html",
        "latest_day": pd.Timestamp(newest["as_of"]),
        "drawing": drawing,
        "ratings": order,
        "rows": [_row(treaty, report) for report in reversed(reports)],
    }


def _row(treaty: str, report: dict[str, Any]) -> dict[str, Any]:
    base = f"{treaty}/{report['as_of']}"
    states = sorted(
        name.removeprefix("states/").removesuffix(".html")
        for name in report["files"]
        if name.startswith("states/")
    )
    return {
        "day": pd.Timestamp(report["as_of"]),
        "page": f"{base}/index.html",
        "ratings": report["ratings"],
        "changed": report["changed"],
        "since": pd.Timestamp(report["since"]),
        "rule": report["rule"],
        "rejected": report["rows"]["rejected"],
        "states": [(state, f"{base}/states/{state}.html") for state in states],
        "seconds": sum(notebook["seconds"] for notebook in report["notebooks"]),
    }


def ratings_frame(reports: list[dict[str, Any]]) -> pd.DataFrame:
    """Return how many States Parties had each rating (``day``, ``rating``, ``states``).

    Examples
    --------
    >>> ratings_frame([{"as_of": "2012-04-19", "ratings": {"on target": 18}}]).values.tolist()
    [[Timestamp('2012-04-19 00:00:00'), 'on target', 18]]
    """
    rows = [
        (pd.Timestamp(report["as_of"]), rating, states)
        for report in reports
        for rating, states in report["ratings"].items()
    ]
    return pd.DataFrame(rows, columns=["day", "rating", "states"])
