"""Runs notebooks through papermill, and turns what they put out into pages.

Each notebook runs in a folder and in a process of its own; what one does, another
does not see. Papermill truncates its output when it starts, calls every cell
'completed' after a time-out or a dead kernel, and takes part in no decision here:
a run counts when every cell was executed without an error and when everything it
had to write is there.
"""

from __future__ import annotations

import contextlib
import copy
import functools
import json
import logging
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stockpile.common.output import write_text
from stockpile.pages.html import TEMPLATES, style_sheet, tidy
from stockpile.pages.safety import check_page, page_script, script_source
from stockpile.reports.fork import ProcessEndedError, beside, may_fork
from stockpile.reports.kernel import kernel_manager

if TYPE_CHECKING:
    from nbconvert.exporters import TemplateExporter
    from nbformat import NotebookNode

#: Cells with this tag are for those who open the notebook by hand.
LAB_ONLY = "lab-only"
_RAN, _LOG = "run.ipynb", "kernel.log"


@dataclass(frozen=True)
class Task:
    """A notebook to run, and what has to come of it.

    Attributes
    ----------
    name : str
        What log, manifest and errors call it: ``status_report`` or ``state_report PER``.
    notebook : pathlib.Path
        The notebook.
    page : str
        Where its page goes, relative to the report's folder.
    title : str
        Of the page.
    parameters : mapping
        Checked already; papermill writes them into the notebook as code.
    kept : str
        Name for the notebook in the folder of failed ones.
    sections, drawings : tuple of str
        Ids of sections that the page must have, and of figures that must hold a drawing.
    files : tuple of str
        What the notebook must have written, relative to its working folder.
    inputs : mapping of str to pathlib.Path
        Folders that it finds in its working folder, by name.
    hidden : mapping of str to str
        What of the parameters must not be published, and what stands in its place.
    """

    name: str
    notebook: Path
    page: str
    title: str
    parameters: Mapping[str, Any]
    kept: str
    sections: tuple[str, ...] = ()
    drawings: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    inputs: Mapping[str, Path] = field(default_factory=dict)
    hidden: Mapping[str, str] = field(default_factory=dict)

    @property
    def published(self) -> str:
        """Where the executed notebook goes, relative to the report's folder."""
        page = Path(self.page)
        folder = Path("notebooks") / page.parent
        name = self.notebook.stem if page.stem == "index" else page.stem
        return (folder / f"{name}.ipynb").as_posix()


@dataclass(frozen=True)
class Outcome:
    """What came of a task.

    Attributes
    ----------
    task : Task or Piece
        What was done.
    seconds : float
        From the start of its kernel to the finished page.
    problem : str
        Why it failed, naming the cell; empty when it did not.
    """

    task: Task | Piece
    seconds: float
    problem: str = ""


@dataclass(frozen=True)
class Piece:
    """A part of a report that needs no notebook, made beside those that do.

    Attributes
    ----------
    name : str
        What log and errors call it.
    write : callable
        Writes its files into the folder that it is given.
    """

    name: str
    write: Callable[[Path], object]


class NotebookError(RuntimeError):
    """A notebook did not run to its end, or did not make what it had to."""


def run_all(
    tasks: Sequence[Task | Piece],
    workshop: Path,
    made: Path,
    failed: Path,
    *,
    timeout: int,
    jobs: int,
    each: Callable[[Outcome], None] = lambda outcome: None,
) -> list[Outcome]:
    """Run notebooks beside each other; one that fails does not stop the others.

    Parameters
    ----------
    tasks : sequence of Task or Piece
        In the order in which they are begun.
    workshop : pathlib.Path
        A temporary folder.
    made : pathlib.Path
        Where pages, executed notebooks and what the notebooks wrote are put together.
    failed : pathlib.Path
        Where failed notebooks are kept.
    timeout : int
        Seconds that a single cell may take.
    jobs : int
        How many run at once. Where this process cannot be copied, they run in turn.
    each : callable
        Called with each outcome as it comes.

    Returns
    -------
    list of Outcome
        In the order of the tasks.
    """

    def one(task: Task | Piece, *, fork: bool) -> Outcome:
        begun = time.perf_counter()
        problem = ""
        try:
            if isinstance(task, Piece):
                task.write(made)
            else:
                _make(task, workshop / _slug(task), made, failed, timeout=timeout, fork=fork)
        except NotebookError as error:
            problem = str(error)
        except OSError as error:
            problem = f"{task.name} could not be written: {error.strerror or type(error).__name__}"
        except Exception as error:
            problem = f"{task.name}: {type(error).__name__}: {error}"
        return Outcome(task, time.perf_counter() - begun, problem)

    results: Iterable[tuple[Task | Piece, Outcome | ProcessEndedError]]
    if may_fork():
        results = beside(tasks, functools.partial(one, fork=True), jobs)
    else:
        results = ((task, one(task, fork=False)) for task in tasks)
    outcomes: dict[str, Outcome] = {}
    for task, result in results:
        if isinstance(result, ProcessEndedError):
            result = Outcome(task, 0.0, f"{task.name}: {result}")
        outcomes[task.name] = result
        each(result)
    return [outcomes[task.name] for task in tasks]


def _slug(task: Task) -> str:
    return task.name.replace(" ", "-")


def _make(task: Task, folder: Path, made: Path, failed: Path, *, timeout: int, fork: bool) -> None:
    """Run one notebook in its folder, check what came of it, and put it with the rest."""
    work = folder / "work"
    work.mkdir(parents=True)
    for name, source in task.inputs.items():
        (work / name).symlink_to(source, target_is_directory=True)
    notebook = _run(task, folder, work, failed, timeout=timeout, fork=fork)
    published = _stripped(task, notebook)
    page = _page(task, published)
    problems = check_page(page, sections=task.sections, drawings=task.drawings)
    written = {p.relative_to(work).as_posix(): p for p in work.rglob("*") if _is_output(p, work)}
    problems += [f"it wrote no {name}" for name in task.files if name not in written]
    problems += [f"{name} is empty" for name, p in written.items() if not p.stat().st_size]
    if problems:
        _keep(task, folder / _RAN, failed)
        raise NotebookError(f"{task.name} is not fit to publish: {'; '.join(problems)}")
    write_text(made / task.published, json.dumps(published, indent=1, ensure_ascii=False) + "\n")
    write_text(made / task.page, page)
    for name, path in written.items():
        (made / name).parent.mkdir(parents=True, exist_ok=True)
        path.replace(made / name)


def _is_output(path: Path, work: Path) -> bool:
    """Whether the notebook wrote this: not what was put there for it, and no dot file."""
    parts = path.relative_to(work).parts
    inside = not any((work / Path(*parts[:n])).is_symlink() for n in range(1, len(parts) + 1))
    return inside and path.is_file() and not any(part.startswith(".") for part in parts)


def _run(
    task: Task, folder: Path, work: Path, failed: Path, *, timeout: int, fork: bool
) -> NotebookNode:
    """Execute the notebook; on failure keep it as far as it ran, and say which cell it was."""
    import papermill

    ran = folder / _RAN
    # Its warnings are of parameters, which have been checked, and by more than it knows.
    logging.getLogger("papermill").setLevel(logging.ERROR)
    try:
        with kernel_manager(work, folder / _LOG, fork=fork) as manager:
            papermill.execute_notebook(
                _as_format(task.notebook),
                _as_format(ran),
                parameters=dict(task.parameters),
                kernel_name="python3",
                language="python",
                cwd=work,
                progress_bar=False,
                execution_timeout=timeout,
                kernel_manager_class=manager,
                shutdown_kernel="immediate",  # nothing in it is waited for any more
            )
    except Exception as error:
        # A cell's time-out is an OSError too, but not one of the system's.
        if isinstance(error, OSError) and error.errno is not None:
            raise
        raise _failure(task, ran, failed, error) from error
    notebook = _read(ran)
    # A run can end without an exception and yet not have reached its end.
    for number, cell in enumerate(notebook.cells, 1):
        if cell.cell_type != "code":
            continue
        broken = [o for o in cell.outputs if o.output_type == "error"]
        if broken or cell.execution_count is None:
            why = f"{broken[0].ename}: {broken[0].evalue}" if broken else "was not executed"
            _keep(task, ran, failed)
            raise NotebookError(_said(task, number, cell.get("id"), why))
    return notebook


def _read(path: Path) -> NotebookNode:
    import nbformat

    return nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call,no-any-return]


def _as_format(path: Path) -> str:
    """Return a path that survives papermill's ``str.format``."""
    return str(path).replace("{", "{{").replace("}", "}}")


def _failure(task: Task, ran: Path, failed: Path, error: Exception) -> NotebookError:
    """Name the cell that failed; papermill marks it only for exceptions raised in the cell."""
    kept = _keep(task, ran, failed)
    name, what = getattr(error, "ename", ""), getattr(error, "evalue", "")
    why = f"{name}: {what}" if name else f"{type(error).__name__}: {str(error).strip()}"
    if "Timeout" in type(error).__name__:
        why = "took longer than the time allowed"
    elif "DeadKernel" in type(error).__name__ or "Kernel died" in str(error):
        why = "its kernel died"
    if not kept:
        return NotebookError(f"{task.name} did not start: {why}")
    cells = _read(ran).cells
    begun = [c for c in cells if c.metadata.get("papermill", {}).get("start_time")]
    last = next((c for c in begun if c.metadata.papermill.get("exception")), (begun or cells)[-1])
    ids = [c.get("id") for c in _read(task.notebook).cells]
    number = ids.index(last.get("id")) + 1 if last.get("id") in ids else cells.index(last) + 1
    return NotebookError(_said(task, number, last.get("id"), why))


def _said(task: Task, number: int, cell: str | None, why: str) -> str:
    where = f"cell {number}" + (f" ({cell})" if cell else "")
    return (
        f"{task.name}, {where}: {why}; the notebook as far as it ran is kept in failed/{task.kept}"
    )


def _keep(task: Task, ran: Path, failed: Path) -> bool:
    """Put the notebook where it can be looked at."""
    if not ran.is_file():
        return False
    with contextlib.suppress(OSError):
        write_text(failed / task.kept, ran.read_text(encoding="utf-8"))
        return True
    return False


def _stripped(task: Task, notebook: NotebookNode) -> NotebookNode:
    """Take out of a notebook what tells of this run alone: times, paths, chance ids."""
    clean = copy.deepcopy(notebook)
    clean.metadata = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    for cell in clean.cells:
        tags = cell.metadata.get("tags", [])
        cell.metadata = {"tags": tags} if tags else {}
        if "injected-parameters" in tags:
            cell.id = "injected-parameters"
            for secret, shown in task.hidden.items():
                cell.source = cell.source.replace(json.dumps(secret), json.dumps(shown))
    return clean


@functools.cache
def _exporter() -> TemplateExporter:
    """Make what fills the page's template; once, for that takes longer than a page."""
    from nbconvert.exporters import TemplateExporter

    exporter = TemplateExporter(  # type: ignore[no-untyped-call]
        extra_template_basedirs=[str(TEMPLATES)],
        template_name="page",
        template_file="index.html.j2",
        exclude_input=True,
    )
    exporter.output_mimetype = "text/html"
    return exporter


def warm_page() -> None:
    """Get everything ready that every page needs."""
    import nbformat

    empty = Task("empty", Path(), "index.html", "empty", {}, "empty")
    _page(empty, nbformat.v4.new_notebook())  # type: ignore[no-untyped-call]


def _page(task: Task, notebook: NotebookNode) -> str:
    """Convert what the cells put out to one page that needs nothing else."""
    shown = copy.deepcopy(notebook)
    shown.cells = [c for c in shown.cells if LAB_ONLY not in c.metadata.get("tags", [])]
    resources = {
        "title": task.title,
        "style": style_sheet(),
        "script": page_script(),
        "script_source": script_source(),
    }
    body, _ = _exporter().from_notebook_node(shown, resources=resources)
    return tidy(str(body))
