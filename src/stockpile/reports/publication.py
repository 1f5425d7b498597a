"""What makes a page a publication: its head, its way to other pages, its downloads, its imprint.

It is put around the finished pages, for only then is it known what lies beside them. An
address that must be absolute comes from the publisher; where none is given it is left out.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from stockpile._version import __version__
from stockpile.common import english as words
from stockpile.common.output import write_text
from stockpile.ledger.ledger import Ledger, parse_day
from stockpile.pages.front import data_block
from stockpile.pages.html import Html, known, render
from stockpile.pages.safety import check_page
from stockpile.plot import figures
from stockpile.reports import manifest
from stockpile.reports.publisher import CARD, CARD_SIZE, CONTRIBUTORS, Publication

#: The table and the picture behind a figure, by the figure's id; and what to call the picture
#: where it draws the same data in another way. Of others, both have the name of the figure.
_FIGURES = {
    "cases": ("status.csv", "timeline", "Picture (timeline)"),
    "map": ("status.csv", "map", "Picture"),
    "burndown": ("progress.csv", "remaining", "Picture"),
    "answers": ("scorecard.csv", "", ""),
    "group": ("scorecard.csv", "", ""),
}
#: The table from which all charts of a page are drawn that have none of their own.
_COMMON = "replays.csv"
#: Tables of a report, and what each holds.
_TABLES = {
    "status.csv": "ratings of all states",
    "progress.csv": "what was left of each stock, over the years",
    "statements.csv": "every statement of every source, with its part in the figures",
    "scorecard.csv": "reports, laws and views of each state",
    "joined.csv": "who had joined, over the years",
    "due.csv": "initial reports due, over the years",
    "replays.csv": "each projection of the past, and what came",
}
_SUMMARY = 300


def dress(
    file: str, made: Path, view: Ledger, publication: Publication, *, sections: Sequence[str] = ()
) -> None:
    """Put head, header, downloads and footer around a page of a report.

    ``made`` is the report's folder, ``file`` the page in it; all that the page links to is there,
    and it must have the sections with these ids.

    Raises
    ------
    ValueError
        When a section is missing, or the page would run or load something.
    """
    page = made / file
    text = _dressed(page.read_text(encoding="utf-8"), Path(file), made, view, publication)
    if problems := check_page(text, sections=sections):
        raise ValueError(f"{file} is not fit to publish: {'; '.join(problems)}")
    write_text(page, text)


def _dressed(text: str, file: Path, made: Path, view: Ledger, publication: Publication) -> str:
    """Put all of it around one page."""
    day = f"{view.require_day():%Y-%m-%d}"
    up = "../" * (len(file.parts) - 1)
    heading, summary = _first(text, "h1"), _first(text, 'p class="sp-lead"')
    whole = len(file.parts) == 1
    title = f"{heading} · {view.treaty.short_name}, {words.day(view.day)}"
    base = f"{publication.base_url}{view.treaty.id}/{day}/" if publication.base_url else ""
    head = head_tags(
        title=title,
        description=summary or heading,
        address=base + file.as_posix() if base else "",
        image=base + CARD if base and (made / CARD).is_file() else "",
        data=_dataset(heading, made, view, base, publication) if whole else None,
    )
    here = f"{view.treaty.name}, {words.day(view.day)}"
    top = render(
        "publication_top",
        front=f"{up}../../index.html" if publication.front_page else "",
        reports=[] if whole else [(f"{up}index.html", here)],
        here=here if whole else "",
        brief=_beside(made, file),
        nav=Html(_nav([], day)) if whole else "",
    )
    foot = render(
        "publication_foot",
        heading=heading,
        known=f"{view.treaty.name}, {known(view)}",
        view=view,
        version=__version__,
        publication=publication,
        maker=publication.publisher or CONTRIBUTORS,
        address=base + file.as_posix() if base else "",
        tables=[(f"{up}{name}", what) for name, what in _TABLES.items() if (made / name).is_file()],
        workbook=f"{up}stockpile.xlsx" if (made / "stockpile.xlsx").is_file() else "",
        data=_version(view),
        open_parts=_open_parts(view) if view.data_version else "",
    )
    text = put_around(text, head=head, top=top, foot=foot)
    return _with_downloads(text, file, made)


def dress_notebook(
    made: Path,
    view: Ledger | None,
    publication: Publication,
    *,
    title: str,
    out: Path,
    shipped: bool = True,
) -> None:
    """Put head, header, downloads and footer around the page of a single notebook.

    ``made`` is the folder of the page, with what the notebook wrote; ``view`` is missing where its
    parameters name no treaty, ``title`` that of a page without a heading. Reports and front page
    are looked for in ``out``. What a notebook says that is not ``shipped`` is its author's.

    Raises
    ------
    ValueError
        When the page would then run or load something.
    """
    page = made / "index.html"
    text = page.read_text(encoding="utf-8")
    heading, summary = _first(text, "h1") or title, _first(text, 'p class="sp-lead"')
    kicker = _first(text, 'p class="sp-kicker"')
    base = f"{publication.base_url}{made.name}/index.html" if publication.base_url else ""
    short = f" · {view.treaty.short_name}" if view else ""
    head = head_tags(title=heading + short, description=summary or heading, address=base, image="")
    top = render(
        "publication_top",
        front="../index.html" if (out / "index.html").is_file() else "",
        reports=_reports_beside(view, out) if view else [],
        here="",
        brief="",
        nav="",
    )
    tables = sorted(path.name for path in made.glob("*.csv"))
    foot = render(
        "publication_foot",
        heading=heading,
        known=kicker or (view.treaty.name if view else title),
        view=view,
        version=__version__,
        publication=publication,
        maker=publication.publisher or (CONTRIBUTORS if shipped else "The author of this page"),
        address=base,
        tables=[(name, _TABLES.get(name, Path(name).stem.replace("_", " "))) for name in tables],
        workbook="",
        data=_version(view) if view else "",
        open_parts=_open_parts(view) if shipped and view and view.data_version else _TABLES_ALONE,
    )
    text = put_around(text, head=head, top=top, foot=foot)
    for figure, said, drawing in _DRAWN.findall(text):
        if not (made / "charts" / f"{figure}.svg").is_file():
            words_above = _first(said, "strong").rstrip(".")
            file = figures.standing_alone(drawing, words_above, kicker)
            write_text(made / "charts" / f"{figure}.svg", file)
    text = _with_downloads(text, Path("index.html"), made)
    if problems := check_page(text):
        raise ValueError(f"{made.name} is not fit to publish: {'; '.join(problems)}")
    write_text(page, text)


#: A drawn figure: its id, its caption, and its drawing for a wide window.
_DRAWN = re.compile(
    r'<figure\b[^>]*?\sid="([\w-]+)"[^>]*>\s*(<figcaption>(?:(?!</figure).)*?</figcaption>)\s*'
    r'<div class="sp-wide">(<svg.*?</svg>)\s*</div>',
    re.DOTALL,
)


def _reports_beside(view: Ledger, out: Path) -> list[tuple[str, str]]:
    """The report of the same treaty and day, and the newest one, as far as they are there."""
    found = [folder.name for folder in manifest.reports(out / view.treaty.id)]
    day = f"{view.day:%Y-%m-%d}" if view.rule else ""
    links = {day: "report of the same day"} if day in found else {}
    if found and found[-1] != day:
        links[found[-1]] = f"newest report, {words.day(parse_day(found[-1]))}"
    return [
        (f"../{view.treaty.id}/{one}/index.html", f"{view.treaty.name}: {name}")
        for one, name in links.items()
    ]


def _with_downloads(text: str, file: Path, made: Path) -> str:
    """Put a line with its data and pictures under each figure of a page."""
    return re.sub(
        r'(<figure\b[^>]*?\sid="([\w-]+)"[^>]*>.*?)(</figure>)',
        lambda found: found[1] + _downloads(found[2], file, made) + found[3],
        text,
        flags=re.DOTALL,
    )


def imprint(view: Ledger, publication: Publication, file: str) -> str:
    """Say in a few lines who publishes a file of a report, and what it was drawn from."""
    day = f"{view.require_day():%Y-%m-%d}"
    where = f"{publication.base_url}{view.treaty.id}/{day}/{file}" if publication.base_url else ""
    data = f"data {_version(view)}, " if view.data_version else ""
    licence = f"{_open_parts(view)}: CC BY 4.0" if view.data_version else ""
    error = f"An error? {publication.contact}" if publication.contact else ""
    made = f"stockpile {__version__}, {data}SHA-256 {view.data_hash[:12]}"
    parts = [publication.publisher or CONTRIBUTORS, where, made, licence, error]
    return ". ".join(part for part in parts if part) + "."


#: What is under the licence of the tables where a page also holds what is somebody else's.
_TABLES_ALONE = "Tables that come with stockpile"


def _open_parts(view: Ledger) -> str:
    """What of a page drawn from the packaged tables is under their licence."""
    return _TABLES_ALONE if view.treaty.unpublished else "Tables, text and pictures"


def _version(view: Ledger) -> str:
    """The version of the tables, and whose unpublished rows were laid over them."""
    whose = view.treaty.unpublished
    return f"{view.data_version}{f' with rows of {whose}' if whose else ''}"


def put_around(text: str, *, head: str, top: str, foot: str) -> str:
    """Put head, header and footer into a page: for its title, before and after what it says."""
    text = re.sub(r"<title>.*?</title>", lambda _: head, text, count=1, flags=re.DOTALL)
    text = text.replace("<body>", f"<body>\n{top}", 1)
    before, end, after = text.rpartition("</main>")
    return f"{before}{end}\n{foot}{after}" if end else text


def head_tags(
    *, title: str, description: str, address: str, image: str, data: dict[str, Any] | None = None
) -> Html:
    """Return title, description, the tags of those who show links, and the data set in JSON-LD.

    Tags for which there is no address are left out; ``data`` is in the words of schema.org.
    """
    tags = render(
        "publication_head",
        title=title,
        description=_cut(description),
        address=address,
        image=image,
        size=CARD_SIZE,
        data=data_block(data) if data else "",
    )
    # Others set these lines; where they break is no matter of the page's.
    return Html(tags.replace("\u00a0", " "))


def _cut(text: str) -> str:
    """Leave out whole words at the end of a long text."""
    if len(text) <= _SUMMARY:
        return text
    return text[: _SUMMARY - 2].rpartition(" ")[0].rstrip(",;:") + " …"


def _first(text: str, tag: str) -> str:
    """What the first element of a kind says, without its tags."""
    name = tag.split()[0]
    found = re.search(rf"<{tag}[^>]*>(.*?)</{name}>", text, re.DOTALL)
    plain = html.unescape(re.sub(r"<[^>]*>", "", found[1])) if found else ""
    return " ".join(plain.split()).rstrip(".") if name == "h1" else " ".join(plain.split())


def _dataset(
    heading: str, made: Path, view: Ledger, base: str, publication: Publication
) -> dict[str, Any]:
    """Describe the tables of a report as a ``Dataset`` of schema.org."""
    first = view.treaty.first_entry_into_force
    found: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": "Dataset",
        "name": f"{view.treaty.name}: stockpile destruction, {known(view)}",
        "description": f"{heading}. Ratings, stocks and all statements behind them.",
        "temporalCoverage": f"{first:%Y-%m-%d}/{view.require_day():%Y-%m-%d}",
        "creator": {"@type": "Organization", "name": publication.publisher or CONTRIBUTORS},
        "identifier": f"sha256:{view.data_hash}",
        "isAccessibleForFree": True,
    }
    if view.data_version and not view.treaty.unpublished:
        found |= {
            "version": view.data_version,
            "license": "https://creativecommons.org/licenses/by/4.0/",
        }
    if base:
        found["url"] = f"{base}index.html"
        found["distribution"] = [
            {
                "@type": "DataDownload",
                "name": what,
                "encodingFormat": "text/csv",
                "contentUrl": base + name,
            }
            for name, what in _TABLES.items()
            if (made / name).is_file()
        ]
    return found


def _beside(made: Path, file: Path) -> str:
    """The brief that lies beside a page; empty where there is none."""
    brief = file.with_name("brief.pdf") if len(file.parts) == 1 else file.with_suffix(".pdf")
    return brief.name if (made / brief).is_file() else ""


def _downloads(figure: str, file: Path, made: Path) -> str:
    """A line under a figure with its data and pictures, as far as they lie in the folder."""
    up = "../" * (len(file.parts) - 1)
    kind = figure if figure in _FIGURES else figure.partition("-")[0]
    table, stem, label = _FIGURES.get(kind, (f"{figure}.csv", figure, "Picture"))
    if len(file.parts) > 1:
        stem = f"{file.stem}-{figure}"
    there: dict[str, str] = {}
    for one in (stem, figure):
        names = {kind: f"charts/{one}.{kind}" for kind in ("png", "svg") if one}
        there = there or {kind: name for kind, name in names.items() if (made / name).is_file()}
    if not (made / table).is_file():
        table = _COMMON if stem == figure and (made / _COMMON).is_file() else ""
    if not table and not there:
        return ""
    return render(
        "publication_files",
        table=f"{up}{table}" if table else "",
        label=label,
        pictures={kind.upper(): up + name for kind, name in there.items()},
    )


_NAV = re.compile(r'<nav class="sp-days".*?</nav>', re.DOTALL)


def link_reports(treaty: Path) -> None:
    """Let the report of each day link to the one before and the one after it.

    Which these are is known once all of them are there; so the line of links is written
    anew into a page whose neighbours have changed, and its manifest takes note.
    """
    folders = manifest.reports(treaty)
    for i, folder in enumerate(folders):
        page = folder / "index.html"
        text = page.read_text(encoding="utf-8")
        days = [one.name for one in (*folders[max(i - 1, 0) : i], *folders[i + 1 : i + 2])]
        line = _nav(days, folder.name)
        new = _NAV.sub(lambda _, line=line: line, text, count=1)  # type: ignore[misc]
        account = manifest.read(folder)
        if new != text and account is not None:
            write_text(page, new)
            account["files"]["index.html"] = manifest.file_hash(page)
            manifest.write(folder, account)


def _nav(days: list[str], day: str) -> str:
    """The line of links to the reports of other days."""
    said: Callable[[str], str] = lambda one: words.day(parse_day(one))  # noqa: E731
    earlier = [(f"../{one}/index.html", said(one)) for one in days if one < day]
    later = [(f"../{one}/index.html", said(one)) for one in days if one > day]
    return str(render("publication_days", earlier=earlier, later=later)).strip()
