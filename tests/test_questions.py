"""The ten questions of the documentation: what they print, in two lines at most."""

import doctest
import re
from pathlib import Path

PAGE = Path(__file__).parents[1] / "docs" / "questions.md"


def test_the_answers_are_what_the_library_says():
    found = doctest.testfile(
        str(PAGE), module_relative=False, optionflags=doctest.NORMALIZE_WHITESPACE
    )
    assert found.failed == 0 and found.attempted > 20


def test_each_question_takes_two_lines_at_most():
    text = PAGE.read_text(encoding="utf-8")
    questions = re.findall(r"^## \d+\. .*?(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)
    assert len(questions) == 10
    for question in questions:
        assert 1 <= question.count(">>> ") <= 2, question
