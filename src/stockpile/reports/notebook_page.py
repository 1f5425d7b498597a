"""Runs any one notebook, a shipped one or one's own, and publishes its page in one move."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from stockpile.ledger.ledger import Ledger
from stockpile.ledger.load import load, packaged
from stockpile.reports.folders import replacement
from stockpile.reports.notebooks import notebook_path, parameters, purpose, shipped
from stockpile.reports.parameters import check_parameters
from stockpile.reports.publisher import Publication
from stockpile.reports.report import LOG, check_folder
from stockpile.reports.run import Folders, NotebookTask, run_all
from stockpile.reports.workers import ReportError


def publish_notebook(
    notebook: str | Path,
    out: str | Path,
    *,
    settings: Mapping[str, Any] | None = None,
    publication: Publication | None = None,
    timeout: int = 600,
) -> Path:
    """Run a notebook with checked parameters and publish what it put out.

    A shipped notebook by name, or one of your own by its path: it is run as code, with your rights,
    so name only notebooks that you trust. The page goes to ``<out>/<notebook>/index.html``, and
    beside it the executed notebook and whatever it wrote into its working folder. ``settings`` are
    parameters by name, of their own type or as text, as
    `stockpile.reports.parameters.check_parameters` takes them; ``out``, if there is one, is set by
    the run. ``timeout`` is in seconds, for a single cell.

    Returns
    -------
    pathlib.Path
        The page.

    Raises
    ------
    ValueError
        When a parameter is not what it has to be; nothing was run.
    ReportError
        When the notebook failed or did not pass the checks; an earlier page is as it
        was, and the notebook is kept in ``<out>/failed/``.
    """
    given = dict(settings or {})
    if "out" in given:
        raise ValueError("out: set by the run itself")
    is_file = isinstance(notebook, Path) or (notebook not in shipped() and Path(notebook).is_file())
    path = Path(notebook).resolve() if is_file else notebook_path(str(notebook))
    values = check_parameters(path, given)
    if "out" in {parameter.name for parameter in parameters(path)}:
        values["out"] = "."
    home = Path(out).resolve()
    if home.exists() and not home.is_dir():
        raise ValueError(f"out is {home.name!r}, which is a file; expected a folder")
    place = home / path.stem
    paths = [Path(str(values[name])) for name in ("folder", "extra") if values.get(name)]
    task = NotebookTask(
        name=path.stem,
        notebook=path,
        title=purpose(path).split(". ")[0] or path.stem,
        parameters=values,
        kept=f"{path.stem}.ipynb",
        hidden={str(path): path.name for path in paths},
    )
    try:
        with replacement(place) as made:
            folders = Folders(made.parent, made, home / "failed")
            (outcome,) = run_all([task], folders, timeout=timeout, jobs=1)
            if outcome.problem:
                raise ReportError(outcome.problem)
            # With it comes matplotlib, and the kernel is started before that is loaded.
            from stockpile.reports.publication import dress_notebook

            dress_notebook(
                made,
                _view(
                    {parameter.name: parameter.default for parameter in parameters(path)} | values
                ),
                publication or Publication(),
                title=task.title,
                out=home,
                shipped=not is_file,
            )
            if problems := check_folder(made, [str(home), *task.hidden]):
                raise ReportError(f"{task.name} is not fit to publish: {'; '.join(problems)}")
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise ReportError(f"{task.name} could not be written: {reason}") from error
    (home / "failed" / task.kept).unlink(missing_ok=True)
    LOG.info("%s: published, %.1f s", task.name, outcome.seconds)
    return place / "index.html"


def _view(values: Mapping[str, Any]) -> Ledger | None:
    """What a notebook is drawn from, as far as its parameters say."""
    folder, treaty = values.get("folder"), values.get("treaty")
    if not folder and treaty not in packaged():
        return None
    source: str | Path = folder or str(treaty)
    ledger = load(source, extra=values.get("extra"))
    day = values.get("as_of")
    return ledger.as_of(day, values.get("rule", "reported")) if day else ledger
