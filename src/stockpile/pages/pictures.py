"""Pictures of the status page that are drawn as HTML: a mark a state, with its card.

They are text and boxes, so that they fit any width, need no second drawing for a phone, and
say what they show to who listens. A mark carries the code of its state in ``data-iso3``; the
page's script shows its label as a card and marks the same state everywhere.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pandas as pd

from stockpile import plot
from stockpile.common import english as words
from stockpile.common.frames import named_rows, takes_results, whole_months
from stockpile.compliance.wording import ANSWER_WORDS, QUESTION_WORDS
from stockpile.pages.headline import PASSED, away, with_stocks
from stockpile.pages.html import Html, render
from stockpile.plot.tile_map import places
from stockpile.rating.status import DONE

if TYPE_CHECKING:
    from stockpile.ledger.ledger import Ledger

#: With more open cases than this, those of one rating and one deadline share a row.
_ROWS = 24
#: Names in a row that several states share, where no deadline has passed.
_NAMES = 6
_YEAR = 365.25


@takes_results
def cases(status: pd.DataFrame, then: Ledger, *, pages: dict[str, str] | None = None) -> Html:
    """Return the picture of the page: each open case against its deadline, and who has finished.

    An open case is a bar from the deadline to the as-of day, with what is left. Those that
    have finished are dots, each by the time between its original deadline and its end.

    Parameters
    ----------
    status : pandas.DataFrame
        As `stockpile.status` returns it.
    then : Ledger
        What it was drawn from, as of a day.
    pages : dict, optional
        Addresses of the pages of states, by ISO code.
    """
    day = then.require_day()
    parties = plot.trouble_first(with_stocks(status))
    open_, done = parties[~parties["status"].isin(DONE)], parties[parties["status"].isin(DONE)]
    passed = open_["deadline"] < day
    open_ = pd.concat([open_[passed].sort_values("deadline", kind="stable"), open_[~passed]])
    rows = _open_rows(open_, day)
    return render(
        "cases",
        view=then,
        title=_title(open_, done, day),
        total=len(parties),
        counts=plot.rating_counts(parties).to_dict(),
        rows=rows,
        axis=_axis([row["years"] for row in rows if row["years"] is not None]),
        hatched=any(row["unknown"] > 0 for row in rows),
        dots=_dots(done),
        done=len(done),
        pages=pages or {},
    )


def _title(open_: pd.DataFrame, done: pd.DataFrame, day: pd.Timestamp) -> str:
    """Say what the picture shows, with the number of those that had stocks."""
    total = words.count(len(open_) + len(done), "State Party", "States Parties")
    if len(open_):
        passed = int((open_["deadline"] < day).sum())
        first = f"{words.spell(len(open_))} of {total} that had stocks"
        if len(open_) + len(done) == 1:
            first = "the one State Party that had stocks"
        verb = "is" if len(open_) == 1 else "are"
        each = ("both" if passed == 2 else "all") if passed == len(open_) else words.spell(passed)
        rest = f", {each} of them past the deadline" if passed else ""
        if passed and len(open_) == 1:
            rest = ", past its deadline"
        return words.sentence(f"{first} {verb} not known to have finished{rest}")
    early = int((done["completed"] <= done["original_deadline"]).sum())
    late = int((done["completed"] > done["original_deadline"]).sum())
    if early == len(done):
        return f"All {total} that had stocks finished by the original deadline" if early > 1 else ""
    verb = "finished"
    if early + late < len(done):  # One day or the other of the rest is not on record.
        verb = f"{'are' if early > 1 else 'is'} known to have finished"
    return words.sentence(
        f"{words.spell(early) if early else 'none'} of {total} that had stocks {verb} by the "
        "original deadline"
    )


def _open_rows(open_: pd.DataFrame, day: pd.Timestamp) -> list[dict[str, Any]]:
    """A row an open case; alike ones share a row."""
    rows: list[dict[str, Any]] = []
    crowded = len(open_) > _ROWS
    alike: dict[tuple[Any, ...], dict[str, Any]] = {}
    for state in named_rows(open_):
        left, unknown = _shares(state)
        row = {
            "states": [{"iso3": state.iso3, "state": state.state, "card": card(state, day)}],
            "rating": state.status,
            "years": None if pd.isna(state.deadline) else (day - state.deadline).days / _YEAR,
            "when": _when(state, day),
            "deadline": state.deadline,
            "left": left,
            "unknown": unknown,
            "amount": amount_left(state),
            "declared": state.declared if state.declared > 0 else 0.0,
        }
        due = None if pd.isna(state.deadline) else state.deadline
        # Of those of whom no destruction is known there is one thing to say; and where many
        # cases are open, the deadline alone.
        silent = unknown == 1.0 and not state.destroyed > 0
        of_what = (str(state.unit), row["declared"] > 0) if silent else ()
        first = alike.setdefault((state.status, due, *of_what), row)
        if first is row or not (crowded or silent):
            rows.append(row)
            continue
        first["states"] += row["states"]
        first["declared"] += row["declared"]
        first["amount"] = (
            _declared(first["declared"], str(state.unit)) if silent else "numbers in the table"
        )
        first["left"], first["unknown"] = (0.0, float(silent))
    for row in rows:
        row["names"], row["others"] = _named(
            row["states"], None if row["rating"] in PASSED else _NAMES
        )
    return rows


def _named(
    states: list[dict[str, Any]], most: int | None
) -> tuple[list[tuple[str, str, str]], str]:
    """Names in a row, each with what stands before it and its code; and how many others."""
    shown = states if most is None or len(states) <= most + 1 else states[:most]
    rest = len(states) - len(shown)
    names = []
    for i, state in enumerate(shown):
        last = i == len(shown) - 1 and not rest
        before = "" if i == 0 else " and " if last else ", "
        name = words.the(state["state"])
        names.append((before, name if before else words.sentence(name), state["iso3"]))
    return names, f" and {words.spell(rest)} others" if rest else ""


def _shares(state: Any) -> tuple[float, float]:
    """Which part of a stock is known to be left, and of which part nothing is known."""
    if not state.declared > 0 and state.remaining > 0:
        return 0.0, 0.0  # so many, of nobody knows how many
    if not state.declared > 0 or pd.isna(state.remaining):
        return 0.0, 1.0
    share = min(state.remaining / state.declared, 1.0)
    return (0.0, share) if state.remaining_qualifier == "at_most" else (share, 0.0)


def amount_left(state: Any) -> str:
    """Say how much a state has left, and of how much; or that the number is not known."""
    unit = words.unit(str(state.unit)) if isinstance(state.unit, str) and state.unit else "items"
    if state.remaining > 0:
        untouched = state.remaining >= state.declared and not state.destroyed > 0
        if state.remaining_qualifier == "at_most" and untouched:
            return _declared(state.declared, str(state.unit), state.declared_qualifier)
        left = words.amount(state.remaining, state.remaining_qualifier)
        whole = words.amount(state.declared, state.declared_qualifier)
        return f"{left} {unit} left" + (f" of {whole}" if state.declared > 0 else "")
    if state.destroyed > 0:
        gone = words.amount(state.destroyed, state.destroyed_qualifier)
        return f"{gone} {unit} destroyed; nobody has said how many are left"
    return "number not known"


def _declared(number: float, unit: str, qualifier: Any = "exact") -> str:
    if not number > 0:
        return "numbers not known"
    count = words.amount(number, qualifier)
    return f"{count} {words.unit(unit)} declared, nothing known of destruction"


def _due(state: Any) -> str:
    return words.dated(state.deadline, state.deadline_precision)


def _when(state: Any, day: pd.Timestamp) -> str:
    deadline = state.deadline
    if pd.isna(deadline):
        return "no deadline on record"
    if deadline < day:
        return f"{words.elapsed(deadline, day)} past"
    return away(deadline, day, state.deadline_precision).replace(" away", " to go")


def card(state: Any, day: pd.Timestamp) -> str:
    """Say in one line what is known of a state: its rating, what is left, its deadline.

    Parameters
    ----------
    state : named tuple
        A row of `stockpile.status`.
    day : pandas.Timestamp
        The as-of day.
    """
    name = words.sentence(words.the(str(state.state)))
    if state.status in DONE:
        when = words.dated(state.completed, state.completed_precision)
        ended = f"finished {when}" if pd.notna(state.completed) else "finished on an unknown day"
        due = f"deadline {_due(state)}" if pd.notna(state.deadline) else ""
        return f"{name}: " + ", ".join(filter(None, [state.status, ended, due]))
    if not state.had_stock:
        return f"{name}: {state.status}"
    due = ""
    if pd.notna(state.deadline):
        due = f"deadline {_due(state)}, {_when(state, day)}"
    return f"{name}: " + ", ".join(filter(None, [state.status, amount_left(state), due]))


def _axis(years: list[float]) -> dict[str, Any]:
    """Where the axis of open cases begins and ends, in years past the deadline, and its marks."""
    low, high = min([0.0, *years]), max([0.0, *years])
    step = next(s for s in (1, 2, 5, 10, 20) if (high - low) / s <= 6 or s == 20)
    low, high = math.floor(low), math.ceil(high)
    high = max(high, low + 1)
    first = math.ceil(low / step) * step
    return {"low": low, "high": high, "marks": list(range(first, high + 1, step))}


def _dots(done: pd.DataFrame) -> dict[str, Any] | None:
    """A dot for each state that has finished, stacked by the half-year before or after."""
    gone = (done["completed"] - done["original_deadline"]).dt.days / _YEAR
    known = gone.dropna()
    if known.empty:
        return None
    axis = _axis(list(known))
    # Bins are half-open on the left: what ended on the deadline ended by it.
    bins = (known * 2).apply(math.ceil)
    level = bins.groupby(bins).cumcount()
    dots = []
    for state in named_rows(
        done.loc[bins.sort_values(kind="stable").index].assign(bin=bins, level=level)
    ):
        name = words.sentence(words.the(str(state.state)))
        when = words.dated(state.completed, state.completed_precision)
        extended = state.original_deadline < state.completed <= state.deadline
        how = "within an extended deadline" if extended else _against(state)
        dots.append(
            {
                "iso3": state.iso3,
                "rating": state.status,
                "extended": extended,
                "found": not extended and _found_later(state),
                "left": (state.bin / 2 - 0.25 - axis["low"]) / (axis["high"] - axis["low"]),
                "level": state.level,
                "card": f"{name}: finished {when}, {how}",
            }
        )
    return {
        "axis": axis,
        "dots": dots,
        "highest": int(level.max()) + 1,
        "undated": int(done["completed"].isna().sum()),
        "unlimited": int((done["completed"].notna() & gone.isna()).sum()),
        "extended": any(dot["extended"] for dot in dots),
        "found": any(dot["found"] for dot in dots),
    }


def _found_later(state: Any) -> bool:
    """Whether it was done after its original deadline, and not late: it had finished before."""
    return bool(state.completed > state.original_deadline and state.status != "completed late")


def _against(state: Any) -> str:
    """How long before or after its original deadline a state finished."""
    if state.completed > state.original_deadline:
        found = ", with stock found later" if _found_later(state) else ""
        return (
            f"{words.elapsed(state.original_deadline, state.completed)} after the deadline{found}"
        )
    if whole_months(state.completed, state.original_deadline) == 0:
        return "just before the deadline"
    return f"{words.elapsed(state.completed, state.original_deadline)} before the deadline"


@takes_results
def tile_map(status: pd.DataFrame, then: Ledger) -> Html:
    """Return the tile map: every state one tile, about where it lies, in the colour of its rating.

    Parameters
    ----------
    status : pandas.DataFrame
        As `stockpile.status` returns it.
    then : Ledger
        What it was drawn from, as of a day.
    """
    day = then.require_day()
    parties = with_stocks(status)
    rated = {row.iso3: row for row in named_rows(status)}
    had = {row.iso3 for row in named_rows(status[status["had_stock"]])} | set(parties["iso3"])
    regions = []
    for name, part in places(status["iso3"]).groupby("region", sort=False):
        left, top = int(part["column"].min()), int(part["row"].min())
        tiles = []
        for tile in named_rows(part):
            row = rated.get(tile.iso3)
            place = {"code": tile.iso3, "column": tile.column - left, "row": tile.row - top}
            if row is None:
                tiles.append(place | {"rating": "", "card": "", "had": False})
                continue
            text = card(row, day)
            tiles.append(place | {"rating": row.status, "card": text, "had": tile.iso3 in had})
        columns, rows = int(part["column"].max()) - left + 1, int(part["row"].max()) - top + 1
        size = {"left": left, "top": top, "columns": columns, "rows": rows}
        regions.append({"name": name, "tiles": tiles} | size)
    shown = status[status["iso3"].isin(had)]
    return render(
        "tile_map",
        view=then,
        regions=regions,
        title=plot.tile_title(shown),
        total=len(parties),
        counts=plot.rating_counts(shown).to_dict(),
    )


#: What each bar of answers is about.
BAR_WORDS = {
    "rating": "Stockpile rating",
    "report": "Initial transparency report",
    "law": "National law",
    **{f"view_{key}": words.sentence(text) for key, text in QUESTION_WORDS.items()},
    "allegation": "Gravest allegation",
}
#: Answers look like the rating that means as much; a view is neither good nor bad.
_LIKE = {
    answer: rating
    for rating, answers in {
        "completed": ("in time", "specific law", "none on record"),
        "completed late": ("submitted", "existing law", "refuted"),
        "on target": ("in progress", "denied"),
        "at risk": ("late", "contradictory", "alleged"),
        "off target": ("none", "credible"),
        "overdue": ("confirmed",),
        "no obligation": ("not due",),
        "view-0": ("prohibited",),
        "view-1": ("permitted",),
        "view-2": ("other",),
    }.items()
    for answer in answers
}
_SILENT = ("unknown", "no data")
#: A bar of fewer known answers than this says less than a sentence.
_FEW_ANSWERS = 5


def answer_bars(counts: pd.DataFrame, name: str, title: str, text: str) -> Html:
    """Return how many States Parties have each answer: a bar for each thing that is asked.

    Below each bar all answers stand in words. Where fewer than five are known, a sentence
    takes the place of the bar; what the tables do not cover is left out.

    Parameters
    ----------
    counts : pandas.DataFrame
        As `stockpile.compliance.scorecard.tally` returns it, of one group.
    name, title, text : str
        Id of the figure, and what stands above it.

    Raises
    ------
    ValueError
        When the counts are of several groups: they are not of one whole.

    Examples
    --------
    >>> import stockpile as sp
    >>> from stockpile.compliance.scorecard import tally
    >>> card = sp.scorecard(sp.load("ccm").as_of("2012-04-19"))
    >>> "15 overdue" in answer_bars(tally(card), "answers", "States Parties", "By answer.")
    True
    """
    if counts["group"].nunique() > 1:
        groups = words.listing(sorted(counts["group"].unique()), limit=4)
        raise ValueError(f"the counts are of several groups, {groups}; expected those of one")
    bars, sentences = [], []
    for dimension, about in BAR_WORDS.items():
        rows = counts[counts["dimension"] == dimension]
        if rows.empty or set(rows["answer"]) == {"not covered"}:
            continue
        parts = [
            {
                "states": int(row.states),
                "share": row.states / rows["states"].sum(),
                "answer": ANSWER_WORDS.get(row.answer, row.answer),
                "look": "unknown" if row.answer in _SILENT else _LIKE.get(row.answer, row.answer),
            }
            for row in named_rows(rows)
        ]
        known = [part for part in parts if part["look"] != "unknown"]
        enough = sum(part["states"] for part in known) >= _FEW_ANSWERS and len(parts) > 1
        if enough or dimension == "rating":
            bars.append({"about": about, "parts": parts})
            continue
        total = words.count(int(rows["states"].sum()), "State Party", "States Parties")
        if len(parts) == 1 and known:
            sentences.append(f"{about}: {known[0]['answer']} for all {total}.")
            continue
        said = [f"{words.spell(part['states'])} {part['answer']}" for part in known]
        sentences.append(f"{about}, on record of {total}: {words.listing(said) or 'nothing'}.")
    return render("answers", name=name, title=title, text=text, bars=bars, sentences=sentences)
