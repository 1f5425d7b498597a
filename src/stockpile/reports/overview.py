"""The front page of a folder of reports: what there is to say, treaty by treaty.

Its cards repeat the newest good report of each treaty. Ratings over the years, and the
changes among them, are worked out from the tables; see `stockpile.reports.history`.
"""

from __future__ import annotations

import functools
import html
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

import pandas as pd

from stockpile import plot
from stockpile._version import __version__
from stockpile.common import english as words
from stockpile.common.errors import DataError
from stockpile.common.frames import named_rows
from stockpile.common.output import write_text
from stockpile.ledger.ledger import Ledger, Rule
from stockpile.ledger.load import load, packaged
from stockpile.pages import front, status_page
from stockpile.pages.headline import with_stocks
from stockpile.pages.html import whole_page
from stockpile.plot import figures
from stockpile.plot.style import RATING_STYLE
from stockpile.rating.snapshot import Snapshot, read_snapshot
from stockpile.rating.status import Thresholds
from stockpile.reports import feed, manifest
from stockpile.reports.history import COUNTS, Asked, History, history, rate_half_years
from stockpile.reports.publication import head_tags, link_reports
from stockpile.reports.publisher import CARD, CONTRIBUTORS, Publication

#: Changes that the page lists; the feed has more.
_NEWS = 12
#: Folder of a treaty's ratings over the years, beside its reports.
_PAST = "history"
#: The tile map of a report, as a picture.
_MAP = "charts/map.png"
_HEADING = "Who has destroyed what they promised to destroy, and who is late"


@figures.default_style()
def write_overview(
    out: Path,
    ledgers: Sequence[Ledger] = (),
    *,
    publication: Publication | None = None,
    jobs: int = 1,
) -> Path:
    """Write ``index.html`` and ``feed.atom`` for all good reports in a folder.

    Parameters
    ----------
    out : pathlib.Path
        The folder.
    ledgers : sequence of Ledger
        Whole ledgers of the treaties that were just reported on. For another treaty the
        packaged tables are taken; without any, its history is left out.
    publication : Publication, optional
        Who publishes the folder, and where.
    jobs : int
        Processes that work at once.

    Returns
    -------
    pathlib.Path
        The page.

    Raises
    ------
    ValueError
        When the page would run or load something.
    """
    publication = publication or Publication()
    base = publication.base_url
    for place in sorted(p for p in out.iterdir() if p.is_dir()):
        link_reports(place)
    treaties = [
        _Treaty(folders, next((one for one in ledgers if one.treaty.id == place.name), None))
        for place in sorted(p for p in out.iterdir() if p.is_dir())
        if (folders := manifest.reports(place))
    ]
    rate_half_years([asked for treaty in treaties if (asked := treaty.asked())], jobs=jobs)
    pasts = [past for treaty in treaties if (past := treaty.history())]
    news = sorted(
        (change for past in pasts for change in past["news"]),
        key=lambda change: (change["day"], change["treaty"], change["state"]),
        reverse=True,
    )
    whose = [(one.short, one.unpublished) for one in treaties if one.unpublished]
    changes = feed.feed(news, base_url=base, author=publication.publisher, unpublished=whose)
    write_text(out / feed.FILE, changes)
    first = cards[0] if (cards := [treaty.card() for treaty in treaties]) else None
    page = whole_page(
        "front",
        front=True,
        heading=_HEADING,
        head=head_tags(
            title=f"{_HEADING} · stockpile",
            description="; ".join(card["headline"] for card in cards) or _HEADING,
            address=f"{base}index.html" if base else "",
            image=f"{base}{first['folder']}/{CARD}" if base and first else "",
        ),
        publication=publication,
        maker=publication.publisher or CONTRIBUTORS,
        version=__version__,
        has_feed=bool(news),
        unpublished=whose,
        cards=cards,
        shapes=front.shapes() if pasts else "",
        histories=pasts,
        history=front.data_block(_block(pasts)) if pasts else "",
        letters=front.alphabet(_states(treaties)),
        news=news[:_NEWS],
        singles=_single_pages(out),
        archives=[treaty.archive() for treaty in treaties],
        failed=sorted(p.stem for p in (out / "failed").glob("*.ipynb")),
    )
    write_text(out / "index.html", page)
    return out / "index.html"


class _Treaty:
    """The good reports on one treaty, the oldest first."""

    def __init__(self, folders: list[Path], ledger: Ledger | None) -> None:
        self.reports = [found for folder in folders if (found := manifest.read(folder))]
        self.place, self.newest = folders[-1].parent, self.reports[-1]
        self.id, self.folder = self.place.name, folders[-1]
        own = self.newest["parameters"].get("folder")
        if ledger is None and self.id in packaged() and own is None:
            ledger = load(self.id)
        self.ledger = ledger
        self.short = ledger.treaty.short_name if ledger else self.newest["name"]
        #: Whose unpublished rows are among what the page says of the treaty.
        self.unpublished = self.newest.get("unpublished") or (
            ledger.treaty.unpublished if ledger else ""
        )
        self.said: Snapshot | None
        try:
            self.said = read_snapshot(self.folder)
        except DataError:
            # A report of an earlier form; its manifest says enough for a line in the list.
            self.said = None

    def address(self, report: dict[str, Any], file: str = "index.html") -> str:
        """Where a file of a report lies, seen from the front page."""
        return f"{self.id}/{report['as_of']}/{file}"

    def page_of(self, code: str) -> str:
        """Where the newest page of a state lies; empty where it has none."""
        file = f"states/{code}.html"
        return self.address(self.newest, file) if file in self.newest["files"] else ""

    def card(self) -> dict[str, Any]:
        """What the newest report says first."""
        counts: dict[Any, Any] = {}
        tiles: list[dict[str, str]] = []
        if self.said:
            parties = with_stocks(self.said.status)
            counts = plot.rating_counts(parties).to_dict()
            tiles = status_page.first_figures(self.said.status, self.said.progress, self.said.day)
        data_to = self.newest.get("data_to")
        return {
            "id": self.id,
            "name": self.newest["name"],
            "day": pd.Timestamp(self.newest["as_of"]),
            "data_to": pd.Timestamp(data_to) if data_to else None,
            "unpublished": self.newest.get("unpublished"),
            "page": self.address(self.newest),
            "folder": self.address(self.newest, "").rstrip("/"),
            "headline": _heading(self.folder / "index.html") or self.newest["name"],
            "counts": counts,
            "figures": tiles,
        }

    def states(self) -> list[dict[str, Any]]:
        """Every state that had stocks or has a page, with its newest rating."""
        if self.said is None:
            return []
        status = self.said.status
        counted = set(with_stocks(status)["iso3"])
        return [
            {
                "iso3": row.iso3,
                "state": row.state,
                "treaty": self.short,
                "rating": row.status,
                "page": self.page_of(row.iso3),
            }
            for row in named_rows(status)
            if row.iso3 in counted or row.had_stock or self.page_of(row.iso3)
        ]

    def asked(self) -> Asked | None:
        """Which ratings over the years go with the newest report."""
        if self.ledger is None or self.said is None:
            return None
        return Asked(
            self.ledger,
            self.said.day,
            self.place / _PAST,
            rule=cast("Rule", self.said.rule),
            thresholds=self.said.thresholds or Thresholds(),
        )

    def history(self) -> dict[str, Any] | None:
        """The ratings of every half-year, in pictures and as data."""
        asked = self.asked()
        if asked is None or self.said is None:
            return None
        past, place = history(asked, self.said.status), asked.folder
        counts = past.counts()
        title = plot.ratings_title(counts)
        alt = f"{title}. The table of the same numbers lies beside the page."
        drawing = figures.picture(
            plot.ratings_over_time,
            counts,
            name=f"ratings-{self.id}",
            alt=alt,
            also=functools.partial(
                figures.save_framed,
                folder=place,
                name=Path(COUNTS).stem,
                title=title,
                source=f"{self.newest['name']}: public statements of states and monitors. "
                f"As known on {words.day(self.said.day)}.",
            ),
            as_of=self.said.day,
            title="",
            source="",
        )
        return {
            "id": self.id,
            "name": self.newest["name"],
            "files": f"{self.id}/{_PAST}/{Path(COUNTS).stem}",
            "newest": self.address(self.newest, "") if _MAP in self.newest["files"] else "",
            "past": past,
            "title": title,
            "drawing": drawing,
            "pictures": front.pictures(self.id, self.short, past.marks(), self.said.day),
            "news": [
                change
                | {"treaty": self.id, "short": self.short, "page": self.page_of(change["iso3"])}
                | {"title": _title(change)}
                for change in past.changes()
            ],
        }

    def archive(self) -> dict[str, Any]:
        """The list of all reports, newest first."""
        found = {rating for report in self.reports for rating in report["ratings"]}
        return {
            "id": self.id,
            "name": self.newest["name"],
            "ratings": [rating for rating in RATING_STYLE if rating in found],
            "rows": [self._row(report) for report in reversed(self.reports)],
        }

    def _row(self, report: dict[str, Any]) -> dict[str, Any]:
        pages = sorted(name for name in report["files"] if re.fullmatch(r"states/\w+\.html", name))
        return {
            "day": pd.Timestamp(report["as_of"]),
            "page": self.address(report),
            "ratings": report["ratings"],
            "changed": report["changed"],
            "since": pd.Timestamp(report["since"]),
            "rule": report["rule"],
            "rejected": report["rows"]["rejected"],
            "unpublished": report.get("unpublished"),
            "states": [(Path(page).stem, self.address(report, page)) for page in pages],
        }


def _heading(page: Path) -> str:
    """What a page says first; empty where it has no heading."""
    found = re.search(r"<h1[^>]*>(.*?)</h1>", page.read_text(encoding="utf-8"), re.DOTALL)
    return html.unescape(re.sub(r"<[^>]*>", "", found[1])).strip().rstrip(".") if found else ""


def _single_pages(out: Path) -> list[tuple[str, str]]:
    """The pages of single notebooks that lie beside the reports, and what each says first."""
    folders = [page.parent for page in sorted(out.glob("*/index.html"))]
    return [
        (f"{folder.name}/index.html", _heading(folder / "index.html") or folder.name)
        for folder in folders
        if (folder / "notebooks" / f"{folder.name}.ipynb").is_file()
    ]


def _title(change: dict[str, Any]) -> str:
    """Say what changed.

    Examples
    --------
    >>> _title({"state": "Peru", "before": "on target", "after": "completed"})
    'Peru: completed (before: on target)'
    """
    before = f" (before: {change['before']})" if change["before"] else " (new on record)"
    return f"{change['state']}: {change['after']}{before}"


def _states(treaties: Sequence[_Treaty]) -> list[dict[str, Any]]:
    """One entry a state, with what each treaty's newest report says of it."""
    out: dict[str, dict[str, Any]] = {}
    for treaty in treaties:
        for row in treaty.states():
            one = out.setdefault(row["iso3"], {"state": row["state"], "entries": []})
            # Treaties call a state by different names; the shortest is the one in use.
            one["state"] = min(one["state"], row["state"], key=len)
            one["entries"].append(row)
    return list(out.values())


def _block(pasts: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Put together the data of the slider: days, states, and a letter a state and day."""
    treaties = {}
    for one in pasts:
        past: History = one["past"]
        treaties[one["id"]] = {
            "days": past.days,
            "states": list(past.states.items()),
            "letters": [past.ratings[day] for day in past.days],
        }
    return {"ratings": list(RATING_STYLE), "treaties": treaties}
