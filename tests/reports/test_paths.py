"""Paths of the machine in what is published, and what only looks like one."""

import json

import pytest

from stockpile.reports.paths import tells, without_paths
from stockpile.reports.report import check_folder


@pytest.mark.parametrize("out", ["/reports", "/app", "/en", "/srv/reports"])
def test_letters_of_an_address_are_no_path(tmp_path, out):
    (tmp_path / "index.html").write_text(
        f"<a href='https://example.org{out}/2012/a.pdf'>x</a> and/or docProps{out}.xml"
        f" <a href='https://example.org/?u={out}'>y</a>"
    )
    assert check_folder(tmp_path, [out]) == []


@pytest.mark.parametrize(
    "text",
    ["out = {}", "'{}/ccm'", '"{}"', "<td>{}</td>", "file://{}/x", "({})", "{}\n", "a:\t{}/b"],
)
def test_a_path_is_found_where_one_can_begin(tmp_path, text):
    (tmp_path / "a.csv").write_text(text.format("/reports"))
    assert check_folder(tmp_path, ["/reports"]) == ["a.csv tells /reports of this machine"]


def test_a_longer_name_is_another_folder():
    assert not tells(b"see /reports-2 and /reportsx", "/reports")


def test_a_notebook_that_failed_is_kept_without_paths():
    kept = {
        "source": ['folder = "/home/me/my data/ccm"', "x = 1/2/3; url = 'https://a.org/b/c/d'"],
        "outputs": [
            {
                "traceback": [
                    "\x1b[36mFile \x1b[39m\x1b[32m~/project/src/stockpile/x.py:12\x1b[39m, in f()",
                    "OSError: '/data/in/put.csv' and /usr/lib/python3/os.py; n / m",
                ],
                "text/html": "<svg><path d='M 1 2'/></svg><b>a</b>",
            }
        ],
    }
    clean = without_paths(kept, {"/home/me/my data": "my data"})
    assert clean["source"] == ['folder = "my data/ccm"', kept["source"][1]]
    (output,) = clean["outputs"]
    assert output["traceback"] == [
        "File x.py:12, in f()",
        "OSError: 'put.csv' and os.py; n / m",
    ]
    assert output["text/html"] == kept["outputs"][0]["text/html"]
    assert "/home" not in json.dumps(clean)
