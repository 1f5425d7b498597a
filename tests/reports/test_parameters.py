"""Values for notebooks are checked before papermill sees them, against the notebooks' own cells."""

from __future__ import annotations

import ast
import functools
import math
import warnings
from pathlib import Path

import nbformat
import papermill
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st
from papermill.translators import PythonTranslator
from smalltreaty import consents, write_treaty

import stockpile as sp
from stockpile.ledger.load import packaged_folder
from stockpile.reports.notebooks import (
    TYPES,
    listing,
    notebook_path,
    parameters,
    shipped,
    table,
)
from stockpile.reports.parameters import check_parameters, settings

CELL = """\
# What is asked.
treaty: str = "ccm"  # a treaty # with its data
as_of: str = "2012-04-19"
since: str = ""  # earlier day to compare with; empty: a year earlier
rule = "reported"  # what 'known' means

folder: str = None  # tables of your own
state: str = "PER"
states: str = ""
on_target: float = None
at_risk: float = None
least: float = 0
step: int = 6
title: str = (
    "in brackets, "
    "and two lines"
)  # of the page
note: str = None
brief: bool = False
groups: str = (
    None
)  # as a formatter leaves it
below = -3
out: str = None
previous: str = None
"""
NAMES = [line.split(":")[0].split(" ")[0] for line in CELL.splitlines() if line[:1].isalpha()]


def write_notebook(path: Path, *cells: tuple[str, str, list[str]]) -> Path:
    """A notebook of cells given as type, source and tags."""
    make = {"code": nbformat.v4.new_code_cell, "markdown": nbformat.v4.new_markdown_cell}
    made = [make[kind](source, metadata={"tags": tags}) for kind, source, tags in cells]
    nbformat.write(nbformat.v4.new_notebook(cells=made), path)
    return path


@pytest.fixture(scope="module")
def notebook(tmp_path_factory) -> Path:
    """A notebook that has a parameter of every kind and every name with a meaning."""
    path = tmp_path_factory.mktemp("notebooks") / "sample.ipynb"
    return write_notebook(path, ("markdown", "# Sample", []), ("code", CELL, ["parameters"]))


@pytest.fixture(scope="module", autouse=True)
def packaged_once():
    """Read the packaged tables once for all these tests."""
    load = sp.load
    once = functools.cache(load)
    packaged = [packaged_folder(treaty) for treaty in sp.packaged()]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            "stockpile.reports.parameters.load",
            lambda home: (once if home in packaged else load)(home),
        )
        yield


@pytest.fixture
def of_cell(tmp_path):
    """Read the parameters of a cell."""
    path = tmp_path / "cell.ipynb"
    return lambda source: parameters(write_notebook(path, ("code", source, ["parameters"])))


# --- what notebooks there are, and what they say of themselves ---


def test_every_shipped_notebook_is_there_and_described():
    assert {"status_report", "track_record"} <= set(shipped())
    frame = table()
    assert list(frame) == ["notebook", "purpose", "parameter", "default", "kind", "meaning"]
    assert list(frame["notebook"].unique()) == list(shipped())
    for name, rows in frame.groupby("notebook"):
        purpose = rows["purpose"].iloc[0]
        assert rows["purpose"].nunique() == 1
        assert len(purpose) > 20 and purpose.endswith((".", "?", "!")), name
        assert not set(purpose) & set("`*#\n"), purpose
        has = rows[rows["parameter"] != ""]
        assert (has["meaning"].str.len() > 10).all(), f"{name}: each parameter says what it means"
        assert (has["default"].str.len() + has["kind"].str.len() > 0).all()


def with_parameters():
    """Shipped notebooks that take parameters."""
    frame = table()
    return frame.loc[frame["parameter"] != "", "notebook"].unique().tolist()


def test_defaults_of_shipped_notebooks_are_right_by_their_own_rules():
    for name in with_parameters():
        own = {p.name: p.default for p in parameters(name)}
        assert check_parameters(name, own) == own
        assert check_parameters(name, {}) == {}


def test_names_mean_the_same_in_every_shipped_notebook():
    kinds = {"treaty": "str", "as_of": "str", "since": "str", "rule": "str", "state": "str",
             "states": "str", "on_target": "float", "at_risk": "float", "step": "int",
             "folder": "str", "out": "str", "previous": "str", "groups": "str"}  # fmt: skip
    for name in with_parameters():
        for p in parameters(name):
            assert p.kind == kinds.get(p.name, p.kind), f"{name}: {p.name}"


def test_papermill_knows_the_same_parameters():
    for name in with_parameters():
        known = papermill.inspect_notebook(notebook_path(name))
        assert list(known) == [p.name for p in parameters(name)], (
            f"{name}: str | None is str = None"
        )


def test_the_listing_has_a_line_for_each_parameter():
    blocks = listing().split("\n\n")
    assert [block.split(":")[0] for block in blocks] == list(shipped())
    for block in blocks:
        head, *lines = block.splitlines()
        frame = table()
        rows = frame[(frame["notebook"] == head.split(":")[0]) & (frame["parameter"] != "")]
        assert [line.split()[0] for line in lines] == rows["parameter"].tolist()
        assert all(line.endswith(m) for line, m in zip(lines, rows["meaning"], strict=True))
    assert "as_of" in listing() and "whole number" in listing()


def test_a_notebook_without_parameters_is_listed_too(tmp_path, monkeypatch):
    text = "# A tour\n\nRead *this* [page](x.md) with `care`: 2.5 pages. Then go on.\n"
    write_notebook(tmp_path / "tour.ipynb", ("markdown", text, []), ("code", "1", []))
    write_notebook(tmp_path / "bare.ipynb", ("code", "x = 1  # a number", ["parameters"]))
    monkeypatch.setattr("stockpile.reports.notebooks.shipped_folder", lambda kind: tmp_path)
    bare, tour = table().itertuples(index=False)
    assert tuple(tour) == (
        "tour", "A tour. Read this page with care: 2.5 pages.", "", "", "", ""
    )  # fmt: skip
    assert tuple(bare) == ("bare", "", "x", "1", "whole number", "a number")
    assert "tour: A tour." in listing()


def test_notebook_path_takes_a_shipped_name_and_nothing_else():
    assert notebook_path("status_report") == notebook_path("status_report.ipynb")
    with pytest.raises(
        sp.DataError, match=r"'status_reprt' is shipped; .*did you mean status_report\?"
    ):
        notebook_path("status_reprt")
    for name in ("", "../notebooks/status_report", "/etc/passwd", "status_report.ipynb.ipynb"):
        with pytest.raises(sp.DataError, match="is shipped; expected"):
            notebook_path(name)


# --- a cell of parameters is read, never executed ---


def test_a_cell_is_read(notebook):
    found = {p.name: p for p in parameters(notebook)}
    assert list(found) == NAMES
    told = {n: (p.default, p.kind, p.optional) for n, p in found.items()}
    assert told["treaty"] == ("ccm", "str", False)
    assert told["rule"] == ("reported", "str", False)
    assert told["folder"] == (None, "str", True)
    assert told["previous"] == (None, "str", True), "as papermill would have it written"
    assert told["on_target"] == told["at_risk"] == (None, "float", True)
    assert told["least"] == (0.0, "float", False) and type(found["least"].default) is float
    assert told["brief"] == (False, "bool", False)
    assert told["below"] == (-3, "int", False)
    assert found["title"].default == "in brackets, and two lines"
    meanings = {n: p.meaning for n, p in found.items() if p.meaning}
    assert meanings == {
        "treaty": "a treaty # with its data",
        "since": "earlier day to compare with; empty: a year earlier",
        "rule": "what 'known' means",
        "folder": "tables of your own",
        "title": "of the page",
        "groups": "as a formatter leaves it",
    }
    assert found["folder"].kind_in_words == "text or none"
    assert found["folder"].default_as_text == "none" and found["brief"].default_as_text == "false"


@pytest.mark.parametrize(
    "source, message",
    [
        ("as_of = today()", "as_of is today(); expected a text, a number"),
        ("x = 1\nstates = ['PER']", "states is ['PER']; expected a text, a number"),
        ("x = b'a'", "x is b'a'; expected a text"),
        ("x = 1j", "x is 1j; expected a text"),
        ("folder = None", "folder has the type NoneType; expected str, int, float or bool"),
        ("x: int = True", "x is True; expected a value of its type, int"),
        ("x: int = 1.0", "x is 1.0; expected a value of its type, int"),
        ("x: list = None", "x has the type list; expected str, int, float or bool"),
        ("x: None = None", "x has the type NoneType; expected str, int, float or bool"),
        # What papermill itself would pass over, with a warning at most.
        ("x: str | None = None", "line 1: 'x: str | None = None' cannot be read as a parameter"),
        ("x = 1  # as y=1", "line 1: 'x = 1' cannot be read as a parameter"),
        ("x = '#'", "x is '; expected a text"),
        ("x: int", "line 1: 'x: int' cannot be read as a parameter"),
        ("x = y = 1", "'x = y = 1' cannot be read as a parameter"),
        ("a, b = 1, 2", "'a, b = (1, 2)' cannot be read as a parameter"),
        ("x.y = 1", "'x.y = 1' cannot be read as a parameter"),
        ("x = 1\nimport os", "line 2: 'import os' cannot be read as a parameter"),
        ("for x in y:\n    pass", "'for x in y:' cannot be read as a parameter"),
        ("x = 1\nx = 2", "line 2: 'x = 2' cannot be read as a parameter"),
        ("x = 1\n%matplotlib inline", "line 2: invalid syntax; expected Python assignments"),
    ],
)
def test_a_cell_that_holds_anything_else_is_refused(of_cell, source, message):
    with pytest.raises(sp.DataError) as caught:
        of_cell(source)
    assert str(caught.value).startswith("cell.ipynb: parameters")
    assert message in str(caught.value)


def test_reading_a_cell_executes_nothing(of_cell, tmp_path):
    target = tmp_path / "made"
    with pytest.raises(sp.DataError, match="expected a text, a number"):
        of_cell(f"x = open({str(target)!r}, 'w')")
    assert not target.exists()


def test_a_notebook_without_such_a_cell_or_no_notebook_at_all_is_refused(tmp_path):
    path = tmp_path / "n.ipynb"
    with pytest.raises(sp.DataError, match=r"^n\.ipynb: not found in "):
        parameters(path)
    write_notebook(path, ("code", "x = 1", []))
    with pytest.raises(sp.DataError, match="no cells have the tag 'parameters'; expected one"):
        parameters(path)
    write_notebook(path, *[("code", "x = 1", ["parameters"])] * 2)
    with pytest.raises(sp.DataError, match="2 cells have the tag 'parameters'; expected one"):
        parameters(path)
    for text in ("", "[]", "{}", '{"cells": [1]}', '{"cells": [{"source": 1}]}'):
        path.write_text(text)
        with pytest.raises(sp.DataError, match=r"^n\.ipynb: cannot be read; expected a notebook"):
            parameters(path)
    path.write_bytes(b"\xff")
    with pytest.raises(sp.DataError, match="cannot be read"):
        parameters(path)


# --- settings from a command line ---


def test_settings_are_taken_apart_at_the_first_equals_sign():
    assert settings([]) == {}
    assert settings(["a=", "b=1=2", "c= d"]) == {"a": "", "b": "1=2", "c": " d"}
    for text in ("a", "", "=1"):
        with pytest.raises(ValueError, match="sets nothing; expected name=value"):
            settings([text])
    with pytest.raises(ValueError, match="'a' is set twice"):
        settings(["a=1", "b=1", "a=1"])


# --- types ---


@pytest.mark.parametrize(
    "name, value, is_",
    [
        ("title", "012", "012"),
        ("title", "NO", "NO"),
        ("title", "", ""),
        ("title", "none", "none"),
        ("title", "true", "true"),
        ("title", "'); import os #", "'); import os #"),
        ("title", 'back\\slash "quoted" {brace} é 漢', 'back\\slash "quoted" {brace} é 漢'),
        ("note", "none", None),
        ("note", None, None),
        ("note", "None", "None"),
        ("step", "12", 12),
        ("step", 12, 12),
        ("below", "-12", -12),
        ("below", "0", 0),
        ("least", "0.25", 0.25),
        ("least", "3", 3.0),
        ("least", 3, 3.0),
        ("on_target", "none", None),
        ("brief", "true", True),
        ("brief", "false", False),
        ("brief", True, True),
        ("as_of", "2016-02-29", "2016-02-29"),
        ("since", "", ""),
        ("state", "BGR", "BGR"),
        ("states", "PER, BGR", "PER, BGR"),
        ("rule", "published", "published"),
        ("treaty", "ccm", "ccm"),
    ],
)
def test_a_text_becomes_the_type_and_nothing_else(notebook, name, value, is_):
    found = check_parameters(notebook, {name: value})[name]
    assert found == is_ and type(found) is type(is_)


@pytest.mark.parametrize(
    "name, value, told",
    [
        ("step", "012", "step is '012'; expected a whole number, as 6"),
        ("step", "six", "step is 'six'; expected a whole number"),
        ("step", "6.0", "expected a whole number"),
        ("step", " 6", "expected a whole number"),
        ("step", "٦", "expected a whole number"),
        ("step", "6\n", "expected a whole number"),
        ("step", "", "step is ''; expected a whole number"),
        ("step", True, "step is True; expected a whole number"),
        ("step", 6.0, "step is 6.0; expected a whole number"),
        ("step", None, "step is None; expected a whole number, as 6"),
        ("step", "none", "step is 'none'; expected a whole number, as 6"),
        ("below", 10**40, "expected a whole number"),
        ("below", "9" * 5000, "expected a whole number"),
        ("least", "nan", "least is 'nan'; expected a number, as 0.85"),
        ("least", "1e3", "expected a number"),
        ("least", "0,85", "expected a number"),
        ("least", "1_0", "expected a number"),
        ("least", math.nan, "expected a number"),
        ("least", math.inf, "expected a number"),
        ("on_target", "None", "expected a number, as 0.85, or none"),
        ("brief", "NO", "brief is 'NO'; expected true or false"),
        ("brief", "True", "expected true or false"),
        ("brief", 1, "brief is 1; expected true or false"),
        ("title", 12, "title is 12; expected one line of printable text"),
        ("title", "two\nlines", "expected one line of printable text"),
        ("title", "\x00", "expected one line of printable text"),
        ("title", "\udcff", "expected one line of printable text"),
        ("title", ["a"], "expected one line of printable text"),
        ("title", Path("a"), "expected one line of printable text"),
        ("note", 1, "expected one line of printable text, or none"),
    ],
)
def test_what_is_not_of_the_type_is_refused(notebook, name, value, told):
    with pytest.raises(ValueError) as caught:
        check_parameters(notebook, {name: value})
    assert told in str(caught.value) and str(caught.value).startswith("sample: ")
    assert len(str(caught.value)) < 300


def test_names_have_to_be_those_of_the_notebook(notebook):
    with pytest.raises(
        ValueError, match=r"no parameter 'as-of'; expected .* did you mean as_of\?$"
    ):
        check_parameters(notebook, {"as-of": "2012-04-19"})
    with pytest.raises(ValueError, match=r"no parameter 'import os #'; expected treaty, as_of"):
        check_parameters(notebook, {"import os #": "1"})
    with pytest.raises(ValueError, match=r"no parameter 'AS_OF'; .* did you mean as_of\?$"):
        check_parameters(notebook, {"AS_OF": "2012-04-19"})
    with pytest.raises(ValueError, match="there is no parameter 3; expected"):
        check_parameters(notebook, {3: "x"})


# --- what values mean ---


@pytest.mark.parametrize(
    "values, told",
    [
        ({"as_of": "2012-02-30"}, "as_of is '2012-02-30'; expected a day, YYYY-MM-DD"),
        ({"as_of": "19.04.2012"}, "as_of is '19.04.2012'; expected a day"),
        ({"as_of": "2012-4-19"}, "expected a day"),
        ({"as_of": "20120419"}, "expected a day"),
        ({"as_of": ""}, "as_of is ''; expected a day"),
        ({"since": "yesterday"}, "since is 'yesterday'; expected a day"),
        ({"since": "2012-04-19"}, "expected a day before the as-of day 2012-04-19"),
        (
            {"since": "2012-04-18", "as_of": "2011-01-01"},
            "since is '2012-04-18'; expected a day before the as-of day 2011-01-01",
        ),
        ({"rule": "publish"}, "expected reported or published; did you mean published?"),
        ({"rule": "Reported"}, "expected reported or published; did you mean reported?"),
        ({"step": "5"}, "step is '5'; expected months that divide a year: 1, 2, 3, 4, 6 or 12"),
        ({"treaty": "cmc"}, "treaty is 'cmc'; expected apmbc, ccm or cwc; did you mean cwc?"),
        ({"treaty": "../ccm"}, "treaty is '../ccm'; expected apmbc, ccm or cwc; did you mean ccm?"),
        ({"on_target": "0.4"}, "on_target is 0.4 and at_risk is 0.5; expected 0 < at_risk"),
        ({"on_target": "1.2"}, "on_target is 1.2 and at_risk is 0.5"),
        ({"at_risk": "-0.1"}, "on_target is 0.7 and at_risk is -0.1"),
        ({"on_target": "0.6", "at_risk": "0.7"}, "on_target is 0.6 and at_risk is 0.7"),
        ({"state": "GER"}, "state is 'GER'; expected the code of a state in the table of ccm"),
        ({"state": "Germany"}, "and not 'Germany'; did you mean DEU (Germany)?"),
        ({"state": "deu"}, "and not 'deu'; did you mean DEU (Germany)?"),
        ({"state": "UK"}, "state is 'UK'; expected the code of a state"),
        ({"states": "PER,Bulgria"}, "and not 'Bulgria'; did you mean BGR (Bulgaria)?"),
        ({"states": "PER,,BGR"}, "states is 'PER,,BGR'; expected codes, as PER,BGR, of states"),
    ],
)
def test_values_that_cannot_be_are_refused(notebook, values, told):
    with pytest.raises(ValueError) as caught:
        check_parameters(notebook, values)
    assert told in str(caught.value)
    assert "\n" not in str(caught.value)


def test_problems_are_reported_together(notebook):
    with pytest.raises(ValueError) as caught:
        check_parameters(
            notebook,
            {
                "as-of": "x",
                "rule": "x",
                "step": "7",
                "on_target": "0.1",
                "brief": "NO",
                "state": "XXX",
                "title": "right",
            },
        )
    head, *rest = str(caught.value).splitlines()
    assert head == "sample: 6 parameters are not right:"
    assert [line.split()[0] for line in rest] == [
        "there", "rule", "step", "brief", "on_target", "state"
    ]  # fmt: skip


def test_a_wrong_value_does_not_bring_a_second_complaint(notebook):
    with pytest.raises(ValueError, match=r"^sample: as_of is 'x'; expected a day"):
        check_parameters(notebook, {"as_of": "x", "since": "2020-01-01"})
    with pytest.raises(ValueError, match=r"^sample: treaty is 'x'; expected apmbc, ccm or cwc$"):
        check_parameters(notebook, {"treaty": "x", "state": "XXX"})


def test_the_notebooks_own_state_has_to_be_in_a_treaty_that_is_given(notebook, tmp_path):
    home = write_treaty(tmp_path / "demo", [], [consents("BGR")], states=["BGR"])
    assert check_parameters(notebook, {"folder": home, "state": "BGR"}) == {
        "folder": str(home), "state": "BGR"
    }  # fmt: skip
    with pytest.raises(
        ValueError, match=r"state is 'PER' \(the notebook's own\); .* table of demo"
    ):
        check_parameters(notebook, {"folder": home})


def test_states_of_a_folder_without_a_table_of_states_are_those_of_its_rows(notebook, tmp_path):
    home = write_treaty(tmp_path / "demo", [], [consents("PER")])
    assert check_parameters(notebook, {"folder": home, "state": "PER"})["state"] == "PER"
    with pytest.raises(ValueError, match="and not 'DEU'"):
        check_parameters(notebook, {"folder": home, "state": "DEU"})


def test_a_treaty_and_a_folder_have_to_agree(notebook, tmp_path):
    home = write_treaty(tmp_path / "demo", [], [consents("PER")])
    assert check_parameters(notebook, {"folder": home, "treaty": "demo"})["treaty"] == "demo"
    with pytest.raises(ValueError, match=r"treaty is 'ccm'; expected demo \(from the folder"):
        check_parameters(notebook, {"folder": home, "treaty": "ccm"})
    with pytest.raises(
        ValueError, match=r"expected a folder with the tables of a treaty: treaty\."
    ):
        check_parameters(notebook, {"folder": tmp_path})
    (home / "quantities.csv").unlink()
    with pytest.raises(ValueError, match=r"folder is .*quantities.csv"):
        check_parameters(notebook, {"folder": home})
    with pytest.raises(ValueError, match=r"folder is .*treaty\.toml"):
        check_parameters(notebook, {"folder": home / "treaty.toml"})


# --- paths given as text stay where they belong ---


@pytest.fixture
def base(tmp_path) -> Path:
    """A folder with an inside, and links that lead out of it and round in a ring."""
    base = tmp_path / "base"
    (base / "inside").mkdir(parents=True)
    (tmp_path / "outside").mkdir()
    (base / "away").symlink_to(tmp_path / "outside")
    (base / "within").symlink_to(base / "inside")
    (base / "ring").symlink_to(base / "ring")
    return base


@pytest.mark.parametrize("name", ["out", "previous", "folder"])
@pytest.mark.parametrize(
    "text",
    ["..", "../outside", "inside/../..", "inside/../inside", "/etc", "away", "away/deeper",
     "ring/x", "~", "~/x", ""],
)  # fmt: skip
def test_paths_that_lead_outside_are_refused(notebook, base, name, text):
    with pytest.raises(ValueError, match=f"{name} is .*; expected a path that stays inside"):
        check_parameters(notebook, {name: text}, folder_base=base)


def test_paths_inside_come_back_absolute(notebook, base, monkeypatch):
    inside = str(base / "inside")
    for text in ("inside", "within", "./inside", inside):
        assert check_parameters(notebook, {"out": text}, folder_base=base) == {"out": inside}
    assert check_parameters(notebook, {"out": "new/one"}, folder_base=base)["out"] == str(
        base / "new" / "one"
    )
    assert check_parameters(notebook, {"out": "."}, folder_base=base)["out"] == str(base)
    monkeypatch.chdir(base)
    assert check_parameters(notebook, {"previous": "inside"}) == {"previous": inside}
    assert check_parameters(notebook, {"out": "none"}) == {"out": None}


def test_a_path_of_the_calling_program_comes_back_as_it_is(notebook, base):
    assert check_parameters(
        notebook, {"out": Path(".."), "previous": Path("/etc")}, folder_base=base
    ) == {
        "out": "..",
        "previous": "/etc",
    }


# --- whatever is said ---

TEXTS = st.one_of(
    st.text(max_size=40),
    st.text(st.characters(), max_size=12),
    st.text("0123456789.-+e_ ", max_size=8),
    st.sampled_from(
        ["none", "true", "false", "2012-04-19", "PER", "BGR,PER", "published", "apmbc", "12",
         "0.7", "\\", '"', '\\"', "'''", "{x}", "\\N{DASH}", "\\u0041", "$(ls)", "a\\\n"]
    ),
)  # fmt: skip


@given(name=st.sampled_from(NAMES), text=TEXTS)
@example(name="title", text='\\"); import os; ("\\')
@example(name="title", text="\\N{BULLET} \\x41")
def test_any_text_is_refused_or_becomes_a_literal_of_the_kind(notebook, name, text):
    kinds = {p.name: p for p in parameters(notebook)}
    try:
        found = check_parameters(notebook, {name: text}, folder_base=Path("/nowhere/at/all"))
    except ValueError as error:
        assert str(error).startswith("sample: ") and len(str(error)) < 1500
        return
    assert list(found) == [name]
    value, parameter = found[name], kinds[name]
    assert (value is None and parameter.optional) or type(value) is TYPES[parameter.kind]
    # As papermill writes it into the notebook: one assignment of this literal, and no more.
    (node,) = ast.parse(PythonTranslator.codify(found)).body
    assert isinstance(node, ast.Assign) and node.targets[0].id == name
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        read = ast.literal_eval(node.value)
    assert read == value and type(read) is type(value)


@given(name=st.text(max_size=20))
def test_no_other_name_gets_through(notebook, name):
    assume(name not in NAMES)
    with pytest.raises(ValueError, match="there is no parameter"):
        check_parameters(notebook, {name: "x"})


@given(number=st.integers(-(10**12) + 1, 10**12 - 1), share=st.floats(-1e6, 1e6, width=32))
def test_numbers_come_through_as_text_and_as_numbers(notebook, number, share):
    assert check_parameters(notebook, {"below": str(number)}) == check_parameters(
        notebook, {"below": number}
    )
    text = f"{share:.15f}"
    assert check_parameters(notebook, {"least": text}) == {"least": float(text)}
    assert check_parameters(notebook, {"least": share}) == {"least": share}
