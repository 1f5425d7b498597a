"""What a replay of the past amounts to, in whole sentences.

Plain text without markup; every number in it is drawn from the frames that
`stockpile.track_record.backtest` returns.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

import pandas as pd

from stockpile.common import english as words
from stockpile.forecast.history import YEAR

#: What the forecasters of `stockpile.track_record.backtest` are called in charts and tables.
METHOD_NAMES: Mapping[str, str] = MappingProxyType(
    {
        "projection": "the projection",
        "hindsight": "the projection, with hindsight",
        "comparables": "comparable states alone",
        "announced": "the date the state announced",
        "deadline": "'they finish on the deadline'",
        "pace": "the observed pace drawn on",
    }
)
_OURS = ("projection", "hindsight")
#: Up to this many states are called by their names.
_NAMED = 30


def years(value: float) -> str:
    """A length of time as charts and tables of scores write it.

    Examples
    --------
    >>> years(1.0049), years(-0.001), years(float("nan"))
    ('1.00', '0.00', 'unknown')
    """
    return "unknown" if pd.isna(value) else f"{round(value, 2) + 0.0:.2f}"


def with_range(value: float, low: float, high: float) -> str:
    """A score with its range.

    Examples
    --------
    >>> with_range(1.005, 0.707, 1.338)
    '1.00 (0.71 to 1.34)'
    """
    return f"{years(value)} ({years(low)} to {years(high)})"


def band(low: float, high: float) -> str:
    """A band of chances.

    Examples
    --------
    >>> band(0.95, 1.0)
    '95 to 100%'
    """
    return f"{low * 100:.0f} to {high * 100:.0f}%"


def replay_days(step: int) -> str:
    """Say on which days of the year the past was replayed.

    Examples
    --------
    >>> replay_days(6), replay_days(12), replay_days(1)
    ('on the first of every January and July', 'on the first of every January', \
'on the first of every month')
    """
    if step == 1:
        return "on the first of every month"
    months = [words.day(f"2001-{m:02d}-01").split()[1] for m in range(1, 13, step)]
    return f"on the first of every {words.listing(months)}"


def scored(replays: pd.DataFrame, treaty: str, *, step: int, rule: str) -> str:
    """Say what was replayed: which states, on which days, with what knowledge.

    Parameters
    ----------
    replays : pandas.DataFrame
        As `stockpile.track_record.backtest.replay` returns it, of one treaty.
    treaty : str
        Its name.
    step : int
        Months between two replays.
    rule : str
        What was known on a day.

    Examples
    --------
    >>> import pandas as pd
    >>> scored(pd.DataFrame(columns=["day", "iso3", "finished"]), "Demo", step=6, rule="reported")
    'No state of the Demo was known to have stock on a day that could be replayed.'
    """
    if replays.empty:
        return f"No state of the {treaty} was known to have stock on a day that could be replayed."
    first, last = replays["day"].min(), replays["day"].max()
    states = replays["iso3"].nunique()
    still = replays.loc[~replays["finished"].astype(bool), "iso3"].nunique()
    opened = ""
    if still:
        have, are = ("has", "is") if still == 1 else ("have", "are")
        opened = (
            f"; {words.spell(still)} of them {have} not finished, and {are} scored for as long as "
            "that is known"
        )
    return (
        f"From {words.month(first)} to {words.month(last)}, {replay_days(step)}, every state of "
        f"the {treaty} that was known to have stock was projected with only what was known that "
        f"day (rule '{rule}'): {words.count(len(replays), 'projection')} for "
        f"{words.count(states, 'state')}{opened}."
    )


def errors(scores: pd.DataFrame) -> str:
    """Say how far the projection erred, and how far the baselines did.

    Parameters
    ----------
    scores : pandas.DataFrame
        As `stockpile.track_record.scoring.scores` returns it, of one treaty.
    """
    table = scores.dropna(subset=["crps"]).set_index("method")
    if "projection" not in table.index:
        return "No projection has been scored."
    own: Any = table.loc["projection"]
    said = (
        f"Its mean error was {words_of_years(own['crps'])} (90 per cent range over states: "
        f"{years(own['low'])} to {years(own['high'])})"
    )
    baselines = table.drop(index=[m for m in _OURS if m in table.index]).sort_values("crps")
    if baselines.empty:
        return f"{said}."
    best, worst = baselines.iloc[0], baselines.iloc[-1]
    said += f", against {years(best['crps'])} for {METHOD_NAMES[str(best.name)]}"
    if len(baselines) > 1:
        said += (
            f", the best of the {words.spell(len(baselines))} baselines, and "
            f"{years(worst['crps'])} for {METHOD_NAMES[str(worst.name)]}, the worst"
        )
    return f"{said}. {_supported(baselines)}"


def words_of_years(value: float) -> str:
    """A length of time with its unit.

    Examples
    --------
    >>> words_of_years(1.005), words_of_years(0.82)
    ('1.00 years', '0.82 years')
    """
    return f"{years(value)} years"


def _supported(baselines: pd.DataFrame) -> str:
    """Claim only differences whose range leaves out zero."""
    better = baselines["gain_low"] > 0
    if better.all():
        return "The range of the difference lies above zero for every baseline."
    if not better.any():
        return "No difference to a baseline is one that the record supports."
    names = [METHOD_NAMES[str(m)] for m in baselines.index[~better]]
    return (
        f"The difference to {words.listing(names)} is not one that the record supports; "
        "those to the other baselines are."
    )


def hindsight(scores: pd.DataFrame) -> str:
    """Say what knowing all other outcomes would have changed.

    Parameters
    ----------
    scores : pandas.DataFrame
        As `stockpile.track_record.scoring.scores` returns it, of one treaty.
    """
    row = scores[scores["method"] == "hindsight"].dropna(subset=["crps"])
    if row.empty:
        return ""
    back = row.iloc[0]
    real = back["gain_low"] > 0 or back["gain_high"] < 0
    verdict = "supports the difference" if real else "does not support a difference"
    return (
        "Fitted with hindsight, on all outcomes but the state's own, the same method errs by "
        f"{words_of_years(back['crps'])}; the record {verdict}."
    )


def coverage(calibration: pd.DataFrame) -> str:
    """Say how often ranges held the outcome, and how good the chances were.

    Parameters
    ----------
    calibration : pandas.DataFrame
        As `stockpile.track_record.scoring.calibration` returns it, of one treaty.
    """
    if calibration.empty:
        return "Too little has been decided to say how good its ranges and its chances were."
    row = calibration.iloc[0]
    return (
        f"The ranges from 10 to 90 per cent held {_share(row['inside_80'])} of the outcomes "
        f"(range over states: {_share(row['inside_80_low'])} to {_share(row['inside_80_high'])}; "
        f"80 would be right), those from 25 to 75 per cent {_share(row['inside_50'])} (50 would be "
        f"right). Their median width was {years(row['width_80'])} and {years(row['width_50'])} "
        f"years. {_brier(row)}"
    )


def _brier(row: pd.Series) -> str:
    if pd.isna(row["brier"]):
        return "No deadline was decided, so that no chance of being in time can be scored."
    if row["brier_gain_low"] > 0:
        verdict = "the projection is better"
    elif row["brier_gain_high"] < 0:
        verdict = "the projection is worse"
    else:
        verdict = "a difference that the record does not support"
    return (
        f"The chance of being in time had a Brier score of {row['brier']:.3f} (0 is perfect); to "
        "give every state the share that was in time in the end would have scored "
        f"{row['brier_base']:.3f}: {verdict}."
    )


def _share(value: float) -> str:
    return words.percent(value, " per cent")


def rating_sentence(ratings: pd.DataFrame) -> str:
    """Say how often the ratings came true.

    Parameters
    ----------
    ratings : pandas.DataFrame
        As `stockpile.track_record.scoring.ratings` returns it, of one treaty.

    Examples
    --------
    >>> import pandas as pd
    >>> rating_sentence(pd.DataFrame({"rating": ["on target", "at risk"], "replays": [20, 3],
    ...                               "states": [7, 2], "came_true": [0.85, 1 / 3]}))
    'Of 20 cases rated on target (seven states), 17 finished by the deadline in force on that day; \
of three cases rated at risk (two states), one.'
    """
    order = ["on target", "at risk", "off target"]
    rows = ratings.set_index("rating")
    said: list[str] = []
    for rating in [r for r in order if r in rows.index]:
        row: Any = rows.loc[rating]
        true = round(row["replays"] * row["came_true"])
        number = words.spell(true) if true else "none"
        rest = f"{number} finished by the deadline in force on that day" if not said else number
        said.append(
            f"of {words.count(int(row['replays']), 'case')} rated {rating} "
            f"({words.count(int(row['states']), 'state')}), {rest}"
        )
    if not said:
        return "No rating has been put to the test: no deadline has been decided."
    return words.sentence("; ".join(said)) + "."


def alarm_sentence(alarms: pd.DataFrame) -> str:
    """Say who missed the original deadline, and whether a warning came before.

    Parameters
    ----------
    alarms : pandas.DataFrame
        As `stockpile.track_record.scoring.alarms` returns it, of one treaty.

    Examples
    --------
    >>> import pandas as pd
    >>> alarm_sentence(pd.DataFrame({"state": ["A", "B"], "lead_years": [1.4, float("nan")]}))
    "Two states missed their original deadline. For one of them the rating left 'on target' for \
good before it, 1.4 years ahead; for B it never did."
    """
    total = len(alarms)
    if not total:
        return "No state that was replayed before its original deadline missed it."
    said = (
        f"{words.sentence(words.count(total, 'state'))} missed {'its' if total == 1 else 'their'}"
    )
    said += " original deadline."
    lead = alarms["lead_years"].dropna()
    silent = sorted(alarms.loc[alarms["lead_years"].isna(), "state"])
    if lead.empty:
        return f"{said} The rating never left 'on target' for good before it."
    low, high = f"{lead.min():.1f}", f"{lead.max():.1f}"
    ahead = f"{low} years ahead" if low == high else f"{low} to {high} years ahead"
    if silent:
        who = f"{words.spell(len(lead))} of them"
        rest = f"; for {words.listing(silent)} it never did"
    else:
        who = ("all " if len(lead) > 1 else "") + (words.spell(len(lead)) if total > 1 else "it")
        rest = ""
    return f"{said} For {who} the rating left 'on target' for good before it, {ahead}{rest}."


def false_alarm_sentence(false: pd.DataFrame, replays: pd.DataFrame) -> str:
    """Say who was in time although a rating had once left 'on target'.

    Parameters
    ----------
    false : pandas.DataFrame
        As `stockpile.track_record.scoring.false_alarms` returns it, of one treaty.
    replays : pandas.DataFrame
        The replays that it was drawn from.
    """
    met = replays[replays["outcome"] <= replays["original_deadline"]] if len(replays) else replays
    total = met["iso3"].nunique()
    if not total:
        return "No state that was replayed met its original deadline."
    if false.empty:
        return (
            f"No false alarm: {words.count(total, 'state')} met the original deadline, none of "
            "them ever rated worse than 'on target'."
        )
    names = [f"{row.state} ({row.replays} of {row.of})" for row in false.itertuples()]
    return (
        f"The price: {words.spell(len(false))} of the {words.count(total, 'state')} that met the "
        "original deadline had been rated worse than 'on target' at least once. In brackets, on "
        f"how many of the replays: {words.listing(sorted(names), limit=_NAMED)}."
    )


def score_title(scores: pd.DataFrame) -> str:
    """Say what a chart of scores shows.

    Examples
    --------
    >>> import pandas as pd
    >>> score_title(pd.DataFrame({"treaty": "demo", "method": ["projection", "pace", "deadline"],
    ...                           "crps": [1.0, 4.1, 3.2]}))
    'The projection erred by 1.00 years; the best baseline by 3.20'
    """
    known = scores.dropna(subset=["crps"])
    if known.empty:
        return "No projection has been scored"
    said = []
    for treaty, part in known.groupby("treaty", sort=False):
        table = part.set_index("method")["crps"]
        rest = table.drop(index=[m for m in _OURS if m in table.index])
        text = f"the projection erred by {years(table.get('projection', float('nan')))} years"
        if len(rest):
            text += f"; the best baseline by {years(rest.min())}"
        said.append(f"{treaty}: {text}" if known["treaty"].nunique() > 1 else words.sentence(text))
    return ". ".join(said)


def fan_title(replays: pd.DataFrame) -> str:
    """Say how the projections of one state fared.

    Examples
    --------
    >>> import pandas as pd
    >>> day = pd.to_datetime(["2011-01-01", "2012-01-01"])
    >>> fan_title(pd.DataFrame({"state": "Peru", "day": day, "q10": day, "q90": pd.NaT,
    ...     "q50": day + pd.Timedelta(days=40), "outcome": pd.Timestamp("2012-06-30"),
    ...     "until": 1.0}))
    'Peru finished in Jun 2012, inside the 10 to 90% range of all two replays'
    """
    if replays.empty:
        return "No replay on record"
    last = replays.iloc[-1]
    total = len(replays)
    every = f"all {words.count(total, 'replay')}" if total > 1 else "its one replay"
    if pd.notna(last["outcome"]):
        upper = replays["q90"].fillna(pd.Timestamp.max)
        held = int(((replays["outcome"] >= replays["q10"]) & (replays["outcome"] <= upper)).sum())
        where = f"{'inside' if held else 'outside'} the 10 to 90% range of"
        which = f"{words.spell(held)} of {words.count(total, 'replay')}"
        which = every if held in (0, total) else which
        return f"{last['state']} finished in {words.month(last['outcome'])}, {where} {which}"
    early = int((replays["q50"] < last_seen(replays)).sum())
    if not early:
        return f"{last['state']} is still open, and no median has proved too early yet"
    which = every if early == total else f"{words.spell(early)} of {words.count(total, 'replay')}"
    return f"{last['state']} is still open; the median of {which} has proved too early"


def last_seen(replays: pd.DataFrame) -> pd.Timestamp:
    """Until when the replays of one state reach: to its outcome, or as long as it is known open.

    Examples
    --------
    >>> import pandas as pd
    >>> last_seen(pd.DataFrame({"day": [pd.Timestamp("2012-01-01")], "until": [0.5]}))
    Timestamp('2012-07-02 00:00:00')
    """
    ends = replays["day"] + pd.to_timedelta((replays["until"] * YEAR).round(), unit="D")
    return pd.Timestamp(ends.max())


def reliability_title(table: pd.DataFrame) -> str:
    """Say what became of the chances that were given most often.

    Examples
    --------
    >>> import pandas as pd
    >>> reliability_title(pd.DataFrame({"treaty": "demo", "from": [0.9], "to": [1.0],
    ...     "replays": [40], "states": [9], "chance": [0.97], "came_true": [0.875]}))
    'Of what was given a chance of 90 to 100%, 88% came true'
    """
    known = table.dropna(subset=["came_true"])
    if known.empty:
        return "No chance has been put to the test"
    said = []
    for treaty, part in known.groupby("treaty", sort=False):
        row = part.sort_values("replays", kind="stable").iloc[-1]
        chance = band(row["from"], row["to"])
        text = (
            f"of what was given a chance of {chance}, {words.percent(row['came_true'])} came true"
        )
        said.append(f"{treaty}: {text}" if known["treaty"].nunique() > 1 else words.sentence(text))
    return ". ".join(said)


def chosen_states(replays: pd.DataFrame, codes: str | Sequence[str] = "", n: int = 4) -> list[str]:
    """ISO codes of the states to be shown one by one.

    Parameters
    ----------
    replays : pandas.DataFrame
        As `stockpile.track_record.backtest.replay` returns it, of one treaty.
    codes : str or sequence of str
        Codes, as text separated by commas; empty for a choice of the states that are
        open or finished after their original deadline, most replays first, and after
        them those that finished last.
    n : int
        How many to choose.

    Raises
    ------
    ValueError
        When a code is not that of a state with a replay.

    Examples
    --------
    >>> import pandas as pd
    >>> chosen_states(pd.DataFrame({"iso3": ["PER", "DEU"]}), "deu, per")
    ['DEU', 'PER']
    """
    given = codes.split(",") if isinstance(codes, str) else codes
    wanted = list(dict.fromkeys(code.strip().upper() for code in given if code.strip()))
    there = set(replays["iso3"])
    if unknown := [code for code in wanted if code not in there]:
        raise ValueError(
            f"no replay of {words.listing(unknown)}; there are replays of "
            f"{words.listing(sorted(there)) or 'no state'}"
        )
    if wanted or replays.empty:
        return wanted
    states = replays.groupby("iso3").agg(
        replays=("day", "size"), outcome=("outcome", "last"), due=("original_deadline", "last")
    )
    late = states["outcome"].isna() | (states["outcome"] > states["due"])
    first = states[late].sort_values("replays", ascending=False, kind="stable")
    rest = states[~late].sort_values("outcome", ascending=False, kind="stable")
    return [str(code) for code in [*first.index, *rest.index][:n]]
