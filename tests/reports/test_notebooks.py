"""The notebooks: committed clean, and the track record runs from top to bottom."""

from __future__ import annotations

import re

import nbformat
import pytest

from stockpile.reports.notebook_page import publish_notebook
from stockpile.reports.notebooks import notebook_path, shipped


@pytest.mark.parametrize("name", shipped())
def test_notebooks_are_committed_clean(name):
    notebook = nbformat.read(notebook_path(name), as_version=4)
    nbformat.validate(notebook)
    assert notebook.metadata.kernelspec.name == "python3"
    assert set(notebook.metadata) == {"kernelspec", "language_info"}
    tagged = [c for c in notebook.cells if "parameters" in c.metadata.get("tags", [])]
    assert [c.id for c in tagged] in (["parameters"], [])
    assert len({c.id for c in notebook.cells}) == len(notebook.cells)
    for cell in notebook.cells:
        assert cell.get("outputs", []) == [] and cell.get("execution_count") is None
        assert re.fullmatch(r"[a-z]+(-[a-z]+)*", cell.id), "a name, no hash"
        assert set(cell.metadata) <= {"tags"}


def test_the_prose_of_the_track_record_types_no_result():
    notebook = nbformat.read(notebook_path("track_record.ipynb"), as_version=4)
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            assert not re.search(r"\d", cell.source), cell.id


@pytest.mark.slow
def test_the_track_record_runs(tmp_path):
    settings = {"treaty": "apmbc", "step": 12, "states": "UKR,TUR"}
    page = publish_notebook("track_record", tmp_path, settings=settings, timeout=300)
    out = page.parent / "notebooks" / "track_record.ipynb"
    notebook = nbformat.read(out, as_version=4)
    html = {}
    for cell in notebook.cells:
        if cell.cell_type == "code":
            assert cell.execution_count is not None
            kinds = {output.output_type for output in cell.outputs}
            assert not kinds & {"error", "stream"}, cell.outputs
            html[cell.id] = "".join(o.data["text/html"] for o in cell.outputs)
    for section in ("summary", "scores", "fans", "reliability", "ratings", "alarms"):
        assert f'id="{section}"' in html[section]
    assert "on the first of every January," in html["summary"]
    assert "Ukraine is still open" in html["fans"] and "Turkey finished in" in html["fans"]
    assert html["fans"].count("<figure") == 2
    assert "Ukraine" in html["alarms"]
