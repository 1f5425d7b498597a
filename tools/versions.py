"""Say which versions to test with: python tools/versions.py lowest.

``lowest`` prints, as constraints for pip, the oldest version of each library that the package
allows; ``newest`` prints nothing, so that pip takes the newest of each.
"""

from __future__ import annotations

import re
import sys
import tomllib
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1] / "pyproject.toml"
#: The extras that are tested: all that a report needs.
EXTRAS = ("plot", "excel", "names", "report")


def lowest(project: str) -> list[str]:
    """The oldest version of each library that a project file allows, as constraints.

    Raises
    ------
    ValueError
        When a library has no lower bound.
    """
    tables = tomllib.loads(project)["project"]
    extras = tables["optional-dependencies"]
    wanted = [*tables["dependencies"], *(one for extra in EXTRAS for one in extras[extra])]
    pins = []
    for one in wanted:
        if one.startswith(f"{tables['name']}["):  # other extras of the package itself
            continue
        bound = re.fullmatch(r"([A-Za-z0-9_.-]+)>=([0-9.]+)", one)
        if bound is None:
            raise ValueError(f"{one!r} has no lower bound; expected as 'pandas>=3.0.3'")
        pins.append(f"{bound[1]}=={bound[2]}")
    return sorted(pins)


def main(argv: list[str]) -> int:
    """Print the constraints."""
    if argv not in (["lowest"], ["newest"]):
        print("expected: python tools/versions.py lowest|newest", file=sys.stderr)
        return 2
    if argv == ["lowest"]:
        print("\n".join(lowest(PROJECT.read_text(encoding="utf-8"))))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
