"""What changed between two days and between two reports, and reports read back."""

from __future__ import annotations

import hashlib
import json
import pickle
import shutil
from dataclasses import asdict, replace
from pathlib import Path

import pandas as pd
import pytest
from smalltreaty import consents, event, quantity, write_treaty

import stockpile as sp
from stockpile.common.frames import plain
from stockpile.common.output import csv_text, write_text
from stockpile.treaty.schema import TABLE_ORDER

pytestmark = pytest.mark.usefixtures("alone")

AAA = consents("AAA")
DECLARED = quantity("AAA", "declared", 100, "2010-12-31", source="state@2011-01-28")


def destroyed(number: int, on: str, source: str) -> dict[str, str]:
    return quantity("AAA", "destroyed_total", number, on, source=source)


def between(ledger: sp.Ledger, since: str, day: str, rule: str = "reported") -> sp.Changes:
    then = ledger.as_of(day, rule)
    return sp.what_changed(sp.snapshot(then.as_of(since, rule)), sp.snapshot(then))


def publish(folder: Path, now: sp.Snapshot, **told: object) -> Path:
    """Write the files of a report that a later one reads."""
    files = {}
    for name in ("status", "progress", "statements"):
        text = csv_text(getattr(now, name))
        write_text(folder / f"{name}.csv", text)
        files[f"{name}.csv"] = hashlib.sha256(text.encode()).hexdigest()
    manifest = {
        "treaty": now.treaty,
        "as_of": f"{now.day:%Y-%m-%d}",
        "rule": now.rule,
        "data_hash": now.data_hash,
        "parameters": asdict(now.thresholds),
        "files": files,
    }
    write_text(folder / "manifest.json", json.dumps(manifest | told))
    return folder


@pytest.fixture(scope="module")
def ccm_2022(ccm):
    return sp.snapshot(ccm.as_of("2022-06-30"))


@pytest.fixture(scope="module")
def report(ccm_2022, tmp_path_factory):
    """The files of a report, to be copied and spoilt."""
    return publish(tmp_path_factory.mktemp("reports") / "2022-06-30", ccm_2022)


@pytest.fixture
def copied(report, tmp_path):
    """A copy of the files of a report."""
    return Path(shutil.copytree(report, tmp_path / report.name))


# --- ratings ---


def test_ratings_are_the_difference_of_two_statuses(ccm, status_of, rule):
    moved = between(ccm, "2018-06-30", "2019-06-30", rule).ratings
    assert list(moved.columns)[2:] == ["iso3", "state", "before", "after", "reason"]
    now, then = (status_of("ccm", day, rule) for day in ("2019-06-30", "2018-06-30"))
    differ = now["status"] != then["status"]
    assert set(moved["iso3"]) == set(differ[differ].index)
    moved = moved.set_index("iso3")
    for column, frame in (("after", now), ("before", then)):
        assert moved[column].to_dict() == frame["status"].reindex(moved.index).to_dict()
    assert moved["reason"].to_dict() == now["reason"].reindex(moved.index).to_dict()
    order = [sp.RATINGS.index(rating) for rating in moved["after"]]
    assert order == sorted(order)


def test_a_state_that_is_on_record_on_one_side_only(small):
    ledger = small([DECLARED], [AAA, consents("BBB", "2012-02-16")])
    moved = between(ledger, "2011-06-30", "2012-12-31").ratings.set_index("iso3")
    assert plain(moved).loc["BBB", ["before", "after"]].tolist() == ["", "no data"]
    now, then = (sp.snapshot(ledger.as_of(day)) for day in ("2012-12-31", "2011-06-30"))
    turned = sp.what_changed(replace(now, day=then.day), then).ratings.set_index("iso3")
    assert plain(turned).loc["BBB", ["before", "after"]].tolist() == ["no data", ""]


def test_nothing_changes_between_a_report_and_itself(treaty_ledger):
    now = sp.snapshot(treaty_ledger.as_of("2014-06-30"))
    found = sp.what_changed(now, now)
    assert found.empty and found.same_data and found.same_thresholds


def test_an_earlier_view_of_a_cut_ledger_is_that_of_the_whole(treaty_ledger, rule):
    whole, cut = (treaty_ledger.as_of(day, rule) for day in ("2013-06-30", "2014-06-30"))
    assert cut.as_of("2013-06-30", rule) is whole
    # One that was sent to another process knows no whole any more, and is cut itself.
    sent = pickle.loads(pickle.dumps(cut)).as_of("2013-06-30", rule)
    for table in TABLE_ORDER:
        pd.testing.assert_frame_equal(whole.frame(table), sent.frame(table))


# --- figures restated, moved, made precise, taken back ---


def restated(changed: sp.Changes) -> pd.DataFrame:
    return plain(changed.restated).set_index(["iso3", "unit", "figure"]).sort_index()


def test_perus_declaration_was_restated_and_by_whom(ccm):
    found = restated(between(ccm, "2016-06-30", "2017-06-30"))
    row = found.loc[("PER", "cluster_munitions", "declared")]
    assert row[["before", "after", "change", "sources"]].tolist() == [
        676.0, 2007.0, "restated", "cmm2016-per-profile",
    ]  # fmt: skip
    assert pd.isna(row["on"]) and pd.isna(row["before_day"])


def test_an_extended_deadline_names_its_grant(ccm):
    row = restated(between(ccm, "2019-06-30", "2020-06-30")).loc[("BGR", "", "deadline")]
    days = row[["before_day", "after_day"]].tolist()
    assert days == [pd.Timestamp("2019-10-01"), pd.Timestamp("2021-04-01")]
    assert row[["change", "sources"]].tolist() == ["extended", "mon-faq-2019"]


def test_a_month_that_becomes_a_day_is_made_precise(ccm):
    peru = restated(between(ccm, "2023-06-30", "2024-06-30")).loc[("PER", "", "deadline")]
    assert (peru["change"], peru["after_day"]) == ("made precise", pd.Timestamp("2024-04-01"))


def test_an_original_deadline_that_is_only_stated_is_made_precise_too(small):
    year, day = "organisation@2016-11-28", "monitor@2018-11-20"
    stated = [
        event(
            "AAA", "deadline_stated", "2019-12-31", value="original", precision="year", source=year
        ),
        event("AAA", "deadline_stated", "2019-02-01", value="original", source=day),
    ]
    row = restated(between(small([DECLARED], stated), "2018-06-30", "2019-06-30"))
    row = row.loc[("AAA", "", "deadline")]
    assert (row["change"], row["before_day"]) == ("made precise", pd.Timestamp("2019-12-31"))
    assert row["after_day"] == pd.Timestamp("2019-02-01")


def test_a_completion_that_stock_speaks_against_is_taken_back(apmbc):
    row = restated(between(apmbc, "2006-06-30", "2007-06-30")).loc[("YEM", "", "completed")]
    assert row["change"] == "taken back"
    assert row["sources"] == "lmcp2010-yem"
    assert pd.isna(row["after_day"])


def test_a_figure_that_follows_from_what_is_left_names_that_source(apmbc):
    found = restated(between(apmbc, "2023-06-30", "2024-06-30"))
    row = found.loc[("GRC", "antipersonnel_mines", "destroyed")]
    assert row["after"] < row["before"] and row["on"] == pd.Timestamp("2022-11-25")
    assert row["sources"] == "icbl-interses-2024"


def test_progress_is_no_restatement(small):
    ledger = small(
        [DECLARED, destroyed(40, "2011-12-31", "state@2012-04-30"),
         destroyed(70, "2012-12-31", "state@2013-04-30")],
        [AAA],
    )  # fmt: skip
    changed = between(ledger, "2012-06-30", "2013-06-30")
    assert changed.restated.empty
    assert changed.statements["source_id"].tolist() == ["state@2013-04-30"]


def test_a_total_that_fell_is_a_restatement(small):
    ledger = small(
        [DECLARED, destroyed(40, "2011-12-31", "state@2012-04-30"),
         destroyed(30, "2012-12-31", "state@2013-04-30")],
        [AAA],
    )  # fmt: skip
    (row,) = between(ledger, "2012-06-30", "2013-06-30").restated.to_dict("records")
    assert (row["figure"], row["before"], row["after"]) == ("destroyed", 40, 30)
    assert (row["on"], row["sources"]) == (pd.Timestamp("2011-12-31"), "state@2013-04-30")


def test_what_follows_from_a_restated_declaration_is_not_told_twice(small):
    ledger = small(
        [DECLARED, destroyed(40, "2011-12-31", "state@2012-04-30"),
         quantity("AAA", "declared", 150, "2012-12-31", source="state@2013-04-30")],
        [AAA],
    )  # fmt: skip
    changed = between(ledger, "2012-06-30", "2013-06-30")
    assert changed.restated["figure"].tolist() == ["declared"]


def test_a_first_figure_is_no_restatement(small):
    ledger = small([DECLARED], [AAA])
    assert between(ledger, "2010-12-31", "2012-06-30").restated.empty


# --- deadlines ---


@pytest.mark.parametrize(
    ("since", "day", "what"),
    [
        ("2016-08-01", "2017-08-01", ["within a year"]),  # exactly a year ahead
        ("2016-07-31", "2017-07-31", []),
        ("2017-08-01", "2018-08-01", []),  # it was within a year before, and is in time still
        ("2018-08-01", "2018-08-02", ["passed"]),
        ("2018-08-02", "2019-08-02", []),  # it had passed before
    ],
)
def test_deadlines_that_pass_and_that_come_near(small, since, day, what):
    plan = event("AAA", "planned_completion", "2021-12-31", source="state@2018-07-31")
    found = between(small([DECLARED], [AAA, plan]), since, day).deadlines
    assert found["what"].tolist() == what
    assert set(found["deadline"]) <= {pd.Timestamp("2018-08-01")}


def test_a_state_that_has_finished_has_no_deadline_to_tell_of(small):
    done = event("AAA", "completed", "2018-08-05", source="state@2018-08-06")
    assert between(small([DECLARED], [AAA, done]), "2018-07-01", "2018-09-01").deadlines.empty


def test_the_deadlines_of_real_states(apmbc):
    found = between(apmbc, "2006-06-30", "2007-06-30").deadlines
    assert found.loc[found["what"] == "passed", "iso3"].tolist() == ["AFG"]
    assert set(found.loc[found["what"] == "within a year", "iso3"]) >= {"BLR", "GRC", "TUR"}


# --- statements, and tables that were changed ---


def test_new_statements_are_those_known_since(treaty_ledger, rule):
    now, then = (treaty_ledger.as_of(day, rule) for day in ("2014-06-30", "2013-06-30"))
    changed = sp.what_changed(sp.snapshot(then), sp.snapshot(now))
    known = f"known_{rule}"
    late = [rows[rows[known] > then.day] for rows in (now.quantities, now.events)]
    assert len(changed.statements) == sum(map(len, late)) > 0
    assert set(changed.statements["source_id"]) == {s for rows in late for s in rows["source_id"]}
    assert changed.withdrawn_statements.empty


def test_what_was_taken_out_of_the_tables_is_told(tmp_path):
    rows = [DECLARED, destroyed(40, "2011-12-31", "state@2012-04-30")]
    share = quantity(
        "AAA", "destroyed_share", 0.555555555, "2012-12-31", unit="unspecified",
        source="monitor@2013-01-31",
    )  # fmt: skip
    before = sp.load(write_treaty(tmp_path / "a" / "demo", [*rows, share], [AAA]))
    after = sp.load(write_treaty(tmp_path / "b" / "demo", rows[:1], [AAA]))
    day = "2014-06-30"
    folder = publish(tmp_path / "report", sp.snapshot(before.as_of(day)))
    changed = sp.what_changed(sp.read_snapshot(folder), sp.snapshot(after.as_of(day)))
    assert not changed.same_data and changed.statements.empty
    gone = changed.withdrawn_statements
    assert set(gone["source_id"]) == {"monitor@2013-01-31", "state@2012-04-30"}
    (row,) = changed.restated.to_dict("records")
    assert (row["figure"], row["change"]) == ("destroyed", "taken back")
    assert row["sources"] == "monitor@2013-01-31 state@2012-04-30"


def test_other_thresholds_are_told(ccm, ccm_2022):
    other = sp.snapshot(ccm.as_of("2022-06-30"), sp.Thresholds(on_target=0.99))
    changed = sp.what_changed(ccm_2022, other)
    assert changed.same_data and not changed.same_thresholds
    assert "ZAF" in set(changed.ratings["iso3"]) and changed.statements.empty
    unknown = replace(ccm_2022, thresholds=None)
    assert sp.what_changed(unknown, other).same_thresholds


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"treaty": "apmbc"}, "the earlier treaty is 'apmbc' and the later 'ccm'"),
        ({"rule": "published"}, "the earlier rule is 'published' and the later 'reported'"),
        (
            {"day": pd.Timestamp("2022-07-01")},
            "the earlier day is 2022-07-01 and the later 2022-06-30; expected an earlier day",
        ),
    ],
)
def test_what_cannot_be_compared_is_refused(ccm_2022, change, message):
    with pytest.raises(ValueError, match=message):
        sp.what_changed(replace(ccm_2022, **change), ccm_2022)


def test_cannot_look_forward(ccm):
    then = ccm.as_of("2018-10-01")
    with pytest.raises(ValueError, match="already cut to 2018-10-01"):
        sp.snapshot(then.as_of("2019-10-01"))


# --- a report read back ---


def test_a_report_read_back_is_unchanged(treaty_ledger, rule, tmp_path):
    now = sp.snapshot(treaty_ledger.as_of("2014-06-30", rule))
    read = sp.read_snapshot(publish(tmp_path, now))
    assert sp.what_changed(read, now).empty and sp.what_changed(now, read).empty
    assert (read.treaty, read.day, read.rule) == (now.treaty, now.day, rule)
    assert read.thresholds == now.thresholds
    for name in ("status", "progress", "statements"):
        written, back = getattr(now, name), getattr(read, name)
        assert back.dtypes.to_dict() == written.dtypes.to_dict(), name
        assert csv_text(back) == csv_text(written), name


def test_names_and_numbers_that_files_mangle_come_back(tmp_path):
    names = ['=cmd()|"x"', "+1", "'s-Hertogenbosch", "two\r\nlines\u2028three", "NA"]
    codes = ["AAA", "BBB", "CCC", "DDD", "EEE"]
    folder = write_treaty(
        tmp_path / "demo",
        [
            quantity(code, "destroyed_share", "0.3333333333", "2012-12-31",
                     source="state@2013-01-31")
            for code in codes
        ],
        [consents(code) for code in codes],
        states=codes,
    )  # fmt: skip
    ledger = sp.load(folder)
    states = pd.DataFrame({"iso3": codes, "name": names}, dtype="str")
    now = sp.snapshot(replace(ledger, states=states).as_of("2014-06-30"))
    read = sp.read_snapshot(publish(tmp_path / "report", now))
    assert read.status["state"].tolist() == names
    assert sp.what_changed(read, now).empty


def test_a_report_made_before_columns_had_their_names_stays_readable(ccm_2022, tmp_path):
    earlier = {
        name: getattr(ccm_2022, name).drop(columns=["treaty", "as_of"])
        for name in ("status", "progress", "statements")
    }
    earlier["status"] = earlier["status"].rename(columns={"had_stock": "has_stock"})
    earlier["status"] = earlier["status"].drop(columns="deadline_precision")
    read = sp.read_snapshot(publish(tmp_path, replace(ccm_2022, **earlier)))
    assert sp.what_changed(read, ccm_2022).empty
    assert list(read.status.columns[:3]) == ["treaty", "as_of", "iso3"]


def test_an_empty_report_comes_back(small, tmp_path):
    now = sp.snapshot(small([], []).as_of("2012-04-19"))
    assert sp.what_changed(sp.read_snapshot(publish(tmp_path, now)), now).empty


def spoil(folder: Path, name: str, old: str, new: str) -> None:
    path = folder / name
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


@pytest.mark.parametrize(
    ("name", "old", "new", "message"),
    [
        ("status.csv", "had_stock", "hadstock", "status.csv: no column had_stock; expected"),
        ("status.csv", "2013-03-01", "01/03/2013", "row .*'01/03/2013'; expected a day"),
        ("status.csv", ",True,", ",yes,", "row .* had_stock: 'yes'; expected True or"),
        ("status.csv", ",on target,", ",fine,", "row .* status: 'fine'; expected one of"),
        ("progress.csv", ",2012,", ",2 012,", "progress.csv, row .*'2 012'; expected a number"),
        ("statements.csv", ",0,completed", ",x,completed", "'x'; expected a whole number"),
        ("progress.csv", "-30,PER,", "-30,PER,more,", "progress.csv, row .*16 cells; expected 15"),
        ("statements.csv", ",0,completed", f",{'9' * 20},completed", "expected a whole number"),
        ("progress.csv", ",2012,", ",1e999,", "progress.csv, row .*'1e999'; expected a number"),
        ("status.csv", ",PER,", ",PER" + 140_000 * "x" + ",", "status.csv: field larger than"),
        ("manifest.json", '": "', '": ' + 200_000 * "[", "manifest.json: not the manifest"),
        ("manifest.json", '": "', '": ' + 5_000 * "9" + ', "x": "', "json: not the manifest"),
        ("manifest.json", ': "reported"', ': "rumoured"', "rule is 'rumoured'; expected"),
        ("manifest.json", '"2022-06-30"', '"June"', "manifest.json: as_of 'June'"),
        ("manifest.json", '"data_hash":', '"hash":', "manifest.json: data_hash is None; expected"),
        ("manifest.json", "{", "[", "manifest.json, line 1: not JSON"),
        ("manifest.json", '"on_target": 0.7', '"on_target": 70', "json: parameters: on_target"),
    ],
)  # fmt: skip
def test_a_report_that_is_not_right_is_refused(copied, name, old, new, message):
    spoil(copied, name, old, new)
    with pytest.raises(sp.DataError, match=message):
        sp.read_snapshot(copied)


@pytest.mark.parametrize("name", ["status.csv", "progress.csv", "statements.csv"])
def test_a_table_that_was_cut_off_is_refused(copied, name):
    """It is a table like any other, and says that many states have changed."""
    lines = (copied / name).read_text(encoding="utf-8").splitlines(keepends=True)
    (copied / name).write_text("".join(lines[: len(lines) // 2]), encoding="utf-8")
    with pytest.raises(sp.DataError, match=f"{name}: not as it was published"):
        sp.read_snapshot(copied)


def test_a_manifest_that_names_no_tables_vouches_for_none(copied):
    path = copied / "manifest.json"
    told = json.loads(path.read_text(encoding="utf-8"))
    for files in (None, [], {}, {"status.csv": 1}):
        path.write_text(json.dumps(told | {"files": files}), encoding="utf-8")
        with pytest.raises(sp.DataError, match=r"status\.csv: not as it was published"):
            sp.read_snapshot(copied)


@pytest.mark.parametrize("name", ["manifest.json", "status.csv", "progress.csv", "statements.csv"])
def test_a_file_that_is_missing_or_no_text_is_named(copied, name):
    (copied / name).write_bytes(b"\xff\xfe")
    with pytest.raises(sp.DataError, match=f"{name}: byte 0 is not UTF-8"):
        sp.read_snapshot(copied)
    (copied / name).unlink()
    with pytest.raises(sp.DataError, match=f"{name}: not found in 2022-06-30/"):
        sp.read_snapshot(copied)


def test_a_folder_that_is_none_is_named(tmp_path):
    with pytest.raises(sp.DataError, match="nowhere: not a folder"):
        sp.read_snapshot(tmp_path / "nowhere")


def test_a_manifest_is_an_object(copied):
    (copied / "manifest.json").write_text("[1]", encoding="utf-8")
    with pytest.raises(sp.DataError, match=r"manifest\.json: not a JSON object"):
        sp.read_snapshot(copied)


def test_a_table_without_a_head_is_refused(copied):
    (copied / "status.csv").write_text("", encoding="utf-8")
    with pytest.raises(sp.DataError, match=r"status\.csv: no column iso3"):
        sp.read_snapshot(copied)


def test_a_manifest_without_thresholds_says_nothing_of_them(copied):
    path = copied / "manifest.json"
    told = json.loads(path.read_text(encoding="utf-8")) | {"parameters": {"on_target": 0.85}}
    path.write_text(json.dumps(told), encoding="utf-8")
    assert sp.read_snapshot(copied).thresholds is None
