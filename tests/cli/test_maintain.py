"""``stockpile tidy`` and ``stockpile diff``, as typed into a shell."""

import json
import re
import shutil
from pathlib import Path

import pytest
from smalltreaty import consents, quantity, write_treaty

from stockpile.cli import main as cli
from stockpile.ledger.load import packaged_folder
from stockpile.pages.safety import check_page

pytestmark = pytest.mark.usefixtures("alone")

GUIDE = (Path(__file__).parents[2] / "docs" / "add-a-statement.md").read_text(encoding="utf-8")
DECLARED = quantity("AAA", "declared", 100, "2010-12-31", source="state@2011-01-28")
LEFT = quantity("AAA", "remaining", 40, "2018-12-31", source="monitor@2019-03-01")


@pytest.fixture(scope="module")
def both(tmp_path_factory) -> tuple[Path, Path]:
    """A folder before and after a row that makes a state overdue."""
    home = tmp_path_factory.mktemp("both")
    events, states = [consents("AAA")], ["AAA"]
    return (
        write_treaty(home / "before", [DECLARED], events, states=states),
        write_treaty(home / "now", [DECLARED, LEFT | {"iso3": "AAA"}], events, states=states),
    )


def run(capsys, *argv: object) -> tuple[int, str]:
    code = cli.main([str(one) for one in argv])
    said = capsys.readouterr()
    return code, said.out + said.err


def test_tidy_checks_first_and_writes_when_asked(both, tmp_path, capsys):
    folder = Path(shutil.copytree(both[1], tmp_path / "demo"))
    table = folder / "quantities.csv"
    head, *rows = table.read_text().splitlines(keepends=True)
    table.write_text("".join([head, *rows[::-1]]))
    code, said = run(capsys, "tidy", folder, "--check")
    assert code == 1
    assert "quantities.csv: not in order: line 3 is out of order" in said
    assert not (folder / "datapackage.json").exists()
    code, said = run(capsys, "tidy", folder)
    assert (code, "put in order" in said) == (0, True)
    code, said = run(capsys, "tidy", folder, "--check")
    assert code == 0
    assert said.count("\n") == 1


def test_tidy_names_a_row_that_is_rejected(both, tmp_path, capsys):
    folder = Path(shutil.copytree(both[1], tmp_path / "demo"))
    table = folder / "quantities.csv"
    table.write_text(table.read_text().replace(",40,", ",forty,"))
    code, said = run(capsys, "tidy", folder)
    assert code == 1
    assert "quantities.csv, line 3, quantity 'forty'" in said


def test_diff_shows_a_rating_that_moves_in_every_form(both, tmp_path, capsys):
    before, now = both
    days = ["--as-of", "2019-12-31"]
    code, text = run(capsys, "diff", before, now, *days)
    assert code == 0
    assert "| Republic of AAA | unconfirmed | **overdue** | 2019-12-31 |" in text
    assert "`+ quantities.csv, line 3: AAA,remaining,cluster_munitions,40" in text
    code, text = run(capsys, "diff", before, now, *days, "--format", "json")
    record = json.loads(text)
    assert record["effects"][0]["after"] == "overdue"
    assert record["effects"][0]["rows"][0]["known"] == "2019-03-01"
    page = tmp_path / "diff.html"
    code, text = run(capsys, "diff", before, now, *days, "--format", "html", "--out", page)
    assert "states rated otherwise: 1" in text
    html = page.read_text(encoding="utf-8")
    assert check_page(html) == []
    assert html.count("<svg") == 2  # before and after, side by side


def test_diff_takes_nothing_in_a_table_for_markup(both, tmp_path, capsys):
    now = Path(shutil.copytree(both[1], tmp_path / "demo"))
    path = now / "sources.csv"
    path.write_text(path.read_text().replace("A document, monitor", "<b>A|B</b>`x`, monitor"))
    code, text = run(capsys, "diff", both[0], now, "--as-of", "2019-12-31")
    assert code == 0
    assert "<b>" not in re.sub(r"```diff.*?```", "", text, flags=re.DOTALL)


def test_ten_statements_of_a_new_source_go_in_by_the_five_steps(tmp_path, capsys):
    """The guide's own rows are taken out of the packaged tables and put in as it says."""
    before = Path(shutil.copytree(packaged_folder("ccm"), tmp_path / "before"))
    blocks = dict(re.findall(r"```csv (\w+)\n(.*?)```", GUIDE, re.DOTALL))
    for table, rows in blocks.items():
        path = before / f"{table}.csv"
        text = path.read_text(encoding="utf-8")
        for row in rows.splitlines(keepends=True):
            assert row in text, row
            text = text.replace(row, "", 1)
        path.write_text(text, encoding="utf-8", newline="")
    assert run(capsys, "tidy", before)[0] == 0
    now = Path(shutil.copytree(before, tmp_path / "now"))
    for table, rows in blocks.items():  # steps 1 and 2
        with (now / f"{table}.csv").open("a", encoding="utf-8", newline="") as file:
            file.write(rows)
    assert sum(rows.count("\n") for rows in blocks.values()) == 11  # ten, and their source
    assert run(capsys, "tidy", now, "--check")[0] == 1
    assert run(capsys, "tidy", now)[0] == 0  # step 3
    for file in ("quantities.csv", "events.csv", "sources.csv", "datapackage.json", "README.md"):
        assert (now / file).read_bytes() == (packaged_folder("ccm") / file).read_bytes(), file
    code, said = run(capsys, "diff", before, now, "--as-of", "2012-12-31")  # step 4
    assert code == 0
    assert "Rows added: 11, removed: 0" in said
    (shown,) = re.findall(r"```diff\n(.*?)```", GUIDE, re.DOTALL)
    assert [line for line in shown.splitlines() if line not in said] == []
