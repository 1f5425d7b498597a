"""Say what the raw tables change since a commit: python tools/table_diff.py --since HEAD~1."""

from __future__ import annotations

import argparse
import io
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

from stockpile.cli.main import main as stockpile

ROOT = Path(__file__).resolve().parents[1]
RAW = Path("data/raw")


def tables_of(root: Path, commit: str, into: Path) -> Path | None:
    """Write the raw tables of a commit into a folder; ``None`` where there are none."""
    done = subprocess.run(
        ["git", "archive", commit, "--", RAW.as_posix()], cwd=root, capture_output=True, check=False
    )
    if done.returncode:
        return None
    with tarfile.open(fileobj=io.BytesIO(done.stdout)) as archive:
        archive.extractall(into, filter="data")
    return into / RAW


def main(argv: list[str] | None = None, root: Path = ROOT) -> int:
    """Compare each treaty folder that differs, and print what that changes as Markdown."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--since", default="HEAD~1", metavar="COMMIT")
    parser.add_argument("--as-of", action="append", default=[], metavar="DAY")
    options = parser.parse_args(argv)
    days = [word for day in options.as_of for word in ("--as-of", day)]
    with tempfile.TemporaryDirectory() as place:
        before = tables_of(root, options.since, Path(place))
        if before is None:
            print(f"There are no tables of {options.since} here: nothing to compare with.")
            return 0
        code = 0
        for rules in sorted((root / RAW).glob("*/treaty.toml")):
            old, new = before / rules.parent.name, rules.parent
            if not (old / "treaty.toml").is_file():
                print(f"{new.name}: a new treaty, nothing to compare with.")
            elif contents(old) == contents(new):
                print(f"{new.name}: the tables are those of {options.since}.")
            else:
                code = max(code, stockpile(["diff", str(old), str(new), *days]))
    return code


def contents(folder: Path) -> dict[str, bytes]:
    """The rules and tables of a folder."""
    files = [folder / "treaty.toml", *sorted(folder.glob("*.csv"))]
    return {path.name: path.read_bytes() for path in files}


if __name__ == "__main__":
    sys.exit(main())
