"""``stockpile new-treaty``: an empty folder that loads at once, whole or not at all."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

import stockpile as sp
from stockpile.cli import main as cli
from stockpile.treaty import new_folder as new_treaty
from stockpile.treaty.rules import Term
from stockpile.treaty.rules_file import parse_treaty
from stockpile.treaty.schema import SCHEMAS

pytestmark = pytest.mark.usefixtures("alone")

FILES = {"README.md", "events.csv", "quantities.csv", "sources.csv", "states.csv", "treaty.toml"}


def test_it_loads_at_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    place = tmp_path / "My Treaty"
    assert cli.main(["new-treaty", str(place)]) == 0
    assert f'stockpile check "{place}"' in capsys.readouterr().out
    readme = (place / "README.md").read_text(encoding="utf-8")
    assert 'stockpile status --treaty "My Treaty"\n' in readme
    assert {path.name for path in place.iterdir()} == FILES
    ledger = sp.load(place)
    assert (ledger.treaty.id, ledger.counts["read"].sum()) == ("my-treaty", 0)
    assert ledger.rejected.empty and ledger.warnings.empty
    then = ledger.as_of("2020-01-01")
    assert sp.status(then).empty and sp.progress(then).empty and sp.project(then).empty
    assert cli.main(["check", str(place), "--out", str(tmp_path)]) == 0


def test_it_is_ready_to_fill_in(tmp_path: Path) -> None:
    place = new_treaty.new_treaty(tmp_path / "mine")
    rows = {
        "sources": "a,A letter,,state,2012-01-01,day,",
        "states": "PER,Peru",
        "quantities": "PER,declared,weapons,5,exact,,,a",
        "events": "PER,consented,2010-01-05,day,ratification,a",
    }
    for name, row in rows.items():
        with (place / f"{name}.csv").open("a", encoding="utf-8") as file:
            file.write(row + "\n")
    ledger = sp.load(place)
    assert ledger.rejected.empty and ledger.counts["accepted"].tolist() == [1, 1, 1, 1]
    row = sp.status(ledger.as_of("2012-04-19")).iloc[0]
    assert (row["membership"], row["declared"]) == ("State Party", 5)
    assert row["deadline"] == pd.Timestamp("2018-07-01")


def test_the_readme_explains_every_column(tmp_path: Path) -> None:
    readme = (new_treaty.new_treaty(tmp_path / "mine") / "README.md").read_text(encoding="utf-8")
    assert "$" not in readme
    for name in new_treaty.TABLES:
        _, _, section = readme.partition(f"## {name}.csv")
        section = section.partition("\n## ")[0]
        for column, rule in SCHEMAS[name].items():
            assert f"| `{column}` |" in section
            for word in rule.choices:
                assert f"`{word}`" in section


def test_every_other_form_in_the_rules_is_one_that_can_be_read(tmp_path: Path) -> None:
    rules = new_treaty.new_treaty(tmp_path / "mine") / "treaty.toml"
    lines = rules.read_text(encoding="utf-8").splitlines()
    # What stands behind a # and looks like a rule takes the place of those of its kind.
    forms = {"months_after_consent": "days_after_consent = 30", "years = 8": "date = 2010-01-01"}
    text = "\n".join(
        next((form for start, form in forms.items() if line.startswith(start)), line)
        for line in lines
    )
    for line in lines:
        if line.startswith(("# [", "# of", "# factor", "# inside", "# kind", "# symbol", "# perc")):
            text = text.replace(line, line.removeprefix("# "))
    for line in ("# extension_latest", "# not_counted", "# article", "# decimals", "# months"):
        at = text.rindex(line)
        text = text[:at] + text[at:].removeprefix("# ")
    at = text.index("percent = 20\n# years")
    text = text[:at] + text[at:].replace("# years", "years", 1)
    for unit in ("weapons", "parts", "agent", "us_tons"):
        text = text.replace(f"[units.{unit}]", f'[units.{unit}]\nstock = "category_1"')
    treaty = parse_treaty(text.encode())
    assert treaty.units == ("agent", "weapons", "us_tons", "parts")
    assert [stock.term for stock in treaty.all_stocks] == [Term(months=40)]
    assert (treaty.retention_article, treaty.steps[0].term) == ("2", Term(years=4))
    assert treaty.term.date == treaty.extension_latest - pd.DateOffset(years=10)


def test_an_empty_folder_will_do(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    assert {p.name for p in new_treaty.new_treaty(tmp_path / "mine").iterdir()} == FILES


@pytest.mark.parametrize("kind", ["folder", "file"])
def test_what_is_there_stays(tmp_path: Path, kind: str, capsys: pytest.CaptureFixture[str]) -> None:
    place = tmp_path / "mine"
    kept = place / "notes.txt" if kind == "folder" else place
    kept.parent.mkdir(exist_ok=True)
    kept.write_text("mine")
    assert cli.main(["new-treaty", str(place)]) == 2
    assert "is there already and not an empty folder; name a new one" in capsys.readouterr().err
    assert kept.read_text() == "mine" and len(list(tmp_path.rglob("*"))) <= 2


def test_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(self: Path, target: object) -> Path:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "rename", full)
    with pytest.raises(OSError, match="No space left"):
        new_treaty.new_treaty(tmp_path / "mine")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "treaty_id"), [("Ottawa 2", "ottawa-2"), ("条約", "my-treaty"), ("x" * 99, "x" * 32)]
)
def test_the_id_follows_from_the_name(tmp_path: Path, name: str, treaty_id: str) -> None:
    assert sp.load(new_treaty.new_treaty(tmp_path / name)).treaty.id == treaty_id


def test_the_folder_in_which_one_stands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    with pytest.raises(sp.DataError, match="is the folder you are in"):
        new_treaty.new_treaty(Path())
    assert list(Path().iterdir()) == []
