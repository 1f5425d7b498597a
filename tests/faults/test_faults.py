"""Things that break: killed runs, full disks, two runs at once. Run by ``make test-faults``.

Whatever happens, the report that was there before is as it was, and the next run
makes a whole one and clears what was left. ``make soak`` does the same more often.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import resource
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

import stockpile as sp
from stockpile.reports import manifest

pytestmark = pytest.mark.faults
DAY = "2003-12-31"
#: A small one with a short past: what breaks is the run, whatever the tables say.
TREATY = Path(__file__).parents[1] / "data" / "treaties" / "nested"
STATES = "AAA,BBB"
#: How much of everything is done: 1 is all of it, and what is always done is a small share.
SOAK = float(os.environ.get("STOCKPILE_SOAK") or 0)
#: Runs that are killed, each at a moment and in a way of its own.
KILLS = max(3, round(50 * SOAK))
ARGV = [sys.executable, "-m", "stockpile", "report", "--treaty", str(TREATY), "--as-of", DAY]
ENV = os.environ | {"PYTHONPATH": str(Path(sp.__file__).resolve().parents[1])}
#: Seconds to wait for what is sure to come, on a machine that is busy with other things.
PATIENCE = 300
#: Seconds that a whole run took here.
TOOK: list[float] = []


def start(out: Path, *more: str, **options: object) -> subprocess.Popen[str]:
    usual: dict[str, object] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "env": ENV}
    return subprocess.Popen(
        [*ARGV, "--out", str(out), "--states", STATES, *more],
        text=True,
        **usual | options,  # type: ignore[call-overload]
    )


def finish(run: subprocess.Popen[str]) -> tuple[int, str, str]:
    out, err = run.communicate(timeout=3_600)
    return run.returncode, out, err


def contents(folder: Path) -> dict[str, bytes]:
    return {
        p.relative_to(folder).as_posix(): p.read_bytes()
        for p in sorted(folder.rglob("*"))
        if p.is_file() and p.name != ".lock"
    }


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A good report, with a mark by which it can be told from a later one."""
    out = tmp_path_factory.mktemp("first")
    begun = time.monotonic()
    code, _, err = finish(start(out))
    assert code == 0, err
    TOOK.append(time.monotonic() - begun)
    account = json.loads((out / "nested" / DAY / "manifest.json").read_text())
    account["parameters"]["mark"] = "the first"
    (out / "nested" / DAY / "manifest.json").write_text(json.dumps(account))
    return out


@pytest.fixture
def earlier(first: Path, tmp_path: Path) -> Iterator[Path]:
    """The same in a folder of the test's own."""
    out = tmp_path / "out"
    subprocess.run(["cp", "-a", str(first), str(out)], check=True)
    yield out


def is_first(out: Path) -> bool:
    folder = out / "nested" / DAY
    account = manifest.read(folder)
    assert account is not None and manifest.is_whole(folder, account)
    return account["parameters"].get("mark") == "the first"


def leftovers(out: Path) -> list[str]:
    return sorted(p.name for p in (out / "nested").iterdir() if p.name.startswith("."))


def of_this_run(group: int) -> list[str]:
    """Processes of a process group that are still there."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[2]) == group and fields[0] != "Z":
            found.append(stat.parent.name)
    return found


def test_killed_at_any_moment(earlier: Path, tmp_path: Path) -> None:
    """The whole group, the main process or one of its children; kill, TERM or HUP."""
    chance = random.Random(17)
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    environment = ENV | {"TMPDIR": str(temporary)}
    before = contents(earlier / "nested" / DAY)
    for number in range(KILLS):
        run = start(earlier, env=environment, start_new_session=True)
        after, whom = chance.random() * TOOK[0], ("group", "main", "child")[number % 3]
        how = chance.choice([signal.SIGKILL, signal.SIGKILL, signal.SIGTERM, signal.SIGHUP])
        with contextlib.suppress(subprocess.TimeoutExpired):
            run.wait(timeout=after)
        with contextlib.suppress(ProcessLookupError):
            if whom == "group":
                os.killpg(run.pid, how)
            elif whom == "main":
                os.kill(run.pid, how)
            elif children := _children(run.pid):
                os.kill(chance.choice(children), signal.SIGKILL)
        code, _, err = finish(run)
        assert "Traceback" not in err, (number, whom, how, after, err)
        gone(run.pid)
        folder = earlier / "nested" / DAY
        account = manifest.read(folder)
        assert account is not None and manifest.is_whole(folder, account), (number, whom, after)
        now = contents(earlier / "nested" / DAY)
        if now["manifest.json"] == before["manifest.json"]:  # else the later one was published
            assert now == before, (number, whom, how, after)
        before = now
    code, _, err = finish(start(earlier, env=environment))
    assert code == 0, err
    assert leftovers(earlier) == [] and (earlier / "nested" / "latest").resolve().name == DAY
    assert list(temporary.iterdir()) == []


def gone(group: int) -> None:
    """Wait until no process of a group is left: a run's workers and kernels end with it."""
    limit = time.monotonic() + PATIENCE
    while of_this_run(group):
        assert time.monotonic() < limit
        time.sleep(0.05)


@pytest.mark.parametrize("signal_number", [signal.SIGINT, signal.SIGTERM][: 2 if SOAK else 1])
def test_interrupted(earlier: Path, signal_number: int) -> None:
    run = start(earlier)
    assert run.stderr is not None
    assert "1 notebook" in run.stderr.readline()
    run.send_signal(signal_number)
    code, _, _ = finish(run)
    assert code != 0 and is_first(earlier)
    if signal_number == signal.SIGINT:
        assert leftovers(earlier) == []


@pytest.mark.parametrize("size", [2_000, 60_000, 200_000] if SOAK else [60_000])
def test_a_disk_that_takes_no_more(earlier: Path, size: int) -> None:
    before = contents(earlier)

    def full() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))

    code, out, err = finish(start(earlier, preexec_fn=full))
    assert code == 1 and out.count("index.html") <= 1, (out, err)
    assert "nested as of 2003-12-31" in err and "Traceback" not in err
    after = {k: v for k, v in contents(earlier).items() if not k.startswith("failed/")}
    after.pop("index.html", None), before.pop("index.html", None)  # the overview is made anew
    assert after == before and is_first(earlier) and leftovers(earlier) == []


def test_a_real_disk_that_is_full(earlier: Path, tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    script = (
        f'mount -t tmpfs -o size=6m none "{disk}" && cp -a "{earlier}/." "{disk}" && '
        f'dd if=/dev/zero of="{disk}/rest" bs=64k 2>/dev/null; '
        f'{shlex.join(ARGV)} --out "{disk}" --states none; echo "code $?"; '
        f'cat "{disk}/nested/{DAY}/manifest.json" | head -c 100000; ls -A "{disk}/nested" >&2'
    )
    done = subprocess.run(
        ["unshare", "--mount", "--map-root-user", "sh", "-c", script],
        env=ENV,
        capture_output=True,
        text=True,
        timeout=3_600,
        check=False,
    )
    if "code" not in done.stdout:
        pytest.skip(f"no disk of one's own can be mounted here: {done.stderr.strip()[:80]}")
    code, _, account = done.stdout.partition("\n")
    assert code == "code 1", done.stderr
    assert json.loads(account)["parameters"]["mark"] == "the first"
    assert "No space left on device" in done.stderr
    assert done.stderr.splitlines()[-3:] == [DAY, "history", "latest"]


def test_two_runs_at_once_and_a_worker_that_is_killed(earlier: Path) -> None:
    """The second run is refused; the first is whole in the end, whatever became of a worker.

    As by a system that is out of memory: what the worker was at is begun again.
    """
    one = start(earlier, start_new_session=True)
    assert one.stderr is not None
    assert "1 notebook" in one.stderr.readline()
    os.killpg(one.pid, signal.SIGSTOP)  # it is at work, and stays so
    code, out, err = finish(start(earlier))
    assert (code, out) == (4, "") and "another run is writing to this folder" in err
    os.killpg(one.pid, signal.SIGCONT)
    _descendant(one.pid, "ipykernel")  # the worker is there
    os.kill(_children(one.pid)[-1], signal.SIGKILL)
    code, _, err = finish(one)
    assert code == 0, err
    assert not is_first(earlier) and leftovers(earlier) == []


def test_a_kernel_that_is_killed(earlier: Path) -> None:
    run = start(earlier, "--jobs", "1")
    assert run.stderr is not None
    assert "1 notebook" in run.stderr.readline()
    kernel = _descendant(run.pid, "ipykernel")
    os.kill(kernel, signal.SIGKILL)
    code, _, err = finish(run)
    assert code == 1 and "its kernel died: ended by signal 9 (SIGKILL)" in err
    assert is_first(earlier) and leftovers(earlier) == []


def test_a_page_whose_process_dies_every_time_fails_alone(earlier: Path, tmp_path: Path) -> None:
    """The page of one state ends its process; the others are made, and the report fails."""
    script = tmp_path / "deadly.py"
    script.write_text(
        "import os, sys\n"
        "from stockpile.pages import state_page\n"
        "from stockpile.cli.main import main\n"
        "whole = state_page.page\n"
        "def page(view, state, *rest, **options):\n"
        "    if state == 'AAA':\n"
        "        os._exit(9)\n"
        "    return whole(view, state, *rest, **options)\n"
        "state_page.page = page\n"
        "if __name__ == '__main__':\n"
        "    sys.exit(main(sys.argv[1:]))\n"
    )
    argv = [sys.executable, str(script), *ARGV[3:], "--out", str(earlier), "--states", STATES]
    done = subprocess.run(argv, env=ENV, capture_output=True, text=True, timeout=3_600, check=False)
    assert done.returncode == 1, done.stderr
    assert "nested as of 2003-12-31: page of AAA: its process ended unexpectedly" in done.stderr
    for name in ("status_report", "charts and workbook", "page of BBB"):
        assert f"nested as of 2003-12-31: {name}, " in done.stderr
    assert is_first(earlier) and leftovers(earlier) == []


# --- what stands around a run ---


HOSTILE = {
    "lines.linewidth": "9", "font.size": "20", "svg.fonttype": "none", "axes.grid": "True",
    "savefig.dpi": "30", "figure.dpi": "300", "path.simplify": "False",
}  # fmt: skip


def test_the_users_own_settings_change_no_byte(first: Path, tmp_path: Path) -> None:
    """Settings of charts, start-up files, locale, umask and closed streams.

    Nor does a temporary folder with a path too long for a socket, which has 107 letters.
    """
    home, out = tmp_path / "home", tmp_path / "out"
    temporary = tmp_path / ("t" * 120)
    temporary.mkdir()
    startup = home / ".ipython" / "profile_default" / "startup"
    startup.mkdir(parents=True)
    (startup / "0.py").write_text("raise SystemExit('the start-up file of the user')")
    (home / "start.py").write_text("raise SystemExit('PYTHONSTARTUP')")
    (home / "matplotlibrc").write_text("".join(f"{k}: {v}\n" for k, v in HOSTILE.items()))
    environment = ENV | {
        "HOME": str(home), "IPYTHONDIR": str(home / ".ipython"), "MPLBACKEND": "tkagg",
        "MATPLOTLIBRC": str(home / "matplotlibrc"), "PYTHONSTARTUP": str(home / "start.py"),
        "LC_ALL": "tr_TR.UTF-8", "LANG": "tr_TR.UTF-8", "TZ": "Pacific/Kiritimati",
        "PYTHONHASHSEED": "7", "TMPDIR": str(temporary),
    }  # fmt: skip
    shell = ["sh", "-c", 'umask 077; exec "$@" <&- >&- 2>&-', "sh", *ARGV, "--states", STATES]
    done = subprocess.run([*shell, "--out", str(out)], env=environment, timeout=3_600, check=False)
    assert done.returncode == 0
    made, usual = (contents(folder / "nested" / DAY) for folder in (out, first))
    assert made.keys() == usual.keys()
    assert {name for name in made if made[name] != usual[name]} == {"manifest.json"}
    modes = {path.is_dir(): path.stat().st_mode & 0o777 for path in (out / "nested").rglob("*")}
    assert modes == {True: 0o755, False: 0o644}
    assert list(temporary.iterdir()) == []


@pytest.mark.parametrize("stream", ["<&-", ">&-", "2>&-", ">/dev/full"])
def test_a_stream_that_is_closed_or_full(stream: str, tmp_path: Path) -> None:
    """Told of `status`, which is quick; a report has its streams from the same place."""
    script = f'exec "$@" {stream}'
    argv = [*ARGV[:3], "status", *ARGV[4:]]
    done = subprocess.run(
        ["sh", "-c", script, "sh", *argv], env=ENV, capture_output=True, text=True, check=False
    )
    assert "Traceback" not in done.stderr and "Exception" not in done.stderr
    assert done.returncode == (5 if "full" in stream else 0), done.stderr
    if "full" in stream:
        assert done.stderr == "stockpile: the output: No space left on device\n"


def test_little_memory_is_enough(tmp_path: Path) -> None:
    script = 'ulimit -v 700000; exec "$@"'
    argv = [*ARGV[:3], "status", *ARGV[4:]]
    environment = ENV | {"OPENBLAS_NUM_THREADS": "1"}
    done = subprocess.run(
        ["sh", "-c", script, "sh", *argv],
        env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


NAMES = ["odd \udcff name", "long" * 70, "{x} $HOME %s", "a/" * 60 + "b"]


@pytest.mark.parametrize("name", NAMES if SOAK else NAMES[:2])
def test_odd_names_of_the_folder_end_well_or_in_a_plain_sentence(tmp_path: Path, name: str) -> None:
    out = os.fsencode(tmp_path / "x") + b"/" + os.fsencode(name)
    done = subprocess.run(
        [*ARGV, "--states", "none", "--out", out], env=ENV, capture_output=True, check=False
    )
    err = done.stderr.decode()
    assert "Traceback" not in err, err
    assert done.returncode in (0, 1, 2, 5), err
    if done.returncode:
        assert err.splitlines()[-1].startswith("stockpile: "), err


def _descendant(pid: int, command: str) -> int:
    """Wait for a child of a child of a process that runs something; return its id."""
    limit = time.monotonic() + PATIENCE
    while time.monotonic() < limit:
        for child in _children(pid):
            for grandchild in _children(child):
                with contextlib.suppress(OSError):
                    if command in Path(f"/proc/{grandchild}/cmdline").read_text():
                        return grandchild
        time.sleep(0.02)
    raise AssertionError(f"no {command} was started")


def _children(pid: int) -> list[int]:
    found = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            found += [int(n) for n in task.read_text().split()]
        except OSError:
            continue
    return found
