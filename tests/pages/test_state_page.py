"""A state's own page: whole, honest about what is not known, and blind to what came later."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import pairwise

import pandas as pd
import pytest
from pagetext import text
from sampleframes import NASTY
from smalltreaty import consents, event, quantity

import stockpile as sp
from stockpile.common import english as words
from stockpile.forecast.history import announcements
from stockpile.forecast.projection import chance_changes
from stockpile.pages import state_page as state_pages
from stockpile.pages import state_wording, status_page
from stockpile.pages.safety import check_page
from stockpile.pages.state_wording import Sources, period, state_sentence, statement_sentence
from stockpile.track_record import scoring

SECTIONS = ["headline", "burndown", "position", "projection", "deadlines", "statements", "method"]


def page(then: sp.Ledger, state: str, *, index: str | None = None) -> dict[str, str]:
    """Every section of a state's page."""
    status, progress, told = sp.status(then), sp.progress(then), sp.statements(then)
    return {
        "headline": state_pages.headline(status, then, state, index=index),
        "burndown": state_pages.burndown(status, progress, told, then, state),
        "position": state_pages.position(status, progress, state),
        "projection": state_pages.projection(status, then, state),
        "deadlines": state_pages.deadlines(status, told, then, state),
        "statements": state_pages.statements(told, then, state),
        "method": state_pages.method(then, sp.Thresholds(), index=index),
    }


@pytest.fixture(scope="module")
def pages(ccm, apmbc):
    """Pages of states with different stories, each drawn once."""
    made = {}
    for ledger, day, states in (
        (ccm, "2022-06-30", ("PER", "BGR", "CMR", "VUT", "ARM", "GNB")),
        (apmbc, "2007-06-30", ("YEM", "KWT")),
    ):
        then = ledger.as_of(day)
        made |= {state: page(then, state, index="../index.html") for state in states}
    return made


@pytest.mark.parametrize("state", ["PER", "BGR", "CMR", "VUT", "ARM", "GNB", "YEM", "KWT"])
def test_pages_are_whole_and_read_well(pages, state):
    made = pages[state]
    drawn = ["burndown"] if "<svg role" in made["burndown"] else []
    assert check_page("".join(made.values()), sections=SECTIONS, drawings=drawn) == []
    for name, html in made.items():
        told = text(html)
        assert told, name
        assert " nan" not in told and "NaT" not in told and "None" not in told, name
        assert " ," not in told and ".." not in told, name
    assert text(made["headline"]).startswith("All states")


def test_a_state_on_its_way(pages, ccm):
    made = {name: text(html) for name, html in pages["PER"].items()}
    assert "Peru is on target for its deadline" in made["headline"]
    assert "23% of 2,012 declared cluster munitions destroyed" in made["headline"]
    assert "Apr 2024 deadline April 2024, first 1 March 2021" in made["headline"]
    assert "; in time: likely" in made["headline"]
    record = scoring.past_ratings(ccm.as_of("2022-06-30")).set_index("rating").loc["on target"]
    met = round(record["replays"] * record["came_true"])
    assert (
        f"In time: likely. Of {record['replays']} earlier cases rated on target "
        f"({record['states']} states), {met} met the deadline."
    ) in made["headline"]
    assert "at least 461 at most 1,551" in made["position"]
    assert "Its own announced date is April 2024." in made["projection"]
    first = state_wording.expectations(ccm.as_of("2022-06-30")).query("iso3 == 'PER'").iloc[0]
    assert f"{first['day']:%Y-%m-%d}" == "2015-01-01"
    assert (
        "From 1 January 2015 to 30 June 2022 the expected date moved "
        f"from {first['projected']:%B %Y} to February 2024"
    ) in made["projection"]
    assert "original: 8 years from entry into force" in made["deadlines"]
    assert "April 2024 in force" in made["deadlines"]
    assert "set aside restated by cmm2021-per-profile" in made["statements"]
    assert "160 cluster munitions destroyed in 2020 used count destroyed" in made["statements"]


@pytest.fixture(scope="module")
def why(ccm):
    """What the page of Peru says ahead on the day after it asked for more time."""
    then = ccm.as_of("2020-07-01")
    return then, text(state_pages.projection(sp.status(then), then, "PER"))


def test_why_a_chance_has_changed_adds_up(why, ccm):
    then, told = why
    changes = chance_changes(then, ccm.as_of("2020-01-01")).set_index("iso3").loc["PER"]
    (by, causes) = re.findall(r"has fallen by (\w+) points of 100\. ([^.]*)\.", told)[0]
    parts = {
        cause.strip(): (1 if verb == "added" else -1) * number(points)
        for cause, verb, points in re.findall(r"([^;]*) (took|added) (\w+)", causes.lower())
    }
    assert (
        sum(parts.values())
        == -number(by)
        == round(100 * changes["chance"]) - round(100 * changes["chance_before"])
    )
    assert min(parts, key=parts.get) == "its own date, its requests and its deadline"
    assert changes[["time", "own_date", "own_stock", "others"]].sum() == pytest.approx(
        changes["chance"] - changes["chance_before"]
    )


def number(word):
    return int(word) if word.isdigit() else [words.spell(n) for n in range(11)].index(word)


def test_what_a_states_own_word_has_been_worth(why):
    then, told = why
    dates = announcements(then)["kept"].dropna()
    assert (
        f"If it keeps its own date, it is in time. Of {len(dates)} announced dates under this "
        f"treaty whose outcome is known, {words.spell(int(dates.sum()))} were kept."
    ) in told
    cases, met = scoring.own_words(then)
    assert cases > 5
    assert (
        "It has asked for a later deadline; states whose own date or request lay beyond "
        f"their deadline have been in time in {words.spell(met)} of {cases} cases."
    ) in told


def test_a_deadline_that_is_asked_for_is_told_apart_from_one_in_force(pages):
    told = text(pages["BGR"]["deadlines"])
    assert "1 April 2021 in force, passed" in told
    assert "Asked for an extension to 1 October 2022; it is not granted so far." in told
    assert "Its deadline has passed and what is left is unconfirmed; nothing is projected." in text(
        pages["BGR"]["projection"]
    )


def test_stock_that_turned_up_stands_beside_the_first(pages):
    told = text(pages["YEM"]["position"])
    assert "0 100% 27 April 2002 completion" in told
    assert "found later (1) unknown unknown about 30,000 unknown 30 November 2006" in told


def test_a_state_without_stock_has_a_page_without_a_chart(pages):
    made = pages["CMR"]
    assert "svg" not in made["burndown"]
    assert "no stock to destroy, and so nothing to draw" in text(made["burndown"])
    assert "Cameroon retains 6 cluster munitions for training" in text(made["position"])
    assert "no stock to destroy, and so nothing to draw" in text(pages["VUT"]["burndown"])
    assert "No deadline applies: Vanuatu is not bound" in text(pages["VUT"]["deadlines"])
    silent = pages["ARM"]
    assert "No figure on a stock is on record." in text(silent["burndown"])
    assert "No statement is on record." in text(silent["statements"])
    assert "No deadline applies: Armenia is not bound" in text(silent["deadlines"])


def test_each_statement_on_the_stock_is_there_once_for_each_line(pages, ccm):
    told = sp.statements(ccm.as_of("2022-06-30")).query("iso3 == 'PER'")
    acts = ["signed", "consented", "entered_into_force"]
    html = pages["PER"]["statements"]
    assert html.count("<tr ") == (~told["figure"].isin(acts)).sum() > 20


def test_an_unknown_state_is_refused(ccm):
    status = sp.status(ccm.as_of("2012-04-19"))
    with pytest.raises(ValueError, match="state is 'XXX'; expected one of the 139 codes"):
        state_pages.position(status, sp.progress(ccm), "XXX")
    with pytest.raises(ValueError, match="the table of states is empty"):
        state_pages.position(status.head(0), sp.progress(ccm), "XXX")


# --- looking back ---


@pytest.mark.slow
def test_looks_back_know_only_what_was_known(ccm):
    then = ccm.as_of("2017-06-30")
    seen = state_wording.expectations(then)
    assert (seen["day"] < then.day).all() and (seen["day"].dt.month == 1).all()
    for day, rows in seen.groupby("day"):
        direct = sp.status(ccm.as_of(day)).set_index("iso3")
        for name in ("projected", "p_on_time", "status", "deadline"):
            there = rows.set_index("iso3")[name]
            assert there.to_dict() == direct.loc[there.index, name].to_dict(), day
    later = state_wording.expectations(ccm.as_of("2020-06-30").as_of("2017-06-30"))
    pd.testing.assert_frame_equal(seen, later)


def test_a_look_back_is_as_precise_about_the_deadline_as_its_sources_were(ccm, monkeypatch):
    then = ccm.as_of("2012-04-19")
    day = pd.Timestamp("2024-04-30")
    look = {"iso3": "PER", "deadline": day, "deadline_precision": "month", "status": "at risk"}
    look |= dict.fromkeys(("day", "projected", "earliest", "latest"), day)
    monkeypatch.setattr(state_pages, "expectations", lambda *_: pd.DataFrame([look]))
    html = state_pages.projection(sp.status(then), then, "PER")
    assert '<td data-label="Deadline">April\xa02024</td>' in html


@pytest.mark.slow
def test_at_most_so_many_looks_spread_over_all_years(apmbc):
    then = apmbc.as_of("2026-06-30")
    seen = state_wording.expectations(then)
    all_of = seen.loc[seen["iso3"] == "GRC", "day"].tolist()
    assert len(all_of) > state_wording.LOOKS
    html = state_pages.projection(sp.status(then), then, "GRC")
    days = [d for d in all_of if f">1\xa0January\xa0{d.year}<" in html]
    assert len(days) == state_wording.LOOKS and (days[0], days[-1]) == (all_of[0], all_of[-1])
    assert max(b.year - a.year for a, b in pairwise(days)) <= 2


def test_before_the_treaty_there_is_nothing_to_look_back_on(ccm):
    assert state_wording.expectations(ccm.as_of("2010-12-31")).empty


@pytest.mark.slow
def test_the_outcome_is_held_against_the_last_look(ccm):
    then = ccm.as_of("2026-06-30")
    told = text(state_pages.projection(sp.status(then), then, "BGR"))
    last = state_wording.expectations(then).query("iso3 == 'BGR'").iloc[-1]
    done = sp.status(then).set_index("iso3").loc["BGR", "completed"]
    assert last["day"] == pd.Timestamp("2021-01-01")  # later its deadline had passed in silence
    years = (last["projected"] - done).days / 365.25
    assert (
        f"On 1 January 2021 it was expected for {last['projected']:%B %Y}; "
        f"the end came {years:.1f} years earlier."
    ) in told


# --- escaping, files ---


@pytest.mark.usefixtures("alone")
def test_text_from_the_data_is_escaped(small):
    rows = [
        quantity("AAA", "declared", 10, "2010-12-31", source="state@2011-01-28"),
        quantity("AAA", "declared", 12, "2009-12-31", source="press@2011-01-28"),
        quantity("AAA", "remaining", 6, "2011-12-31", source="state@2012-04-30"),
    ]
    asked = event(
        "AAA", "extension_requested", "2012-01-31", value="2019-08-01", source="state@2012-04-30"
    )
    ledger = small(rows, [consents("AAA"), asked])
    bad = ledger.sources.assign(title=NASTY, publisher=NASTY, url=f"javascript:{NASTY}")
    states = ledger.states.assign(name=NASTY)
    made = page(replace(ledger, sources=bad, states=states).as_of("2014-06-30"), "AAA")
    assert check_page("".join(made.values()), sections=SECTIONS, drawings=["burndown"]) == []
    for name, html in made.items():
        assert "<script" not in html and "<b>x</b>" not in html and "javascript:" not in html, name
        assert text(html)


def test_the_chart_is_written_where_there_is_one(ccm, tmp_path):
    then = ccm.as_of("2022-06-30")
    frames = sp.status(then), sp.progress(then), sp.statements(then)
    assert state_pages.save_chart(tmp_path, *frames, then, "CMR") == []
    made = state_pages.save_chart(tmp_path / "charts", *frames, then, "PER")
    assert sorted(path.name for path in made) == ["PER-burndown.png", "PER-burndown.svg"]


# --- words ---


@pytest.mark.parametrize(
    ("rating", "membership", "words"),
    [
        ("completed", "State Party", "Peru has finished destroying its stock"),
        ("completed late", "State Party", "Peru has finished destroying its stock, late"),
        ("at risk", "State Party", "Peru is at risk of missing its deadline"),
        ("off target", "State Party", "Peru is off target for its deadline"),
        ("no data", "State Party", "There is too little information on Peru for a rating"),
        ("no obligation", "State Party", "Peru has no stock to destroy"),
        ("no obligation", "signatory", "Peru is not bound to destroy a stock"),
    ],
)
def test_every_rating_has_a_sentence(rating, membership, words):
    assert state_sentence({"state": "Peru", "status": rating, "membership": membership}) == words


def test_every_kind_of_statement_has_words(treaty_ledger):
    told = sp.statements(treaty_ledger.as_of("2026-06-30"))
    clauses = {row["figure"]: statement_sentence(row) for row in told.to_dict("records")}
    assert set(clauses) == set(told["figure"])
    for clause in clauses.values():
        assert clause[0].isupper() or clause[0].isdigit(), clause
        assert "_" not in clause and "nan" not in clause and "NaT" not in clause


@pytest.mark.parametrize(
    ("start", "end", "words"),
    [
        ("2019-01-01", "2019-12-31", "in 2019"),
        ("2017-01-01", "2019-12-31", "from 2017 to 2019"),
        ("2019-02-01", "2019-02-28", "in February 2019"),
        ("2019-02-03", "2019-02-03", "on 3 February 2019"),
        ("2019-02-03", None, "since 3 February 2019"),
    ],
)
def test_spans_of_days_in_short_words(start, end, words):
    assert period(pd.Timestamp(start), pd.NaT if end is None else pd.Timestamp(end)) == words


def test_numbers_keep_their_digits_and_their_qualifier():
    assert words.full_amount(1_234_567, "nearly") == "nearly 1,234,567"


def test_sources_are_named_and_only_web_addresses_become_links(ccm):
    then = ccm.as_of("2024-01-01")
    cited = Sources(then)
    assert cited["cmm2023-per-profile"]["url"].startswith("http://www.the-monitor.org/")
    bad = replace(then, sources=then.sources.assign(url="javascript:alert(1)"))
    assert Sources(bad)["cmm2023-per-profile"]["url"] == ""
    assert cited["gone"]["title"] == "a source no longer on record"


def test_rows_that_are_not_published_are_named_in_the_head_of_each_page() -> None:
    rows = pd.DataFrame({"State": ["Bulgaria"], "Year": [2011], "Remaining": [1500]})
    own = sp.read(
        rows, treaty="ccm", unit="cluster_munitions", published="2012-05", source="A <list>"
    ).as_of("2012-06-01")
    status = sp.status(own)
    for head in (
        state_pages.headline(status, own, "BGR"),
        status_page.headline(status, sp.progress(own), own),
    ):
        assert "this page shows rows of A &lt;list&gt; (data frame) that are not part" in str(head)
    public = sp.load("ccm").as_of("2012-06-01")
    assert "Not published" not in str(state_pages.headline(sp.status(public), public, "BGR"))


def test_a_state_that_suspends_is_not_said_to_have_nothing_to_destroy(apmbc):
    then = apmbc.as_of("2026-06-30")
    ukraine = sp.status(then, states="UKR").iloc[0]
    assert ukraine["status"] == "overdue" and ukraine["remaining"] > 0
    said = state_wording.outlook(ukraine, then.day)
    assert said == "It has given notice of suspending or leaving the treaty; nothing is projected."
