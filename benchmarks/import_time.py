"""What ``import stockpile`` costs beside ``import pandas``, which it needs anyway.

Each is imported in fresh interpreters, in turn, so that a busy moment of the
machine falls on both. The middle of the rounds is what counts.
"""

import subprocess
import sys
from statistics import median

ROUNDS = 15
WARM_UP = 2
AIM = 1.2
MODULES = ("pandas", "stockpile")


def seconds(module: str) -> float:
    """Import a module in an interpreter of its own and return how long it took."""
    code = (
        "from time import perf_counter as now; start = now(); "
        f"import {module}; print(now() - start)"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    return float(done.stdout)


def main() -> None:
    """Measure, and print both times, their ratio and the aim."""
    times: dict[str, list[float]] = {module: [] for module in MODULES}
    for turn in range(WARM_UP + ROUNDS):
        for module in MODULES:
            taken = seconds(module)
            if turn >= WARM_UP:
                times[module].append(taken)
    for module in MODULES:
        low, high = min(times[module]), max(times[module])
        print(
            f"import {module:<9}  {median(times[module]) * 1000:6.0f} ms"
            f"   ({low * 1000:.0f} to {high * 1000:.0f} in {ROUNDS} rounds)"
        )
    ratio = median(times["stockpile"]) / median(times["pandas"])
    print(f"ratio {ratio:.2f}; aim: at most {AIM} ({'met' if ratio <= AIM else 'missed'})")


if __name__ == "__main__":
    main()
