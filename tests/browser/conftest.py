"""A browser, a report to open in it, and JupyterLab, each started once and always stopped.

Everything is made in processes of its own: the browser's driver keeps an event loop
running in this one, beside which no notebook could run.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from stockpile.reports.notebooks import notebook_path

#: The day of the report; on it, states are rated in five different ways.
DAY = "2022-06-30"
#: The treaties reported on, and the state of each that has a page.
STATES = {"ccm": "PER", "apmbc": "GRC", "cwc": "USA"}
_NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
#: Settings of somebody who has answered JupyterLab's questions: no news, this kernel.
_SETTINGS = {
    "apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
    # All cells are drawn, whether they are in sight or not.
    "notebook-extension/tracker": {"autoStartDefaultKernel": True, "windowingMode": "none"},
}


@dataclass
class Heard:
    """What a page asked for, and what it complained of."""

    asked: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def listen(self, page: Page) -> None:
        page.on("request", lambda request: self.asked.append(request.url))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on(
            "console",
            lambda said: (
                self.complaints.append(said.text) if said.type in ("error", "warning") else None
            ),
        )


@pytest.fixture(scope="session")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of reports: one a treaty, each with the page of one state."""
    out = tmp_path_factory.mktemp("reports")
    for treaty, state in STATES.items():
        _run("report", "--treaty", treaty, "--as-of", DAY, "--states", state, "--out", str(out))
    return out


@pytest.fixture(scope="session")
def notebook_pages(report: Path) -> Path:
    """The same folder, with the pages of single notebooks beside the reports."""
    _run("run", "compliance", "--set", f"as_of={DAY}", "--out", str(report))
    _run("run", "statement_2012", "--out", str(report))
    _run("run", "track_record", "--set", "step=12", "--out", str(report))
    return report


def _run(*command: str) -> None:
    """Run the program as anyone does."""
    done = subprocess.run(
        [sys.executable, "-m", "stockpile", *command], capture_output=True, text=True, timeout=900
    )
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium without a window."""
    path = next(filter(None, map(shutil.which, _NAMES)), None)
    if path is None:
        pytest.fail("no chromium is installed; on Debian: apt-get install chromium", pytrace=False)
    expect.set_options(timeout=30_000)  # a machine may have other things to do
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, timeout=60_000)
        yield chromium
        chromium.close()


@pytest.fixture
def opened(browser: Browser) -> Iterator[Callable[..., Page]]:
    """Open a file in a window without a network; it may not complain, or ask for more."""
    with contextlib.ExitStack() as windows:
        heard = Heard()

        def open_file(path: Path, *, strict: bool = True, **options: Any) -> Page:
            window = browser.new_context(
                offline=True, **{"viewport": {"width": 1300, "height": 1000}, **options}
            )
            windows.callback(window.close)
            page = window.new_page()
            page.set_default_timeout(30_000)
            if strict:
                heard.listen(page)
            page.goto(path.resolve().as_uri())
            return page

        yield open_file
        assert heard.complaints == []
        assert {url.split(":")[0] for url in heard.asked} <= {"file", "data"}


@dataclass(frozen=True)
class Lab:
    """A running JupyterLab."""

    address: str
    token: str

    def notebook(self, name: str) -> str:
        """Where a notebook is opened, in a workspace of its own."""
        workspace = Path(name).stem
        return f"{self.address}/lab/workspaces/{workspace}/tree/{name}?token={self.token}"


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """JupyterLab on this machine alone, with copies of notebooks and no one's own settings."""
    home = tmp_path_factory.mktemp("lab")
    root = home / "root"
    root.mkdir()
    for name in ("explore", "status_report"):
        shutil.copy(notebook_path(name), root)
    for name, value in _SETTINGS.items():
        path = home / "settings" / "@jupyterlab" / f"{name}.jupyterlab-settings"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(value), encoding="utf-8")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    running = Lab(f"http://127.0.0.1:{port}", secrets.token_hex(16))
    places = {
        "HOME": "home",
        "IPYTHONDIR": "ipython",
        "JUPYTER_CONFIG_DIR": "config",
        "JUPYTER_DATA_DIR": "data",
        "JUPYTER_RUNTIME_DIR": "runtime",
        "JUPYTERLAB_SETTINGS_DIR": "settings",
        "JUPYTERLAB_WORKSPACES_DIR": "workspaces",
    }
    own = {name: str(home / folder) for name, folder in places.items()}
    # Charts are shown in the notebook here, as everywhere but in the tests.
    env = {k: v for k, v in os.environ.items() if k != "MPLBACKEND"} | own
    with (home / "log").open("wb") as log:
        server = subprocess.Popen(
            [
                *(sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root"),
                *("--ip=127.0.0.1", f"--port={port}", "--ServerApp.port_retries=0"),
                *(f"--ServerApp.root_dir={root}", "--ServerApp.terminals_enabled=False"),
                "--LabApp.extension_manager=readonly",
                "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
            ],
            env=env | {"JUPYTER_TOKEN": running.token},
            cwd=root,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        _wait_for(running, server, home / "log")
        yield running
    finally:
        server.terminate()  # it ends its kernels first
        try:
            server.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(server.pid, signal.SIGKILL)
            server.wait(20)


def _wait_for(lab: Lab, server: subprocess.Popen[bytes], log: Path) -> None:
    asking = urllib.request.Request(
        f"{lab.address}/api", headers={"Authorization": f"token {lab.token}"}
    )
    until = time.monotonic() + 90
    while time.monotonic() < until and server.poll() is None:
        try:
            with urllib.request.urlopen(asking, timeout=5):
                return
        except OSError:
            time.sleep(0.2)
    pytest.fail(f"JupyterLab did not start:\n{log.read_text()[-2000:]}", pytrace=False)
