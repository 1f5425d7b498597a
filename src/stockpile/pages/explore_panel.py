"""The panel of the explore notebook: choose a treaty, a day and a state, and look.

What it shows comes from `stockpile.pages.explore`; here are the widgets alone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

from stockpile.common.shipped import how_to_install
from stockpile.ledger.ledger import Ledger, parse_day
from stockpile.ledger.load import load, packaged
from stockpile.pages.explore import (
    Side,
    View,
    burndown,
    choices,
    figures_stated,
    html,
    look,
    statements_on,
    states,
    then_and_now,
)
from stockpile.pages.html import render, style

#: What each tab of the panel shows.
_STATEMENTS, _EVERY = "Statements", ("", "")
_SIDES: dict[str, Callable[..., Side]] = {
    "All states": states,
    "Burn-down": burndown,
    _STATEMENTS: statements_on,
    "Then and now": then_and_now,
}


def explorer(
    treaty: str = "ccm",
    as_of: str = "2012-04-19",
    state: str | None = None,
    *,
    rule: str = "reported",
    folder: str | Path | None = None,
) -> Any:
    """Build the panel of the explore notebook: choose above, look below.

    ``treaty``, ``as_of`` and ``state`` are what it shows first; without a state, the one in the
    most trouble. A treaty ``folder`` of your own is offered beside the packaged ones and shown
    first.

    Returns
    -------
    ipywidgets.VBox
        A tab is worked out when it is looked at. What cannot be shown is said in
        words, and nothing of what was shown before stays.

    Raises
    ------
    ValueError
        When the first choice is none.
    """
    first = str(treaty if folder is None else folder)
    ledgers = {one: load(one) for one in dict.fromkeys([first, *packaged()])}
    return _Panel(ledgers, look(ledgers[first], as_of, state, rule)).box


def _half_years(view: View) -> list[str]:
    """The ends of half-years from the treaty's first to the newest that the tables know."""
    first = view.then.treaty.first_entry_into_force
    last = max(view.now.newest, view.then.require_day())
    days = pd.date_range(first, last + pd.offsets.MonthEnd(6), freq="6ME")
    ends = pd.date_range(f"{first.year}-06-30", days[-1], freq="6ME")
    return [f"{day:%Y-%m-%d}" for day in ends if day >= first]


def _half_year(view: View) -> str:
    """The last half-year's end that is not after the day looked at, or the first there is."""
    ends = _half_years(view)
    before = [day for day in ends if day <= f"{view.then.day:%Y-%m-%d}"]
    return before[-1] if before else ends[0]


class _Panel:
    """The widgets, what is looked at, and what each tab was last filled with."""

    def __init__(self, ledgers: dict[str, Ledger], view: View) -> None:
        try:
            import ipywidgets as widgets
        except ModuleNotFoundError:
            needed = f"choosing by hand needs ipywidgets; {how_to_install('lab')}"
            raise ModuleNotFoundError(needed) from None

        fitted: dict[str, Any] = {"layout": {"width": "auto"}}
        fitted["style"] = {"description_width": "initial"}
        self.ledgers, self.rule = ledgers, view.then.rule
        self.view: View | None = view
        self.filled: dict[str, tuple[Any, ...]] = {}
        self.busy = False  # while one choice sets another
        self.treaty = widgets.Dropdown(
            options=[(ledger.treaty.name, one) for one, ledger in ledgers.items()],
            description="Treaty",
            **fitted,
        )
        self.day = widgets.Text(
            f"{view.then.day:%Y-%m-%d}",
            description="As known on",
            continuous_update=False,
            **fitted | {"layout": {"width": "13rem"}},
        )
        self.slider = widgets.SelectionSlider(
            options=_half_years(view),
            description="Half-years",
            continuous_update=False,
            **fitted | {"layout": {"width": "100%", "max_width": "44rem"}},
        )
        back, on = (
            widgets.Button(description=f"a year {way}", layout={"width": "auto"})
            for way in ("back", "on")
        )
        self.state = widgets.Dropdown(description="State", **fitted)
        self.figure = widgets.Dropdown(description="Statements on", **fitted)
        self.head = widgets.HTML()
        self.sides = {name: widgets.HTML(layout={"width": "100%"}) for name in _SIDES}
        pages = [
            widgets.VBox([self.figure, side] if name == _STATEMENTS else [side])
            for name, side in self.sides.items()
        ]
        self.tabs = widgets.Tab(pages, titles=list(self.sides), selected_index=0)
        choice = widgets.HBox(
            [self.treaty, self.day, back, on, self.state], layout={"flex_flow": "row wrap"}
        )
        parts = [widgets.HTML(style()), choice, self.slider, self.head, self.tabs]
        self.box = widgets.VBox(parts, layout={"width": "100%"})
        self._attempt(self._show)
        for widget in (self.treaty, self.day, self.state):
            widget.observe(lambda _: self._attempt(self._choose), "value")
        self.slider.observe(lambda _: self._attempt(self._slide), "value")
        self.figure.observe(lambda _: self._attempt(self._fill), "value")
        self.tabs.observe(lambda _: self._attempt(self._fill), "selected_index")
        back.on_click(lambda _: self._attempt(lambda: self._step(-1)))
        on.on_click(lambda _: self._attempt(lambda: self._step(1)))

    def _attempt(self, do: Callable[[], None]) -> None:
        """Do something, and say what is looked at; or, if it cannot be done, why not."""
        if self.busy:
            return
        self.busy = True
        try:
            do()
            self.head.value = render("explore", view=self.view)
        except Exception as error:
            # Nobody would see the traceback of a callback: it goes to a log.
            kind = "" if isinstance(error, ValueError) else f"{type(error).__name__}: "
            self.head.value = render("explore", problem=f"{kind}{error}")
        finally:
            self.tabs.layout.display = "none" if self.view is None else None
            self.busy = False

    def _step(self, years: int) -> None:
        """Move the day by whole years."""
        at = parse_day(self.day.value.strip()) + pd.DateOffset(years=years)
        self.day.value = f"{at:%Y-%m-%d}"
        self._choose()

    def _slide(self) -> None:
        """Move the day to the half-year that the slider is at."""
        self.day.value = str(self.slider.value)
        self._choose()

    def _choose(self) -> None:
        """Look at what is chosen; until that has worked there is nothing to be seen."""
        self.view = None
        self.filled.clear()
        for side in self.sides.values():
            side.value = ""
        ledger = self.ledgers[self.treaty.value]
        view = look(ledger, self.day.value.strip(), None, self.rule)
        if self.state.value in dict(choices(view.then)):
            # Another treaty, or an earlier day, may not know the state.
            view = replace(view, iso3=self.state.value)
        self.view = view
        self._show()

    def _show(self) -> None:
        """Offer what there is to choose of the view, and fill the tab that is open."""
        assert self.view is not None
        self.slider.options = _half_years(self.view)
        self.slider.value = _half_year(self.view)
        self.state.options = [(name, code) for code, name in choices(self.view.then)]
        self.state.value = self.view.iso3
        figures, kept = figures_stated(self.view), self.figure.value
        self.figure.options = [("every figure", _EVERY), *figures]
        self.figure.value = kept if kept in [figure for _, figure in figures] else _EVERY
        self._fill()

    def _fill(self) -> None:
        """Work out the tab that is open, unless it is there already."""
        if self.view is None:
            return
        name = list(self.sides)[self.tabs.selected_index]
        wanted = (self.view, self.figure.value) if name == _STATEMENTS else (self.view,)
        if self.filled.get(name) == wanted:
            return
        self.filled.pop(name, None)
        side = self.sides[name]
        side.value = render("explore", waiting=True)
        try:
            side.value = html(_SIDES[name](*wanted))
        except Exception:
            side.value = ""
            raise
        self.filled[name] = wanted
