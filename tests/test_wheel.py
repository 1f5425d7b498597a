"""The wheel holds the package, the raw tables and the notebooks, and nothing else."""

import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from email import message_from_bytes
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
#: Files that lie about in a used checkout and have no business in a wheel.
LITTER = (
    "data/processed/ccm/status.csv",
    "data/raw/ccm/.~lock.events.csv#",
    "notebooks/.ipynb_checkpoints/status_report-checkpoint.ipynb",
    "notebooks/scratch.csv",
    "reports/status.html",
    "src/stockpile/__pycache__/cli.cpython-311.pyc",
    "tests/test_anything.py",
)

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def checkout(tmp_path_factory) -> Path:
    """A copy of what a build reads, with some litter in it."""
    copy = tmp_path_factory.mktemp("checkout")
    for name in ("pyproject.toml", "README.md", "LICENSE", "LICENSE-DATA", ".gitignore"):
        shutil.copy(ROOT / name, copy / name)
    for name in ("src", "data/raw", "notebooks"):
        if (ROOT / name).is_dir():
            shutil.copytree(
                ROOT / name,
                copy / name,
                ignore=shutil.ignore_patterns("__pycache__", ".ipynb_checkpoints", ".~lock.*"),
            )
    for name in LITTER:
        path = copy / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("litter", encoding="utf-8")
    return copy


@pytest.fixture(scope="module")
def wheel(checkout) -> Path:
    """Build the wheel with the installed hatchling: no network, no build environment."""
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", "dist"],
        cwd=checkout,
        check=True,
        capture_output=True,
        timeout=120,
    )
    (built,) = (checkout / "dist").glob("*.whl")
    return built


def expected() -> dict[str, Path]:
    """Names in the wheel, and the files of the checkout that they are."""
    out = {}
    for source, target, pattern in (
        ("src/stockpile", "stockpile", "**/*"),
        ("data/raw", "stockpile/_data", "*/*"),
        ("notebooks", "stockpile/_notebooks", "*.ipynb"),
    ):
        for path in (ROOT / source).glob(pattern):
            inside = path.relative_to(ROOT / source).as_posix()
            if path.is_file() and "__pycache__" not in inside and ".~lock" not in inside:
                out[f"{target}/{inside}"] = path
    return out


def test_wheel_holds_what_it_should_and_nothing_else(wheel):
    with zipfile.ZipFile(wheel) as archive:
        names = [name for name in archive.namelist() if ".dist-info/" not in name]
        assert sorted(names) == sorted(expected())
        for name, path in expected().items():
            assert archive.read(name) == path.read_bytes(), name


def test_wheel_has_types_tables_and_licence(wheel):
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    assert "stockpile/py.typed" in names
    for treaty in ("ccm", "apmbc"):
        for file in ("treaty.toml", "quantities.csv", "README.md", "datapackage.json"):
            assert f"stockpile/_data/{treaty}/{file}" in names
    for licence in ("LICENSE", "LICENSE-DATA"):  # of the code, and of the tables
        assert any(name.endswith(f".dist-info/licenses/{licence}") for name in names)


def test_metadata_name_what_is_installed_and_no_address(wheel):
    """The name `stockpile` belongs to another package; extras are for users alone."""
    with zipfile.ZipFile(wheel) as archive:
        (name,) = [name for name in archive.namelist() if name.endswith("dist-info/METADATA")]
        metadata = message_from_bytes(archive.read(name))
    assert metadata["Name"] == "stockpile-progress"
    assert metadata["License-Expression"] == "MIT AND CC-BY-4.0"
    assert "Project-URL" not in metadata
    assert not {"dev", "browser"} & set(metadata.get_all("Provides-Extra"))


@pytest.fixture(scope="module")
def run(wheel, tmp_path_factory) -> Callable[..., str]:
    """Run Python away from the checkout, with only the wheel's own files."""
    home = tmp_path_factory.mktemp("elsewhere")
    site = home / "site"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
    # PYTHONPATH goes before the checkout that an editable install has put on the path.
    env = {**os.environ, "PYTHONPATH": str(site)}
    (home / "own.csv").write_text("State,Submunitions declared\nPeru,162417\n", encoding="utf-8")

    def python(*args: str) -> str:
        done = subprocess.run(
            [sys.executable, *args], cwd=home, env=env, capture_output=True, text=True, timeout=300
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.replace(str(home), "HOME")

    return python


def test_packaged_tables_load_from_anywhere(run):
    code = (
        "import stockpile as sp\n"
        "print(sp.__file__)\n"
        "print(sp.load('ccm').treaty.id, sp.load('apmbc').treaty.id)"
    )
    where, loaded = run("-c", code).splitlines()
    assert where == "HOME/site/stockpile/__init__.py"
    assert loaded == "ccm apmbc"


@pytest.mark.parametrize(
    ("command", "answer"),
    [
        ("status --treaty ccm --as-of 2012-04-19 --state Norway", "completed"),
        ("data --treaty ccm --as-of 2008-12-31 --out data", "10 tables as of 2008-12-31"),
        ("template own.xlsx --treaty ccm", "own.xlsx: fill in its sheets"),
        ("check own.csv --treaty ccm", "1 row read, 1 accepted"),
        ("new-treaty mine", "fill in treaty.toml"),
        ("notebooks --path tutorial", "HOME/site/stockpile/_notebooks/tutorial.ipynb"),
        ("report --treaty ccm --as-of 2009-06-30 --states none --out reports", "index.html"),
    ],
)
def test_a_command_works_away_from_the_checkout(run, command, answer):
    assert answer in run("-m", "stockpile", *command.split())


def test_a_copied_notebook_runs_away_from_the_checkout(run):
    run("-m", "stockpile", "notebooks", "--copy", "copies")
    code = (
        "import json, papermill, stockpile as sp\n"
        "papermill.execute_notebook('copies/tutorial.ipynb', 'out.ipynb', progress_bar=False)\n"
        "cells = json.load(open('out.ipynb', encoding='utf-8'))['cells']\n"
        "print(any(cell.get('outputs') for cell in cells), sp.notebook_path('tutorial'))"
    )
    done = run("-W", "ignore", "-c", code)
    assert done.split() == ["True", "HOME/site/stockpile/_notebooks/tutorial.ipynb"]
