import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from stockpile import publish, report
from stockpile.publish import check_page
from stockpile.report import ReportError, make_report, notebook_path
from stockpile.status import Thresholds

DAY = "2012-04-19"
FILES = {"index.html", "progress.csv", "status.csv", "status_report.ipynb"}


def contents(folder):
    """Every file under a folder with its bytes."""
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


@pytest.fixture(scope="session")
def made(tmp_path_factory):
    """The real report, made once."""
    out = tmp_path_factory.mktemp("reports")
    return make_report("ccm", DAY, out)


@pytest.fixture
def notebook(tmp_path, monkeypatch):
    """Let the runner take a notebook of a test's own cells."""

    def use(*sources):
        cells = [
            nbformat.v4.new_code_cell(
                source,
                id=f"cell-{i}",
                metadata={"tags": ["parameters"]} if i == 0 else {},
            )
            for i, source in enumerate(["treaty = 'ccm'\nout = None", *sources])
        ]
        nb = nbformat.v4.new_notebook(cells=cells)
        path = tmp_path / "notebook" / report.NOTEBOOK
        path.parent.mkdir(exist_ok=True)
        nbformat.write(nb, path)
        monkeypatch.setattr(report, "notebook_path", lambda name=report.NOTEBOOK: path)

    return use


SECTIONS = (
    "from IPython.display import HTML\n"
    "charts = ('timeline', 'burndown')\n"
    "figures = ''.join(f'<figure id=\"{n}\"><svg></svg></figure>' for n in charts)\n"
    "others = ('headline', 'states', 'changes', 'notes', 'method')\n"
    "HTML(figures + ''.join(f'<section id=\"{n}\">x</section>' for n in others))"
)
TABLES = "for name in ('status', 'progress'):\n    open(f'{name}.csv', 'w').write('iso3\\n')"


# --- the real report ---


def test_report_is_one_folder_and_nothing_else_is_left(made):
    folder = made.parent
    assert folder.name == DAY and folder.parent.name == "ccm"
    assert {p.name for p in folder.iterdir()} == FILES
    assert [p.name for p in folder.parent.iterdir()] == [DAY]
    assert [p.name for p in folder.parent.parent.iterdir()] == ["ccm"]
    assert folder.stat().st_mode & 0o055 == 0o055


def test_page_needs_nothing_and_runs_nothing(made):
    html = made.read_text(encoding="utf-8")
    assert check_page(html, sections=report.SECTIONS, drawings=report.DRAWINGS) == []
    assert "<script" not in html and "<img" not in html and "stylesheet" not in html
    assert "default-src 'none'" in html
    assert made.stat().st_size < 2_000_000
    assert "States Parties" in html and "19 April 2012" in html
    # The code and what is only for those who open the notebook stay out.
    assert "pages.headline" not in html and "Run all" not in html and "run all" not in html


def test_tables_beside_the_page(made):
    head = (made.parent / "status.csv").read_text(encoding="utf-8").splitlines()[0].split(",")
    wanted = (
        "iso3 state membership status deadline original_deadline declared destroyed remaining "
        "share_destroyed projected earliest latest p_on_time planned_completion evidence reason"
    )
    assert set(wanted.split()) <= set(head)
    assert (made.parent / "progress.csv").read_text(encoding="utf-8").startswith("iso3,")


def test_published_notebook_tells_nothing_of_the_run(made):
    text = (made.parent / report.NOTEBOOK).read_text(encoding="utf-8")
    notebook = nbformat.reads(text, as_version=4)
    nbformat.validate(notebook)
    assert "papermill" not in notebook.metadata
    assert all(set(c.metadata) <= {"tags"} for c in notebook.cells)
    assert str(made.parents[2]) not in text and str(Path.home()) + os.sep not in text
    assert len({c.id for c in notebook.cells}) == len(notebook.cells)


def test_same_data_same_bytes_and_a_new_report_takes_the_place_of_the_old(made, tmp_path):
    first = contents(made.parent)
    copy = tmp_path / "ccm" / DAY
    shutil.copytree(made.parent, copy)
    (copy / "index.html").write_text("older")
    again = make_report("ccm", DAY, tmp_path)
    assert contents(again.parent) == first
    assert [p.name for p in (tmp_path / "ccm").iterdir()] == [DAY]


@pytest.mark.slow
def test_own_folder_thresholds_and_rule_reach_the_page(tmp_path, made):
    folder = tmp_path / "my {data}"
    shutil.copytree(report.packaged_folder("apmbc"), folder)
    toml = (folder / "treaty.toml").read_text().replace('id = "apmbc"', 'id = "mine"')
    (folder / "treaty.toml").write_text(toml)
    page = make_report(
        folder,
        "2026-06-30",
        tmp_path / "out {x}",
        rule="published",
        thresholds=Thresholds(on_target=0.83, at_risk=0.21),
    )
    assert page == tmp_path / "out {x}" / "mine" / "2026-06-30" / "index.html"
    html = page.read_text(encoding="utf-8")
    assert "Greece and Ukraine are overdue" in html and "at risk from 21%" in html
    for text in contents(page.parent).values():
        assert str(tmp_path).encode() not in text


@pytest.mark.slow
def test_notebook_runs_by_plain_papermill(tmp_path):
    package = Path(report.__file__).resolve().parents[1]
    done = subprocess.run(
        [
            *(sys.executable, "-W", "ignore", "-m", "papermill", str(notebook_path())),
            *("out.ipynb", "-p", "as_of", "2018-06-30", "-k", "python3", "--no-progress-bar"),
        ],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(package)},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    notebook = nbformat.read(tmp_path / "out.ipynb", as_version=4)
    html = [
        output.data["text/html"]
        for cell in notebook.cells
        if cell.cell_type == "code"
        for output in cell.outputs
        if "text/html" in output.get("data", {})
    ]
    assert "30 June 2018" in html[1]
    assert not any(o.output_type == "stream" for c in notebook.cells for o in c.get("outputs", []))
    # Without `out` it writes nothing beside itself.
    assert {p.name for p in tmp_path.iterdir()} == {"out.ipynb"}


def test_notebook_is_committed_clean():
    notebook = nbformat.read(notebook_path(), as_version=4)
    nbformat.validate(notebook)
    assert notebook.metadata.kernelspec.name == "python3"
    assert "parameters" in notebook.cells[1].metadata.tags
    for cell in notebook.cells:
        assert cell.get("outputs", []) == [] and cell.get("execution_count") is None
        assert not cell.id.isalnum() or not any(ch.isdigit() for ch in cell.id)  # a name, no hash


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
        ({"rule": "guess"}, "expected one of reported, published"),
        ({"timeout": 0}, "at least 1"),
        ({"timeout": True}, "at least 1"),
    ],
)
def test_wrong_parameters_are_refused_before_anything_runs(tmp_path, monkeypatch, change, said):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(report, "_run", lambda *_: pytest.fail("it ran"))
    given = {"treaty": "ccm", "as_of": DAY, "out": tmp_path / "out"} | change
    with pytest.raises(ValueError, match=said):
        make_report(**given)
    assert not (tmp_path / "out").exists()


def test_out_must_not_be_a_file(tmp_path):
    (tmp_path / "out").write_text("x")
    with pytest.raises(ValueError, match="which is a file"):
        make_report("ccm", DAY, tmp_path / "out")


@pytest.fixture
def earlier(tmp_path):
    """An earlier report, which must survive whatever happens."""
    out = tmp_path / "out"
    place = out / "ccm" / DAY
    place.mkdir(parents=True)
    for name in FILES:
        (place / name).write_text(f"earlier {name}")
    before = contents(out)
    yield out
    after = contents(out)
    assert {name: after.get(name) for name in before} == before
    assert [p.name for p in (out / "ccm").iterdir()] == [DAY]


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        pytest.param(
            ["1 + 1", "raise LookupError('no <such> state')"],
            r"status_report.ipynb, cell 3 \(cell-2\): LookupError: no <such> state; .*failed/ccm-",
            id="raises",
        ),
        pytest.param(
            ["import os; os._exit(3)"], r"cell 2 \(cell-1\): its kernel died", id="kernel dies"
        ),
        pytest.param(
            ["import time; time.sleep(60)"],
            r"cell 2 \(cell-1\): took longer than the time allowed",
            id="takes too long",
        ),
        pytest.param(
            [SECTIONS.replace("'method'", "'other'"), TABLES],
            "not fit to publish: the section method is missing",
            id="section missing",
        ),
        pytest.param(
            [SECTIONS.replace("<svg></svg>", "oh"), TABLES],
            "the figure timeline has no drawing; the figure burndown has no drawing",
            id="chart missing",
        ),
        pytest.param(
            [SECTIONS, "HTML('<script>alert(1)</script>')", TABLES],
            "it has a <script>",
            id="script",
        ),
        pytest.param(
            [SECTIONS, "HTML('<img src=\"https://example.org/x.png\">')", TABLES],
            "<img> loads 'https://example.org/x.png'",
            id="loads",
        ),
        pytest.param(
            [SECTIONS, "import os; print(os.path.dirname(os.getcwd()))", TABLES],
            "index.html tells a path of this machine",
            id="path",
        ),
        pytest.param([SECTIONS], "wrote no status.csv", id="no table"),
    ],
)
def test_a_failing_run_leaves_the_earlier_report_as_it_was(earlier, notebook, cells, said):
    notebook(*cells)
    with pytest.raises(ReportError, match=said):
        make_report("ccm", DAY, earlier, timeout=3)


def test_the_failed_notebook_is_kept_until_a_run_succeeds(tmp_path, notebook):
    notebook("raise LookupError('no such state')")
    with pytest.raises(ReportError):
        make_report("ccm", DAY, tmp_path)
    kept = tmp_path / "failed" / f"ccm-{DAY}.ipynb"
    assert "no such state" in kept.read_text(encoding="utf-8")
    assert not (tmp_path / "ccm" / DAY).exists()
    notebook(SECTIONS, TABLES)
    assert make_report("ccm", DAY, tmp_path).is_file()
    assert not kept.exists()


@pytest.mark.parametrize("error", [KeyboardInterrupt, OSError(28, "No space left on device")])
@pytest.mark.parametrize("step", ["_run", "_write", "_check_files", "exchange"])
def test_interrupted_between_any_two_steps(earlier, monkeypatch, step, error):
    def stop(*_):
        raise error

    steps = {"_run": {}, "_write": None, "_check_files": None, "exchange": None}
    for name, result in steps.items():
        monkeypatch.setattr(report, name, stop if name == step else lambda *_, r=result: r)
    expected = KeyboardInterrupt if error is KeyboardInterrupt else ReportError
    with pytest.raises(expected) as caught:
        make_report("ccm", DAY, earlier)
    assert expected is KeyboardInterrupt or "No space left" in str(caught.value)


# --- the move ---


def folder(path, text):
    path.mkdir(parents=True)
    (path / "index.html").write_text(text)
    return path


@pytest.mark.parametrize("at_once", [True, False])
def test_exchange(tmp_path, monkeypatch, at_once):
    if not at_once:
        monkeypatch.setattr(publish, "_exchange_names", lambda a, b: False)
    place, new = folder(tmp_path / "place", "old"), folder(tmp_path / "work" / "new", "new")
    publish.exchange(new, place)
    assert (place / "index.html").read_text() == "new"
    assert (new / "index.html").read_text() == "old"
    assert {p.name for p in tmp_path.iterdir()} == {"place", "work"}


def test_exchange_puts_the_old_folder_back_when_the_new_one_cannot_be_moved(tmp_path, monkeypatch):
    monkeypatch.setattr(publish, "_exchange_names", lambda a, b: False)
    place = folder(tmp_path / "place", "old")
    with pytest.raises(OSError):
        publish.exchange(tmp_path / "gone", place)
    assert (place / "index.html").read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["place"]


def test_sweep_clears_what_killed_runs_left_and_nothing_in_use(tmp_path):
    place = tmp_path / "2012-04-19"
    dead = folder(tmp_path / ".2012-04-19.aaa.tmp", "half")
    other = folder(tmp_path / ".2013-04-19.aaa.tmp", "of another day")
    in_use = folder(tmp_path / ".2012-04-19.bbb.tmp", "at work")
    folder(tmp_path / ".2012-04-19.ccc.old", "set aside")
    with publish.hold(in_use):
        publish.sweep(place)
        assert in_use.exists() and other.exists() and not dead.exists()
        assert (place / "index.html").read_text() == "set aside"
    folder(tmp_path / ".2012-04-19.ddd.old", "older still")
    publish.sweep(place)
    assert not in_use.exists()
    assert (place / "index.html").read_text() == "set aside"
    assert {p.name for p in tmp_path.iterdir()} == {place.name, other.name}


@pytest.mark.faults
def test_a_killed_run_lets_go(tmp_path):
    left = folder(tmp_path / ".2012-04-19.aaa.tmp", "half")
    code = (
        "import sys, time, pathlib; from stockpile.publish import hold\n"
        "with hold(pathlib.Path(sys.argv[1])):\n    print('held', flush=True); time.sleep(60)"
    )
    package = Path(report.__file__).resolve().parents[1]
    child = subprocess.Popen(
        [sys.executable, "-c", code, str(left)],
        stdout=subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": str(package)},
    )
    try:
        assert child.stdout.readline() == b"held\n"
        publish.sweep(tmp_path / "2012-04-19")
        assert left.exists()
    finally:
        child.kill()
        child.wait()
        child.stdout.close()
    publish.sweep(tmp_path / "2012-04-19")
    assert not left.exists()


# --- what a page may hold ---


@pytest.mark.parametrize(
    "html",
    [
        "<SCRIPT>x</SCRIPT>",
        "<svg><script>x</script></svg>",
        "<p onclick='x()'>",
        "<svg onload=x()>",
        "<a href='javascript:x()'>",
        "<a href=' JaVaScRiPt:x()'>",
        "<a href='data:text/html,x'>",
        "<link rel=stylesheet href=x.css>",
        "<img src='//example.org/x.png'>",
        "<img srcset='https://example.org/x.png 2x'>",
        "<iframe src=x>",
        "<object data=x>",
        "<base href='https://example.org'>",
        "<form action=x>",
        "<meta http-equiv=refresh content='0;url=https://example.org'>",
        "<style>@import 'x.css'</style>",
        "<style>p{background:url(https://example.org/x.png)}</style>",
        "<p style=\"background:url('x.png')\">",
        "<svg><use href='https://example.org/x.svg#a'/></svg>",
        "<svg><image xlink:href='https://example.org/x.png'/></svg>",
        "<svg><foreignObject></foreignObject></svg>",
    ],
)
def test_a_page_that_runs_or_loads_something_is_refused(html):
    assert check_page(html) != []


def test_a_page_that_needs_nothing_passes():
    html = (
        "<a href='https://example.org/source'>source</a><a href='#states'>below</a>"
        "<a href='status.csv'>table</a><img src='data:image/png;base64,AAAA'>"
        "<svg><use href='#a'/><path style='clip-path:url(#c)'/></svg><style>p{color:red}</style>"
        "<p>&lt;script&gt; and javascript: in words</p>"
    )
    assert check_page(html) == []


def test_the_injected_folder_is_named_without_its_path():
    nb = nbformat.v4.new_notebook(
        cells=[
            nbformat.v4.new_code_cell(
                f"folder = {json.dumps('/home/me/my data')}",
                metadata={"tags": ["injected-parameters"], "papermill": {"x": 1}},
            )
        ]
    )
    order = report._Order(
        "x",
        "x",
        DAY,
        "reported",
        Path("/home/me/my data"),
        Thresholds(),
        Path("/o/x"),
        Path("/o/f"),
    )
    (cell,) = report._stripped(order, nb).cells
    assert cell.source == 'folder = "my data"' and cell.id == "injected-parameters"
