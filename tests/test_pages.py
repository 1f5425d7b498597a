import re
from html.parser import HTMLParser

import pandas as pd
import pytest
from sampleframes import NASTY, progress_of, state, status_of

import stockpile as sp
from stockpile import pages
from stockpile.headline import headline_sentence, standfirst
from stockpile.publish import check_page

DAYS = [
    ("ccm", "2012-04-19"),
    ("ccm", "2026-06-30"),
    ("apmbc", "2007-06-30"),
    ("apmbc", "2026-06-30"),
]


#: Ratings of the past, and how they came out.
RECORD = pd.DataFrame(
    {
        "rating": ["at risk", "off target", "on target"],
        "replays": [4, 2, 40],
        "came_true": [0.75, 0.0, 0.85],
    }
)


class Reader(HTMLParser):
    """The words of a page, and whether its tags are well nested."""

    VOID = frozenset("meta img br hr path circle rect use line".split())

    def __init__(self):
        super().__init__()
        self.words, self.open = [], []

    def handle_starttag(self, tag, attrs):
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        pass

    def handle_endtag(self, tag):
        if tag not in self.VOID:
            assert self.open and self.open.pop() == tag, f"</{tag}> closes nothing"

    def handle_data(self, data):
        self.words.append(data)


def text(html):
    reader = Reader()
    reader.feed(html)
    reader.close()
    assert not reader.open, f"{reader.open} left open"
    return re.sub(r"\s+", " ", " ".join(reader.words)).strip()


@pytest.fixture(scope="module")
def then():
    return sp.load("ccm").as_of("2012-04-19")


def sections(then, status, progress, changed, conflicts):
    return {
        "headline": pages.headline(status, progress, then),
        "timeline": pages.timeline(status, then),
        "burndown": pages.burndown(progress, status, then),
        "states": pages.states(status, then),
        "changes": pages.changes(changed, then, then.day - pd.DateOffset(years=1)),
        "notes": pages.notes(status, conflicts, then),
        "method": pages.method(then, sp.Thresholds(), RECORD),
    }


# --- on the real tables ---


@pytest.mark.parametrize(("treaty", "day"), DAYS)
def test_sections_are_whole_and_read_well(treaty, day):
    then = sp.load(treaty).as_of(day)
    status, progress = sp.status(then), sp.progress(then)
    changed = sp.changes(then, then.day - pd.DateOffset(years=1))
    made = sections(then, status, progress, changed, sp.conflicts(then))
    drawings = ["timeline", "burndown"]
    assert check_page("".join(made.values()), sections=list(made), drawings=drawings) == []
    for name, html in made.items():
        said = text(html)
        assert not re.search(r"\b(nan|NaT|None(?! of)|inf)\b", said), name
        assert not re.search(r"\b(one|1) (states|statements|rows|years|months)\b", said), name
        assert " ," not in said and ".." not in said, name
    assert all(name in text(made["states"]) for name in status["state"])


@pytest.mark.parametrize(
    ("treaty", "day", "said"),
    [
        ("ccm", "2026-06-30", r"All \d+ States Parties with stock have finished destroying it"),
        ("apmbc", "2026-06-30", r"Greece and Ukraine are overdue; \d+ of \d+ States Parties with"),
    ],
)
def test_headlines_of_today(treaty, day, said):
    assert re.match(said, headline_sentence(sp.status(sp.load(treaty).as_of(day))))


# --- the headline, in singular, plural and none ---


def rated(**counts):
    rows = []
    for rating, n in counts.items():
        for _ in range(n):
            rows.append(state(f"S{len(rows)}", rating.replace("_", " ")))
    return status_of(*rows)


@pytest.mark.parametrize(
    ("counts", "said"),
    [
        ({}, "No State Party is known to have had stock"),
        ({"completed": 1}, "The one State Party with stock has finished destroying it, in time"),
        ({"completed_late": 1}, "The one State Party with stock has finished destroying it, late"),
        (
            {"completed": 11, "completed_late": 1},
            "All 12 States Parties with stock have finished destroying it, one of them late",
        ),
        (
            {"at_risk": 7, "completed": 10},
            "Seven of 17 States Parties with stock are at risk of missing the deadline; "
            "ten have finished",
        ),
        (
            {"overdue": 1, "completed": 2, "completed_late": 1},
            "S0 is overdue; three of four States Parties with stock have finished, "
            "one of them late",
        ),
        (
            {"overdue": 2, "off_target": 1, "at_risk": 4},
            "S0 and S1 are overdue, S2 is off target and four are at risk of missing the "
            "deadline; none of seven States Parties with stock have finished",
        ),
        (
            {"on_target": 3, "completed": 1},
            "Three of four States Parties with stock are on target; one has finished",
        ),
        (
            {"no_data": 1, "completed": 1},
            "One of two States Parties with stock has finished",
        ),
    ],
)
def test_headline_sentence(counts, said):
    assert headline_sentence(rated(**counts)) == said


def test_who_is_not_a_party_is_not_in_the_headline():
    status = status_of(
        state("Peru", "completed"), state("Cuba", "completed", membership="signatory")
    )
    assert headline_sentence(status).startswith("The one State Party")


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (
            [state("Peru", "at risk")],
            "The deadline is that of Peru: 1 August 2018, six years away.",
        ),
        (
            [state("Peru", "on target", deadline="2012-05-20"), state("Chile", "on target")],
            "The next deadline is that of Peru: 20 May 2012, one month away.",
        ),
        (
            [state("Peru", "completed", completed="2019-01-01", deadline="2020-01-01")],
            "Peru missed its original deadline and met an extended deadline.",
        ),
        (
            [state("Cyprus", "completed", membership="signatory")],
            "Cyprus destroyed its stock without being bound by the treaty.",
        ),
        (
            [state("Latvia", "completed", membership="withdrawn")],
            "Latvia finished and later withdrew from the treaty.",
        ),
        (
            [state("Kuwait", "no obligation", membership="not party")],
            "Kuwait has stock and is not bound by the treaty.",
        ),
        (
            [state("Guinea", "no data", has_stock=False)],
            "On one State Party (Guinea) the record says too little to tell whether it has "
            "stock left.",
        ),
    ],
)
def test_standfirst(rows, said):
    assert said in standfirst(status_of(*rows), pd.Timestamp("2012-04-19"))


def test_standfirst_has_nothing_to_say_of_nobody():
    assert standfirst(status_of(), pd.Timestamp("2012-04-19")) == []


# --- escaping ---


def test_text_from_the_data_is_escaped_everywhere(then):
    status = status_of(
        *(
            state(NASTY, rating, reason=NASTY, unit=NASTY, evidence=NASTY, membership=member)
            for rating in sp.RATINGS
            for member in ("State Party", NASTY)
        )
    )
    progress = progress_of((status["iso3"].iloc[0], NASTY, 0, "2010-01-01", 10, 5))
    changed = pd.DataFrame(
        [
            {"iso3": "A", "state": NASTY, "before": "no data", "after": "at risk", "reason": NASTY},
            {"iso3": "B", "state": NASTY, "before": "at risk", "after": "no data", "reason": NASTY},
        ]
    )
    conflicts = pd.DataFrame(
        [{"iso3": "A", "state": NASTY, "unit": NASTY, "figure": NASTY, "message": NASTY}]
    )
    bad = pd.DataFrame(
        [dict.fromkeys(["file", "line", "column", "value", "reason", "expected"], NASTY)]
    )
    warned = pd.DataFrame([dict.fromkeys(["file", "line", "kind", "message"], NASTY)])
    from dataclasses import replace

    ledger = replace(then, rejected=bad, warnings=warned)
    for name, html in sections(ledger, status, progress, changed, conflicts).items():
        assert check_page(html) == [], name
        assert "<script" not in html and "<b>x</b>" not in html, name
        assert "49" not in re.findall(r"\{\{.*?\}\}|\b49\b", text(html)), name
        text(html)


# --- states, changes, notes ---


def test_a_table_of_trouble_and_folded_lists_of_the_rest(then):
    html = pages.states(
        status_of(
            state("Peru", "at risk", deadline="2020-01-01", planned_completion="2015-12-31"),
            state("Chile", "completed"),
            state("Spain", "completed late", completed="2019-01-01"),
            state("Guinea", "no data", has_stock=False),
            state("Cuba", "no obligation", has_stock=False, membership="not party"),
        ),
        then,
    )
    said = text(html)
    assert "1,000 declared, 600 left" in said
    assert "first 1 August 2018" in said and "announced: Dec 2015" in said
    assert "Jan 2014 to Jan 2020" in said and "50% in time" in said
    assert "Finished in time, or without being bound (1)" in said
    assert "No statement on a stock on record (1) Guinea" in said
    assert "Not bound by the treaty (1) Cuba" in said
    assert html.index("Peru") < html.index("Spain") < html.index("<details>") < html.index("Chile")


def test_what_is_not_known_is_said_to_be_unknown(then):
    nothing = {c: float("nan") for c in ("declared", "remaining", "destroyed", "share_destroyed")}
    row = state("Gabon", "no data", reports=0, last_report=pd.NaT, deadline=pd.NaT, **nothing)
    said = text(pages.states(status_of(row), then))
    assert "number unknown" in said and "no date" in said and "no report" in said
    row = state("Peru", "overdue", latest=pd.NaT, deadline="2010-01-01")
    said = text(pages.states(status_of(row), then))
    assert "Jan 2014 or later" in said and "in time" not in said


def test_no_change_is_said_in_a_sentence(then):
    nothing = pd.DataFrame(columns=["iso3", "state", "before", "after", "reason"], dtype="str")
    html = pages.changes(nothing, then, "2011-04-19")
    assert text(html) == "No rating changed between 19 April 2011 and 19 April 2012."


def test_changes_tell_of_stock_first_and_fold_the_quiet_ones(then):
    rows = [
        ("AAA", "Angola", "no obligation", "no data", "Joined."),
        ("BBB", "Benin", "no obligation", "no data", "Joined."),
        ("CCC", "Chad", "on target", "overdue", "The deadline passed."),
    ]
    changed = pd.DataFrame(rows, columns=["iso3", "state", "before", "after", "reason"])
    said = text(pages.changes(changed, then, "2011-04-19"))
    assert "the rating of three states changed" in said
    assert "no obligation to no data (2): Angola and Benin." in said
    assert said.index("Chad") < said.index("Angola")
    assert "Joined" not in said


def test_notes_account_for_every_row_and_for_old_statements(then):
    status = status_of(
        state("Peru", "at risk", last_report="2009-03-01"),
        state("Chile", "on target", last_report=pd.NaT),
    )
    nothing = pd.DataFrame(columns=["iso3", "state", "unit", "figure", "message"], dtype="str")
    said = text(pages.notes(status, nothing, then))
    counts = then.counts[["read", "accepted", "rejected"]].sum()
    assert f"{counts['read']:,} rows were read" in said
    assert "The newest statement on a stock is of 1 March 2009, 37 months before" in said
    assert "More than two years old is the newest statement of Peru (Mar 2009)." in said
    assert "No dated statement on its own stock is on record for Chile." in said
    assert "No two sources disagree" in said


def test_method_says_how_ratings_came_true(then):
    said = text(pages.method(then, sp.Thresholds(), RECORD))
    assert "Ratings like these came true in 34 of 40 past cases of on target" in said
    assert "3 of 4 states at risk finished in time after all" in said
    assert "0 of 2 states off target finished in time after all" in said
    nothing = text(pages.method(then, sp.Thresholds(), RECORD.iloc[:0]))
    assert "No rating of this kind has been put to the test yet" in nothing


def test_method_names_thresholds_rule_hash_and_version(then):
    limits = sp.Thresholds(on_target=0.81, at_risk=0.32)
    said = text(pages.method(then, limits, RECORD))
    assert "81 per cent" in said and "32 per cent" in said
    assert then.data_hash in said and f"stockpile {sp.__version__}" in said
    assert "next reporting date" in said
    strict = sp.load("ccm").as_of("2012-04-19", "published")
    assert "Only what a source had published" in text(pages.method(strict, limits, RECORD))


# --- in a notebook ---


def test_a_section_shows_itself_but_once():
    html = pages.Html("<p>" + "x" * 5000 + "</p>")
    assert html._repr_html_() == str(html)
    assert repr(html) == "<Html of 5,007 characters>"


def test_the_style_sheet_names_every_colour_for_day_and_night():
    css = pages.style_sheet()
    day, night = css.split("prefers-color-scheme:dark", 1)
    for name in re.findall(r"var\(--sp-([\w-]+)\)", css):
        assert f"--sp-{name}:#" in day and f"--sp-{name}:#" in night, name
    assert check_page(pages.style()) == []
