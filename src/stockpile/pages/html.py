"""The pieces of a page: templates, sections, figures, and whole pages. Text is escaped."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from stockpile.common import english as words
from stockpile.ledger.availability import STALE_DAYS, latest_publication
from stockpile.pages.as_markdown import as_markdown
from stockpile.pages.safety import check_page, page_script, script_source
from stockpile.plot import figures

if TYPE_CHECKING:
    from jinja2 import Environment

    from stockpile.ledger.ledger import Ledger


#: Where the style sheet of a whole page goes.
_STYLE = "/* rules */"
#: A table of more rows than this is folded.
_FEW_ROWS = 12
TEMPLATES = Path(__file__).resolve().parent / "templates"


class Html(str):
    """A piece of a page; a notebook shows it as such, and keeps it as Markdown and picture, too.

    The picture is that of a chart, where there is one, for what shows no HTML.

    Examples
    --------
    >>> Html("<p>One</p>")
    <Html of 10 characters>
    """

    #: Draws the chart of a section that has one.
    drawn: Callable[[], bytes] | None = None

    def _repr_html_(self) -> str:
        return str(self)

    def _repr_markdown_(self) -> str | None:
        return None if self.startswith("<style") else as_markdown(self)

    def _repr_png_(self) -> bytes | None:
        return None if self.drawn is None else self.drawn()

    def __repr__(self) -> str:
        # Or the notebook file would hold everything twice.
        return f"<Html of {len(self):,} characters>"


@functools.cache
def environment() -> Environment:
    """Return what fills the templates of the package, with its filters; text is escaped."""
    import jinja2

    env = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        finalize=_unbroken,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    for name in (
        "number",
        "amount",
        "percent",
        "day",
        "month",
        "dated",
        "count",
        "listing",
        "spell",
        "states",
    ):
        env.filters[name] = getattr(words, name)
    env.filters |= {"known": known, "data_to": data_to}
    env.filters["sentence"] = words.sentence
    env.filters["the"] = words.the
    env.filters["unit"] = words.unit
    return env


_MONTH = "|".join(f"{month}|{month[:3]}" for month in words.MONTHS)
#: The ends of months in full and in short.
_ENDS = "|".join(sorted({end for month in words.MONTHS for end in (month[-3:], month[:3])}))
#: The blanks inside an amount and inside a day.
_PARTED = re.compile(
    rf"(?<=\d) (?=(?:million|billion|per cent|years?|of \d|{_MONTH})\b)"
    rf"|(?<={_ENDS}) (?=\d{{4}}\b)"
)


def _unbroken(value: Any) -> Any:
    """Keep a number with its word, and a day, on one line, wherever a template puts out a text."""
    return _PARTED.sub("\u00a0", value) if type(value) is str else value


def known(view: Ledger) -> str:
    """Say of which day a page is, and by which availability rule.

    Examples
    --------
    >>> import stockpile as sp
    >>> known(sp.load("ccm").as_of("2012-04-19"))
    'as reported by 19 April 2012 (reconstructed)'
    """
    if view.rule == "reported":
        return f"as reported by {words.day(view.day)} (reconstructed)"
    return f"as known on {words.day(view.day)}"


def data_to(view: Ledger) -> pd.Timestamp:
    """Return the day of the newest source that was out by the ledger's day; ``NaT`` for none."""
    return latest_publication(view.sources, view.require_day())


def stale_sentence(view: Ledger) -> str:
    """Say that nothing was published for long before the as-of day; empty where something was.

    Examples
    --------
    >>> import stockpile as sp
    >>> stale_sentence(sp.load("ccm").as_of("2012-04-19"))
    ''
    """
    day, newest = view.require_day(), data_to(view)
    if pd.isna(newest):
        return "None of the sources of this page has a day."
    if (day - newest).days <= STALE_DAYS:
        return ""
    age = words.count((day - newest).days, "day")
    return f"These tables end on {words.day(newest)}, {age} before the day of this page."


def render(template: str, **context: Any) -> Html:
    """Fill a template of the package; text is escaped unless the template says otherwise."""
    return Html(environment().get_template(f"{template}.html").render(**context))


def style() -> Html:
    """Return the style sheet of the sections, for a notebook that is opened by hand."""
    return Html(f"<style>\n{style_sheet()}</style>")


def style_sheet() -> str:
    """Return the style sheet as text: colours from `stockpile.plot.style`, rules from a file."""
    colours = figures.palette().items()
    light = "".join(f"--sp-{name}:{light};" for name, (light, _) in colours)
    dark = "".join(f"--sp-{name}:{dark};" for name, (_, dark) in colours)
    rules = (TEMPLATES / "style.css").read_text(encoding="utf-8")
    at_night = "@media screen and (prefers-color-scheme:dark)"
    return f":root{{{light}}}\n{at_night}{{:root{{color-scheme:dark;{dark}}}}}\n{rules}"


def whole_page(template: str, *, front: bool = False, **context: Any) -> str:
    """Fill a template that is a page of its own, and check that it is fit to publish.

    The template is given the style sheet, the page's frame, and the script with the name that the
    security policy knows it by; with ``front``, the rules and the script of the front page too.

    Raises
    ------
    ValueError
        When the page would run or load something.
    """
    # Filled in last: a page carries no rules for what it does not have.
    page = tidy(
        render(
            template,
            style=Html(_STYLE),
            frame=Html((TEMPLATES / "page" / "page.css").read_text(encoding="utf-8")),
            front_style=Html((TEMPLATES / "front.css").read_text("utf-8") if front else ""),
            script=Html(page_script(front=front)),
            script_source=script_source(front=front),
            **context,
        )
    )
    page = page.replace(_STYLE, tidy(needed_rules(style_sheet(), page)), 1)
    if problems := check_page(page):
        raise ValueError(f"the page {template} is not fit to publish: {'; '.join(problems)}")
    return page


def needed_rules(rules: str, page: str) -> str:
    """Leave out of a style sheet what a page, or its script, has no element for.

    Examples
    --------
    >>> needed_rules(".sp-a{x:y}.sp-b,.sp-c{x:y}a{x:y}", '<p class="sp-c">')
    '.sp-b,.sp-c{x:y}a{x:y}'
    """
    used = set(re.findall(r"sp-[\w-]+", page))

    def kept(rule: re.Match[str]) -> str:
        selectors = [set(re.findall(r"\.((?:sp|jp)-[\w-]+)", one)) for one in rule[1].split(",")]
        return rule[0] if any(classes <= used for classes in selectors) else ""

    bare = re.sub(r"/\*.*?\*/", "", rules, flags=re.DOTALL)
    return re.sub(r"([^{}]+)\{[^{}]*\}", kept, bare)


def tidy(page: str) -> str:
    r"""Take out blank lines and spaces at line ends.

    Examples
    --------
    >>> tidy("<p> \n\n</p>")
    '<p>\n</p>\n'
    """
    return "\n".join(line.rstrip() for line in page.splitlines() if line.strip()) + "\n"


def page_title(
    name: str,
    text: str,
    *,
    day: pd.Timestamp | None = None,
    view: Ledger | None = None,
    lead: Sequence[str] = (),
    tiles: Sequence[dict[str, str]] = (),
) -> Html:
    """Return the head of a page: what it is about, of which treaty, and first figures."""
    return render("page_title", name=name, day=day, view=view, text=text, lead=lead, tiles=tiles)


def section(
    name: str,
    *,
    paragraphs: Sequence[str] = (),
    charts: Sequence[dict[str, str]] = (),
    caption: str = "",
    head: Sequence[str] = (),
    rows: Sequence[Sequence[str]] = (),
    notes: Sequence[str] = (),
    rated: bool = False,
    reasons: bool = False,
) -> Html:
    """Return a section of paragraphs, charts, one table and notes; empty texts are left out.

    A table of many rows is folded, with its caption to unfold it by.

    ``charts`` come from `chart`. Where the table is ``rated``, the first cell of each row is a
    rating and gets its sign; with ``reasons``, the last holds sentences and gets the room for them.
    """
    return render(
        "section",
        name=name,
        paragraphs=[text for text in paragraphs if text],
        charts=charts,
        caption=caption,
        head=head,
        rows=rows,
        rated=rated,
        reasons=reasons,
        notes=[text for text in notes if text],
        few=_FEW_ROWS,
    )


def chart(
    draw: Callable[..., Any], frame: pd.DataFrame, *, name: str, title: str, text: str, **more: Any
) -> dict[str, str]:
    """Draw a chart for `section`; its title and text stand above it, outside the drawing."""
    drawing = figures.picture(draw, frame, name=name, alt=f"{title}. {text}", title="", **more)
    return {"name": name, "title": title, "text": text, "drawing": drawing}


def figure(
    name: str,
    draw: Callable[..., Any],
    frame: Any,
    view: Ledger,
    *,
    title: str,
    text: str,
    alt: str,
    **more: Any,
) -> Html:
    """Return one chart as a section of its own, with its source below it."""
    drawing = figures.picture(
        draw, frame, name=name, alt=alt, as_of=view.day, title="", source="", **more
    )
    made = render(
        "figure",
        name=name,
        drawing=drawing,
        title=title,
        text=text,
        view=view,
    )
    # Of how it is drawn for the page.
    drawing_options = {key: value for key, value in more.items() if key not in ("also", "once")}
    made.drawn = lambda: figures.pixels(draw, frame, as_of=view.day, title=title, **drawing_options)
    return made


def web_address(text: Any) -> str:
    """Return what is plainly an address on the web; nothing else in a table becomes a link.

    Examples
    --------
    >>> web_address("https://example.org/x"), web_address("javascript:alert(1)")
    ('https://example.org/x', '')
    """
    return str(text) if str(text).startswith(("https://", "http://")) else ""
