"""How to install an extra is said with the name that the package is installed by."""

from importlib.metadata import EntryPoint
from types import SimpleNamespace

import pytest

from stockpile.common import shipped


@pytest.mark.parametrize(
    ("name", "advice"),
    [
        ("stockpile-progress", "pip install 'stockpile-progress[report]'"),
        (None, "pip install '.[report]'"),  # a checkout that is not installed
    ],
)
def test_the_name_comes_from_the_metadata(name, advice, monkeypatch):
    ours = EntryPoint("stockpile", "stockpile.cli.main:main", "console_scripts")
    vars(ours)["dist"] = SimpleNamespace(name=name)
    theirs = EntryPoint("stockpile", "stockpile.storage:main", "console_scripts")
    vars(theirs)["dist"] = SimpleNamespace(name="stockpile")
    found = [theirs, ours] if name else [theirs]
    monkeypatch.setattr(shipped, "entry_points", lambda **_: found)
    assert shipped.how_to_install("report") == advice
