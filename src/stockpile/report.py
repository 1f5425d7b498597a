"""Runs a notebook through papermill, checks it, and publishes the report in one move.

A report is there whole or not at all. Everything is made in a temporary folder
beside the final place, checked there, and moved by a single rename; a report
that was there before is exchanged for the new one in that same step. A run that
fails, at whatever point, leaves the earlier report as it was.
"""

from __future__ import annotations

import contextlib
import copy
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from stockpile.export import write_text
from stockpile.ledger import RULES, packaged, packaged_folder, parse_day
from stockpile.pages import TEMPLATES, style_sheet
from stockpile.publish import check_page, exchange, hold, sweep
from stockpile.status import Thresholds
from stockpile.treaty import read_treaty

if TYPE_CHECKING:
    from nbformat import NotebookNode

NOTEBOOK = "status_report.ipynb"
#: Sections that the page must have, and those of them that must hold a drawing.
SECTIONS = ("headline", "timeline", "burndown", "states", "changes", "notes", "method")
DRAWINGS = ("timeline", "burndown")
TABLES = ("status.csv", "progress.csv")
#: Cells with this tag are for those who open the notebook by hand.
LAB_ONLY = "lab-only"


class ReportError(RuntimeError):
    """A report could not be made; the message says where it failed and why."""


@dataclass(frozen=True)
class _Order:
    """A report to be made: checked parameters, and where it goes."""

    treaty: str
    title: str
    day: str
    rule: str
    folder: Path | None
    thresholds: Thresholds
    place: Path
    failed: Path

    def parameters(self) -> dict[str, Any]:
        """What the notebook is given. Papermill writes it into the notebook as code."""
        return {
            "treaty": self.treaty,
            "as_of": self.day,
            "rule": self.rule,
            "folder": None if self.folder is None else str(self.folder),
            "on_target": self.thresholds.on_target,
            "at_risk": self.thresholds.at_risk,
            "out": ".",
        }


def make_report(
    treaty: str | Path,
    as_of: str,
    out: str | Path,
    *,
    rule: str = "reported",
    thresholds: Thresholds | None = None,
    timeout: int = 600,
) -> Path:
    """Make the status report of one treaty as of a day.

    Parameters
    ----------
    treaty : str or pathlib.Path
        Id of a packaged treaty, or a folder of your own.
    as_of : str
        The as-of day, ``YYYY-MM-DD``.
    out : str or pathlib.Path
        Folder of reports. This one goes to ``<out>/<treaty id>/<as-of>/``:
        ``index.html``, ``status.csv``, ``progress.csv`` and the executed notebook.
    rule : {"reported", "published"}
        What 'known on a day' means.
    thresholds : Thresholds, optional
        Of the ratings.
    timeout : int
        Seconds that a single cell of the notebook may take.

    Returns
    -------
    pathlib.Path
        The page.

    Raises
    ------
    ValueError
        When a parameter is not what it has to be; nothing was run.
    ReportError
        When the report could not be made or did not pass its checks. An earlier
        report is untouched; the notebook as far as it ran is kept in
        ``<out>/failed/<treaty id>-<as-of>.ipynb``.
    """
    order = _order(treaty, as_of, Path(out), rule, thresholds, timeout)
    try:
        order.place.parent.mkdir(parents=True, exist_ok=True)
        sweep(order.place)
        with _workshop(order.place) as workshop:
            made = workshop / "report"
            made.mkdir()
            notebook = _run(order, workshop, timeout)
            _write(order, notebook, made)
            _check_files(order, made)
            exchange(made, order.place)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise ReportError(
            f"{order.treaty} as of {order.day}: the report could not be written: {reason}"
        ) from error
    order.failed.unlink(missing_ok=True)
    return order.place / "index.html"


def _order(
    treaty: str | Path,
    as_of: str,
    out: Path,
    rule: str,
    thresholds: Thresholds | None,
    timeout: int,
) -> _Order:
    """Check every parameter before papermill sees it, which would guess or only warn."""
    if not isinstance(as_of, str):
        raise ValueError(f"as_of is {as_of!r}; expected an ISO day as text, as '2012-04-19'")
    day = f"{parse_day(as_of):%Y-%m-%d}"
    if rule not in RULES:
        raise ValueError(f"rule is {rule!r}; expected one of {', '.join(RULES)}")
    if isinstance(timeout, bool) or not isinstance(timeout, int) or timeout < 1:
        raise ValueError(f"timeout is {timeout!r}; expected whole seconds, at least 1")
    if out.exists() and not out.is_dir():
        raise ValueError(f"out is {out.name!r}, which is a file; expected a folder")
    own = isinstance(treaty, Path) or treaty not in packaged()
    # For a name that is neither, this raises with what would be right.
    folder = Path(treaty).resolve() if own and Path(treaty).is_dir() else None
    rules = read_treaty((folder or packaged_folder(str(treaty))) / "treaty.toml")
    return _Order(
        treaty=rules.id,
        title=f"{rules.name}: stockpile destruction as of {day}",
        day=day,
        rule=rule,
        folder=folder,
        thresholds=thresholds or Thresholds(),
        place=out.resolve() / rules.id / day,
        failed=out.resolve() / "failed" / f"{rules.id}-{day}.ipynb",
    )


def notebook_path(name: str = NOTEBOOK) -> Path:
    """Where a notebook lies: inside an installed package, or in the checkout.

    Examples
    --------
    >>> notebook_path().name
    'status_report.ipynb'
    """
    here = Path(__file__).resolve().parent
    inside = here / "notebooks"
    path = (inside if inside.is_dir() else here.parents[1] / "notebooks") / name
    if not path.is_file():
        raise ReportError(f"{name} is not where it belongs; install stockpile again")
    return path


@contextlib.contextmanager
def _workshop(place: Path) -> Iterator[Path]:
    """Make a temporary folder beside the final place, and hold it while it is in use."""
    workshop = Path(tempfile.mkdtemp(prefix=f".{place.name}.", suffix=".tmp", dir=place.parent))
    with hold(workshop):
        try:
            yield workshop
        finally:
            # After the exchange this holds the report that was there before.
            shutil.rmtree(workshop, ignore_errors=True)


def _run(order: _Order, workshop: Path, timeout: int) -> NotebookNode:
    """Execute the notebook; on failure keep it as far as it ran, and say which cell it was."""
    import papermill

    source = notebook_path()
    ran = workshop / "run.ipynb"
    try:
        with (workshop / "kernel.log").open("wb") as log:
            papermill.execute_notebook(
                _as_format(source),
                _as_format(ran),
                parameters=order.parameters(),
                kernel_name="python3",
                language="python",
                cwd=workshop,
                progress_bar=False,
                execution_timeout=timeout,
                kernel_manager_class=_own_kernel(workshop, log),
            )
    except Exception as error:
        # A cell's time-out is an OSError too, but not one of the system's.
        if isinstance(error, OSError) and error.errno is not None:
            raise
        raise _failure(order, source, ran, error) from error
    notebook = _read(ran)
    # A run can end without an exception and yet not have reached its end.
    for number, cell in enumerate(notebook.cells, 1):
        if cell.cell_type != "code":
            continue
        broken = [o for o in cell.outputs if o.output_type == "error"]
        if broken or cell.execution_count is None:
            why = f"{broken[0].ename}: {broken[0].evalue}" if broken else "was not executed"
            _keep(order, ran)
            raise ReportError(_said(order, number, cell.get("id"), why))
    return notebook


def _read(path: Path) -> NotebookNode:
    import nbformat

    return nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call,no-any-return]


def _as_format(path: Path) -> str:
    """Return a path that survives papermill's ``str.format``."""
    return str(path).replace("{", "{{").replace("}", "}}")


def _own_kernel(workshop: Path, log: IO[bytes]) -> type:
    """Make a kernel manager that starts this interpreter, whatever kernels are registered."""
    from ipykernel.kernelspec import get_kernel_dict
    from jupyter_client.kernelspec import KernelSpec
    from jupyter_client.manager import AsyncKernelManager
    from traitlets import TraitError

    # The user's own start-up files have no part in a report.
    env = {"IPYTHONDIR": str(workshop / "ipython")}
    package = Path(__file__).resolve().parent
    if package.parent.name != "site-packages":
        # From a checkout: the kernel imports the very package that runs here.
        paths = [str(package.parent), os.environ.get("PYTHONPATH", "")]
        env["PYTHONPATH"] = os.pathsep.join(filter(None, paths))
    # Its command is that of sys.executable; and it knows what this ipykernel can do.
    spec = KernelSpec(**get_kernel_dict(), env=env)

    class OwnKernel(AsyncKernelManager):
        def __init__(self, **options: Any) -> None:
            super().__init__(**options)
            # Other users of the machine cannot listen in, where both sides know how.
            with contextlib.suppress(TraitError):
                if self.has_trait("transport_encryption"):
                    self.transport_encryption = "auto"

        async def start_kernel(self, **options: Any) -> None:  # type: ignore[override]
            # What the kernel says of its own comings and goings is no news to a scheduler.
            await super().start_kernel(**options, stdout=log, stderr=log)

        @property
        def kernel_spec(self) -> KernelSpec:
            return spec

    return OwnKernel


def _failure(order: _Order, source: Path, ran: Path, error: Exception) -> ReportError:
    """Name the cell that failed; papermill marks it only for exceptions raised in the cell."""
    kept = _keep(order, ran)
    name, what = getattr(error, "ename", ""), getattr(error, "evalue", "")
    why = f"{name}: {what}" if name else f"{type(error).__name__}: {str(error).strip()}"
    if "Timeout" in type(error).__name__:
        why = "took longer than the time allowed"
    elif "DeadKernel" in type(error).__name__:
        why = "its kernel died"
    if not kept:
        return ReportError(f"{order.treaty} as of {order.day}: {NOTEBOOK} did not start: {why}")
    cells = _read(kept).cells
    begun = [c for c in cells if c.metadata.get("papermill", {}).get("start_time")]
    last = next((c for c in begun if c.metadata.papermill.get("exception")), (begun or cells)[-1])
    ids = [c.get("id") for c in _read(source).cells]
    number = ids.index(last.get("id")) + 1 if last.get("id") in ids else cells.index(last) + 1
    return ReportError(_said(order, number, last.get("id"), why))


def _said(order: _Order, number: int, cell: str | None, why: str) -> str:
    where = f"cell {number}" + (f" ({cell})" if cell else "")
    return (
        f"{order.treaty} as of {order.day}: {NOTEBOOK}, {where}: {why}; the notebook as far as it "
        f"ran is kept in failed/{order.failed.name}"
    )


def _keep(order: _Order, ran: Path) -> Path | None:
    """Put the notebook where it can be looked at."""
    if not ran.is_file():
        return None
    with contextlib.suppress(OSError):
        write_text(order.failed, ran.read_text(encoding="utf-8"))
        return order.failed
    return None


def _write(order: _Order, notebook: NotebookNode, made: Path) -> None:
    """Write the page, the tables and the notebook into the folder to be published."""
    published = _stripped(order, notebook)
    write_text(made / NOTEBOOK, json.dumps(published, indent=1, ensure_ascii=False) + "\n")
    write_text(made / "index.html", _page(order, published))
    for name in TABLES:
        table = made.parent / name
        if not table.is_file():
            raise ReportError(f"{order.treaty} as of {order.day}: {NOTEBOOK} wrote no {name}")
        table.replace(made / name)
    made.chmod(0o755)


def _stripped(order: _Order, notebook: NotebookNode) -> NotebookNode:
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
            if order.folder is not None:
                cell.source = cell.source.replace(
                    json.dumps(str(order.folder)), json.dumps(order.folder.name)
                )
    return clean


def _page(order: _Order, notebook: NotebookNode) -> str:
    """Convert what the cells put out to one page that needs nothing else."""
    from nbconvert.exporters import TemplateExporter

    shown = copy.deepcopy(notebook)
    shown.cells = [c for c in shown.cells if LAB_ONLY not in c.metadata.get("tags", [])]
    exporter = TemplateExporter(  # type: ignore[no-untyped-call]
        extra_template_basedirs=[str(TEMPLATES)],
        template_name="page",
        template_file="index.html.j2",
        exclude_input=True,
    )
    exporter.output_mimetype = "text/html"
    resources = {"title": order.title, "style": style_sheet()}
    body, _ = exporter.from_notebook_node(shown, resources=resources)
    return "\n".join(line.rstrip() for line in str(body).splitlines() if line.strip()) + "\n"


def _check_files(order: _Order, made: Path) -> None:
    """Refuse to publish what is not complete, loads something, runs something or tells a path."""
    problems = check_page(
        (made / "index.html").read_text(encoding="utf-8"), sections=SECTIONS, drawings=DRAWINGS
    )
    for path in sorted(made.iterdir()):
        text = path.read_text(encoding="utf-8")
        if not text.strip():
            problems.append(f"{path.name} is empty")
        if str(order.place.parent) in text:
            problems.append(f"{path.name} tells a path of this machine")
    if problems:
        _keep(order, made.parent / "run.ipynb")
        raise ReportError(
            f"{order.treaty} as of {order.day}: the report is not fit to publish: "
            + "; ".join(problems)
        )
