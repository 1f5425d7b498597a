"""Print the size and the shape of the package: ``python tools/house.py``.

A package's floor is the length of the longest chain of imports that ends in it.
"""

from __future__ import annotations

from graphlib import TopologicalSorter
from pathlib import Path

import grimp

PACKAGE = Path(__file__).resolve().parents[1] / "src" / "stockpile"


def floors(graph: grimp.ImportGraph) -> dict[str, int]:
    """Find the floor of each module.

    Raises
    ------
    graphlib.CycleError
        When modules import each other in a circle.
    """
    below = {m: graph.find_modules_directly_imported_by(m) - {m} for m in graph.modules}
    floor: dict[str, int] = {}
    for module in TopologicalSorter(below).static_order():
        floor[module] = 1 + max((floor[lower] for lower in below[module]), default=0)
    return floor


def main() -> None:
    """Count lines, modules and floors."""
    sizes = {
        path.relative_to(PACKAGE): len(path.read_text(encoding="utf-8").splitlines())
        for path in sorted(PACKAGE.rglob("*.py"))
    }
    largest = max(sizes, key=lambda path: sizes[path])
    print(f"lines    {sum(sizes.values()):,}")
    print(f"modules  {sum(path.name != '__init__.py' for path in sizes)} and their packages' faces")
    print(f"largest  {largest.as_posix()}, {sizes[largest]} lines")
    print(f"at top   {', '.join(sorted(p.name for p in sizes if len(p.parts) == 1))}")
    graph = grimp.build_graph("stockpile", cache_dir=None)
    for package in sorted(graph.find_children("stockpile")):
        graph.squash_module(package)
    found = floors(graph)
    print(f"floors   {max(found.values())}")
    for package in sorted(found, key=lambda name: (-found[name], name)):
        name = package.removeprefix("stockpile").lstrip(".")
        lines = sum(n for path, n in sizes.items() if path.parts[0] in (name, f"{name}.py"))
        if name:
            print(f"  {found[package]:>2}  {name:<13}{lines:>6,} lines")


if __name__ == "__main__":
    main()
