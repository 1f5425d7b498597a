"""What stands between a finished folder and its readers: checks, locks, and one move."""

import base64
import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

from stockpile.pages.safety import check_page, page_script, script_source
from stockpile.reports import folders
from stockpile.reports.folders import BusyError, clean_up, exchange, exclusive, staging_folder

OWN = f"<table></table><script>{page_script()}</script>"


def test_the_librarys_own_script_passes():
    assert check_page(OWN) == []


def test_the_security_policy_names_exactly_that_script():
    digest = base64.b64decode(script_source().removeprefix("sha256-"))
    assert digest == hashlib.sha256(page_script().encode()).digest()


def test_tidying_a_page_leaves_the_script_as_it_is():
    lines = page_script().splitlines()
    assert all(line.strip() and line == line.rstrip() for line in lines)
    assert len(lines) < 150


def test_the_script_reaches_for_nothing_and_writes_no_markup():
    text = page_script()
    for word in (
        *("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "DOMParser"),
        *("eval", "Function(", "setTimeout", "import", "fetch", "XMLHttpRequest", "WebSocket"),
        *("http:", "https:", "localStorage", "cookie", "location", "</script", "<!--"),
    ):
        assert word not in text
    assert text.isascii()  # the same bytes, whatever a server says of its encoding


@pytest.mark.parametrize(
    ("html", "said"),
    [
        (OWN.replace("</script>", " </script>"), "not the library's own"),
        (OWN.replace("ascending", "Ascending"), "not the library's own"),
        (OWN.replace("<script>", "<script>\n"), "not the library's own"),
        (OWN.replace("</script>", ""), "not the library's own"),
        (OWN + "<script>x</script>", "not the library's own"),
        (OWN + "<script></script>", "not the library's own"),
        (OWN + "<script/>", "not the library's own"),
        (OWN.replace("<script>", "<script src='x.js'>"), "loads 'x.js'"),
        (OWN.replace("<script>", "<script src='data:image/png,x'>"), "more than its own text"),
        (OWN.replace("<script>", "<script type=module>"), "more than its own text"),
        (OWN + "<p onclick=x()>", "<p> has onclick"),
        (OWN + "<button onclick=x()>", "<button> has onclick"),
        (OWN + "<a href=javascript:x()>", "<a> points to"),
    ],
)
def test_any_other_script_is_refused(html, said):
    assert any(said in problem for problem in check_page(html)), check_page(html)


# --- the move ---


def folder(path, text):
    path.mkdir(parents=True)
    (path / "index.html").write_text(text)
    return path


@pytest.mark.parametrize("at_once", [True, False])
def test_exchange(tmp_path, monkeypatch, at_once):
    if not at_once:
        monkeypatch.setattr(folders, "_exchange_names", lambda a, b: False)
    place, new = folder(tmp_path / "place", "old"), folder(tmp_path / "work" / "new", "new")
    exchange(new, place)
    assert (place / "index.html").read_text() == "new"
    assert (new / "index.html").read_text() == "old"
    assert {p.name for p in tmp_path.iterdir()} == {"place", "work"}


def test_exchange_puts_the_old_folder_back_when_the_new_one_cannot_be_moved(tmp_path, monkeypatch):
    monkeypatch.setattr(folders, "_exchange_names", lambda a, b: False)
    place = folder(tmp_path / "place", "old")
    with pytest.raises(OSError):
        exchange(tmp_path / "gone", place)
    assert (place / "index.html").read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["place"]


def test_what_killed_runs_left_is_removed_and_nothing_in_use(tmp_path):
    place = tmp_path / "2012-04-19"
    dead = folder(tmp_path / ".2012-04-19.aaa.tmp", "half")
    other = folder(tmp_path / ".2013-04-19.aaa.tmp", "of another day")
    folder(tmp_path / ".2012-04-19.ccc.old", "set aside")
    with staging_folder(place) as in_use:
        clean_up(place)
        assert in_use.exists() and other.exists() and not dead.exists()
        assert (place / "index.html").read_text() == "set aside"
    assert not in_use.exists()
    folder(tmp_path / ".2012-04-19.ddd.old", "older still")
    clean_up(place)
    assert (place / "index.html").read_text() == "set aside"
    assert {p.name for p in tmp_path.iterdir()} == {place.name, other.name}


def test_a_killed_run_lets_go(tmp_path):
    place = tmp_path / "2012-04-19"
    code = (
        "import sys, time, pathlib; from stockpile.reports.folders import staging_folder\n"
        "with staging_folder(pathlib.Path(sys.argv[1])) as folder:\n"
        "    print(folder, flush=True); time.sleep(60)"
    )
    package = Path(folders.__file__).resolve().parents[2]
    child = subprocess.Popen(
        [sys.executable, "-c", code, str(place)],
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": str(package)},
    )
    try:
        left = Path(child.stdout.readline().strip())
        clean_up(place)
        assert left.exists()
    finally:
        child.kill()
        child.wait()
        child.stdout.close()
    clean_up(place)
    assert not left.exists()


# --- what a page may hold ---


@pytest.mark.parametrize(
    "html",
    [
        "<SCRIPT>x</SCRIPT>",
        "<svg><script>x</script></svg>",
        "<p onclick='x()'>",
        "<svg onload=x()>",
        "<a href='javascript:x()'>",
        "<a href=' JaVaScRiPt:x()'>",
        "<a href='data:text/html,x'>",
        "<link rel=stylesheet href=x.css>",
        "<img src='//example.org/x.png'>",
        "<img srcset='https://example.org/x.png 2x'>",
        "<iframe src=x>",
        "<object data=x>",
        "<base href='https://example.org'>",
        "<form action=x>",
        "<meta http-equiv=refresh content='0;url=https://example.org'>",
        "<style>@import 'x.css'</style>",
        "<style>p{background:url(https://example.org/x.png)}</style>",
        "<p style=\"background:url('x.png')\">",
        "<svg><use href='https://example.org/x.svg#a'/></svg>",
        "<svg><image xlink:href='https://example.org/x.png'/></svg>",
        "<svg><foreignObject></foreignObject></svg>",
    ],
)
def test_a_page_that_runs_or_loads_something_is_refused(html):
    assert check_page(html) != []


def test_a_page_that_needs_nothing_passes():
    html = (
        "<a href='https://example.org/source'>source</a><a href='#states'>below</a>"
        "<a href='status.csv'>table</a><img src='data:image/png;base64,AAAA'>"
        "<svg><use href='#a'/><path style='clip-path:url(#c)'/></svg><style>p{color:red}</style>"
        "<p>&lt;script&gt; and javascript: in words</p>"
    )
    assert check_page(html) == []


# --- one run at a time ---


def test_a_second_run_leaves_at_once(tmp_path):
    out = tmp_path / "out"
    with (
        exclusive(out),
        pytest.raises(BusyError, match="another run is writing to this folder; exiting"),
        exclusive(out),
    ):
        pytest.fail("there are two")
    with exclusive(out):
        pass  # it let go
    with exclusive(tmp_path / "other"), exclusive(out):
        pass  # another folder is another matter


def test_a_run_that_fails_lets_go(tmp_path):
    with pytest.raises(LookupError), exclusive(tmp_path):
        raise LookupError
    with exclusive(tmp_path):
        pass
