"""The explore notebook: what it shows, its panel, and that it runs from top to bottom."""

from __future__ import annotations

import base64
import re
import sys

import core
import matplotlib.pyplot as plt
import nbformat
import pandas as pd
import pytest
from smalltreaty import MUNITIONS, consents, quantity, source

import stockpile as sp
from stockpile.common.output import csv_text
from stockpile.pages import explore, explore_panel
from stockpile.reports.notebook_page import publish_notebook

# Widgets and their pictures take long, and nothing rests on them.
pytestmark = [pytest.mark.usefixtures("alone"), pytest.mark.slow]

DAY = "2022-06-30"
CITED = "state@2013-04-30"


@pytest.fixture(scope="module")
def view(ccm):
    return explore.look(ccm, DAY, "PER")


@pytest.fixture(scope="module")
def shown(view):
    """Each side of one view, drawn once."""
    sides = (explore.states, explore.burndown, explore.statements_on, explore.then_and_now)
    return {side.__name__: side(view) for side in sides}


# --- what is looked at ---


@pytest.mark.parametrize(
    ("day", "state", "rule", "said"),
    [
        ("30.6.2022", "PER", "reported", "expected YYYY-MM-DD"),
        ("2022-02-30", "PER", "reported", "expected YYYY-MM-DD"),
        ("", "PER", "reported", "is not a day"),
        (DAY, "XXX", "reported", "state is 'XXX'; expected a code"),
        (DAY, "per", "reported", "state is 'per'; expected a code"),
        (DAY, "PER", "rumoured", "expected one of reported, published"),
    ],
)
def test_what_cannot_be_looked_at_is_refused(ccm, day, state, rule, said):
    with pytest.raises(ValueError, match=said):
        explore.look(ccm, day, state, rule)


def test_before_anything_is_on_record_there_is_nothing_to_look_at(small):
    ledger = small([quantity("AAA", "declared", 100, "2012-12-31", source=CITED)])
    with pytest.raises(ValueError, match="nothing is on record of any state by 2001-01-01"):
        explore.look(ledger, "2001-01-01")


def test_without_widgets_it_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "ipywidgets", None)
    with pytest.raises(ModuleNotFoundError, match=r"needs ipywidgets; .*\[lab\]"):
        explore_panel.explorer("ccm", DAY, "PER")


def test_now_is_the_newest_row_or_the_chosen_day(ccm):
    assert explore.look(ccm, DAY, "PER").now.day == ccm.newest
    assert explore.look(ccm, "2040-01-01", "PER").now.day == pd.Timestamp("2040-01-01")


# --- the sides ---


def test_every_side_has_a_table_and_a_picture_under_names_of_their_own(shown):
    for side in shown.values():
        assert side.chart.startswith(b"\x89PNG") and side.title and len(side.table)
    assert len({side.name for side in shown.values()}) == len(shown)
    assert all(re.fullmatch(r"ccm-2022-06-30(-PER)?-[a-z-]+", s.name) for s in shown.values())


def test_the_figures_are_those_of_the_library(view, shown):
    rated = core.status(view.then)
    states = shown["states"].table.sort_values("state", ignore_index=True)
    expected = rated.sort_values("state", ignore_index=True)[list(states.columns)]
    pd.testing.assert_frame_equal(states, expected)
    line = core.progress(view.then).query("iso3 == 'PER'")
    assert shown["burndown"].table["remaining"].tolist() == line["remaining"].tolist()
    known = core.statements(view.then).query("iso3 == 'PER'")
    assert shown["statements_on"].table["why"].tolist() == known["why"].tolist()


def test_statements_come_with_their_sources_and_by_figure(view, shown):
    table = shown["statements_on"].table
    titles = view.then.sources.set_index("source_id")["title"]
    assert table["title"].tolist() == [titles[one] for one in table["source_id"]]
    counted = 0
    for name, figure in explore.figures_stated(view):
        rows = table[(table["figure"] == figure[0]) & (table["unit"] == figure[1])]
        counted += len(rows)
        assert len(rows) and "_" not in name
    assert counted == len(table)
    one = explore.statements_on(view, ("declared", MUNITIONS)).table
    assert set(one["figure"]) == {"declared"} and set(one["unit"]) == {MUNITIONS}


def test_only_then_and_now_knows_what_came_later(ccm, view, shown):
    assert shown["then_and_now"].table["known_on"].tolist() == [view.then.day, ccm.newest]
    assert shown["then_and_now"].table["status"].tolist() == ["on target", "completed"]
    assert (shown["burndown"].table["date"] <= view.then.day).all()


def test_on_the_newest_day_then_is_now(ccm, undrawn):
    view = explore.look(ccm, ccm.newest, "PER")
    assert len(explore.then_and_now(view).table) == 1


@pytest.mark.slow
@pytest.mark.parametrize(
    ("treaty", "day", "state"),
    [("ccm", "2008-01-01", "PER"), ("ccm", DAY, "CUB"), ("apmbc", DAY, "YEM")],
)
def test_states_of_which_little_is_known_can_be_looked_at(request, treaty, day, state):
    view = explore.look(request.getfixturevalue(treaty), day, state)
    for side in (explore.burndown, explore.statements_on, explore.then_and_now):
        assert str(explore.html(side(view))).count("download=") == 2


# --- what is taken away ---


def files(html):
    """The files that the links of a side hold, by name."""
    links = re.findall(r'<a href="data:([^;"]+)[^"]*;base64,([^"]+)" download="([^"]+)"', html)
    return {name: (kind, base64.b64decode(data)) for kind, data, name in links}


def test_what_is_taken_away_is_what_is_shown(shown):
    for side in shown.values():
        assert files(explore.html(side)) == {
            f"{side.name}.csv": ("text/csv", csv_text(side.table).encode()),
            f"{side.name}.png": ("image/png", side.chart),
        }


def test_text_from_the_data_is_neither_markup_nor_formula(folder, undrawn):
    where = folder(
        [quantity("AAA", "declared", 100, "2012-12-31", source=CITED)],
        [consents("AAA")],
        sources=[
            source(CITED, title="=cmd()", url="javascript:alert(1)"),
            source(consents("AAA")["source_id"]),
        ],
    )
    (where / "states.csv").write_text("iso3,name\nAAA,<b>=x()</b> $a$\n", encoding="utf-8")
    view = explore.look(sp.load(where), "2014-01-01", "AAA")
    for side in (explore.states, explore.burndown, explore.statements_on, explore.then_and_now):
        html = explore.html(side(view))
        assert "<b>" not in html and 'href="javascript' not in html
    (csv, _) = files(explore.html(explore.statements_on(view))).values()
    assert b",'=cmd()," in csv[1]


# --- the panel ---


class Panel:
    """The widgets of a panel, as somebody finds them on the screen."""

    def __init__(self, *args, **more):
        self.box = explore_panel.explorer(*args, **more)
        _, choice, self.slider, self.head, self.tabs = self.box.children
        self.treaty, self.day, self.back, self.on, self.state = choice.children
        self.figure = self.tabs.children[2].children[0]

    @property
    def sides(self):
        return [page.children[-1].value for page in self.tabs.children]

    @property
    def open(self):
        return self.sides[self.tabs.selected_index]

    @property
    def names(self):
        return list(files(self.open))

    @property
    def blank(self):
        return not any(self.sides) and self.tabs.layout.display == "none"


@pytest.fixture
def undrawn(monkeypatch):
    """Charts are made but not turned into pictures, which takes the most time."""

    def png(ax):
        plt.close(ax.get_figure(root=True))
        return b"a picture"

    monkeypatch.setattr(explore, "_png", png)


@pytest.fixture
def panel(undrawn):
    return Panel("ccm", DAY, "PER")


def test_the_panel_moves_with_the_day(panel):
    assert panel.names[0] == "ccm-2022-06-30-states.csv"
    first = panel.open
    panel.back.click()
    assert panel.day.value == "2021-06-30" and "30\xa0June\xa02021" in panel.head.value
    assert panel.names[0] == "ccm-2021-06-30-states.csv" and panel.open != first
    panel.on.click()
    assert panel.open == first
    # What is not looked at is not worked out, and holds nothing of another day.
    assert [bool(side) for side in panel.sides] == [True, False, False, False]
    panel.tabs.selected_index = 3
    assert panel.names[0] == "ccm-2022-06-30-PER-then-and-now.csv"
    panel.slider.value = "2017-12-31"
    assert panel.day.value == "2017-12-31"
    assert panel.names[0] == "ccm-2017-12-31-PER-then-and-now.csv"
    panel.day.value = "2020-02-29"
    assert panel.slider.value == "2019-12-31"
    assert panel.names[0] == "ccm-2020-02-29-PER-then-and-now.csv"
    assert not panel.sides[0]
    panel.back.click()
    assert panel.day.value == "2019-02-28"


def test_a_day_that_is_none_is_said_in_words_and_leaves_nothing_standing(panel):
    panel.tabs.selected_index = 2
    for wrong in ("30.6.2022", "", "2022-02-30", "2300-01-01", "<i>x</i>"):
        panel.day.value = wrong
        assert panel.blank
        assert "expected YYYY-MM-DD, as 2012-04-19" in panel.head.value
        assert "<i>" not in panel.head.value
    panel.back.click()  # there is no year before it
    assert panel.blank and panel.day.value == wrong
    panel.state.value = "DEU"
    assert panel.blank
    panel.day.value = " 2013-10-01 "
    assert panel.names[0] == "ccm-2013-10-01-DEU-statements.csv"
    assert panel.tabs.layout.display is None and "1\xa0October\xa02013" in panel.head.value


def test_another_treaty_keeps_the_state_if_it_knows_it(panel, apmbc):
    panel.treaty.value = "apmbc"
    assert panel.state.value == "PER" and "Mine Ban Convention" in panel.head.value
    assert panel.names[0] == "apmbc-2022-06-30-states.csv"
    assert len(panel.state.options) == len(apmbc.states)
    other = next(code for _, code in panel.state.options if code not in {"PER"} and code == "FIN")
    panel.state.value = other
    panel.treaty.value = "ccm"
    known = {code for _, code in panel.state.options}
    assert panel.state.value == other if other in known else panel.state.value in known


def test_statements_by_figure_in_the_panel(panel):
    panel.tabs.selected_index = 2
    every = panel.open
    panel.figure.value = ("declared", MUNITIONS)
    assert panel.open.count("<tr>") < every.count("<tr>")
    # The choice stays where the next state has such statements, and goes where it has none.
    panel.state.value = "DEU"
    assert panel.figure.value == ("declared", MUNITIONS)
    panel.day.value = "2007-01-01"
    assert panel.figure.value == ("", "")


def test_what_goes_wrong_inside_is_said_too(panel, monkeypatch):
    def broken(view, figure=("", "")):
        if figure == ("declared", MUNITIONS):
            raise KeyError("no <such> column")
        return explore.statements_on(view, figure)

    monkeypatch.setitem(explore_panel._SIDES, "Statements", broken)
    panel.tabs.selected_index = 2
    every = panel.open
    panel.figure.value = ("declared", MUNITIONS)
    assert panel.open == "" and "KeyError" in panel.head.value and "<such>" not in panel.head.value
    panel.figure.value = ("", "")
    assert panel.open == every and "KeyError" not in panel.head.value


def test_a_folder_of_ones_own_stands_beside_the_packaged_treaties(folder, undrawn):
    where = folder(
        [quantity("AAA", "declared", 100, "2012-12-31", source=CITED)], [consents("AAA")]
    )
    panel = Panel("ccm", "2014-01-01", folder=where)
    assert panel.treaty.options[0][0] == "Convention on Demonstration"
    assert len(panel.treaty.options) == 4 and panel.names[0] == "demo-2014-01-01-states.csv"
    panel.treaty.value = "ccm"
    assert panel.names[0] == "ccm-2014-01-01-states.csv"


# --- the notebooks ---


def outputs(notebook):
    """What the cells put out, by the cell's name; none may have failed or printed a warning."""
    found = {}
    for cell in notebook.cells:
        if cell.cell_type == "code":
            assert cell.execution_count is not None
            kinds = {(o.output_type, o.get("name")) for o in cell.outputs}
            assert not {kind for kind in kinds if "error" in kind or "stderr" in kind}, cell.outputs
            found[cell.id] = cell.outputs
    return found


def run(name, out, **settings):
    page = publish_notebook(name, out, settings=settings, timeout=120)
    ran = nbformat.read(page.parent / "notebooks" / f"{name}.ipynb", as_version=4)
    return page.read_text(encoding="utf-8"), outputs(ran)


@pytest.mark.slow
def test_the_explore_notebook_runs_without_anybody_touching_it(tmp_path):
    given = {"treaty": "apmbc", "as_of": "2012-04-19", "state": "UKR"}
    page, found = run("explore", tmp_path, **given)
    (panel,) = found["panel"]
    assert "application/vnd.jupyter.widget-view+json" in panel.data
    assert "VBox(" not in page and "open the notebook in JupyterLab" in page
    assert "Ukraine" in found["look"][0].data["text/html"]
    assert "on target" not in found["then-and-now"][0].data["text/plain"]


@pytest.mark.slow
def test_the_tutorial_runs_and_shows_what_it_says(tmp_path):
    page, found = run("tutorial", tmp_path)
    for cell in ("chart", "own-chart", "own-burndown"):
        assert ["image/png" in output.data for output in found[cell]] == [True], cell
    assert page.count('<img src="data:image/png;base64,') == 3
    assert "a few" in found["own-table"][0].data["text/html"]
    own = found["own-result"][0].data["text/plain"]
    assert "Peru" in own and "Bulgaria" in own and "South Africa" not in own
    assert "Peru" in found["project"][0].data["text/html"]
