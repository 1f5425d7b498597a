"""Notebooks that run by themselves: what they must do, and every way in which they may fail."""

from __future__ import annotations

import functools
import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import nbformat
import pytest

from stockpile.reports import run
from stockpile.reports.run import Folders, NotebookTask, run_all
from stockpile.reports.workers import ReportError, attempt

HERE = Path(__file__).resolve().parents[1]
SECTIONS = ("headline", "states")
PAGE = '<section id="headline"><h1>One</h1></section><figure id="states"><svg></svg></figure>'
WHOLE = f"from IPython.display import HTML\nHTML('{PAGE}')"
TABLE = "open('status.csv', 'w').write('iso3\\n')"
KILL = "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"
LINGER = "import time; time.sleep(60)"
# Of the process that runs the notebook, not of the notebook itself.
KILL_RUNNER = "import os, signal; os.kill(os.getppid(), signal.SIGKILL)"

#: Name, cells, and what is said of it; nothing where it is good.
CASES: dict[str, tuple[list[str], str]] = {
    "good": ([WHOLE, TABLE], ""),
    "raises": (
        [WHOLE, "raise LookupError('no <such> state')"],
        "raises, cell 3 (cell-2): LookupError: no <such> state; the notebook as far as it ran is "
        "kept in failed/raises.ipynb",
    ),
    "exits": (
        [WHOLE, "import os; os._exit(3)"],
        "exits, cell 3 (cell-2): its kernel died: ended with code 3",
    ),
    "killed": (
        [KILL],
        "killed, cell 2 (cell-1): its kernel died: ended by signal 9 (SIGKILL); the machine may be "
        "out of memory",
    ),
    "slow": ([LINGER], "slow, cell 2 (cell-1): took longer than the time allowed"),
    "runner killed": ([KILL_RUNNER, LINGER], "runner killed: its process ended unexpectedly"),
    # What one notebook does to its process, another does not see.
    "selfish": ([WHOLE, TABLE, "import builtins, os; builtins.spy = os.environ['SPY'] = '1'"], ""),
    "alone": (
        [
            WHOLE,
            TABLE,
            "import builtins, os; assert not hasattr(builtins, 'spy') and 'SPY' not in os.environ",
            "assert [p for p in os.listdir() if not p.startswith('.')] == ['status.csv']",
        ],
        "",
    ),
}

#: A kernel takes more than a second to start; these are left to `make test-slow`.
LEFT_OUT = ("exits", "selfish", "alone")

#: What a notebook put out as HTML and wrote as status.csv (or nothing), and what is said of it.
UNFIT: dict[str, tuple[str, str | None, str]] = {
    "section": (PAGE.replace("headline", "other"), "iso3\n", "the section headline is missing"),
    "chart": (PAGE.replace("<svg></svg>", "oh"), "iso3\n", "the figure states has no drawing"),
    "script": (
        f"{PAGE}<script>alert(1)</script>",
        "iso3\n",
        "it has a <script> that is not the library's own",
    ),
    "remote": (
        f'{PAGE}<img src="https://example.org/x.png">',
        "iso3\n",
        "<img> loads 'https://example.org/x.png'",
    ),
    "no table": (PAGE, None, "it wrote no status.csv"),
    "empty table": (PAGE, "", "status.csv is empty"),
}


def write(path: Path, cells: list[str]) -> None:
    nb = nbformat.v4.new_notebook(
        cells=[
            nbformat.v4.new_code_cell(
                source, id=f"cell-{i}", metadata={"tags": ["parameters"]} if i == 0 else {}
            )
            for i, source in enumerate(["out = None", *cells])
        ]
    )
    path.parent.mkdir(exist_ok=True)
    nbformat.write(nb, path)


def task(home: Path, name: str, cells: list[str]) -> dict[str, Any]:
    slug = name.replace(" ", "-")
    notebook = home / "notebooks" / f"{slug}.ipynb"
    write(notebook, cells)
    return {
        "name": name,
        "notebook": str(notebook),
        "page": f"{slug}.html",
        "title": f"<{name}>",
        "parameters": {"out": "."},
        "kept": f"{slug}.ipynb",
        "sections": SECTIONS,
        "drawings": ("states",),
        "files": ("status.csv",),
    }


def drive(home: Path, given: dict[str, Any]) -> dict[str, str]:
    (home / "given.json").write_text(json.dumps(given))
    done = subprocess.run(
        [sys.executable, str(HERE / "drive.py"), str(home / "given.json")],
        capture_output=True,
        text=True,
        timeout=600,
        env=os.environ | {"PYTHONPATH": str(Path(run.__file__).resolve().parents[2])},
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("run {x}")


@pytest.fixture(scope="module")
def outcomes(home: Path, request: pytest.FixtureRequest) -> dict[str, str]:
    """All cases that are asked for, beside each other, by one process that copies itself."""
    items = [item for item in request.session.items if isinstance(item, pytest.Function)]
    asked = {item.callspec.params.get("name") for item in items if hasattr(item, "callspec")}
    tasks = [task(home, name, CASES[name][0]) for name in CASES if name == "good" or name in asked]
    return drive(home, {"home": str(home), "tasks": tasks, "timeout": 5})


@pytest.mark.slow
@pytest.mark.parametrize(
    "name",
    [pytest.param(n, marks=pytest.mark.slow if n in LEFT_OUT else ()) for n in CASES],
)
def test_what_is_said_of_a_run(outcomes: dict[str, str], home: Path, name: str) -> None:
    _, said = CASES[name]
    assert said in outcomes[name] if said else outcomes[name] == ""
    slug = name.replace(" ", "-")
    assert (home / "made" / f"{slug}.html").is_file() == (not said)
    kept = home / "failed" / f"{slug}.ipynb"
    # Of a runner that is killed nobody is left to keep the notebook.
    assert kept.is_file() == (bool(said) and name != "runner killed")
    if kept.is_file():
        assert nbformat.read(kept, as_version=4).cells
        # It is kept in the folder that is published.
        text = kept.read_text(encoding="utf-8")
        assert str(home) not in text and "site-packages" not in text and sys.prefix not in text


@pytest.mark.parametrize("name", ["whole", *UNFIT])
def test_what_ran_and_is_not_fit_is_not_published(tmp_path: Path, name: str) -> None:
    html, table, said = UNFIT.get(name, (PAGE, "iso3\n", ""))
    given = task(tmp_path, name, [WHOLE])
    one = NotebookTask(**given | {"notebook": Path(given["notebook"])})
    folders = Folders(tmp_path / "work", tmp_path / "made", tmp_path / "failed")
    place = run._folder(one, folders)
    (place / "work").mkdir(parents=True)
    if table is not None:
        (place / "work" / "status.csv").write_text(table)
    ran = nbformat.read(one.notebook, as_version=4)
    for number, cell in enumerate(ran.cells, 1):
        cell.execution_count = number
    ran.cells[-1].outputs = [
        nbformat.v4.new_output("execute_result", {"text/html": html}, execution_count=number)
    ]
    nbformat.write(ran, place / "run.ipynb")
    problem = attempt(functools.partial(run._publish, folders=folders), one).problem
    assert said in problem if said else problem == ""
    slug = given["kept"]
    assert (tmp_path / "made" / given["page"]).is_file() == (not said)
    assert (tmp_path / "failed" / slug).is_file() == bool(said)


@pytest.mark.slow
def test_a_page_is_what_the_cells_put_out(outcomes: dict[str, str], home: Path) -> None:
    html = (home / "made" / "good.html").read_text(encoding="utf-8")
    assert "<h1>One</h1>" in html and "<title>&lt;good&gt;</title>" in html
    assert "from IPython" not in html


@pytest.mark.slow
def test_a_published_notebook_tells_nothing_of_the_run(
    outcomes: dict[str, str], home: Path
) -> None:
    text = (home / "made" / "notebooks" / "good.ipynb").read_text(encoding="utf-8")
    notebook = nbformat.reads(text, as_version=4)
    nbformat.validate(notebook)
    assert "papermill" not in notebook.metadata and str(home) not in text
    assert all(set(c.metadata) <= {"tags"} for c in notebook.cells)
    assert [c.id for c in notebook.cells][:2] == ["cell-0", "injected-parameters"]
    assert all(c.execution_count for c in notebook.cells)


@pytest.mark.slow
@pytest.mark.usefixtures("outcomes")
def test_a_process_with_threads_starts_its_workers_afresh(home: Path, tmp_path: Path) -> None:
    described = [task(tmp_path, name, CASES[name][0]) for name in ("good", "raises")]
    seen = []
    with ThreadPoolExecutor(1) as threads:
        threads.submit(int).result()  # it is there now
        outcomes = run_all(
            [NotebookTask(**one | {"notebook": Path(one["notebook"])}) for one in described],
            Folders(tmp_path / "work", tmp_path / "made", tmp_path / "failed"),
            timeout=600,
            jobs=1,
            each=lambda outcome: seen.append(outcome.item.name),
        )
    assert seen == ["good", "raises"]
    assert outcomes[0].problem == "" and outcomes[0].seconds > 0
    assert "cell 3 (cell-2): LookupError" in outcomes[1].problem
    # The same page by either way.
    assert (tmp_path / "made" / "good.html").read_bytes() == (
        home / "made" / "good.html"
    ).read_bytes()


def test_what_must_not_be_published_is_named_without_its_path() -> None:
    nb = nbformat.v4.new_notebook(
        cells=[
            nbformat.v4.new_code_cell(
                f"folder = {json.dumps('/home/me/my data')}",
                metadata={"tags": ["injected-parameters"], "papermill": {"x": 1}},
            )
        ]
    )
    hiding = NotebookTask("x", Path("x"), "x", {}, "x", hidden={"/home/me/my data": "my data"})
    (cell,) = run._stripped(hiding, nb).cells
    assert cell.source == 'folder = "my data"' and cell.id == "injected-parameters"


@pytest.mark.parametrize("taken", [1, 3])
def test_a_port_that_another_process_took_is_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, taken: int
) -> None:
    import papermill

    write(tmp_path / "notebooks" / "one.ipynb", [WHOLE])
    one = NotebookTask("one", tmp_path / "notebooks" / "one.ipynb", "One", {}, "one.ipynb")
    folders = Folders(tmp_path / "staging", tmp_path / "made", tmp_path / "failed")
    runs: list[str] = []

    def execute(notebook: str, ran: str, **_: object) -> None:
        runs.append(ran)
        if len(runs) <= taken:
            log = Path(ran).with_name(run._LOG)
            log.write_text("zmq.error.ZMQError: Address already in use (addr='tcp://127.0.0.1:1')")
            raise RuntimeError("Kernel died before replying to kernel_info")
        made = nbformat.read(notebook, 4)
        for cell in made.cells:
            cell.execution_count = 1
        nbformat.write(made, ran)

    monkeypatch.setattr(papermill, "execute_notebook", execute)
    if taken < run._TRIES:
        run._execute(one, folders, 60)
    else:
        with pytest.raises(ReportError, match=r"one did not start: its kernel died.*in use"):
            run._execute(one, folders, 60)
    assert len(runs) == min(taken + 1, run._TRIES)
