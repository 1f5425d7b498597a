"""How to cite the library and its tables."""

from __future__ import annotations

from stockpile._version import __version__
from stockpile.common.shipped import shipped_folder
from stockpile.ledger.load import packaged
from stockpile.treaty.datapackage import data_version

_WHO = "{The stockpile contributors}"


def cite() -> str:
    """Return how to cite the library and its tables, as BibTeX.

    A single figure is the word of a source: cite that source, which `stockpile.statements`
    names and the ledger's ``sources`` have with title, publisher and address.

    Returns
    -------
    str
        Two entries, ``@software`` and ``@dataset``, with the versions that are installed.

    Examples
    --------
    >>> print(cite().splitlines()[0])
    @software{stockpile,
    """
    versions = sorted({data_version(shipped_folder("data") / name) for name in packaged()})
    entries = {
        "@software{stockpile": {
            "title": "{stockpile}: how states destroy the weapons they promised to destroy",
            "version": __version__,
            "note": "MIT licence",
        },
        "@dataset{stockpile-tables": {
            "title": "Stockpile destruction: raw statements with their sources",
            "version": ", ".join(versions),
            "note": "CC BY 4.0",
        },
    }
    year = max(versions)[:4]
    return "\n".join(
        f"{head},\n  author  = {{{_WHO}}},\n"
        + "".join(f"  {key:<8}= {{{text}}},\n" for key, text in fields.items())
        + f"  year    = {{{year}}},\n}}"
        for head, fields in entries.items()
    )
