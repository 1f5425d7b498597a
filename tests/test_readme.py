"""The example in the README runs as it stands, and prints what stands below it."""

import re
from pathlib import Path

README = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")


def test_python_example_prints_what_the_readme_shows(capsys):
    (code,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    (shown,) = re.findall(r"```text\n(.*?)```", README, re.DOTALL)
    names: dict = {}
    exec(compile(code, "README.md", "exec"), names)
    assert capsys.readouterr().out == shown
    for rating in names["sp"].RATINGS:
        assert f"| {rating} |" in README


def test_pictures_and_pages_that_it_names_are_there():
    for target in re.findall(r"\]\((?!https?:)([^)#]+)", README):
        assert (Path(__file__).parents[1] / target).is_file(), target
