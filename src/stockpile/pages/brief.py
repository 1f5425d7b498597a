"""Briefs: one A4 page of a state, or of a treaty, as PDF; made without a browser.

The same findings, figures and words as on the pages, for those who print or attach them.
The same data give the same bytes.
"""

from __future__ import annotations

import io
import re
import textwrap
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl
import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from stockpile import plot
from stockpile.common import english as words
from stockpile.common import output
from stockpile.common.frames import as_dicts, plain
from stockpile.ledger.ledger import Ledger
from stockpile.pages import state_page, status_page
from stockpile.pages.chance_wording import record_words
from stockpile.pages.headline import headline_sentence, standfirst, with_stocks
from stockpile.pages.html import data_to, known, stale_sentence
from stockpile.pages.state_wording import Sources, state_sentence, tiles
from stockpile.plot.remaining import counted_whole
from stockpile.plot.renderers import POINTS, measuring
from stockpile.plot.style import FAINT, FONT, INK, MUTED, drawable
from stockpile.rating.status import DONE, Thresholds
from stockpile.rating.status import status as _status
from stockpile.stock.obligations import deadlines as _deadlines
from stockpile.stock.progress import progress as _progress
from stockpile.stock.progress import statements as _statements
from stockpile.track_record.scoring import past_ratings

#: A4 in inches, and the margin.
_WIDE, _TALL, _MARGIN = 8.27, 11.69, 0.7
#: Width of a letter of the charts' font, as a share of its size; bold ones are wider.
_LETTER, _BOLD = 0.53, 0.61
_FIGURES, _DUE, _SOURCES = 3, 6, 5
#: What matplotlib puts before the name of a font differs from process to process.
_PREFIX = re.compile(rb"/[A-Z]{6}\+")


class _Sheet:
    """One page, filled from the top."""

    def __init__(self) -> None:
        self.figure = plt.figure(figsize=(_WIDE, _TALL))
        #: Inches from the upper edge.
        self.at = _MARGIN

    def room(self) -> float:
        """Inches left above the lower margin and the foot."""
        return _TALL - _MARGIN - 0.75 - self.at

    def text(
        self,
        text: str,
        size: float,
        *,
        bold: bool = False,
        color: str = INK,
        left: float = 0.0,
        width: float = _WIDE - 2 * _MARGIN,
        most: int = 6,
    ) -> float:
        """Write a text from where the page is filled to, and return how high it is."""
        letters = int(width * 72 / (size * (_BOLD if bold else _LETTER)))
        lines = textwrap.wrap(text, letters, max_lines=most, placeholder=" …")
        self.figure.text(
            (_MARGIN + left) / _WIDE,
            1 - self.at / _TALL,
            "\n".join(lines),
            fontsize=size,
            weight="bold" if bold else "normal",
            color=color,
            va="top",
            linespacing=1.25,
            parse_math=False,
        )
        return len(lines) * size * 1.28 / 72

    def say(self, text: str, size: float, *, after: float = 0.08, **look: Any) -> None:
        """Write a paragraph."""
        if text:
            self.at += self.text(text, size, **look) + after

    def figures(self, found: Sequence[dict[str, str]]) -> None:
        """Write a few figures beside one another."""
        wide = (_WIDE - 2 * _MARGIN) / _FIGURES
        top, ends = self.at, [self.at]
        for i, one in enumerate(found[:_FIGURES]):
            column: dict[str, Any] = {"left": i * wide, "width": wide - 0.3}
            self.at = top + 0.08
            self.rule(i * wide, wide - 0.2, top)
            self.at += self.text(one["big"], 19, bold=True, most=1, **column) + 0.03
            self.at += self.text(one["label"], 9, most=3, **column)
            self.at += self.text(one["small"], 8, color=MUTED, most=4, **column)
            ends.append(self.at)
        self.at = max(ends) + 0.16

    def rule(self, left: float, width: float, at: float) -> None:
        """Draw a line across."""
        across = [(_MARGIN + left) / _WIDE, (_MARGIN + left + width) / _WIDE]
        height = 1 - at / _TALL
        self.figure.add_artist(Line2D(across, [height, height], color=FAINT, lw=1.2))

    def chart(self, draw: Callable[[Axes], object], title: str, height: float) -> None:
        """Draw a chart across the page, with its days and key, under its title."""
        self.say(title, 10.5, bold=True)
        # Beside the axes stand their labels, left and right.
        across = 1 - (2 * _MARGIN + 0.5 + 1.55) / _WIDE
        place = ((_MARGIN + 0.5) / _WIDE, 1 - (self.at + height) / _TALL, across, height / _TALL)
        ax = self.figure.add_axes(place)
        draw(ax)
        with measuring(self.figure) as renderer:
            box = ax.get_tightbbox(renderer, for_layout_only=True)
            assert box is not None
        lower = box.y1 / POINTS - (_TALL - self.at)
        # What stands beside the axes ends within the page.
        beyond = max(box.x1 / POINTS - (_WIDE - _MARGIN / 2), 0.0)
        x, y, wide, high = place
        ax.set_position((x, y - lower / _TALL, wide - beyond / _WIDE, high))
        self.at += box.height / POINTS + 0.16

    def items(self, title: str, lines: Sequence[str]) -> None:
        """Write a heading, and a line each as far as there is room."""
        if not lines or self.room() < 0.5:
            return
        self.say(title, 10.5, bold=True, after=0.03)
        for line in lines:
            if self.room() < 0.3:
                break
            self.text("·", 8.5)
            self.say(line, 8.5, after=0.03, left=0.14, width=_WIDE - 2 * _MARGIN - 0.14, most=2)
        self.at += 0.1

    def write(self, path: Path, foot: str, title: str) -> Path:
        """Write the foot, and the page as PDF."""
        self.at = _TALL - _MARGIN - 0.45
        self.rule(0, _WIDE - 2 * _MARGIN, self.at - 0.08)
        self.text(foot, 7, color=MUTED, most=4)
        out = io.BytesIO()
        facts = {"Title": title, "Creator": None, "Producer": None, "CreationDate": None}
        with mpl.rc_context({"pdf.fonttype": 42}):
            self.figure.savefig(out, format="pdf", metadata=facts)
        plt.close(self.figure)
        output.write_bytes(path, _PREFIX.sub(b"/AAAAAA+", out.getvalue()))
        return path


@mpl.rc_context(FONT)
def state_brief(
    path: str | Path, then: Ledger, state: str, thresholds: Thresholds | None = None, *, foot: str
) -> Path:
    """Write the brief of one state.

    ``foot`` says who publishes it, and how to cite it.
    """
    status, rows = plain(_status(then, thresholds)), plain(_statements(then))
    row = as_dicts(status[status["iso3"] == state])[0]
    sheet = _Sheet()
    _open(sheet, then, state_sentence(row))
    sheet.say(row["reason"], 10, after=0.07)
    sheet.say(record_words(row["status"], past_ratings(then, thresholds)), 9, after=0.14)
    sheet.figures(tiles(row, then.treaty.units))
    drawn = state_page.chart_of(then, state, thresholds)
    if drawn is not None:
        draw, title = drawn
        sheet.chart(draw, title, 2.8)
    chain = _deadlines(then)
    sheet.items("Deadlines", _chain(as_dicts(chain[chain["iso3"] == state]), then))
    cited = rows[rows["iso3"] == state]
    sheet.items("Newest sources", _newest(then, cited))
    return sheet.write(Path(path), foot, f"{state_sentence(row)}, {known(then)}")


@mpl.rc_context(FONT)
def treaty_brief(
    path: str | Path, then: Ledger, thresholds: Thresholds | None = None, *, foot: str
) -> Path:
    """Write the brief of a treaty."""
    status, lines = plain(_status(then, thresholds)), plain(_progress(then))
    day = then.require_day()
    sheet = _Sheet()
    finding = headline_sentence(status, day)
    _open(sheet, then, finding)
    for paragraph in standfirst(status, day):
        sheet.say(paragraph, 10, after=0.07)
    sheet.at += 0.1
    sheet.figures(status_page.first_figures(status, lines, day))
    parties = with_stocks(status)
    counted = lines[lines["iso3"].isin(parties["iso3"])]
    if len(counted):
        left = plot.stock_left(counted, as_of=day)
        look: dict[str, Any] = {"as_of": day, "title": "", "source": ""}
        sheet.chart(
            lambda ax: plot.remaining(counted, ax=ax, **look),
            plot.remaining_title(left, counted_whole(counted)),
            2.3,
        )
    ahead = plot.trouble_first(parties[~parties["status"].isin(DONE)])
    due = [
        f"{words.sentence(row['state'])}: {row['status']}, "
        + (
            f"deadline {words.dated(row['deadline'], row['deadline_precision'])}"
            if pd.notna(row["deadline"])
            else "no deadline on record"
        )
        for row in as_dicts(ahead)
    ]
    more = [f"and {words.spell(len(due) - _DUE)} more: see the page"] if len(due) > _DUE else []
    sheet.items("Deadlines of those not known to have finished", due[:_DUE] + more)
    sheet.items("Newest sources", _newest(then, plain(_statements(then))))
    return sheet.write(Path(path), foot, f"{finding}, {known(then)}")


def _open(sheet: _Sheet, then: Ledger, finding: str) -> None:
    """Write treaty, day and finding."""
    end = data_to(then)
    newest = f" · data to {words.day(end)}" if pd.notna(end) else ""
    sheet.say(f"{then.treaty.name} · {known(then)}{newest}", 9, color=MUTED, most=2, after=0.1)
    sheet.say(f"{finding}.", 18, bold=True, after=0.14)
    sheet.say(stale_sentence(then), 9, bold=True)


def _chain(links: Sequence[dict[str, Any]], then: Ledger) -> list[str]:
    """Say each deadline of a state, the original one first."""
    out = []
    for link in links:
        what = {"computed": "original, by the treaty", "stated": "original, as a source has it"}
        passed = ", passed" if link["deadline"] < then.require_day() else ""
        in_force = ", the one in force" if link is links[-1] and len(links) > 1 else ""
        day = words.dated(link["deadline"], link["precision"])
        out.append(f"{day}: {what.get(link['basis'], 'extended')}{in_force}{passed}")
    return out


def _newest(then: Ledger, cited: pd.DataFrame) -> list[str]:
    """Name the newest sources among those of some statements that were out by the day."""
    sources, named = then.sources, Sources(then)
    which = sources[sources["source_id"].isin(cited["source_id"])].dropna(subset=["published"])
    which = which[which["published"] <= then.require_day()]
    which = which.sort_values(["published", "source_id"], ascending=[False, True])
    out = []
    for source_id in which["source_id"].head(_SOURCES):
        source = named[source_id]
        title = source["title"] if drawable(source["title"]) else source_id
        out.append(f"{title}. {source['published']}. {source['url']}".strip())
    return out
