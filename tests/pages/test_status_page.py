import re
from dataclasses import replace

import pandas as pd
import pytest
from pagetext import text
from sampleframes import NASTY, progress_of, state, status_of
from smalltreaty import consents, quantity

import stockpile as sp
from stockpile.pages import changes as change_pages
from stockpile.pages import pictures
from stockpile.pages import status_page as pages
from stockpile.pages.changes import changes_sentences
from stockpile.pages.headline import headline_sentence, others_sentence, standfirst
from stockpile.pages.html import Html, _unbroken, style, style_sheet
from stockpile.pages.safety import check_page

pytestmark = pytest.mark.usefixtures("alone")

DAYS = [
    ("ccm", "2012-04-19"),
    pytest.param("ccm", "2026-06-30", marks=pytest.mark.slow),
    pytest.param("apmbc", "2007-06-30", marks=pytest.mark.slow),
    pytest.param("apmbc", "2026-06-30", marks=pytest.mark.slow),
]


#: Ratings of the past, and how they came out.
RECORD = pd.DataFrame(
    {
        "rating": ["at risk", "off target", "on target"],
        "replays": [4, 2, 40],
        "came_true": [0.75, 0.0, 0.85],
    }
)


@pytest.fixture(scope="module")
def then():
    return sp.load("ccm").as_of("2012-04-19")


def changes_of(then, ratings=(), **tables):
    """What changed in the last year, made by hand: every table is empty unless it is given."""
    now = sp.snapshot(then)
    nothing = sp.what_changed(now, now)
    columns = ["iso3", "state", "before", "after", "reason"]
    rated = pd.DataFrame(list(ratings), columns=columns, dtype="str")
    since = then.day - pd.DateOffset(years=1)
    return replace(nothing, since=since, ratings=rated, **tables)


def sections(then, status, progress, changed, conflicts):
    return {
        "headline": pages.headline(status, progress, then),
        "cases": pictures.cases(status, then, pages=pages.page_links(status)),
        "alone": pages.alone(status, sp.statements(then), then, changed.since, RECORD),
        "map": pictures.tile_map(status, then),
        "burndown": pages.burndown(progress, status, then),
        "states": pages.states(status, then),
        "changes": change_pages.changes(changed, status, then, state_pages=True),
        "notes": pages.notes(status, conflicts, then),
        "method": pages.method(then, sp.Thresholds(), RECORD),
    }


# --- on the real tables ---


@pytest.mark.parametrize(("treaty", "day"), DAYS)
def test_sections_are_whole_and_read_well(treaty, day):
    then = sp.load(treaty).as_of(day)
    status, progress = sp.status(then), sp.progress(then)
    since = sp.snapshot(then.as_of(then.day - pd.DateOffset(years=1)))
    changed = sp.what_changed(since, sp.snapshot(then))
    made = sections(then, status, progress, changed, sp.conflicts(then))
    drawings = ["burndown"]
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
        (
            "ccm",
            "2026-06-30",
            r"All \d+ States Parties that had stocks have finished destroying them, in time$",
        ),
        (
            "apmbc",
            "2026-06-30",
            r"Greece and Ukraine are 18 and 16 years overdue, with 3.7 million .*mines left$",
        ),
    ],
)
def test_headlines_of_today(treaty, day, said):
    view = sp.load(treaty).as_of(day)
    assert re.match(said, headline_sentence(sp.status(view), view.day))


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
        ({}, "No State Party is known to have had stocks"),
        (
            {"completed": 1},
            "The one State Party that had stocks has finished destroying them, in time",
        ),
        (
            {"completed_late": 1},
            "The one State Party that had stocks has finished destroying them, late",
        ),
        (
            {"completed": 11, "completed_late": 1},
            "All 12 States Parties that had stocks have finished destroying them, one of them late",
        ),
        (
            {"at_risk": 7, "completed": 10},
            "Ten of 17 States Parties that had stocks have finished; the next deadline is "
            "August 2018",
        ),
        (
            {"overdue": 3, "unconfirmed": 2, "completed": 2, "completed_late": 1},
            "Three of eight States Parties that had stocks have finished; three are overdue, "
            "two unconfirmed",
        ),
        (
            {"unconfirmed": 1, "completed": 1},
            "One of two States Parties that had stocks has finished; one deadline passed "
            "without word",
        ),
        # A chance is no fact, and nobody is named for one.
        (
            {"off_target": 1, "at_risk": 1, "no_data": 1},
            "None of three States Parties that had stocks has finished; the next deadline is "
            "August 2018",
        ),
    ],
)
def test_headline_sentence(counts, said):
    assert headline_sentence(rated(**counts), pd.Timestamp("2012-04-19")) == said


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (
            [state("Netherlands", "overdue", deadline="2009-04-19", remaining=1_240_000.0)],
            "The Netherlands is three years overdue, with 1.2 million submunitions left",
        ),
        (
            [
                state("Peru", "overdue", deadline="2011-06-30"),
                state("Chile", "overdue", deadline="2010-04-18", remaining=float("nan")),
                state("Cuba", "at risk"),
            ],
            "Chile and Peru are two years and nine months overdue",
        ),
        (
            [state("Peru", "overdue", deadline="2012-04-01", remaining_qualifier="at_most")],
            "Peru is 18 days overdue",
        ),
    ],
)
def test_one_or_two_that_a_source_has_late_are_named_with_how_late(rows, said):
    assert headline_sentence(status_of(*rows), pd.Timestamp("2012-04-19")) == said


def test_in_time_is_said_only_where_the_last_possible_day_is():
    unsure = state("Peru", "completed", completed="2019-01-01", deadline="2018-08-01")
    assert headline_sentence(status_of(unsure)).endswith("finished destroying them")


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
            [state("Peru", "overdue", deadline="2011-05-20"), state("Chile", "at risk")],
            "Overdue: Peru (deadline 20 May 2011); at risk: Chile.",
        ),
        (
            [state("Peru", "completed", completed="2019-01-01", deadline="2020-01-01")],
            "Peru missed its original deadline and met an extended one.",
        ),
        (
            [state("Cyprus", "completed", membership="signatory")],
            "Cyprus destroyed its stock without being bound.",
        ),
        (
            [state("Latvia", "completed", membership="withdrawn")],
            "Latvia finished and later withdrew from the treaty.",
        ),
        (
            [state("Latvia", "no obligation", membership="withdrawn")],
            "Latvia withdrew without having finished.",
        ),
        (
            [state("Kuwait", "no obligation", membership="not party")],
            "Kuwait, not bound by the treaty, is known to have had stocks.",
        ),
    ],
)
def test_standfirst(rows, said):
    lead = standfirst(status_of(*rows), pd.Timestamp("2012-04-19"))
    assert said in lead and len(lead) <= 3


def test_who_has_no_deadline_on_record_did_not_finish_by_it(then):
    """Iraq joined the CWC late; on its deadline, and on the size of its stock, nothing is told."""
    cwc = sp.load("cwc").as_of("2026-06-30")
    status = sp.status(cwc)
    iraq = status[status["iso3"] == "IRQ"].iloc[0]
    assert pd.isna(iraq["deadline"]) and pd.isna(iraq["destroyed"])
    said = text(pictures.cases(status, cwc, pages={}))
    assert said.startswith(
        "None of eight States Parties that had stocks is known to have finished by the original "
        "deadline"
    )
    assert "One other had no original deadline on record." in said
    table = text(pages.states(status, cwc, RECORD))
    assert "Finished with no deadline on record (1)" in table and "0 destroyed" not in table
    some = status_of(
        state("Chile", "completed", completed="2012-01-01"),
        state("Cuba", "completed", completed="2012-01-01", original_deadline=None, deadline=None),
    )
    assert "One of two States Parties that had stocks is known" in text(
        pictures.cases(some, then, pages={})
    )
    assert "in time" not in text(pages.headline(some, sp.progress(then), then))


def test_a_deadline_told_to_the_month_is_not_its_last_day():
    """Peru was granted 'April 2024'; nobody had the day until the first of it was told."""
    then = sp.load("ccm").as_of("2022-12-31")
    status, progress = sp.status(then), sp.progress(then)
    peru = status[status["iso3"] == "PER"]
    assert list(peru["deadline_precision"]) == ["month"]
    assert "The deadline is that of Peru: April 2024, 15 months away." in standfirst(peru, then.day)
    made = {
        "headline": pages.headline(peru, progress, then),
        "cases": pictures.cases(peru, then, pages={}),
        "map": pictures.tile_map(peru, then),
        "states": pages.states(peru, then, RECORD),
    }
    assert all("April 2024" in text(html) for html in (made["headline"], made["states"]))
    assert not any("30 April 2024" in html.replace("\xa0", " ") for html in made.values())


def test_standfirst_has_nothing_to_say_of_nobody():
    assert standfirst(status_of(), pd.Timestamp("2012-04-19")) == []


def test_everybody_past_the_deadline_is_in_the_picture(then):
    rows = [state(f"S{i:02}", "overdue", deadline="2011-05-20") for i in range(40)]
    (lead, *_) = standfirst(status_of(*rows), then.day)
    assert lead.endswith("(deadline 20 May 2011) and 32 others.")
    said = text(pictures.cases(status_of(*rows), then))
    assert all(f"S{i:02}" in said for i in range(40))


def test_alike_cases_share_a_row_and_what_is_not_known_is_hatched(then):
    blank = {"remaining": 1000.0, "remaining_qualifier": "at_most", "destroyed": float("nan")}
    rows = [state(name, "on target", **blank) for name in ("Peru", "Chile", "Netherlands")]
    html = pictures.cases(status_of(*rows, state("Cuba", "at risk")), then)
    assert html.count("<li data-iso3") == 2
    assert 'data-iso3="CHI NET PER"' in html and "Chile, the Netherlands and Peru" in text(html)
    assert "3,000 submunitions declared, nothing known of destruction" in text(html)
    assert 'sp-hatch" style="width:100.0%' in html and "600 submunitions left of 1,000" in text(
        html
    )


def test_marks_of_states_say_what_they_stand_for(then):
    status = sp.status(then)
    for html in (pictures.cases(status, then), pictures.tile_map(status, then)):
        marks = re.findall(r'data-iso3="([A-Z ]+)"[^>]*tabindex="-?\d"', html)
        assert marks and check_page(html) == []
    assert "Germany: on target, about 286,800 cluster munitions left" in text(html)


def test_a_state_that_has_destroyed_some_shares_no_row_with_those_that_have_not(apmbc):
    """Colombia had destroyed 2,000, of nobody knows how many; Bangladesh had declared some."""
    then = apmbc.as_of("2004-04-02")
    said = text(pictures.cases(sp.status(then), then))
    assert "204,227 antipersonnel mines declared, nothing known of destruction" in said
    assert "at least 2,000 antipersonnel mines destroyed; nobody has said how many are" in said
    assert "at most 46,135 antipersonnel mines left of 46,135" in said


def test_notices_of_leaving_are_in_the_lead_and_in_what_changed(apmbc):
    then = apmbc.as_of("2026-06-30")
    lead = " ".join(standfirst(sp.status(then), then.day, sp.membership(then)))
    assert "Ukraine has given notice of suspending the treaty" in lead
    changed = sp.what_changed(sp.snapshot(apmbc.as_of("2024-01-01")), sp.snapshot(then))
    said = " ".join(changes_sentences(changed))
    assert re.search("Finland.* withdrew from the treaty; Ukraine gave notice of suspending", said)


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([state("Peru", "at risk")], ""),
        (
            [state("Guinea", "no data", had_stock=False)],
            "Of the one other State Party, these tables hold nothing on a stock of Guinea.",
        ),
        (
            [state(f"S{i}", "no data", had_stock=False) for i in range(4)]
            + [state("Chad", "no obligation", had_stock=False)],
            "Of the five other States Parties, one has no stock to destroy; these tables hold "
            "nothing on a stock of four.",
        ),
    ],
)
def test_who_never_had_stocks_stands_apart(rows, said):
    assert others_sentence(status_of(*rows)) == said


def test_a_page_says_what_its_tables_end_on():
    then = sp.load("ccm").as_of("2012-04-19")
    said = text(pages.headline(sp.status(then), sp.progress(then), then))
    assert "as reported by 19 April 2012 (reconstructed) · data to" in said
    assert "These tables end on" not in said
    later = sp.load("ccm").as_of("2100-01-01", "published")
    said = text(pages.headline(sp.status(later), sp.progress(later), later))
    assert "as known on 1 January 2100" in said and "days before the day of this page" in said


def test_a_stock_counted_in_full_makes_a_bound_of_the_total(small):
    rows = [
        quantity("AAA", "declared", 100, "2010-12-31", source="state@2012-01-31"),
        quantity("BBB", "declared", 100, "2010-12-31", source="state@2012-01-31"),
        quantity("BBB", "remaining", 50, "2011-12-31", source="state@2012-01-31"),
    ]
    then = small(rows, [consents("AAA"), consents("BBB")]).as_of("2014-06-30")
    said = text(pages.headline(sp.status(then), sp.progress(then), then))
    assert "150 cluster munitions left to destroy at most, of 200 declared by two states" in said
    assert "of 100 no figure on destruction is known" in said


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
    told = sp.statements(then).head(2).assign(state=NASTY, unit=NASTY, source_id=NASTY, why=NASTY)
    changed = changes_of(
        then,
        [
            ("A", NASTY, "no data", "at risk", NASTY),
            ("B", NASTY, "at risk", "no data", NASTY),
            ("C", NASTY, "", "at risk", NASTY),
        ],
        statements=told,
        withdrawn_statements=told.assign(figure=NASTY, value=float("nan")),
        restated=restated_of((NASTY, NASTY, "declared", 1.0, 2.0, NASTY)),
        deadlines=due_of((NASTY, "2012-08-01", "within a year")),
    )
    conflicts = pd.DataFrame(
        [{"iso3": "A", "state": NASTY, "unit": NASTY, "figure": NASTY, "message": NASTY}]
    )
    bad = pd.DataFrame(
        [dict.fromkeys(["file", "line", "column", "value", "reason", "expected"], NASTY)]
    )
    warned = pd.DataFrame([dict.fromkeys(["file", "line", "kind", "message"], NASTY)])
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
            state("Guinea", "no data", had_stock=False),
            state("Cuba", "no obligation", had_stock=False, membership="not party"),
        ),
        then,
        RECORD,
    )
    said = text(html)
    assert "1,000 declared, 600 left" in said
    assert "34 of 40 rated on target" in said and "as others at this stage" not in said
    assert "first 1 August 2018" in said and "announced: Dec 2015" in said
    assert "Jan 2014 to Jan 2020" in said and "in time: uncertain" in said
    assert "Finished by the original deadline (1)" in said
    assert "No statement on a stock on record (1) Guinea" in said
    assert "Not bound by the treaty (1) Cuba" in said
    assert html.index("Peru") < html.index("Spain") < html.index("<details") < html.index("Chile")


def test_what_is_not_known_is_said_to_be_unknown(then):
    nothing = {c: float("nan") for c in ("declared", "remaining", "destroyed", "share_destroyed")}
    row = state("Gabon", "no data", reports=0, last_report=pd.NaT, deadline=pd.NaT, **nothing)
    said = text(pages.states(status_of(row), then))
    assert "number unknown" in said and "no date" in said and "no report" in said
    row = state("Peru", "overdue", latest=pd.NaT, deadline="2010-01-01")
    said = text(pages.states(status_of(row), then))
    assert "Jan 2014 or later" in said and "in time:" not in said


def test_states_that_nothing_tells_apart_share_a_line(then):
    rows = [state(name, "at risk", share_destroyed=0.0) for name in ("Peru", "Chile", "Togo")]
    said = text(pages.states(status_of(*rows, state("Chad", "at risk", p_on_time=0.6)), then))
    assert (
        "Three states that have reported nothing destroyed, Chile, Peru and Togo: as others at "
        "this stage, with the same expectation."
    ) in said
    rows = [state(name, "at risk", p_on_time=p) for name, p in (("Peru", 0.6), ("Chile", 0.61))]
    assert "as others at this stage" not in text(pages.states(status_of(*rows), then))


def restated_of(*rows):
    """Restated counts: state, unit, figure, before, after, sources."""
    names = ["state", "unit", "figure", "before", "after", "sources"]
    frame = pd.DataFrame(list(rows), columns=names)
    days = dict.fromkeys(["on", "before_day", "after_day"], pd.NaT)
    return frame.assign(iso3=frame["state"].str[:3].str.upper(), change="restated", **days)


def due_of(*rows):
    """Deadlines: state, day and what of it."""
    frame = pd.DataFrame(list(rows), columns=["state", "deadline", "what"])
    frame["deadline"] = pd.to_datetime(frame["deadline"])
    codes = frame["state"].str[:3].str.upper()
    return frame.assign(iso3=codes, deadline_precision="day", status="at risk")


def test_no_change_is_said_in_a_sentence(then):
    html = change_pages.changes(changes_of(then), sp.status(then), then)
    assert text(html) == (
        "What changed since 19 April 2011 Nothing changed: no rating, no figure and no statement."
    )
    assert check_page(html, sections=["changes"]) == []


def test_changes_say_what_the_two_reports_do_not_share(then):
    changed = replace(changes_of(then), same_data=False, same_thresholds=False)
    said = text(change_pages.changes(changed, sp.status(then), then))
    assert "The tables themselves were changed since the report of 19 April 2011" in said
    assert "used other thresholds" in said


def test_changes_tell_of_stock_first_and_name_the_quiet_ones(then):
    rows = [
        ("AAA", "Angola", "no obligation", "no data", "Joined."),
        ("BBB", "Benin", "no obligation", "no data", "Joined."),
        ("CCC", "Chad", "on target", "overdue", "The deadline passed."),
        ("DDD", "Djibouti", "", "on target", "New in the tables."),
    ]
    said = text(change_pages.changes(changes_of(then, rows), sp.status(then), then))
    assert "The rating of four states changed." in said
    assert "no obligation to no data (2): Angola and Benin." in said
    assert said.index("Chad") < said.index("Djibouti") < said.index("Angola")
    assert "Djibouti not on record on target" in said
    assert "Joined" not in said and "The deadline passed." in said


def test_a_report_of_no_stock_is_told_by_the_record_and_not_by_the_words_of_a_reason(then):
    none = sp.status(then).query("reason.str.startswith('No stock')").iloc[0]
    rows = [
        (none["iso3"], none["state"], "no data", "no obligation", "Other words."),
        ("BBB", "Benin", "no data", "no obligation", "No stock reported by Benin."),
    ]
    said = text(change_pages.changes(changes_of(then, rows), sp.status(then), then))
    event = "Since reported to have no stock"
    assert said.count(event) == 1
    assert none["state"] in said[said.index(event) :].split(".")[0]


def test_many_changes_are_named_in_a_line_and_told_in_a_fold(then):
    rows = [(f"S{i:02}", f"State {i}", "on target", "overdue", f"Reason {i}.") for i in range(7)]
    html = change_pages.changes(changes_of(then, rows), sp.status(then), then)
    above, fold = html.split("<details", 1)
    assert "on target to overdue (7): State 0, State 1" in text(f"{above}</section>")
    assert "Reason" not in above and "Reason 6." in fold
    few = change_pages.changes(changes_of(then, rows[:6]), sp.status(then), then)
    assert "Reason 5." in few and "<details" not in few


def test_what_was_restated_and_what_is_due_is_told_with_its_source(then):
    figures = [("Peru", "submunitions", "declared", 86200.0, 153174.0, "untc2014 gone2020")]
    changed = changes_of(
        then,
        restated=restated_of(*figures),
        deadlines=due_of(
            ("Peru", "2012-08-01", "within a year"),
            ("Chile", "2012-08-01", "within a year"),
            ("Chad", "2012-03-01", "passed"),
        ),
        statements=sp.statements(then).query("iso3 == 'GBR'"),
    )
    html = change_pages.changes(changed, sp.status(then), then)
    said = text(html)
    assert "no rating changed, one figure was revised and" in said.lower()
    assert "new statements on one state became known" in said
    assert "Deadline that passed: Chad, 1 March 2012." in said
    assert "Deadlines within a year: Peru and Chile, 1 August 2012." in said
    assert "Declared stock of submunitions revised 86,200 153,174" in said
    url = then.sources.set_index("source_id").loc["untc2014", "url"]
    assert f'href="{url}"' in html and "a source no longer on record gone2020" in said


def test_names_are_links_only_where_there_is_a_page(then):
    status = status_of(
        state("Peru", "at risk"), state("Guinea", "no data", had_stock=False, iso3="GIN")
    )
    rows = [
        ("PER", "Peru", "on target", "at risk", "Why."),
        ("GIN", "Guinea", "at risk", "on target", "Why."),
    ]
    changed = changes_of(then, rows)
    link = '<a href="states/PER.html">Peru</a>'
    for section in (
        pages.states(status, then, state_pages=True),
        change_pages.changes(changed, status, then, state_pages=True),
    ):
        assert link in section and "GIN.html" not in section
        assert check_page(section) == []
    for section in (pages.states(status, then), change_pages.changes(changed, status, then)):
        assert "states/" not in section


def test_the_charts_of_the_page_are_written_as_files(then, tmp_path):
    status, progress = sp.status(then), sp.progress(then)
    made = pages.save_charts(tmp_path, status, progress, then)
    names = {f"{name}.{form}" for name in ("timeline", "remaining", "map", "ratings")
             for form in ("svg", "png")}  # fmt: skip
    assert {path.name for path in made} == names == {path.name for path in tmp_path.iterdir()}
    assert (tmp_path / "timeline.png").read_bytes().startswith(b"\x89PNG")


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
    assert "The newest statement is over two years old for Peru (Mar 2009)." in said
    assert "No dated statement on a stock of Chile is on record." in said
    assert "No two sources disagree" in said


def test_method_says_how_ratings_came_true(then):
    said = text(pages.method(then, sp.Thresholds(), RECORD))
    assert "34 of 40 rated on target" in said
    assert "3 of 4 rated at risk and 0 of 2 rated off target" in said
    nothing = text(pages.method(then, sp.Thresholds(), RECORD.iloc[:0]))
    assert "These ratings could not be tested yet" in nothing


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
    html = Html("<p>" + "x" * 5000 + "</p>")
    assert html._repr_html_() == str(html)
    assert repr(html) == "<Html of 5,007 characters>"


def test_a_section_is_kept_as_markdown_and_its_chart_as_a_picture(then):
    status, progress = sp.status(then), sp.progress(then)
    said = pages.headline(status, progress, then)._repr_markdown_()
    assert re.search("^# Ten of 17 States Parties", said, re.MULTILINE)
    assert "**10 of 17** States Parties that had stocks have finished" in said
    table = pages.states(status, then)._repr_markdown_()
    assert "| State | Rating | Deadline |" in table and "| --- | --- |" in table
    drawn = pages.burndown(progress, status, then)
    assert drawn._repr_png_().startswith(b"\x89PNG") and "svg" not in drawn._repr_markdown_()
    assert style()._repr_markdown_() is None and style()._repr_png_() is None


def test_a_stock_left_outside_the_treaty_is_told_apart(then, monkeypatch):
    monkeypatch.setattr(pages, "figure", lambda *_, text, **__: text)
    progress, status = sp.progress(then), sp.status(then)
    outside = "not bound by the treaty."
    assert outside not in pages.burndown(progress, status, then)
    left = status["stock_left"]
    gone = status.assign(membership=status["membership"].where(~left, "signatory"))
    said = pages.burndown(progress, gone[~left | (gone["state"] == "Germany")], then)
    assert said.endswith(f" Only Germany is not known to have finished; it is {outside}")


@pytest.mark.parametrize("text", ["31 July 2010", "Jul 2010", "1 May 2011", "12 million"])
def test_a_day_and_an_amount_stay_on_one_line(text):
    assert _unbroken(f"by {text}, 2012") == f"by {text.replace(' ', chr(160))}, 2012"
    assert _unbroken("a State Party 2010") == "a State Party 2010"


def test_the_style_sheet_names_every_colour_for_day_and_night():
    css = style_sheet()
    day, night = css.split("prefers-color-scheme:dark", 1)
    for name in re.findall(r"var\(--sp-([\w-]+)\)", css):
        assert f"--sp-{name}:#" in day and f"--sp-{name}:#" in night, name
    assert check_page(style()) == []
