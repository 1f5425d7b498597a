"""Sentences are read back and held against the frames: counts, shares, names and days.

What is printed is made from frames by code, so each number in it has to be found again
in them. The parsing here knows English, and nothing of how the sentences are made.
`make test` reads some days, `make test-sentences` every quarter of all treaties.
"""

from __future__ import annotations

import random
import re

import core
import pandas as pd
import pytest
from pagetext import text

import stockpile as sp
from stockpile.pages import pictures
from stockpile.pages import status_page as pages
from stockpile.pages.changes import changes_sentences
from stockpile.pages.headline import headline_sentence, others_sentence, standfirst
from stockpile.pages.state_wording import state_sentence, tiles
from stockpile.rating.reasons import LIKELY

FIRST = {"ccm": "2007-06-30", "apmbc": "2000-03-31", "cwc": "1999-06-30"}
LAST = "2026-06-30"
#: Days that once had a headline that was not so.
FAULTY = [
    ("apmbc", day) for day in ("2003-03-31", "2004-04-02", "2005-03-31", "2008-03-31", "2010-07-05")
] + [("ccm", "2021-05-25"), ("ccm", "2022-10-14")]


def quarters(treaty: str) -> list[str]:
    return [f"{day:%Y-%m-%d}" for day in pd.date_range(FIRST[treaty], LAST, freq="QE")]


def seeded() -> list[tuple[str, str]]:
    """The same few days on every run, any day of the calendar."""
    chance = random.Random(20120419)
    days = [(treaty, pd.date_range(first, LAST)) for treaty, first in FIRST.items()]
    return [(name, f"{chance.choice(span):%Y-%m-%d}") for name, span in days]


SOME = [*FAULTY, *seeded()]
EVERY = [
    pytest.param(treaty, day, marks=pytest.mark.sentences)
    for treaty in FIRST
    for day in quarters(treaty)
]
on_days = pytest.mark.parametrize(("treaty", "day"), [*SOME, *EVERY])

DONE = ("completed", "completed late")
SPELT = {w: n for n, w in enumerate("no one two three four five six seven eight nine ten".split())}
SPELT |= {"none": 0}
MONTHS = "January February March April May June July August September October November December"
DAY = re.compile(rf"(\d{{1,2}}) ({MONTHS.replace(' ', '|')}) (\d{{4}})")


def number(word: str) -> float:
    """A number as the pages write it."""
    if word.lower() in SPELT:
        return SPELT[word.lower()]
    return float(word.replace(",", "")) if "." in word else int(word.replace(",", ""))


def days_in(sentence: str) -> list[pd.Timestamp]:
    months = MONTHS.split()
    return [
        pd.Timestamp(int(year), months.index(month) + 1, int(day))
        for day, month, year in DAY.findall(sentence)
    ]


def names_in(listing: str) -> list[str]:
    """The items of 'A, B (deadline 1 May 2012) and C'; names may hold 'and' themselves."""
    return [part.strip() for part in re.split(r", | and ", listing)]


def view_of(treaty: str, day: str) -> sp.Ledger:
    return sp.load(treaty).as_of(day)


def had_stocks(status: pd.DataFrame) -> pd.DataFrame:
    """States Parties that had stocks, told from the frame alone."""
    silent = status["status"].isin(["no data", "no obligation"]) & ~status["had_stock"]
    return status[(status["membership"] == "State Party") & ~silent]


# --- the headline ---

FINISHED = re.compile(
    r"(?P<done>\S+) of (?P<total>\S+) States? Part(?:y|ies) that had stocks (?:has|have) finished"
    r"(?:; (?P<overdue>\S+) (?:is|are) overdue(?:, (?P<silent>\S+) unconfirmed)?"
    r"|; (?P<passed>\S+) deadlines? passed without word"
    r"|; the next deadline is (?P<next>\w+ \d{4}))?"
)
NAMED = re.compile(
    r"(?P<who>.+?) (?:is|are) (?P<ages>.+?) overdue"
    r"(?:, with (?P<amount>[\d.,]+(?: million| billion)?) (?P<unit>.+) left)?"
)
LARGE = {"": 1, "million": 10**6, "billion": 10**9}


def age(deadline: pd.Timestamp, day: pd.Timestamp) -> str:
    """How long ago a deadline passed, worked out by adding to it."""
    for unit, least in (("years", 2), ("months", 1), ("days", 1)):
        n = 0
        while deadline + pd.DateOffset(**{unit: n + 1}) <= day:
            n += 1
        if n >= least:
            return f"{n} {unit}"
    return "0 days"


def plain_age(text: str) -> str:
    """An age as pages write it, with its number in digits and its noun in the plural."""
    n, _, unit = text.partition(" ")
    return f"{number(n)} {unit.removesuffix('s')}s"


def without_article(name: str) -> str:
    return re.sub(r"^[Tt]he ", "", name)


@on_days
def test_headlines_say_facts_and_count_every_state_party_that_had_stocks(
    treaty: str, day: str
) -> None:
    view = view_of(treaty, day)
    status = core.status(view)
    parties, sentence = had_stocks(status), headline_sentence(status, view.day)
    assert len(sentence.split()) <= 16
    assert not re.search("target|risk|chance", sentence)
    counts = parties["status"].value_counts()
    late, done = int(counts.get("completed late", 0)), int(parties["status"].isin(DONE).sum())
    overdue = parties[parties["status"] == "overdue"].sort_values("deadline")
    if parties.empty:
        assert sentence == "No State Party is known to have had stocks"
    elif done == len(parties):
        assert (match := re.match(r"All (\d+|[a-z]+) States Parties|The one State Party", sentence))
        assert number(match[1] or "one") == done
        decided = (parties["completed"] <= parties["deadline"]).all() and not late
        assert (", in time" in sentence) == decided
        told = re.search(r", (\w+) of them late|, late$", sentence)
        assert (number(told[1] or "one") if told else 0) == late
    elif match := FINISHED.fullmatch(sentence):
        assert (number(match["done"]), number(match["total"])) == (done, len(parties))
        assert (number(match["overdue"]) if match["overdue"] else 0) == len(overdue)
        silent = match["silent"] or match["passed"]
        assert (number(silent) if silent else 0) == counts.get("unconfirmed", 0)
        due = parties.loc[~parties["status"].isin(DONE), "deadline"]
        due = due[due >= view.day]
        if match["next"]:
            assert match["next"] == f"{due.min():%B %Y}"
        else:
            assert due.empty or match["overdue"] or silent
    else:
        # Nobody is named but on the word of a source.
        match = NAMED.fullmatch(sentence)
        assert match and 0 < len(overdue) <= 2
        names = [without_article(name) for name in names_in(match["who"])]
        assert names == list(overdue["state"])
        ages = names_in(match["ages"])
        ages = [age if " " in age else f"{age} years" for age in ages]
        assert list(map(plain_age, ages)) == [age(d, view.day) for d in overdue["deadline"]]
        if match["amount"]:
            n, _, large = match["amount"].partition(" ")
            stated = float(n.replace(",", "")) * LARGE[large]
            total = overdue["remaining"].sum()
            assert abs(stated - total) <= 0.05 * LARGE[large] if large else stated == total
            assert not overdue["remaining_qualifier"].isin(["at_most", "at_least"]).any()


# --- the lead ---

LISTED = {
    "overdue": "overdue",
    "deadline passed without word since": "unconfirmed",
    "off target": "off target",
    "at risk": "at risk",
    "on target": "on target",
    "too little information for a rating": "no data",
    "no obligation": "no obligation",
}


@on_days
def test_leads_name_everybody_and_nobody_else(treaty: str, day: str) -> None:
    view = view_of(treaty, day)
    status = core.status(view)
    parties = had_stocks(status)
    lead = standfirst(status, view.require_day(), core.membership(view))
    assert len(lead) <= 3 and all(sentence.endswith(".") for sentence in lead)
    groups = "".join(s for s in lead if re.match(rf"(?i)({'|'.join(LISTED)}): ", s))
    read = {}
    for part in filter(None, groups.removesuffix(".").split("; ")):
        title, _, listed = part.partition(": ")
        read[LISTED[title[0].lower() + title[1:]]] = listed
    open_ = parties[~parties["status"].isin(DONE)]
    assert set(read) == set(open_["status"])
    for rating, listed in read.items():
        held = open_[open_["status"] == rating]
        left, named = listed, 0
        for row in sorted(held.itertuples(), key=lambda row: -len(row.state)):
            if row.state not in left:
                continue
            named += 1
            if rating in ("overdue", "unconfirmed"):
                (due,) = days_in(next(re.finditer(rf"{re.escape(row.state)} \(.*?\)", listed))[0])
                assert due == row.deadline and due < view.day
            left = left.replace(row.state, "", 1)
        # With the names taken out only the words between them are left.
        more = re.search(r" and (\S+) others$", left)
        assert named + (number(more[1]) if more else 0) == len(held)
        left = left[: more.start()] if more else left
        rest = re.sub(r"\(deadline .*?\)|,| and |\bthe\b|\s", "", left)
        assert not rest, (rating, rest)


@on_days
def test_the_picture_has_every_open_case_and_says_how_late_it_is(treaty: str, day: str) -> None:
    view = view_of(treaty, day)
    status = core.status(view)
    parties = had_stocks(status)
    open_ = parties[~parties["status"].isin(DONE)].set_index("iso3")
    html = str(pictures.cases(status, view))
    rows = re.findall(r'<li data-iso3="([A-Z ]+)".*?sp-when">(.*?)<', html, re.DOTALL)
    assert sorted(code for codes, _ in rows for code in codes.split()) == sorted(open_.index)
    for codes, when in rows:
        for deadline, precision in open_.loc[
            codes.split(), ["deadline", "deadline_precision"]
        ].itertuples(index=False):
            told = when.replace("\xa0", " ")
            # Of a month that was told without a day, the first is the nearest.
            first = deadline.replace(day=1) if precision == "month" else deadline
            if told.startswith("at most "):
                assert first <= view.day < deadline
                told, first = told.removeprefix("at most "), deadline
            if told.endswith(" past"):
                assert plain_age(told.removesuffix(" past")) == age(deadline, view.day)
            elif told.endswith(" to go"):
                assert plain_age(told.removesuffix(" to go")) == age(view.day, first)
            else:
                assert told == "today" if deadline == view.day else pd.isna(deadline)
    dots = re.findall(r'sp-dot .*?data-iso3="(\w+)".*?sp-said">(.*?)</span>', html)
    done = parties[parties["status"].isin(DONE)].set_index("iso3")
    timed = done[done["completed"].notna() & done["original_deadline"].notna()]
    assert sorted(code for code, _ in dots) == sorted(timed.index)
    for code, said in dots:
        row, told = timed.loc[code], said.replace("\xa0", " ")
        if match := re.search(r", ([^,]+) after the deadline(, with stock found later)?$", told):
            assert row["status"] == "completed late" or match[2]
            assert plain_age(match[1]) == age(row["original_deadline"], row["completed"])
        elif match := re.search(r", ([^,]+) before the deadline$", told):
            if match[1] != "just":
                assert plain_age(match[1]) == age(row["completed"], row["original_deadline"])
        else:
            assert told.endswith("within an extended deadline")
            assert row["original_deadline"] < row["completed"] <= row["deadline"]


@on_days
def test_the_next_deadline_is_the_next(treaty: str, day: str) -> None:
    view = view_of(treaty, day)
    parties = had_stocks(core.status(view))
    due = parties[~parties["status"].isin(DONE) & (parties["deadline"] >= view.day)]
    lead = standfirst(core.status(view), view.require_day())
    told = [s for s in lead if re.match("The (next )?deadline is", s)]
    assert bool(told) == bool(len(due))
    for sentence in told:
        first = due.loc[due["deadline"].idxmin()]
        exact = first["deadline_precision"] == "day"
        assert days_in(sentence) == ([first["deadline"]] if exact else [])
        assert any(name in sentence for name in due.loc[due["deadline"].idxmin(), ["state"]])


@on_days
def test_who_never_had_stocks_is_counted_once(treaty: str, day: str) -> None:
    status = core.status(view_of(treaty, day))
    sentence = others_sentence(status)
    parties = status[status["membership"] == "State Party"]
    others = parties.drop(index=had_stocks(status).index)
    if others.empty:
        assert sentence == ""
        return
    whole = re.search(
        r"[Tt]he (\S+) other States Parties(?: have no stock to destroy)?\.", sentence
    )
    total = whole or re.match(r"Of the (\S+) other State", sentence)
    none = re.search(r"(\S+)(?: other States Parties)? (?:has|have) no stock to destroy", sentence)
    silent = others.loc[others["status"] == "no data", "state"]
    assert total and number(total[1]) == len(others)
    assert (number(none[1]) if none else 0) == len(others) - len(silent)
    if match := re.search(r"nothing on a stock of (.*)\.$", sentence):
        if len(silent) <= 3:
            assert all(name in match[1] for name in silent)
        else:
            assert number((whole or match)[1]) == len(silent)
    else:
        assert silent.empty


# --- reasons ---

OF = re.compile(
    r"(?P<lead>about |at least |at most |nearly )?(?P<a>\d[\d,.]*) of "
    r"(?P<about>about |at least |at most |nearly )?(?P<b>\d[\d,.]*) [A-Za-z0-9 ]+? "
    r"\((?P<bound>under |over )?(?P<share>\d+) per cent\)",
    re.IGNORECASE,
)


def shares_hold(sentence: str) -> None:
    """Every 'a of b (p per cent)' adds up."""
    for match in OF.finditer(sentence):
        a, b = number(match["a"]), number(match["b"])
        share = 100 * a / b
        if match["bound"]:
            near = 0 < share < 0.5 if match["bound"].strip() == "under" else 99.5 <= share < 100
            assert near, sentence
        else:
            assert abs(share - int(match["share"])) <= 0.5 + 1e-9, sentence


@on_days
def test_reasons_hold_against_the_frame(treaty: str, day: str) -> None:
    view = view_of(treaty, day)
    status = core.status(view)
    for row in status.itertuples():
        shares_hold(row.reason)
        # The numbers of the frame are those of the stock that decides.
        if match := OF.search(row.reason.partition(" Also open: ")[0]):
            # Of a rounded number four digits are printed.
            near = 0.0005 if "about" in match[0].lower() else 0
            for part, value in (("a", row.destroyed), ("b", row.declared)):
                half = 0.5 * 10 ** -len(match[part].partition(".")[2])  # of the last digit printed
                assert abs(number(match[part]) - value) <= near * value + half, row.reason
        if match := re.search(r"(still has stock, f|F)inishing by [^.]* is (\w+)\.", row.reason):
            silent = match[1] != "F"
            assert match[2] == ("unlikely" if silent else LIKELY[row.status]), row.reason
            assert not silent or row.status == "at risk", row.reason
        if "in time for" in row.reason and "More stock" not in row.reason:
            assert row.completed <= row.deadline, row.reason
        if row.status == "no data" and not row.had_stock and not row.reports:
            silent = ("no statement", "names", "nothing else")
            assert any(words in row.reason for words in silent), row.reason
        head = state_sentence(row._asdict() | {"status": row.status})
        assert row.state in head and "nan" not in head.lower()
        for tile in tiles(row._asdict(), view.treaty.units):
            assert "nan" not in "".join(tile.values()).lower()


#: The day of a word, and the day, month or year by which the state still planned to finish.
PLANNED = re.compile(
    r"(on \d+ \w+ \d{4} it still planned to finish) by (?:[\w ]+ )?\d{4} (?=\()", re.I
)


@on_days
def test_nobody_is_called_overdue_but_on_a_sources_word(treaty: str, day: str) -> None:
    """The word is of the deadline or later, on record by then, and named with its day."""
    view = view_of(treaty, day)
    status = core.status(view)
    publishers = {name for name in view.sources["publisher"] if isinstance(name, str)}
    slack = pd.Timedelta(days=31)
    for row in status[status["status"] == "overdue"].itertuples():
        numbers = view.quantities[view.quantities["iso3"] == row.iso3]
        # A share below one, a number left or one declared: there is stock.
        measured = numbers["measure"]
        held = numbers[
            (measured.isin(["remaining", "declared"]) & (numbers["quantity"] > 0))
            | ((measured == "destroyed_share") & (numbers["quantity"] < 1))
        ]
        events = view.events[view.events["iso3"] == row.iso3]
        missed = events[events["event"] == "deadline_missed"]
        plans = events[events["event"].isin(["planned_completion", "extension_requested"])]
        words = (
            (held["on"] >= row.deadline).any()
            or (missed["date"] >= row.deadline - slack).any()
            or (plans["published"] >= row.deadline).any()
        )
        assert words, row.reason
        assert any(publisher in row.reason for publisher in publishers), row.reason
        # The deadline, and the day of the word; a day that was planned may be still to come.
        reason, planned = PLANNED.subn(r"\1", row.reason)
        assert planned <= len(plans), row.reason
        later = [day for day in days_in(reason) if day >= row.deadline]
        assert len(later) > 1 and max(later) <= view.day, row.reason


# --- the page, and from one day to the next ---


@on_days
def test_the_first_screen_holds_against_the_frames(treaty: str, day: str) -> None:
    view = view_of(treaty, day)
    status, progress = core.status(view), core.progress(view)
    said = text(pages.headline(status, progress, view))
    shares_hold(said)
    parties = had_stocks(status)
    done = parties["status"].isin(DONE)
    figures = f"{done.sum()} of {len(parties)} States Parties that had stocks have finished"
    assert figures in said
    passed = int(parties["status"].isin(["overdue", "unconfirmed"]).sum())
    match = re.search(r"(\d+) deadlines? (?:missed|passed)", said)
    assert (int(match[1]) if match else 0) == passed
    if (
        done.all()
        and len(parties)
        and not parties["stock_left"].any()
        and " 0 left of " not in said
    ):
        assert "no number was declared" in said
    picture = text(pictures.cases(status, view))
    for rating, n in parties["status"].value_counts().items():
        assert f"{rating} {n}" in picture
    (newest,) = days_in(re.search(r"data to \d+ \w+ \d{4}|data to no date", said)[0]) or [pd.NaT]  # type: ignore[index]
    assert pd.isna(newest) or newest <= view.day
    assert ("These tables end on" in said) == bool((view.day - newest).days > 60)


@pytest.mark.sentences
@pytest.mark.parametrize("treaty", list(FIRST))
def test_no_total_falls_without_a_restatement(treaty: str) -> None:
    """From quarter to quarter, the items that a state has destroyed only grow."""
    ledger = sp.load(treaty)
    before = core.snapshot(ledger.as_of(quarters(treaty)[0]))
    columns = [f"destroyed_{unit}" for unit in ledger.treaty.units]
    fell = []
    for day in quarters(treaty)[1:]:
        now = core.snapshot(ledger.as_of(day))
        changed = core.what_changed(before, now)
        told = {(r.iso3, r.unit) for r in changed.restated.itertuples()}
        told |= {(r.iso3, "") for r in changed.restated.itertuples() if not r.unit}
        old, new = (s.status.set_index("iso3") for s in (before, now))
        for column in columns:
            both = old.index.intersection(new.index)
            for iso3 in both[(new.loc[both, column] < old.loc[both, column]).to_numpy()]:
                found = now.progress[now.progress["iso3"] == iso3]
                more = (found["episode"] > 0).any()
                if (iso3, column.removeprefix("destroyed_")) not in told and not more:
                    fell.append((day, iso3, column, old.at[iso3, column], new.at[iso3, column]))
        before = now
    assert not fell


@pytest.mark.parametrize(
    ("treaty", "since", "day"),
    [("apmbc", "2024-01-01", LAST), ("ccm", "2019-06-30", "2019-12-31"),
     ("apmbc", "2018-06-30", "2018-12-31")],
)  # fmt: skip
def test_what_changed_counts_what_changed(treaty: str, since: str, day: str) -> None:
    ledger = sp.load(treaty)
    changed = core.what_changed(
        core.snapshot(ledger.as_of(since)), core.snapshot(ledger.as_of(day))
    )
    sentence, *more = changes_sentences(changed)
    for pattern, count in (
        (r"rating of (\S+) states? changed", len(changed.ratings)),
        (r"(\S+) new statements? on", len(changed.statements)),
        (r"new statements? on (\S+) states?", changed.statements["iso3"].nunique()),
    ):
        match = re.search(pattern, sentence)
        assert (number(match[1]) if match else 0) == count
    acts = changed.statements[
        changed.statements["figure"].isin(["withdrew", "suspension_notified"])
    ]
    assert all(any(name in text for text in more) for name in set(acts["state"]))


def test_the_reading_itself_is_right() -> None:
    """A reader that takes everything would find nothing."""
    assert FINISHED.fullmatch("Ten of 17 States Parties that had stocks have finished")
    assert not FINISHED.fullmatch("Ten of 17 States Parties that had stocks are beautiful")
    assert age(pd.Timestamp("2008-03-01"), pd.Timestamp("2026-02-28")) == "17 years"
    planned = "On 5 February 2014 it still planned to finish by December 2016 (Euronews)"
    assert not days_in(PLANNED.sub("", planned)) and len(days_in(planned)) == 1
    assert not PLANNED.search("it still planned to finish by December 2016 (Euronews)")
    assert plain_age("two years") == "2 years" and plain_age("one day") == "1 days"
    for wrong in (
        "5,711 of 4,997 antipersonnel mines (20 per cent) destroyed",
        "230,080 of about 4,000,000 antipersonnel mines (under 1 per cent)",
        "32,545,586 of 38,000,000 submunitions (84 per cent)",
    ):
        with pytest.raises(AssertionError):
            shares_hold(wrong)
