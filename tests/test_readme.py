"""The example in the README runs as it stands."""

import re
from pathlib import Path

import pandas as pd

README = Path(__file__).parents[1] / "README.md"


def test_python_example_runs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (code,) = re.findall(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    names: dict = {}
    exec(compile(code, "README.md", "exec"), names)
    written = pd.read_csv(tmp_path / "ccm-2012-04-19.csv")
    assert len(written) == len(names["status"]) > 0
    for rating in names["sp"].RATINGS:
        assert f"| {rating} |" in README.read_text(encoding="utf-8")
