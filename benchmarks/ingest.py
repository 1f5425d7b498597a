"""What it costs to read and check a long table, beside pandas reading the same file as text.

Every cell is read as text, typed and held against the rules. Each measurement is made in an
interpreter of its own, the readers in turn; the middle of the rounds counts, and the
largest memory of the process. The table is the ``quantities.csv`` of a treaty folder; with
``quoted`` every cell of the file stands in quotes, with ``bad`` one row in ten has something
wrong with it. With ``own`` it is a table as people make them, for `stockpile.read`.
"""

import argparse
import csv
import io
import random
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from statistics import median

SIZES = (10_000, 100_000, 1_000_000, 3_000_000)
SIDE_BY_SIDE = 1_000_000
ROUNDS = 3
TIME_AIM, MEMORY_AIM, GROWTH_AIM = 4.0, 3.0, 1.5
SOURCES = 5_000

TOML = """\
id = "long"
name = "A long table"
short_name = "Long"
units = ["cluster_munitions", "submunitions"]
[entry_into_force]
first = 2010-08-01
months_after_consent = 6
[destruction]
article = "3"
years = 8
extension_max_years = 4
[reporting]
initial_days = 180
annual_due = "04-30"
"""

READ = {
    "pandas": ("pandas.read_csv(table, dtype=str, keep_default_na=False)", "len(read)"),
    "ingest": ("ingest(table.parent)", "len(read.tables['quantities']) + len(read.rejected)"),
    "load": ("load(table.parent)", "len(read.quantities) + len(read.rejected)"),
    "read": (
        "read(table, treaty='ccm', unit='submunitions', published='2012-01-01')",
        "read.counts['read'].sum()",
    ),
}
PROGRAM = """
import resource, sys, time
from pathlib import Path
import pandas
from stockpile import load, read
from stockpile.treaty.folder import ingest
table = Path(sys.argv[1])

start = time.perf_counter()
read = {call}
seconds = time.perf_counter() - start
assert {rows} >= int(sys.argv[2])
print(seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""
STATES = Path(__file__).parents[1] / "data" / "raw" / "ccm" / "states.csv"


def rows(count: int, *, bad: bool = False, quoted: bool = False) -> Iterator[str]:
    """Rows such as a long table has: few states, words and days, and many numbers."""
    chance = random.Random(7)
    codes = [a + b + c for a in "ABCDEF" for b in "ABCDEF" for c in "ABCDEF"]
    days = [
        f"{y}-{m:02d}-{d:02d}" for y in range(2010, 2024) for m in range(1, 13) for d in (1, 28)
    ]
    measures = ("declared", "destroyed", "destroyed_total", "remaining", "retained")
    units = ("cluster_munitions", "submunitions")
    wrong = ("~500", '"1,5"', "n/a", '"x, y"', "-3", "")
    for _ in range(count):
        at = chance.randrange(len(days) - 12)
        measure = chance.choice(measures)
        start = days[at] if measure == "destroyed" else ""
        number = chance.choice(wrong) if bad and chance.random() < 0.1 else chance.randrange(10**6)
        cells = [chance.choice(codes), measure, chance.choice(units), str(number)]
        cells += [chance.choice(("exact", "approx")), start, days[at + 9]]
        cells += [f"s{chance.randrange(SOURCES):04d}"]
        yield ",".join(f'"{cell}"' for cell in cells) if quoted else ",".join(cells)


def own_rows(count: int) -> Iterator[str]:
    """Rows of a table as people make them: a state by its name, a year and a number."""
    chance = random.Random(7)
    with STATES.open(newline="", encoding="utf-8") as file:
        names = [state["name"] for state in csv.DictReader(file)]
    for _ in range(count):
        line = io.StringIO()
        cells = (chance.choice(names), chance.randrange(1990, 2012), chance.randrange(10**6))
        csv.writer(line, lineterminator="").writerow(cells)
        yield line.getvalue()


def write(folder: Path, lines: Iterator[str]) -> Path:
    """Write a treaty folder around the rows of its long table, and return the path of that.

    One row at a time: a process that is started from one with much memory is counted as
    having had as much.
    """
    folder.mkdir(parents=True)
    (folder / "treaty.toml").write_text(TOML)
    titles = (f"s{n:04d},Report {n},,state,2024-04-30,day,\n" for n in range(SOURCES))
    header = "source_id,title,publisher,kind,published,published_precision,url\n"
    (folder / "sources.csv").write_text(header + "".join(titles))
    (folder / "events.csv").write_text("iso3,event,date,precision,value,source_id\n")
    header = "iso3,measure,unit,quantity,qualifier,period_start,period_end,source_id"
    return write_table(folder / "quantities.csv", header, lines)


def write_own(folder: Path, lines: Iterator[str]) -> Path:
    """Write the rows as a table of somebody's own, and return its path."""
    folder.mkdir(parents=True)
    return write_table(folder / "own.csv", "State,Year,Destroyed in the year", lines)


def write_table(path: Path, header: str, lines: Iterator[str]) -> Path:
    """Write a header and rows."""
    with path.open("w", encoding="utf-8") as file:
        file.write(f"{header}\n")
        file.writelines(f"{line}\n" for line in lines)
    return path


def measure(reader: str, table: Path, count: int) -> tuple[float, float]:
    """Seconds to read a table, and the process's largest memory in MB."""
    call, length = READ[reader]
    done = subprocess.run(
        [sys.executable, "-I", "-c", PROGRAM.format(call=call, rows=length), table, str(count)],
        capture_output=True,
        text=True,
        check=True,
        timeout=1800,
    )
    seconds, memory = done.stdout.split()
    # The system counts in kilobytes, except on a Mac.
    return float(seconds), float(memory) / (2**20 if sys.platform == "darwin" else 2**10)


def beside_pandas(name: str, table: Path, count: int, readers: Iterable[str], rounds: int) -> None:
    """Measure some readers in turn with pandas, and print them and their ratios."""
    found: dict[str, list[tuple[float, float]]] = {reader: [] for reader in ("pandas", *readers)}
    for _ in range(rounds):
        for reader in found:
            found[reader].append(measure(reader, table, count))
    middle = {r: tuple(map(median, zip(*all_, strict=True))) for r, all_ in found.items()}
    base = middle["pandas"]
    for reader, (seconds, memory) in middle.items():
        ratios = f"{seconds / base[0]:5.1f} times the time, {memory / base[1]:4.1f} the memory"
        met = seconds <= TIME_AIM * base[0] and memory <= MEMORY_AIM * base[1]
        told = "" if reader == "pandas" else f" ({'met' if met else 'missed'})"
        place = f"{name:<7} {count:>9,} rows  {reader:<7}"
        print(f"{place} {seconds:6.2f} s {memory:6.0f} MB  {ratios}{told}")
    print(f"aim: at most {TIME_AIM:.0f} times the time and {MEMORY_AIM:.0f} the memory\n")


def growth(reader: str, tables: dict[int, Path]) -> None:
    """Measure a reader over tables by their number of rows, and print what a row costs in each."""
    each = []
    for size, table in tables.items():
        seconds, memory = measure(reader, table, size)
        each.append(seconds / size)
        cost = seconds / size * 1e6
        print(
            f"{reader:<7} {size:>9,} rows  {seconds:6.2f} s  {cost:6.1f} µs a row  {memory:6.0f} MB"
        )
    most = each[-1] / min(each[1:-1] or each)
    met = "met" if most <= GROWTH_AIM else "missed"
    print(f"a row of the longest costs {most:.2f} times one of a shorter table")
    print(f"linear: aim at most {GROWTH_AIM} ({met})\n")


def main() -> None:
    """Write the tables, measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--most", type=int, default=max(SIZES), help="the longest table, in rows")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    most = (given := parser.parse_args()).most
    count = min(SIDE_BY_SIDE, most)
    sizes = sorted({*(min(size, most) for size in SIZES), count})
    with tempfile.TemporaryDirectory() as temporary:
        home = Path(temporary)
        folders = {size: write(home / str(size), rows(size)) for size in sizes}
        own = {size: write_own(home / f"own-{size}", own_rows(size)) for size in sizes}
        beside_pandas("plain", folders[count], count, ("ingest", "load"), given.rounds)
        for name in ("quoted", "bad"):
            table = write(home / name, rows(count, **{name: True}))
            beside_pandas(name, table, count, ("ingest", "load"), given.rounds)
        beside_pandas("own", own[count], count, ("read",), given.rounds)
        growth("ingest", folders)
        growth("read", own)


if __name__ == "__main__":
    main()
