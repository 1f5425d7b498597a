"""What comes with the package and what is installed beside it. It may be a checkout itself."""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, entry_points, version
from pathlib import Path

from stockpile._version import __version__

_PACKAGE = Path(__file__).resolve().parents[1]
#: Folder inside an installed package, and folder of a checkout.
_PLACES = {"data": ("_data", "data/raw"), "notebooks": ("_notebooks", "notebooks")}


def shipped_folder(kind: str) -> Path:
    """Return the folder of what comes with the package.

    >>> (shipped_folder("data") / "ccm" / "treaty.toml").is_file()
    True
    """
    installed, checkout = _PLACES[kind]
    inside = _PACKAGE / installed
    return inside if inside.is_dir() else _PACKAGE.parents[1] / checkout


def distribution_name() -> str:
    """Return the name that the package is installed by; empty where it is not installed.

    It is not the import name: the metadata of whatever has the command `stockpile` say it.
    """
    for command in entry_points(group="console_scripts", name="stockpile"):
        if command.value.startswith("stockpile.cli.") and command.dist is not None:
            return command.dist.name
    return ""


def how_to_install(extra: str) -> str:
    """Say how to install an extra.

    >>> how_to_install("report").endswith("[report]'")
    True
    """
    return f"pip install '{distribution_name() or '.'}[{extra}]'"


#: Libraries that have a part in what the library gives out; all but the first two are extras.
_LIBRARIES = (
    "pandas numpy matplotlib seaborn papermill nbconvert ipykernel jinja2 xlsxwriter openpyxl babel"
).split()


def show_versions() -> None:
    """Print the versions of the library, of Python and of the libraries it may use.

    For reports of errors: paste what it prints.

    Examples
    --------
    >>> show_versions()  # doctest: +ELLIPSIS
    stockpile   ...
    python      ...
    system      ...
    pandas      ...
    """
    found = {
        "stockpile": __version__,
        "python": platform.python_version(),
        "system": platform.platform(),
        **{name: _version(name) for name in _LIBRARIES},
    }
    for name, installed in found.items():
        print(f"{name:<12}{installed}")


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"
