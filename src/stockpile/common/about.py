"""What is installed, and how to cite it."""

from __future__ import annotations

import platform
from importlib import metadata

from stockpile._version import __version__

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
    for name, version in found.items():
        print(f"{name:<12}{version}")


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "not installed"
