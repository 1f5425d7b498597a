"""``stockpile status --dimension``: what the command line says of reports, laws, members, views."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd

from stockpile.common import english as words
from stockpile.compliance.scorecard import legislation, membership, transparency, views
from stockpile.compliance.wording import joined_sentence, laws_sentence, reports_sentence
from stockpile.ledger.ledger import Ledger

#: What ``--dimension`` may name beside the stockpile itself.
DIMENSIONS: dict[str, Callable[[Ledger], pd.DataFrame]] = {
    "transparency": transparency,
    "legislation": legislation,
    "membership": membership,
    "views": views,
}
#: Columns of the table on the terminal; the other formats have them all.
_COLUMNS = {
    "transparency": ["state", "report", "due", "submitted", "days", "disputed"],
    "legislation": ["state", "law", "law_year", "stated", "disputed"],
    "membership": ["state", "membership", "since", "consented", "withdrawal_notified"],
    "views": ["state", "membership", "question", "view", "stated"],
}


def table(ledger: Ledger, frame: pd.DataFrame, dimension: str) -> str:
    """Lay out one dimension for the terminal: what it amounts to, then the states.

    Parameters
    ----------
    ledger : Ledger
        As of a day.
    frame : pandas.DataFrame
        What the function of `DIMENSIONS` returned for it.
    dimension : str
        Its name.

    Examples
    --------
    >>> import stockpile as sp
    >>> then = sp.load("ccm").as_of("2008-12-31")
    >>> print(table(then, sp.views(then), "views"))
    Convention on Cluster Munitions, as of 2008-12-31
    Stated views: three; a state without one may have one all the same.
    <BLANKLINE>
          state membership                    question       view     stated
        Austria  signatory transit_foreign_stockpiling prohibited 2008-12-31
        Belgium  signatory                  investment prohibited 2007-12-31
    Netherlands  signatory transit_foreign_stockpiling  permitted 2008-09-04
    <BLANKLINE>
    """
    parties = frame[frame["membership"] == "State Party"]
    if dimension == "transparency":
        said = reports_sentence(parties.assign(report_days=parties["days"]))
        shown = parties[parties["report"] != "not covered"]
        shown = shown.sort_values(["days", "state"], ascending=[False, True])
    elif dimension == "legislation":
        said = laws_sentence(parties)
        shown = parties[parties["law"] != "not covered"].sort_values(["law", "state"])
    elif dimension == "membership":
        said = joined_sentence(frame)
        shown = frame[frame["membership"] != "not party"].sort_values(["membership", "state"])
    else:
        shown = frame[~frame["view"].isin(["unknown", "not covered"])].sort_values(
            ["state", "question"]
        )
        said = f"Stated views: {words.spell(len(shown)) if len(shown) else 'none'}; " + (
            "the tables do not cover them."
            if (frame["view"] == "not covered").any()
            else "a state without one may have one all the same."
        )
    text = shown[_COLUMNS[dimension]].copy()
    for name, column in text.items():
        if pd.api.types.is_datetime64_any_dtype(column):
            text[name] = column.dt.strftime("%Y-%m-%d").fillna("-")
        elif column.dtype == "bool":
            text[name] = column.map({True: "yes", False: "-"})
        elif column.dtype == "Int64":
            text[name] = column.astype("object").where(column.notna(), "-").astype("str")
    body = text.to_string(index=False) if len(text) else "No state to show."
    day = ledger.require_day()
    return f"{ledger.treaty.name}, as of {day:%Y-%m-%d}\n{said}\n\n{body}\n"
