"""The report: whole or not at all, and comparable with the one before."""

from __future__ import annotations

import functools
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import nbformat
import openpyxl
import pytest
from pagetext import text
from smalltreaty import consents, event, quantity, write_treaty

import stockpile as sp
from stockpile.cli.main import main
from stockpile.ledger.load import load
from stockpile.pages import state_page
from stockpile.pages.safety import check_page, page_script, script_source
from stockpile.rating.status import Thresholds
from stockpile.reports import folders, manifest, report, run
from stockpile.reports.notebooks import notebook_path
from stockpile.reports.order import Order, order
from stockpile.reports.publication import dress_notebook
from stockpile.reports.publisher import Publication
from stockpile.reports.report import begin, make_report, produce
from stockpile.reports.run import Folders, Task
from stockpile.reports.workers import Outcome, ReportError, attempt
from stockpile.results.tables import has_parquet

DAY = "2012-04-19"
STATES = ("--states", "GBR,HRV")
PACKAGE = str(Path(report.__file__).resolve().parents[2])


def stockpile(*argv: object) -> subprocess.CompletedProcess[str]:
    """The command in a process of its own, which is copied for its workers; that is quick."""
    return subprocess.run(
        [sys.executable, "-m", "stockpile", *map(str, argv)],
        capture_output=True,
        text=True,
        timeout=600,
        env=os.environ | {"PYTHONPATH": PACKAGE},
        check=False,
    )


def contents(folder: Path) -> dict[str, bytes]:
    """Every file under a folder with its bytes."""
    return {
        p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()
    }


def account(folder: Path) -> dict[str, Any]:
    found = manifest.read(folder)
    assert found is not None
    return found


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The real report, with the pages of two states."""
    out = tmp_path_factory.mktemp("reports")
    done = stockpile("report", "--treaty", "ccm", "--as-of", DAY, "--out", out, *STATES)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        str(out / "ccm" / DAY / "index.html"),
        str(out / "index.html"),
    ]
    return out


@pytest.fixture(scope="module")
def made(out: Path) -> Path:
    return out / "ccm" / DAY


@pytest.mark.slow
class TestRealReport:
    def test_is_one_folder_and_nothing_else_is_left(self, out: Path, made: Path) -> None:
        assert {p.name for p in made.iterdir()} == {
            "index.html", "states", "charts", "notebooks", "manifest.json",
            "status.csv", "progress.csv", "statements.csv", "scorecard.csv", "stockpile.xlsx",
            "card.png", "datapackage.json",
            *(f"{Path(name).stem}.parquet" for name in report.FILES if has_parquet()),
            "brief.pdf",
        }  # fmt: skip
        assert {p.name for p in made.parent.iterdir()} == {DAY, "latest", "history"}
        assert {p.name for p in out.iterdir()} == {"ccm", "feed.atom", "index.html", ".lock"}
        assert (made.parent / "latest").readlink() == Path(DAY)
        for folder in (made, made / "states", made / "charts"):
            assert folder.stat().st_mode & 0o055 == 0o055

    def test_states_that_were_asked_for_have_a_page(self, made: Path) -> None:
        assert {p.stem for p in (made / "states").iterdir()} == {"GBR", "HRV"}
        kingdom = (made / "states" / "GBR.html").read_text(encoding="utf-8")
        assert "United Kingdom" in kingdom and 'href="../index.html"' in kingdom
        assert [p.name for p in (made / "notebooks").iterdir()] == ["status_report.ipynb"]

    def test_pages_need_nothing_and_run_nothing_but_their_own_script(self, made: Path) -> None:
        for page in made.rglob("*.html"):
            html = page.read_text(encoding="utf-8")
            assert check_page(html) == []
            # One block runs; the other, on the page of all states, is data.
            assert html.count("<script>") == 1 and f"<script>{page_script()}</script>" in html
            assert html.count("<script") == 1 + (page.name == "index.html")
            assert "<img" not in html and "stylesheet" not in html
            assert "default-src 'none'" in html and f"script-src '{script_source()}'\"" in html
            assert len(html) < 2_000_000
        html = (made / "index.html").read_text(encoding="utf-8")
        assert "States Parties" in html and "19 April 2012" in html
        # Of the links to pages of states only those are left that lead somewhere.
        assert set(re.findall(r'href="states/(\w+)\.html"', html)) == {"GBR", "HRV"}
        # The code and what is only for those who open the notebook stay out.
        assert "pages.headline" not in html and "un all cells" not in html
        assert re.search(r'id="headline".*id="cases".*id="states".*id="changes"', html, re.DOTALL)

    def test_nothing_tells_of_the_run(self, out: Path, made: Path) -> None:
        for name, content in contents(made).items():
            assert str(out).encode() not in content, name
            assert str(Path.home()).encode() + b"/" not in content, name
        for path in made.rglob("*.ipynb"):
            notebook = nbformat.read(path, as_version=4)
            nbformat.validate(notebook)
            assert "papermill" not in notebook.metadata
            assert all(set(c.metadata) <= {"tags"} for c in notebook.cells)
            assert len({c.id for c in notebook.cells}) == len(notebook.cells)

    def test_manifest_accounts_for_everything(self, made: Path) -> None:
        found = account(made)
        assert manifest.is_whole(made, found)
        assert set(found["files"]) == set(contents(made)) - {"manifest.json"}
        assert [n["name"] for n in found["notebooks"]] == ["status_report"]
        assert {n["name"] for n in found["pages"]} == {
            f"page of {p.stem}" for p in (made / "states").iterdir()
        }
        for one in (*found["notebooks"], *found["pages"]):
            assert one["outcome"] == "good" and one["seconds"] >= 0
        # There was no report before: a year earlier.
        assert (found["as_of"], found["since"]) == (DAY, "2011-04-19")
        assert found["parameters"]["on_target"] == Thresholds().on_target
        assert sum(found["ratings"].values()) > 50

    def test_the_front_page_repeats_the_report_and_has_its_past(
        self, out: Path, made: Path
    ) -> None:
        front = (out / "index.html").read_text(encoding="utf-8")
        assert check_page(front) == [] and "&lt;" not in front.split("<style>")[0]
        heading = re.search(r"<h1>(.*?)\.?</h1>", (made / "index.html").read_text("utf-8"))
        assert heading and f">{heading[1]}</a>" in front
        assert f'href="ccm/{DAY}/states/GBR.html"' in front
        # The ratings over the years are there though no report of another day is.
        block = re.search(r'id="history">(.*?)</script>', front, re.DOTALL)
        assert block and len(block[1].encode()) < 60_000
        past = json.loads(block[1])["treaties"]["ccm"]
        assert past["days"] == ["2011-01-01", "2011-07-01", "2012-01-01", DAY]
        assert all(len(letters) == len(past["states"]) for letters in past["letters"])
        for link in set(re.findall(r'href="([^"#:]+)"', front)):
            assert (out / link).is_file(), link

    def test_workbook_opens(self, made: Path) -> None:
        book = openpyxl.load_workbook(made / "stockpile.xlsx")
        assert "status" in book.sheetnames
        sheet = book["status"]
        assert sheet.freeze_panes and sheet.auto_filter.ref

    @pytest.mark.slow
    def test_same_data_same_bytes_in_place_of_the_old_one(
        self, out: Path, made: Path, tmp_path: Path
    ) -> None:
        again = tmp_path / "again"
        shutil.copytree(out, again, symlinks=True)
        place = again / "ccm" / DAY
        (place / "index.html").write_text("older")
        (place / "old.txt").write_text("of an older form")
        done = stockpile(
            "report", "--treaty", "ccm", "--as-of", DAY, "--out", again, "--jobs", 1, *STATES
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        one, two = contents(made), contents(place)
        for files in (one, two):
            told = json.loads(files["manifest.json"])
            for entry in (*told["notebooks"], *told["pages"]):
                del entry["seconds"]
            files["manifest.json"] = json.dumps(told).encode()
        assert one == two

    @pytest.mark.slow
    def test_log_is_a_line_a_step_and_fail_on_calls_for_people(self, out: Path) -> None:
        done = stockpile(
            "report", "--treaty", "ccm", "--as-of", "2018-06-30", "--out", out, "--states", "BGR",
            "--fail-on", "at-risk", "--fail-on", "changed", "--fail-on", "overdue",
        )  # fmt: skip
        assert done.returncode == 3, done.stderr
        found = account(out / "ccm" / "2018-06-30")
        assert found["since"] == DAY  # that of the previous good report
        assert found["changed"] > 0 and found["ratings"]["at risk"] > 0
        assert f"changed since {DAY}" in done.stderr
        assert "at risk" in done.stderr and "overdue" not in done.stderr
        lines = [line for line in done.stderr.splitlines() if not line.startswith("stockpile:")]
        *steps, last = lines
        assert len(steps) == 7 and any("page of BGR, 1 of 1, " in step for step in steps)
        assert all(re.match(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d ccm as of 2018", li) for li in steps)
        assert str(out) not in "".join(steps)
        assert f"Done. Open {(out / 'index.html').as_uri()} in a browser" in last
        assert (out / "ccm" / "latest").readlink() == Path("2018-06-30")
        index = (out / "index.html").read_text(encoding="utf-8")
        assert check_page(index) == []
        assert f'href="ccm/{DAY}/index.html"' in index
        assert 'href="ccm/2018-06-30/states/BGR.html"' in index
        html = (out / "ccm" / "2018-06-30" / "index.html").read_text(encoding="utf-8")
        assert "19 April 2012" in text(html)
        assert set(re.findall(r'href="states/(\w+)\.html"', html)) == {"BGR"}


# --- a small treaty ---

ROWS = [
    quantity("AAA", "declared", 100, "2010-12-31", source="state@2011-01-28"),
    quantity("AAA", "destroyed_total", 40, "2012-12-31", source="monitor@2013-09-04"),
    quantity("BBB", "declared", 50, "2010-12-31", source="state@2011-01-28"),
]
EVENTS = [
    consents("AAA"),
    consents("BBB"),
    event("BBB", "completed", "2013-06-30", source="state@2014-04-30"),
]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return write_treaty(tmp_path / "my {data}", ROWS, EVENTS)


@pytest.mark.slow
def test_own_folder_thresholds_and_rule_reach_the_page(home: Path, tmp_path: Path) -> None:
    out = tmp_path / "out {x}"
    done = stockpile(
        "report", "--treaty", home, "--as-of", "2014-06-30", "--out", out,
        "--rule", "published", "--on-target", "0.93", "--at-risk", "0.21", "--since", "2013-01-01",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    place = out / "demo" / "2014-06-30"
    html = (place / "index.html").read_text(encoding="utf-8")
    assert "at risk from 21%" in html and "published" in html
    # Every state with stock has a page, and is linked from the first one.
    assert {p.stem for p in (place / "states").iterdir()} == {"AAA", "BBB"}
    assert set(re.findall(r'href="states/([A-Z]{3})\.html"', html)) == {"AAA", "BBB"}
    found = account(place)
    assert (found["since"], found["rule"]) == ("2013-01-01", "published")
    assert found["parameters"]["folder"] == "my {data}"
    for data in contents(place).values():
        assert str(tmp_path).encode() not in data


# --- what goes wrong ---


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"treaty": "nuclear"}, "not a packaged treaty"),
        ({"treaty": "../ccm"}, "not a packaged treaty"),
        ({"as_of": "19.4.2012"}, "expected YYYY-MM-DD"),
        ({"as_of": "2012-02-30"}, "expected YYYY-MM-DD"),
        ({"as_of": "../../x"}, "expected YYYY-MM-DD"),
        ({"as_of": 20120419}, "expected an ISO day"),
        ({"since": DAY}, "expected a day before the as-of day"),
        ({"since": "last year"}, "expected YYYY-MM-DD"),
        ({"rule": "guess"}, "expected one of reported, published"),
        ({"states": ["PER", "Grmany"]}, r"no state 'Grmany'.*did you mean DEU \(Germany\)"),
        ({"states": "PER"}, "expected names or codes as"),
        ({"settings": {"colour": "red"}}, "there is no parameter 'colour'"),
        ({"settings": {"as_of": DAY}}, "set by the run itself"),
        ({"settings": {"out": "/tmp"}}, "set by the run itself"),
        ({"timeout": 0}, "at least 1"),
        ({"timeout": True}, "at least 1"),
        ({"jobs": 0}, "at least 1"),
    ],
)
def test_wrong_parameters_are_refused_before_anything_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: dict[str, Any], said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(report, "produce", lambda *_, **__: pytest.fail("it ran"))
    given: dict[str, Any] = {"treaty": "ccm", "as_of": DAY, "out": tmp_path / "out"} | change
    with pytest.raises(ValueError, match=said):
        make_report(**given)
    assert not (tmp_path / "out").exists()


def test_out_must_not_be_a_file(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("x")
    with pytest.raises(ValueError, match="which is a file"):
        make_report("ccm", DAY, tmp_path / "out")


@pytest.fixture
def earlier(tmp_path: Path) -> Iterator[Path]:
    """An earlier report, which must survive whatever happens."""
    out = tmp_path / "out"
    place = out / "demo" / "2014-06-30"
    place.mkdir(parents=True)
    for name in ("index.html", "status.csv"):
        (place / name).write_text(f"earlier {name}")
    before = contents(out)
    yield out
    after = contents(out)
    assert {name: after.get(name) for name in before} == before
    assert [p.name for p in (out / "demo").iterdir()] == ["2014-06-30"]


Use = Callable[..., None]


@pytest.fixture
def notebook(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Use:
    """Let the notebook of the page on all states be of a test's own cell."""

    def use(source: str) -> None:
        cells = [
            nbformat.v4.new_code_cell(
                "out = None", id="parameters", metadata={"tags": ["parameters"]}
            ),
            nbformat.v4.new_code_cell(source, id="work"),
        ]
        path = tmp_path / "status_report.ipynb"
        nbformat.write(nbformat.v4.new_notebook(cells=cells), path)
        monkeypatch.setattr(report, "notebook_path", lambda name: path)

    return use


#: A cell that makes all that the page on all states must have.
WHOLE = (
    "import pathlib\nfrom IPython.display import HTML\n"
    f"for name in {report.FILES!r}:\n    pathlib.Path(name).write_text('x')\n"
    f"HTML(' '.join(f'<figure id={{i}}><svg></svg></figure>' for i in {report.SECTIONS!r}))"
)


def _no_files(*_: object) -> dict[str, object]:
    """Write neither charts nor workbook; of a module, for another process is asked to."""
    return {}


def test_a_notebook_that_fails_fails_the_report(
    earlier: Path, notebook: Use, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(report, "_write_files", _no_files)
    notebook("raise LookupError('no such state')")
    with pytest.raises(ReportError) as caught:
        make_report(home, "2014-06-30", earlier, states=False)
    assert str(caught.value) == (
        "demo as of 2014-06-30: status_report, cell 2 (work): LookupError: no such state; "
        "the notebook as far as it ran is kept in failed/demo-2014-06-30.ipynb"
    )
    assert [p.name for p in (earlier / "failed").iterdir()] == ["demo-2014-06-30.ipynb"]


@pytest.mark.slow
def test_a_page_of_a_state_that_fails_fails_the_report_and_not_the_other_pages(
    earlier: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = state_page.page
    seen: list[str] = []

    def page(view: object, state: str, *rest: object, **options: object) -> str:
        seen.append(state)
        if state == "AAA":
            raise LookupError("nothing is known of it")
        return whole(view, state, *rest, **options)  # type: ignore[arg-type]

    def run_all(tasks: list[Task], folders: Folders, **options: Any) -> list[Outcome]:
        """Do all in this process."""
        return [
            attempt(functools.partial(run._work, folders=folders, timeout=60), t) for t in tasks
        ]

    def begun(*_: object) -> report.Begun:
        return report.Begun("", {})

    monkeypatch.setattr(state_page, "page", page)
    monkeypatch.setattr(report, "run_all", run_all)
    monkeypatch.setattr(report, "_begin", begun)
    with pytest.raises(ReportError) as caught:
        produce(order(home, "2014-06-30", earlier), timeout=60, jobs=1)
    problem = "demo as of 2014-06-30: page of AAA: LookupError: nothing is known of it"
    assert str(caught.value) == problem
    assert seen == ["AAA", "BBB"]


def _without_style(page: str) -> str:
    return re.sub(r"<style>.*?</style>", "", page, flags=re.DOTALL)


@pytest.mark.slow
def test_a_page_is_the_same_by_its_function_and_by_its_notebook(tmp_path: Path) -> None:
    settings = ("--set", "state=GBR", "--set", f"as_of={DAY}", "--set", "treaty=ccm")
    done = stockpile("run", "state_report", "--out", tmp_path, *settings)
    assert done.returncode == 0, done.stderr
    by_notebook = (tmp_path / "state_report" / "index.html").read_text(encoding="utf-8")
    view = load("ccm").as_of(DAY)
    again = tmp_path / "again" / "state_report"
    again.mkdir(parents=True)
    title = "The page of one state"
    page = state_page.page(view, "GBR", Thresholds(), title=title)
    (again / "index.html").write_text(page, encoding="utf-8")
    dress_notebook(again, view, Publication(), title=title, out=again.parent)
    by_function = (again / "index.html").read_text(encoding="utf-8")
    assert 'Picture: <a href="charts/burndown.svg">SVG</a>' in by_function
    # A page of a state has the rules of style that it needs, any other has them all.
    assert _without_style(by_notebook) == _without_style(by_function)
    assert check_page(by_notebook, sections=report.STATE_SECTIONS) == []


@pytest.mark.slow
def test_the_page_on_all_states_is_published_first_and_then_those_of_states(
    tmp_path: Path, notebook: Use, home: Path
) -> None:
    """Each move is whole; where pages of states are there already, there is only one."""
    links = ' <a href="states/AAA.html">A</a> <a class="x" href="states/BBB.html">B</a>'
    notebook(WHOLE.replace("HTML(' '.join(", f"HTML({links!r} + ' '.join("))
    wanted = order(home, "2014-06-30", tmp_path / "out", states=["AAA"])
    begun = begin(wanted, timeout=60, jobs=1)
    first = contents(wanted.place)
    assert begun is not None and b'href="states/' not in first["index.html"]
    assert not any(name.startswith("states/") for name in first)
    told = account(wanted.place)
    assert manifest.is_whole(wanted.place, told) and told["parameters"]["states"] == []
    produce(wanted, timeout=60, jobs=1, begun=begun)
    second, told = contents(wanted.place), account(wanted.place)
    assert set(second) > set(first) and "states/AAA.html" in second
    assert re.findall(r'href="states/(\w+)\.html"', second["index.html"].decode()) == ["AAA"]
    assert manifest.is_whole(wanted.place, told) and told["parameters"]["states"] == ["AAA"]
    changed = {name for name in first if first[name] != second[name]}
    assert changed == {"index.html", "manifest.json"}
    assert begin(wanted, timeout=60, jobs=1) is None
    # In one move it is the same.
    produce(wanted, timeout=60, jobs=1)
    third = contents(wanted.place)
    assert {name for name in third if third[name] != second[name]} == {"manifest.json"}


@pytest.mark.slow
def test_failed_notebooks_are_kept_until_a_run_succeeds(
    tmp_path: Path, notebook: Use, home: Path
) -> None:
    out = tmp_path / "out"
    (out / "failed").mkdir(parents=True)
    old = [out / "failed" / f"demo-2014-06-30{end}.ipynb" for end in ("", "-AAA")]
    other = out / "failed" / "demo-2013-06-30.ipynb"
    for path in (*old, other):
        path.write_text("{}")
    notebook(WHOLE)
    assert make_report(home, "2014-06-30", out, states=False).is_file()
    assert [p.name for p in (out / "failed").iterdir()] == [other.name]


def test_a_link_that_leads_nowhere_is_refused(tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text(
        '<a href="states/PER.html">Peru</a> <a href="#here">here</a> '
        '<a class="x" href="x.csv">x</a>'
        '<a href="https://example.org">there</a> <a href="index.html">top</a> /secret/place'
    )
    assert report.check_folder(tmp_path, ["/secret/place"]) == [
        "index.html tells /secret/place of this machine",
        "index.html links to states/PER.html, which is not there",
        "index.html links to x.csv, which is not there",
    ]


@pytest.mark.parametrize("error", [KeyboardInterrupt, OSError(28, "No space left on device")])
@pytest.mark.parametrize("step", ["_make", "exchange"])
def test_interrupted_between_any_two_steps(
    earlier: Path, home: Path, monkeypatch: pytest.MonkeyPatch, step: str, error: Any
) -> None:
    def stop(*_: object, **__: object) -> None:
        raise error

    for module, name in ((report, "_make"), (folders, "exchange")):
        monkeypatch.setattr(module, name, stop if name == step else lambda *_, **__: None)
    expected = KeyboardInterrupt if error is KeyboardInterrupt else ReportError
    with pytest.raises(expected) as caught:
        make_report(home, "2014-06-30", earlier)
    assert expected is KeyboardInterrupt or "No space left" in str(caught.value)


def test_an_order_is_told_without_a_path(home: Path, tmp_path: Path) -> None:
    wanted = order(home, "2014-06-30", tmp_path, states=["AAA", "AAA"], since="2013-01-01")
    assert isinstance(wanted, Order)
    assert wanted.states == ("AAA",)
    assert str(tmp_path) not in json.dumps(wanted.published_parameters())


def test_what_starts_the_kernel_does_not_load_matplotlib_before() -> None:
    code = (
        "import sys, stockpile.cli.main, stockpile.reports.batch, stockpile.reports.notebook_page\n"
        "sys.exit('matplotlib' in sys.modules)"
    )
    environment = os.environ | {"PYTHONPATH": PACKAGE}
    subprocess.run([sys.executable, "-c", code], env=environment, check=True)


# --- the notebooks themselves ---


@pytest.mark.slow
def test_notebook_runs_by_plain_papermill(tmp_path: Path) -> None:
    done = subprocess.run(
        [
            *(
                sys.executable,
                "-W",
                "ignore",
                "-m",
                "papermill",
                str(notebook_path("status_report")),
            ),
            *("out.ipynb", "-p", "as_of", "2018-06-30", "-k", "python3", "--no-progress-bar"),
        ],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": PACKAGE},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    notebook = nbformat.read(tmp_path / "out.ipynb", as_version=4)
    shown = [o for c in notebook.cells if c.cell_type == "code" for o in c.outputs]
    html = "".join(o.data.get("text/html", "") for o in shown if "data" in o)
    assert "30 June 2018" in html
    assert not any(o.output_type == "stream" for o in shown)
    # Without `out` it writes nothing beside itself.
    assert {p.name for p in tmp_path.iterdir()} == {"out.ipynb"}


def test_of_several_treaties_the_page_that_is_soonest_made_comes_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps: list[str] = []

    def begun(wanted: Order, **_: object) -> None:
        steps.append(wanted.treaty)

    def produced(wanted: Order, **_: object) -> Path:
        steps.append(f"{wanted.treaty} whole")
        raise ReportError("that is another test")

    monkeypatch.setattr(report, "begin", begun)
    monkeypatch.setattr(report, "produce", produced)
    assert main(["report", "--as-of", DAY, "--out", str(tmp_path / "out")]) == 1
    views = [sp.load(one).as_of(DAY) for one in steps[:3]]
    sizes = [len(view.quantities) + len(view.events) for view in views]
    assert sizes == sorted(sizes) and sizes[0] < sizes[2]
    # All others are made in the order that was asked for.
    assert steps[3:] == [f"{one} whole" for one in sorted(steps[:3])]
