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
import os
import shutil
import signal
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from stockpile.common.cache import RESULTS
from stockpile.common.output import make_folder, write_text
from stockpile.pages.safety import check_page, page_script, script_source
from stockpile.reports.notebooks import read_notebook
from stockpile.reports.paths import without_paths
from stockpile.reports.workers import Outcome, ReportError, attempt, local_pool, run_each

if TYPE_CHECKING:
    from jupyter_client.manager import AsyncKernelManager
    from nbconvert.exporters import TemplateExporter
    from nbformat import NotebookNode

#: Cells with this tag are for those who open the notebook by hand.
LAB_ONLY = "lab-only"
_RAN, _LOG = "run.ipynb", "kernel.log"


@dataclass(frozen=True)
class NotebookTask:
    """A notebook to run, and what has to come of it; ``name`` stands in log and manifest."""

    name: str
    notebook: Path
    title: str
    #: Checked already; papermill writes them into the notebook as code.
    parameters: Mapping[str, Any]
    #: Name for the notebook in the folder of failed ones.
    kept: str
    #: Where its page goes, relative to the report's folder.
    page: str = "index.html"
    #: Ids of sections that the page must have, and of figures that must hold a drawing.
    sections: tuple[str, ...] = ()
    drawings: tuple[str, ...] = ()
    #: What the notebook must have written, relative to its working folder.
    files: tuple[str, ...] = ()
    #: Folders that it finds in its working folder, by name.
    inputs: Mapping[str, Path] = field(default_factory=dict)
    #: What of the parameters must not be published, and what stands in its place.
    hidden: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class FileTask:
    """A part of a report that needs no notebook; `write` is given the report's folder."""

    name: str
    write: Callable[[Path], Any]


Task = NotebookTask | FileTask


@dataclass(frozen=True)
class Folders:
    """Where tasks work, where what they make is put together, and where failed notebooks go."""

    staging: Path
    made: Path
    failed: Path

    @property
    def results(self) -> Path:
        """Where results are handed over to the notebooks' kernels."""
        folder = self.staging / "results"
        folder.mkdir(exist_ok=True)
        return folder


def run_all(
    tasks: Sequence[Task],
    folders: Folders,
    *,
    timeout: int,
    jobs: int,
    each: Callable[[Outcome], None] = lambda outcome: None,
    meanwhile: Callable[[], object] = lambda: None,
) -> list[Outcome]:
    """Do tasks in other processes, so many at once; one that fails does not stop the others.

    They begin in their order, and their outcomes are returned in it; `each` is called with
    an outcome as it comes; `meanwhile` in this process while they work. `timeout` is the
    seconds that a single cell may take.
    """
    outcomes: dict[str, Outcome] = {}
    work = functools.partial(_work, folders=folders, timeout=timeout)

    def aside() -> None:
        meanwhile()
        if any(isinstance(task, NotebookTask) for task in tasks):
            _exporter()

    running = run_each(work, tasks, jobs, pool=local_pool, meanwhile=aside)
    with contextlib.closing(running):
        for outcome in running:
            if isinstance(outcome.item, NotebookTask) and not outcome.problem:
                page = attempt(functools.partial(_publish, folders=folders), outcome.item)
                outcome = replace(page, seconds=outcome.seconds + page.seconds)
            outcomes[outcome.item.name] = outcome
            each(outcome)
    return [outcomes[task.name] for task in tasks]


def _work(task: Task, *, folders: Folders, timeout: int) -> Any:
    """Do what a task needs another process for."""
    return (
        do(task, folders=folders)
        if isinstance(task, FileTask)
        else _execute(task, folders, timeout)
    )


def do(task: FileTask, *, folders: Folders) -> Any:
    """Do a task that needs no notebook; the user's own settings of charts have no part in it."""
    from stockpile.plot.figures import default_style

    with default_style():
        return task.write(folders.made)


def _folder(task: NotebookTask, folders: Folders) -> Path:
    return folders.staging / task.name.replace(" ", "-")


def _publish(task: NotebookTask, folders: Folders) -> None:
    """Check what came of a notebook, and put it with the rest."""
    folder = _folder(task, folders)
    work = folder / "work"
    published = _stripped(task, read_notebook(folder / _RAN))
    page = _page(task, published)
    problems = check_page(page, sections=task.sections, drawings=task.drawings)
    # Not what was put there for it, which is behind a link, and no dot file.
    found = [path for path in work.rglob("*") if path.is_file() and not path.is_symlink()]
    named = {path.relative_to(work).as_posix(): path for path in found}
    written = {name: path for name, path in named.items() if "/." not in f"/{name}"}
    problems += [f"it wrote no {name}" for name in task.files if name not in written]
    problems += [f"{name} is empty" for name, p in written.items() if not p.stat().st_size]
    if problems:
        _keep(task, folders)
        raise ReportError(f"{task.name} is not fit to publish: {'; '.join(problems)}")
    text = json.dumps(published, indent=1, ensure_ascii=False) + "\n"
    write_text(folders.made / "notebooks" / f"{task.notebook.stem}.ipynb", text)
    write_text(folders.made / task.page, page)
    for name, path in written.items():
        make_folder((folders.made / name).parent)
        path.chmod(0o644)
        path.replace(folders.made / name)


#: What a kernel says when another process took a port of its own before it could.
_PORT_TAKEN, _TRIES = "Address already in use", 3


def _execute(task: NotebookTask, folders: Folders, timeout: int, tries: int = _TRIES) -> None:
    """Execute the notebook; on failure keep it as far as it ran, and say which cell it was."""
    import papermill

    folder = _folder(task, folders)
    work, ran = folder / "work", folder / _RAN
    shutil.rmtree(folder, ignore_errors=True)  # of an attempt whose process ended
    work.mkdir(parents=True)
    for name, source in task.inputs.items():
        (work / name).symlink_to(source, target_is_directory=True)
    # Its warnings are of parameters, which have been checked, and by more than it knows.
    logging.getLogger("papermill").setLevel(logging.ERROR)
    ends: list[int] = []
    try:
        with (folder / _LOG).open("ab") as log:
            papermill.execute_notebook(
                _as_format(task.notebook),
                _as_format(ran),
                parameters=dict(task.parameters),
                kernel_name="python3",
                language="python",
                cwd=work,
                progress_bar=False,
                execution_timeout=timeout,
                kernel_manager_class=_kernel_manager(folder, log, ends, folders.results),
                shutdown_kernel="immediate",  # nothing in it is waited for any more
            )
    except Exception as error:
        # A cell's time-out is an OSError too, but not one of the system's.
        if isinstance(error, OSError) and error.errno is not None:
            raise
        if tries > 1 and _PORT_TAKEN in (folder / _LOG).read_text("utf-8", "replace"):
            return _execute(task, folders, timeout, tries - 1)
        raise _failure(task, folders, error, ends) from error
    # A run can end without an exception and yet not have reached its end.
    for number, cell in enumerate(read_notebook(ran).cells, 1):
        if cell.cell_type != "code":
            continue
        broken = [output for output in cell.outputs if output.output_type == "error"]
        if broken or cell.execution_count is None:
            why = f"{broken[0].ename}: {broken[0].evalue}" if broken else "was not executed"
            _keep(task, folders)
            raise _in_cell(task, number, cell.get("id"), why)


def _kernel_manager(
    folder: Path, log: IO[bytes], ends: list[int], results: Path
) -> type[AsyncKernelManager]:
    """Make a manager that starts this very interpreter, whatever kernels are registered.

    With what code the kernel ended, if it did so by itself, is put into `ends`; in `results`
    it finds what its parent has worked out already.
    """
    from ipykernel.kernelspec import get_kernel_dict
    from jupyter_client.kernelspec import KernelSpec
    from jupyter_client.manager import AsyncKernelManager
    from traitlets import TraitError

    # The user's own start-up files and settings have no part in a report.
    style = folder / "matplotlibrc"
    style.touch()
    env = {
        "IPYTHONDIR": str(folder / ".ipython"),
        "MATPLOTLIBRC": str(style),
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",
        "PYTHONSTARTUP": "",
        RESULTS: str(results),
    }
    package = Path(__file__).resolve().parents[1]
    if package.parent.name != "site-packages":
        # From a checkout: the kernel imports the very package that runs here.
        paths = [str(package.parent), os.environ.get("PYTHONPATH", "")]
        env["PYTHONPATH"] = os.pathsep.join(filter(None, paths))
    spec = KernelSpec(**get_kernel_dict(), env=env)

    class ThisInterpreter(AsyncKernelManager):
        def __init__(self, **options: Any) -> None:
            super().__init__(**options)
            self.connection_file = str(folder / "kernel.json")
            # Other users of the machine cannot listen in, where both sides know how.
            with contextlib.suppress(TraitError):
                if self.has_trait("transport_encryption"):
                    self.transport_encryption = "auto"

        async def start_kernel(self, **options: Any) -> None:  # type: ignore[override]
            # What the kernel says of its own comings and goings is no news to a scheduler.
            await super().start_kernel(**options, stdout=log, stderr=log)

        async def is_alive(self) -> bool:  # type: ignore[override]
            alive: bool = await super().is_alive()
            process = getattr(self.provisioner, "process", None)
            if not alive and process is not None and process.returncode is not None:
                ends.append(process.returncode)
            return alive

        @property
        def kernel_spec(self) -> KernelSpec:
            return spec

    return ThisInterpreter


def _as_format(path: Path) -> str:
    """Return a path that survives papermill, which takes it for a format string."""
    return str(path).replace("{", "{{").replace("}", "}}")


def _failure(
    task: NotebookTask, folders: Folders, error: Exception, ends: list[int]
) -> ReportError:
    """Name the cell that failed; papermill marks it only for exceptions raised in the cell."""
    kept = _keep(task, folders)
    name, what = getattr(error, "ename", ""), getattr(error, "evalue", "")
    why = f"{name}: {what}" if name else f"{type(error).__name__}: {str(error).strip()}"
    if "Timeout" in type(error).__name__:
        why = "took longer than the time allowed"
    elif "DeadKernel" in type(error).__name__ or "Kernel died" in str(error):
        log = (_folder(task, folders) / _LOG).read_text("utf-8", "replace")
        why = f"its kernel died: {_end(ends[-1] if ends else None, log)}"
    cells = read_notebook(_folder(task, folders) / _RAN).cells if kept else []
    begun = [c for c in cells if c.metadata.get("papermill", {}).get("start_time")]
    if not begun:
        return ReportError(f"{task.name} did not start: {why}")
    last = next((c for c in begun if c.metadata.papermill.get("exception")), begun[-1])
    ids = [c.get("id") for c in read_notebook(task.notebook).cells]
    number = ids.index(last.get("id")) + 1 if last.get("id") in ids else cells.index(last) + 1
    return _in_cell(task, number, last.get("id"), why)


def _end(code: int | None, log: str) -> str:
    """Say how a kernel's process ended: by which signal, or with which last words."""
    if code is not None and code < 0:
        name = signal.Signals(-code).name if -code in set(signal.Signals) else "unknown"
        hint = "; the machine may be out of memory" if name == "SIGKILL" else ""
        return f"ended by signal {-code} ({name}){hint}"
    words = [line.strip() for line in log.splitlines() if line.strip()]
    if "MemoryError" in log or "Cannot allocate memory" in log:
        return "out of memory"
    last = f": {words[-1][:200]}" if words else ""
    return (f"ended with code {code}" if code is not None else "for no known reason") + last


def _in_cell(task: NotebookTask, number: int, cell: str | None, why: str) -> ReportError:
    """Say where a notebook failed."""
    where = f"{task.name}, cell {number}" + (f" ({cell})" if cell else "")
    kept = f"the notebook as far as it ran is kept in failed/{task.kept}"
    return ReportError(f"{where}: {why}; {kept}")


def _keep(task: NotebookTask, folders: Folders) -> bool:
    """Put the notebook where it can be looked at."""
    ran = _folder(task, folders) / _RAN
    if not ran.is_file():
        return False
    # It is kept where reports are published, and so tells no path of this machine either.
    names = {str(folders.staging): "work", str(folders.failed.parent): "reports"}
    names |= {str(task.notebook.parent): task.notebook.parent.name, **task.hidden}
    cleaned = without_paths(_stripped(task, read_notebook(ran)), names)
    with contextlib.suppress(OSError):
        text = json.dumps(cleaned, indent=1, ensure_ascii=False) + "\n"
        write_text(folders.failed / task.kept, text)
        return True
    return False


def _stripped(task: NotebookTask, notebook: NotebookNode) -> NotebookNode:
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
            for secret, name in task.hidden.items():
                cell.source = cell.source.replace(json.dumps(secret), json.dumps(name))
    return clean


@functools.cache
def _exporter() -> TemplateExporter:
    """Make what fills the page's template; once, for that takes longer than a page."""
    from nbconvert.exporters import TemplateExporter

    from stockpile.pages.html import TEMPLATES

    exporter = TemplateExporter(  # type: ignore[no-untyped-call]
        extra_template_basedirs=[str(TEMPLATES)],
        template_name="page",
        template_file="index.html.j2",
        exclude_input=True,
    )
    exporter.output_mimetype = "text/html"
    return exporter


def _page(task: NotebookTask, notebook: NotebookNode) -> str:
    """Convert what the cells put out to one page that needs nothing else."""
    from stockpile.pages.html import style_sheet, tidy

    outputs = copy.deepcopy(notebook)
    outputs.cells = [c for c in outputs.cells if LAB_ONLY not in c.metadata.get("tags", [])]
    resources = {
        "title": task.title,
        "style": style_sheet(),
        "script": page_script(),
        "script_source": script_source(),
    }
    body, _ = _exporter().from_notebook_node(outputs, resources=resources)
    return tidy(str(body))
