"""The example in the README runs as it stands, and prints what stands below it."""

import re
from pathlib import Path

import core
import pytest

from stockpile.compliance.scorecard import membership
from stockpile.pages import status_page

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


@pytest.mark.parametrize("page", ["README.md", "docs/index.md"])
def test_the_picture_shows_what_a_report_says_now(ccm, page):
    """Ratings in a picture go out of date unseen; its description has them too."""
    text = (Path(__file__).parents[1] / page).read_text(encoding="utf-8")
    (described,) = re.findall(r"!\[([^\]]+)\]\([^)]*report\.png\)", text)
    then = ccm.as_of("2018-06-30")
    status, day = core.status(then), then.require_day()
    sentences = [
        status_page.headline_sentence(status, day),
        status_page.standfirst(status, day, membership(then))[0],
    ]
    for sentence in sentences:
        assert str(sentence).rstrip(".") in described, "take docs/report.png anew: releasing.md"
