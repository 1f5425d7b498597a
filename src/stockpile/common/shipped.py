"""Where the raw tables and the notebooks lie: inside an installed package, or in a checkout."""

from __future__ import annotations

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
