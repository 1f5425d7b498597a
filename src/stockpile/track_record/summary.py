"""What a replay of the past amounts to, in whole sentences.

Plain text without markup. The functions take the replays of one treaty, as
`stockpile.track_record.backtest.replay` returns them, or the table of
`stockpile.track_record.scoring` that their argument is named after.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pandas as pd

from stockpile.common import english
from stockpile.common.frames import named_rows
from stockpile.forecast.history import YEAR
from stockpile.track_record.backtest import METHOD_NAMES

OURS = ["projection", "hindsight", "prior"]
#: Up to this many states are called by their names.
_NAMED = 30
#: So many states are chosen to be shown one by one.
_CHOSEN = 4


def years(value: float) -> str:
    """A length of time as charts and tables of scores write it.

    >>> years(1.0049), years(-0.001), years(float("nan"))
    ('1.00', '0.00', 'unknown')
    """
    return "unknown" if pd.isna(value) else f"{round(value, 2) + 0.0:.2f}"


def with_range(value: float, low: float, high: float) -> str:
    """A score with its range: ``1.00 (0.71 to 1.34)``."""
    return f"{years(value)} ({years(low)} to {years(high)})"


def band(low: float, high: float) -> str:
    """A band of chances: ``95 to 100%``."""
    return f"{low * 100:.0f} to {high * 100:.0f}%"


def replay_days(step: int) -> str:
    """Say on which days of the year the past was replayed.

    >>> replay_days(6), replay_days(12), replay_days(1)
    ('on the first of every January and July', 'on the first of every January', \
'on the first of every month')
    """
    if step == 1:
        return "on the first of every month"
    months = [english.day(f"2001-{m:02d}-01").split()[1] for m in range(1, 13, step)]
    return f"on the first of every {english.listing(months)}"


def scored(replays: pd.DataFrame, treaty: str, *, step: int, rule: str) -> str:
    """Say what was replayed: which states, on which days, with what knowledge.

    >>> scored(pd.DataFrame(columns=["day", "iso3", "finished"]), "Demo", step=6, rule="reported")
    'No state of the Demo was known to have stock on a day that could be replayed.'
    """
    if replays.empty:
        return f"No state of the {treaty} was known to have stock on a day that could be replayed."
    unfinished = replays.loc[~replays["finished"].astype(bool), "iso3"].nunique()
    have, are = ("has", "is") if unfinished == 1 else ("have", "are")
    still = (
        f" {english.sentence(english.spell(unfinished))} of them {have} not finished, and {are} "
        "scored for as long as that is known."
    )
    return (
        f"Every state of the {treaty} that was known to have stock was projected with only what "
        f"was known that day (rule '{rule}'). That was done {replay_days(step)}, from "
        f"{english.month(replays['day'].min())} to {english.month(replays['day'].max())}: "
        f"{english.count(len(replays), 'projection')} for "
        f"{english.count(replays['iso3'].nunique(), 'state')}.{still if unfinished else ''}"
    )


def finding(misses: pd.DataFrame, calibration: pd.DataFrame, ratings: pd.DataFrame) -> str:
    """Say first what a reader has to know: whether the chances were too high.

    >>> finding(pd.DataFrame({"expected": [1.9], "came": [3.3], "days": [15]}),
    ...         pd.DataFrame({"inside_80": [0.75]}),
    ...         pd.DataFrame({"rating": ["on target"], "replays": 36, "came_true": 0.0}))
    'Our chances of being in time have been too high: on a first of January 1.9 missed deadlines \
were to be expected, and 3.3 came. Of 36 cases rated on target, none came true. The ranges that \
should hold eight outcomes in ten held 75 per cent.'
    """
    if misses.empty or calibration.dropna(subset=["inside_80"]).empty:
        return "Too few deadlines have been decided to say how good the chances were."
    row: Any = misses.iloc[0]
    verdict = "about right"
    if abs(row["came"] - row["expected"]) > max(0.25 * row["came"], 0.2):
        verdict = "too high" if row["came"] > row["expected"] else "too low"
    held = english.percent(calibration.iloc[0]["inside_80"], " per cent")
    rated = ""
    for good in named_rows(ratings[ratings["rating"] == "on target"]):
        true = round(good.replays * good.came_true)
        rated = (
            f"Of {english.count(good.replays, 'case')} rated on target, "
            f"{english.spell(true) if true else 'none'} came true. "
        )
    return (
        f"Our chances of being in time have been {verdict}: on a first of January "
        f"{row['expected']:.1f} missed deadlines were to be expected, and {row['came']:.1f} came. "
        f"{rated}The ranges that should hold eight outcomes in ten held {held}."
    )


def errors(scores: pd.DataFrame) -> str:
    """Say how far the projection erred, and how far the baselines did."""
    table = scores.dropna(subset=["crps"]).set_index("method")
    if "projection" not in table.index:
        return "No projection has been scored."
    ours: Any = table.loc["projection"]
    sentence = (
        f"Its mean error over the next ten years was {years(ours['crps'])} years (90 per cent "
        f"range over states: {years(ours['low'])} to {years(ours['high'])})"
    )
    baselines = table.drop(index=OURS, errors="ignore").sort_values("crps")
    if baselines.empty:
        return f"{sentence}."
    best, worst = baselines.iloc[0], baselines.iloc[-1]
    if len(baselines) == 1:
        sentence += f", against {years(best['crps'])} for {METHOD_NAMES[str(best.name)]}"
    else:
        sentence += (
            f". The best of the {english.spell(len(baselines))} baselines, "
            f"{METHOD_NAMES[str(best.name)]}, erred by {years(best['crps'])}; the worst, "
            f"{METHOD_NAMES[str(worst.name)]}, by {years(worst['crps'])}"
        )
    return f"{sentence}. {_supported(baselines)}"


def _supported(baselines: pd.DataFrame) -> str:
    """Claim only differences whose range leaves out zero."""
    better = baselines["gain_low"] > 0
    if better.all():
        return "The range of the difference lies above zero for every baseline."
    if not better.any():
        return "No difference to a baseline is one that the record supports."
    names = [METHOD_NAMES[str(m)] for m in baselines.index[~better]]
    return (
        f"The difference to {english.listing(names)} is not one that the record supports; "
        "those to the other baselines are."
    )


def hindsight(scores: pd.DataFrame) -> str:
    """Say what knowing all other outcomes would have changed."""
    rows = scores[scores["method"] == "hindsight"].dropna(subset=["crps"])
    if rows.empty:
        return ""
    row = rows.iloc[0]
    supported = row["gain_low"] > 0 or row["gain_high"] < 0
    verdict = "supports the difference" if supported else "does not support a difference"
    return (
        "Fitted with hindsight, on all outcomes but the state's own, the same method errs by "
        f"{years(row['crps'])} years; the record {verdict}."
    )


def coverage(calibration: pd.DataFrame) -> str:
    """Say how often ranges held the outcome, and how good the chances were."""
    decided = calibration.dropna(subset=["inside_80", "brier"])
    if decided.empty:
        return "Too little has been decided to say how good its ranges and its chances were."
    row = decided.iloc[0]
    narrow, wide, low, high = (
        english.percent(row[name], " per cent")
        for name in ("inside_50", "inside_80", "inside_80_low", "inside_80_high")
    )
    return (
        f"The ranges from 10 to 90 per cent held {wide} of the outcomes; 80 would be right. Over "
        f"states that is from {low} to {high}. Those from 25 to 75 per cent held {narrow}; 50 "
        f"would be right. Their median width was {years(row['width_80'])} and "
        f"{years(row['width_50'])} years. {_brier(row)}"
    )


def _brier(row: pd.Series) -> str:
    if row["gain_low"] > 0:
        verdict = "the projection is better"
    elif row["gain_high"] < 0:
        verdict = "the projection is worse"
    else:
        verdict = "a difference that the record does not support"
    return (
        f"The chance of being in time had a Brier score of {row['brier']:.3f} (0 is perfect). The "
        "share of states that had been in time by that day, given to all, would have scored "
        f"{row['brier_base']:.3f}: {verdict}."
    )


def rating_sentence(ratings: pd.DataFrame) -> str:
    """Say how often the ratings came true.

    >>> rating_sentence(pd.DataFrame({"rating": ["on target", "at risk"], "replays": [20, 3],
    ...                               "states": [7, 2], "came_true": [0.85, 1 / 3]}))
    'Of 20 cases rated on target (seven states), 17 finished by the deadline in force on that day; \
of three cases rated at risk (two states), one.'
    """
    rows = {row.rating: row for row in named_rows(ratings)}
    cases: list[str] = []
    for row in (rows[r] for r in ("on target", "at risk", "off target") if r in rows):
        true = round(row.replays * row.came_true)
        rest = "" if cases else " finished by the deadline in force on that day"
        cases.append(
            f"of {english.count(row.replays, 'case')} rated {row.rating} "
            f"({english.count(row.states, 'state')}), "
            f"{english.spell(true) if true else 'none'}{rest}"
        )
    if not cases:
        return "No rating has been put to the test: no deadline has been decided."
    return english.sentence("; ".join(cases)) + "."


def alarm_sentence(alarms: pd.DataFrame) -> str:
    """Say who missed the original deadline, and whether a warning came before.

    >>> alarm_sentence(pd.DataFrame({"state": ["A", "B"], "lead_years": [1.4, float("nan")]}))
    "Two states missed their original deadline. For one of them the rating left 'on target' for \
good before it, 1.4 years ahead; for B it never did."
    """
    total = len(alarms)
    if not total:
        return "No state that was replayed before its original deadline missed it."
    missed = (
        f"{english.sentence(english.count(total, 'state'))} missed "
        f"{'its' if total == 1 else 'their'} original deadline."
    )
    lead = alarms["lead_years"].dropna()
    if lead.empty:
        return f"{missed} The rating never left 'on target' for good before it."
    low, high = f"{lead.min():.1f}", f"{lead.max():.1f}"
    ahead = f"{low} years ahead" if low == high else f"{low} to {high} years ahead"
    who = {1: "it", 2: "both"}.get(total, f"all {english.spell(total)}")
    rest = ""
    if silent := sorted(alarms.loc[alarms["lead_years"].isna(), "state"]):
        who = f"{english.spell(len(lead))} of them"
        rest = f"; for {english.listing(silent)} it never did"
    return f"{missed} For {who} the rating left 'on target' for good before it, {ahead}{rest}."


def false_alarm_sentence(false: pd.DataFrame, replays: pd.DataFrame) -> str:
    """Say who was in time although a rating had once left 'on target'."""
    met = replays[replays["outcome"] <= replays["original_deadline"]] if len(replays) else replays
    total = met["iso3"].nunique()
    if not total:
        return "No state that was replayed met its original deadline."
    if false.empty:
        return (
            f"No false alarm: {english.count(total, 'state')} met the original deadline, none of "
            "them ever rated worse than 'on target'."
        )
    names = [f"{row.state} ({row.replays} of {row.of})" for row in false.itertuples()]
    return (
        f"The price: {english.spell(len(false))} of the {english.count(total, 'state')} that met "
        "the original deadline had been rated worse than 'on target' at least once. In brackets, "
        f"on how many of the replays: {english.listing(sorted(names), limit=_NAMED)}."
    )


def score_title(scores: pd.DataFrame) -> str:
    """Say what a chart of scores shows.

    >>> score_title(pd.DataFrame({"treaty": "demo", "method": ["projection", "pace", "deadline"],
    ...                           "crps": [1.0, 4.1, 3.2]}))
    'The projection erred by 1.00 years; the best baseline by 3.20'
    """
    known = scores.dropna(subset=["crps"])
    if known.empty:
        return "No projection has been scored"

    def text(part: pd.DataFrame) -> str:
        table = part.set_index("method")["crps"]
        rest = table.drop(index=OURS, errors="ignore")
        best = f"; the best baseline by {years(rest.min())}" if len(rest) else ""
        ours, prior = (table.get(name, float("nan")) for name in ("projection", "prior"))
        if prior < ours:  # what was learnt did no good: the finding is not without it
            best += f"; with nothing learnt {years(prior)}"
        return f"the projection erred by {years(ours)} years{best}"

    return _by_treaty(known, text)


def _by_treaty(table: pd.DataFrame, text: Callable[[pd.DataFrame], str]) -> str:
    """A sentence, or one for each treaty where there are several."""
    texts = {str(treaty): text(part) for treaty, part in table.groupby("treaty", sort=False)}
    if len(texts) == 1:
        return english.sentence(*texts.values())
    return ". ".join(f"{treaty}: {text}" for treaty, text in texts.items())


def fan_title(replays: pd.DataFrame) -> str:
    """Say how the projections of one state fared.

    >>> day = pd.to_datetime(["2011-01-01", "2012-01-01"])
    >>> fan_title(pd.DataFrame({"state": "Peru", "day": day, "q10": day, "q90": pd.NaT,
    ...     "q50": day + pd.Timedelta(days=40), "outcome": pd.Timestamp("2012-06-30"),
    ...     "until": 1.0}))
    'Peru finished in Jun 2012, inside the 10 to 90% range of both replays'
    """
    if replays.empty:
        return "No replay on record"
    last, total = replays.iloc[-1], len(replays)

    def which(held: int) -> str:
        if 0 < held < total:
            return f"{english.spell(held)} of {english.count(total, 'replay')}"
        which = {1: "its one replay", 2: "both replays"}
        return which.get(total, f"all {english.count(total, 'replay')}")

    if pd.notna(last["outcome"]):
        outcome = replays["outcome"]
        held = int(((outcome >= replays["q10"]) & ~(outcome > replays["q90"])).sum())
        where = f"{'inside' if held else 'outside'} the 10 to 90% range of {which(held)}"
        return f"{last['state']} finished in {english.month(last['outcome'])}, {where}"
    early = int((replays["q50"] < last_seen(replays)).sum())
    if not early:
        return f"{last['state']} is still open, and no median has proved too early yet"
    return f"{last['state']} is still open; the median of {which(early)} has proved too early"


def last_seen(replays: pd.DataFrame) -> pd.Timestamp:
    """Until when the replays of one state reach: to its outcome, or as long as it is known open.

    >>> last_seen(pd.DataFrame({"day": [pd.Timestamp("2012-01-01")], "until": [0.5]}))
    Timestamp('2012-07-02 00:00:00')
    """
    ends = replays["day"] + pd.to_timedelta((replays["until"] * YEAR).round(), unit="D")
    return pd.Timestamp(ends.max())


def reliability_title(table: pd.DataFrame) -> str:
    """Say what became of the chances that were given most often.

    >>> reliability_title(pd.DataFrame({"treaty": "demo", "from": [0.9], "to": [1.0],
    ...     "replays": [40], "states": [9], "chance": [0.97], "came_true": [0.875]}))
    'Of what was given a chance of 90 to 100%, 88% came true'
    """
    known = table.dropna(subset=["came_true"])
    if known.empty:
        return "No chance has been put to the test"

    def text(part: pd.DataFrame) -> str:
        row = part.sort_values("replays", kind="stable").iloc[-1]
        true = english.percent(row["came_true"])
        return f"of what was given a chance of {band(row['from'], row['to'])}, {true} came true"

    return _by_treaty(known, text)


def chosen_states(replays: pd.DataFrame, codes: str | Sequence[str] = "") -> list[str]:
    """ISO codes of the states to be shown one by one.

    Those of ``codes``, a text separated by commas; or a choice of the states that are open or
    finished after their original deadline, most replays first, and after them those that finished
    last.

    Raises a `ValueError` when a code is not that of a state with a replay.

    >>> chosen_states(pd.DataFrame({"iso3": ["PER", "DEU"]}), "deu, per")
    ['DEU', 'PER']
    """
    given = codes.split(",") if isinstance(codes, str) else codes
    wanted = list(dict.fromkeys(code.strip().upper() for code in given if code.strip()))
    replayed = set(replays["iso3"])
    if unknown := [code for code in wanted if code not in replayed]:
        raise ValueError(
            f"no replay of {english.listing(unknown)}; there are replays of "
            f"{english.listing(sorted(replayed)) or 'no state'}"
        )
    if wanted or replays.empty:
        return wanted
    states = replays.groupby("iso3").agg(
        replays=("day", "size"), outcome=("outcome", "last"), due=("original_deadline", "last")
    )
    late = states["outcome"].isna() | (states["outcome"] > states["due"])
    first = states[late].sort_values("replays", ascending=False, kind="stable")
    rest = states[~late].sort_values("outcome", ascending=False, kind="stable")
    return [str(code) for code in [*first.index, *rest.index][:_CHOSEN]]
