"""What stands between a finished folder and its readers: checks, locks, and one move."""

import base64
import errno
import fcntl
import hashlib
import os
import signal
import subprocess
import sys
import weakref
from pathlib import Path

import pytest

from stockpile.common.output import write_text
from stockpile.pages.safety import check_page, page_script, script_source
from stockpile.reports import folders
from stockpile.reports.folders import (
    BusyError,
    clean_up,
    exchange,
    exclusive,
    replacement,
    staging_folder,
)
from stockpile.reports.workers import noting_interrupts, require_none

OWN = f"<table></table><script>{page_script()}</script>"


def test_the_librarys_own_script_passes():
    assert check_page(OWN) == []


def test_the_security_policy_names_exactly_that_script():
    digest = base64.b64decode(script_source().removeprefix("sha256-"))
    assert digest == hashlib.sha256(page_script().encode()).digest()


def test_tidying_a_page_leaves_the_script_as_it_is():
    lines = page_script().splitlines()
    assert all(line.strip() and line == line.rstrip() for line in lines)
    assert len(lines) < 200


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


@pytest.fixture(params=[errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS])
def without_locks(request, monkeypatch):
    """A file system without locks, as some network shares are, in the words of its error."""

    def refused(handle, operation):
        raise OSError(request.param, os.strerror(request.param))

    monkeypatch.setattr(fcntl, "flock", refused)


@pytest.mark.usefixtures("without_locks")
def test_a_file_system_without_locks_has_a_file_in_their_place(tmp_path, caplog):
    (tmp_path / ".lock").touch()  # of a folder that was copied from one with locks
    with (
        exclusive(tmp_path),
        pytest.raises(BusyError, match=r"If none is at work, remove \.lock-file there"),
        exclusive(tmp_path),
    ):
        pytest.fail("there are two")
    assert caplog.text.count("this file system has no locks") == 1
    with replacement(tmp_path / "ccm" / "2012-04-19") as made:
        (made / "index.html").write_text("new")
    assert {p.name for p in (tmp_path / "ccm").iterdir()} == {"2012-04-19"}
    assert {p.name for p in tmp_path.iterdir()} == {"ccm", ".lock"}


@pytest.mark.usefixtures("without_locks")
def test_the_file_that_a_killed_run_left_is_no_lock_any_more(tmp_path):
    code = (
        "import filelock, os, sys\n"
        "lock = filelock.SoftFileLock(sys.argv[1])\n"
        "lock.acquire()\n"
        "os._exit(0)"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path / ".lock-file")], check=True)
    assert (tmp_path / ".lock-file").is_file()
    with exclusive(tmp_path):
        pass


@pytest.mark.parametrize("kind", ["file", "link"])
def test_a_place_that_no_report_can_take_is_named(tmp_path, kind):
    place = tmp_path / "ccm" / "2012-04-19"
    place.parent.mkdir()
    place.touch() if kind == "file" else place.symlink_to("nowhere")
    with pytest.raises(OSError, match=f"2012-04-19 is a {kind}"), replacement(place):
        pytest.fail("there is no place")
    place.parent.rename(tmp_path / "other")
    place.parent.symlink_to("nowhere")
    with pytest.raises(OSError, match="ccm is a link that leads nowhere"), replacement(place):
        pytest.fail("there is no place")


def test_a_folder_of_somebody_elses_is_left_as_it_is(tmp_path):
    place = tmp_path / "ccm" / "2012-04-19"
    place.mkdir(parents=True)
    with replacement(place) as made:  # an empty one is in nobody's way
        write_text(made / "data.csv", "")
    with pytest.raises(OSError, match="2012-04-19 is a folder with other"), replacement(place):
        pytest.fail("it is not ours")
    assert [p.name for p in place.iterdir()] == ["data.csv"]


def test_folders_have_one_mode_whatever_the_umask(tmp_path):
    before = os.umask(0o077)
    try:
        with replacement(tmp_path / "out" / "ccm" / "2012-04-19") as made:
            write_text(made / "states" / "PER.html", "Peru")
    finally:
        os.umask(before)
    modes = {p.name: p.stat().st_mode & 0o777 for p in (tmp_path / "out").rglob("*")}
    assert modes == {"ccm": 0o755, "2012-04-19": 0o755, "states": 0o755, "PER.html": 0o644}
    assert (tmp_path / "out").stat().st_mode & 0o777 == 0o755


# --- Ctrl-C ---


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_an_interrupt_that_python_drops_ends_the_run_all_the_same():
    """As it was seen: the signal arrives while the callback of a weak reference runs."""

    class Thing:
        pass

    thing = Thing()
    kept = weakref.ref(thing, lambda ref: os.kill(os.getpid(), signal.SIGINT))
    went_on = False
    with pytest.raises(KeyboardInterrupt), noting_interrupts():
        del thing
        went_on = True
        require_none()
        pytest.fail("it was swallowed")
    assert went_on and kept() is None
    require_none()  # and the next run begins anew


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
