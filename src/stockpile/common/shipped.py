"""What comes with the package: raw tables, notebooks, extras. It may be installed or a checkout."""

from __future__ import annotations

from importlib.metadata import entry_points
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parents[1]
#: Folder inside an installed package, and folder of a checkout.
_PLACES = {"data": ("_data", "data/raw"), "notebooks": ("_notebooks", "notebooks")}


def shipped_folder(kind: str) -> Path:
    """Return the folder of what comes with the package.

    Parameters
    ----------
    kind : {"data", "notebooks"}

    Examples
    --------
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

    Examples
    --------
    >>> how_to_install("report").endswith("[report]'")
    True
    """
    return f"pip install '{distribution_name() or '.'}[{extra}]'"
