"""Write docs/columns.md from the one table of columns: python tools/columns_page.py."""

from __future__ import annotations

from pathlib import Path

from stockpile.common.columns import FRAMES

PAGE = Path(__file__).parents[1] / "docs" / "columns.md"
HEAD = """\
# Columns of the public frames

Made by `make columns` from `src/stockpile/common/columns.csv`; edit that table.
Days are `datetime64[us]` (`NaT` for none), counts `float64` (`NaN` for unknown); `<unit>` stands
for each unit of the treaty. `changes` is what `sp.what_changed` returns; `sources`, `rejected`,
`warnings` and `counts` are tables of a ledger; the others are what the `sp` function of that name
returns.
"""


def markdown() -> str:
    """The page: every public frame with its columns."""
    parts = [HEAD]
    for frame, columns in FRAMES.items():
        parts.append(f"\n## {frame}\n\n| column | type | meaning |\n|---|---|---|\n")
        parts += [f"| `{name}` | {dtype} | {meaning} |\n" for name, dtype, meaning in columns]
    return "".join(parts)


if __name__ == "__main__":
    PAGE.write_text(markdown(), encoding="utf-8")
