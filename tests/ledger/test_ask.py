"""Ledgers that say what they are, and questions that are answered or refused plainly."""

import datetime as dt

import pandas as pd
import pytest

import stockpile as sp


def test_a_treaty_is_found_in_any_case_and_a_slip_is_named(ccm):
    assert sp.load("CCM").treaty.id == "ccm"
    with pytest.raises(sp.DataError, match=r"'cmm' is not a packaged treaty; .*; nearest is ccm"):
        sp.load("cmm")
    with pytest.raises(sp.DataError, match=r"events\.csv$"):
        sp.load("nothing like it")


def test_a_ledger_is_one_line_and_a_small_table(ccm):
    then = ccm.as_of("2012-04-19")
    assert repr(then).startswith("<Ledger ccm as of 2012-04-19 (reported): 139 states, ")
    assert "everything on record" in repr(ccm) and "\n" not in repr(ccm)
    assert "Convention on Cluster Munitions" in then._repr_html_()
    assert len(then._repr_html_()) < 1_000
    now = sp.snapshot(then)
    assert repr(now).startswith("<Snapshot ccm as of 2012-04-19 (reported): ")
    assert repr(sp.what_changed(now, now)).startswith("<Changes 2012-04-19 to 2012-04-19: 0 ratin")


@pytest.mark.parametrize(
    ("day", "message"),
    [
        ("2012-4-19", "'2012-4-19' is not a day; expected YYYY-MM-DD"),
        ("2012-04-31", "'2012-04-31' is not a day of the calendar; expected"),
        (pd.Timestamp("2012-04-19", tz="UTC"), "is not a day, for it has a time zone; expected"),
        (dt.date(1812, 4, 19), "is not a day from 1900 to 2199; expected"),
        (2012, "2012 is not a day; expected YYYY-MM-DD"),
    ],
)
def test_a_day_that_is_none_is_told_why(ccm, day, message):
    with pytest.raises(ValueError, match=message):
        ccm.as_of(day)


def test_how_to_read_an_extra_needs_one():
    with pytest.raises(TypeError, match=r"published, unit: .* there is no extra"):
        sp.load("ccm", unit="cluster_munitions", published="2012-05-02")
    with pytest.raises(TypeError, match="extras"):
        sp.load("ccm", extras="x")


def test_citing_names_both_versions(ccm):
    text = sp.cite()
    assert f"{{{sp.__version__}}}" in text and f"{{{ccm.data_version}}}" in text
    assert text.count("@") == 2 and text.count("year") == 2


def test_versions_are_printed(capsys):
    sp.show_versions()
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["stockpile", sp.__version__] and len(lines) > 10
