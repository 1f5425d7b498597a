"""What CI prints of a change of the raw tables."""

import shutil
import subprocess
from pathlib import Path

import pytest
import table_diff
from smalltreaty import consents, quantity, write_treaty

DECLARED = quantity("AAA", "declared", 100, "2010-12-31", source="state@2011-01-28")
LEFT = quantity("AAA", "remaining", 40, "2018-12-31", source="monitor@2019-03-01")

pytestmark = [
    pytest.mark.usefixtures("alone"),
    pytest.mark.skipif(shutil.which("git") is None, reason="there is no git here"),
]


def commit(root: Path) -> None:
    named = ["-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", "add", "."], cwd=root, check=True)
    subprocess.run(["git", *named, "commit", "-q", "-m", "x"], cwd=root, check=True)


def test_a_new_row_that_moves_a_rating_is_printed(tmp_path, capsys):
    folder = tmp_path / "data" / "raw" / "demo"
    write_treaty(folder, [DECLARED], [consents("AAA")], states=["AAA"])
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    commit(tmp_path)
    assert table_diff.main(["--since", "HEAD~1"], tmp_path) == 0
    assert "nothing to compare with" in capsys.readouterr().out
    assert table_diff.main(["--since", "HEAD"], tmp_path) == 0
    assert "the tables are those of HEAD" in capsys.readouterr().out
    write_treaty(folder, [DECLARED, LEFT], [consents("AAA")], states=["AAA"])
    commit(tmp_path)
    assert table_diff.main(["--as-of", "2019-12-31"], tmp_path) == 0
    assert "unconfirmed | **overdue** | 2019-12-31" in capsys.readouterr().out
