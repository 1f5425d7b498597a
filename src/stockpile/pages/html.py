"""Templates, and text that has been escaped."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stockpile.common import english as words
from stockpile.plot import figures

if TYPE_CHECKING:
    from jinja2 import Environment


TEMPLATES = Path(__file__).resolve().parent / "templates"


class Html(str):
    """A piece of a page; a notebook shows it as such.

    Examples
    --------
    >>> Html("<p>One</p>")
    <Html of 10 characters>
    """

    def _repr_html_(self) -> str:
        return str(self)

    def __repr__(self) -> str:
        # Or the notebook file would hold everything twice.
        return f"<Html of {len(self):,} characters>"


@functools.cache
def _environment() -> Environment:
    import jinja2

    env = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    for name in ("number", "amount", "percent", "day", "month", "dated", "count", "listing"):
        env.filters[name] = getattr(words, name)
    env.filters["sentence"] = words.sentence
    env.filters["unit"] = words.unit
    return env


def render(template: str, **context: Any) -> Html:
    """Fill a template of the package; text is escaped unless the template says otherwise.

    Parameters
    ----------
    template : str
        Its name, without the ending.
    **context
        What it shows.
    """
    return Html(_environment().get_template(f"{template}.html").render(**context))


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
