"""What is asked for: one report, with every parameter checked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from stockpile.ledger.ledger import RULES, Ledger, Rule, parse_day
from stockpile.ledger.load import load, packaged
from stockpile.rating.status import Thresholds
from stockpile.reports.notebooks import notebook_path
from stockpile.reports.parameters import check_parameters
from stockpile.reports.publisher import Publication
from stockpile.results.form import state_codes

#: The notebook of the page on all states.
STATUS = "status_report.ipynb"
#: States that may get a page: those with stock left, and all on record.
GROUPS = ("open", "all")
#: What the run itself decides, and nobody sets.
_RESERVED = (
    "treaty as_of rule folder extra on_target at_risk out since previous state_pages state "
    "index files"
).split()


@dataclass(frozen=True)
class Order:
    """A report to be made; every field has been checked."""

    treaty: str
    title: str
    day: str
    rule: Rule
    #: Tables of one's own; none for a packaged treaty.
    folder: Path | None
    thresholds: Thresholds
    out: Path
    #: The day to compare with; empty: that of the previous good report, or a year earlier.
    since: str = ""
    #: States that get a page; ``None``: those that have or had stock; or one of `GROUPS`.
    states: tuple[str, ...] | str | None = None
    #: Further parameters of the notebook.
    settings: Mapping[str, Any] = field(default_factory=dict)
    #: Who publishes it, and where.
    publication: Publication = field(default_factory=Publication)
    #: Whether its day had not come when it was ordered; such a report is never the latest.
    ahead: bool = False

    @property
    def source(self) -> str | Path:
        """What `stockpile.load` takes."""
        return self.folder or self.treaty

    def view(self) -> Ledger:
        """The ledger as of the report's day; the same tables are read once."""
        return load(self.source).as_of(self.day, self.rule)

    @property
    def size(self) -> int:
        """How many statements it is made from, which the time that it takes goes by."""
        view = self.view()
        return len(view.frame("quantities")) + len(view.frame("events"))

    @property
    def place(self) -> Path:
        """Where the report goes."""
        return self.out / self.treaty / self.day

    @property
    def failed(self) -> Path:
        """Where notebooks that failed are kept."""
        return self.out / "failed"

    @property
    def name(self) -> str:
        """What a message calls it."""
        return f"{self.treaty} as of {self.day}"

    @property
    def hidden(self) -> dict[str, str]:
        """Paths that must not be published, and what is published in their place."""
        return {} if self.folder is None else {str(self.folder): self.folder.name}

    def published_parameters(self) -> dict[str, Any]:
        """What the manifest names; no path of this machine is among it."""
        return {
            "rule": self.rule,
            "folder": None if self.folder is None else self.folder.name,
            **asdict(self.thresholds),
            "since": self.since or None,
            "states": list(self.states) if isinstance(self.states, tuple) else self.states,
            **({"ahead": True} if self.ahead else {}),
            **self.settings,
            **self.publication.parameters(),
        }


def order(
    treaty: str | Path,
    as_of: str,
    out: str | Path,
    *,
    rule: Rule = "reported",
    thresholds: Thresholds | None = None,
    since: str | None = None,
    states: bool | str | Sequence[str] = True,
    settings: Mapping[str, Any] | None = None,
    publication: Publication | None = None,
    ahead: bool = False,
) -> Order:
    """Check every parameter of a report before papermill sees it, which would guess or only warn.

    Parameters and errors are those of `make_report`.
    """
    if not isinstance(as_of, str):
        raise ValueError(f"as_of is {as_of!r}; expected an ISO day as text, as '2012-04-19'")
    day = parse_day(as_of)
    if rule not in RULES:
        raise ValueError(f"rule is {rule!r}; expected one of {', '.join(RULES)}")
    if since is not None and parse_day(since) >= day:
        raise ValueError(f"since is {since}; expected a day before the as-of day {as_of}")
    place = Path(out)
    if place.exists() and not place.is_dir():
        raise ValueError(f"out is {place.name!r}, which is a file; expected a folder")
    named = isinstance(treaty, str) and treaty in packaged()
    # For a name that is neither, loading raises with what would be right.
    folder = Path(treaty).resolve() if not named and Path(treaty).is_dir() else None
    ledger = load(folder or str(treaty))
    chosen: tuple[str, ...] | str | None
    if isinstance(states, str):
        if states not in GROUPS:
            raise ValueError(
                f"states is {states!r}; expected names or codes as ['Peru', 'BGR'], "
                f"{', '.join(map(repr, GROUPS))}, True or False"
            )
        chosen = states
    else:
        codes = () if isinstance(states, bool) else state_codes(states, ledger)
        chosen = None if states is True else tuple(dict.fromkeys(codes))
    return Order(
        treaty=ledger.treaty.id,
        title=f"{ledger.treaty.name}: stockpile destruction as of {day:%Y-%m-%d}",
        day=f"{day:%Y-%m-%d}",
        rule=rule,
        folder=folder,
        thresholds=thresholds or Thresholds(),
        out=place.resolve(),
        since=since or "",
        states=chosen,
        settings=_settings(settings or {}),
        publication=publication or Publication(),
        ahead=ahead,
    )


def _settings(given: Mapping[str, Any]) -> dict[str, Any]:
    """Check what is set for the notebooks beyond what the run itself decides."""
    if taken := [name for name in given if name in _RESERVED]:
        raise ValueError(
            f"{', '.join(taken)}: set by the run itself; use the options of the report instead"
        )
    return check_parameters(notebook_path(STATUS), given) if given else {}
