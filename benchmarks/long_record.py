"""How long it takes to rate states of which very much is on record.

Two tables. One state with a figure for every day: twice the rows should take twice the
time. And a million quantities: 164 states, 30 years, 105 sources that each tell of every
year, most of them nearly alike, rounded or a little off. Each measurement is made in an
interpreter of its own, as processor time (what else the machine does is no matter), with
the largest memory of the process.
"""

import csv
import random
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

DAILY = (1_000, 2_000, 4_000)
STATES, YEARS, SOURCES = 164, 30, 105
SECONDS_AIM, MEMORY_AIM, DAILY_AIM = 60.0, 1.5, 0.5

TOML = """\
id = "long"
name = "A long record"
short_name = "Long"
units = ["cluster_munitions"]
[entry_into_force]
first = 1990-01-01
months_after_consent = 6
[destruction]
article = "3"
years = 40
extension_max_years = 4
retention_article = "3.6"
[reporting]
article = "7"
initial_days = 180
annual_due = "04-30"
"""
PROGRAM = """
import resource, sys, time
import stockpile as sp
start = time.process_time()
ledger = sp.load(sys.argv[1])
loaded = time.process_time()
rated = getattr(sp, sys.argv[2])(ledger.as_of("2025-06-30"))
assert len(rated) and not len(ledger.rejected)
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
print(loaded - start, time.process_time() - loaded, peak)
"""
QUANTITIES = "iso3,measure,unit,quantity,qualifier,period_start,period_end,source_id".split(",")
EVENTS = "iso3,event,date,precision,value,source_id".split(",")
SOURCE = "source_id,title,publisher,kind,published,published_precision,url".split(",")


def write(folder: Path, quantities: Iterator[list[object]], sources: int, states: int) -> None:
    """Write a treaty folder."""
    (folder / "treaty.toml").write_text(TOML, encoding="utf-8")
    kinds = ("state", "monitor", "organisation", "press")
    documents = [
        [f"s{n:03d}", f"Document {n}", "", kinds[n % 4], "2025-01-31", "day", ""]
        for n in range(sources)
    ]
    consents = [
        [code(n), "consented", "1990-01-15", "day", "accession", "s000"] for n in range(states)
    ]
    for name, columns, rows in (
        ("quantities", QUANTITIES, quantities),
        ("events", EVENTS, consents),
        ("sources", SOURCE, documents),
    ):
        with (folder / f"{name}.csv").open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(columns)
            writer.writerows(rows)


def code(n: int) -> str:
    """The code of the n-th state."""
    return f"A{chr(65 + n // 26)}{chr(65 + n % 26)}"


def every_day(count: int) -> Iterator[list[object]]:
    """A stock that falls by one item a day."""
    for n in range(count):
        day = f"{2000 + n // 336}-{n // 28 % 12 + 1:02d}-{n % 28 + 1:02d}"
        yield [code(0), "remaining", "cluster_munitions", count - n, "exact", "", day, "s000"]


def every_year() -> Iterator[list[object]]:
    """What many sources tell of each year of many states."""
    chance = random.Random(7)
    for state in range(STATES):
        declared = chance.randrange(10_000, 1_000_000)
        for year in range(YEARS):
            gone = declared * year // YEARS
            for source in range(SOURCES):
                for measure, number in (("destroyed_total", gone), ("remaining", declared - gone)):
                    told = chance.choice((number, number, round(number, -3), number + 7 * source))
                    how = "exact" if told == number else "approx"
                    day = f"{1995 + year}-12-31"
                    cells = [code(state), measure, "cluster_munitions", told, how, "", day]
                    yield [*cells, f"s{source:03d}"]


def measured(folder: Path, what: str) -> list[float]:
    """Seconds to load, seconds to work out, and gigabytes, of a fresh interpreter."""
    command = [sys.executable, "-c", PROGRAM, str(folder), what]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=1800)
    return [float(number) for number in done.stdout.split()]


def main() -> None:
    """Measure, and print the times beside what is aimed at."""
    for count in DAILY:
        with tempfile.TemporaryDirectory() as home:
            write(Path(home), every_day(count), 1, 1)
            _, seconds, _ = measured(Path(home), "progress")
            print(f"one state, {count:,} daily figures: progress in {seconds:.2f} s")
    verdict = "met" if seconds < DAILY_AIM else "missed"
    print(f"  aim: {DAILY[-1]:,} in under {DAILY_AIM} s ({verdict})")
    with tempfile.TemporaryDirectory() as home:
        write(Path(home), every_year(), SOURCES, STATES)
        load, rate, memory = measured(Path(home), "status")
    rows = STATES * YEARS * SOURCES * 2
    print(f"{rows:,} quantities: loaded in {load:.0f} s, rated in {rate:.0f} s, {memory:.2f} GB")
    good = load + rate <= SECONDS_AIM and memory <= MEMORY_AIM
    print(f"  aim: {SECONDS_AIM:.0f} s in all and {MEMORY_AIM} GB ({'met' if good else 'missed'})")


if __name__ == "__main__":
    main()
