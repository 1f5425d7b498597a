"""Charts as pictures for a page, as files, and on a dark ground."""

import io
import re
from xml.etree import ElementTree

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from chartframes import drawn
from matplotlib.colors import to_hex
from sampleframes import DAY, NASTY, many, progress_of, state, status_of

from stockpile import plot
from stockpile.plot import figures, renderers
from stockpile.plot.style import GROUND, INK, UNIT_STYLES


def nasty():
    return status_of(state("Peru", "completed"), state(NASTY, "at risk"))


# --- pictures for a page ---


def test_pictures_are_the_same_bytes_and_leave_nothing_open():
    status = pd.concat([many(5), status_of(state(NASTY, "at risk"))])

    def draw():
        return figures.picture(plot.timeline, status, name="t", alt=NASTY, as_of=DAY)

    first = draw()
    assert draw() == first
    assert "<script" not in first and "<b>" not in first
    assert plt.get_fignums() == []


def test_pictures_follow_the_page_and_keep_their_ids_apart():
    wide, narrow = figures.picture(plot.ratings_bar, many(20), name="r", alt='"<x>').split(
        "</div>"
    )[:2]
    assert "var(--sp-overdue, #80103f)" in wide
    assert 'aria-label="&quot;&lt;x&gt;"' in wide
    # Ids that something refers to, each with the name of its drawing before it.
    for name, text in (("wide", wide), ("narrow", narrow)):
        ids = re.findall(r'\bid="([^"]+)"', text)
        assert ids and all(one.startswith(f"r-{name}-") and f"#{one}" in text for one in ids)
    for text in (wide, narrow):
        assert "<style" not in text and "<!--" not in text and "<metadata" not in text


# --- files ---


def test_saved_files_are_the_same_bytes_every_time(tmp_path):
    def save(folder):
        return figures.save(plot.timeline, nasty(), folder, "timeline", as_of=DAY)

    first, again = save(tmp_path / "a" / "b"), save(str(tmp_path / "c"))
    assert [path.name for path in first] == ["timeline.svg", "timeline.png"]
    for one, other in zip(first, again, strict=True):
        assert one.read_bytes() == other.read_bytes()
    assert sorted(path.name for path in (tmp_path / "c").iterdir()) == [
        "timeline.png",
        "timeline.svg",
    ]
    assert plt.get_fignums() == []


def test_saved_files_are_plain_and_on_white(tmp_path):
    vector, pixels = figures.save(plot.ratings_bar, many(20), tmp_path, "bar", width=4)
    text = vector.read_text(encoding="utf-8")
    assert "var(--" not in text and "Matplotlib v" not in text and "#ffffff" in text
    assert pixels.read_bytes().startswith(b"\x89PNG") and b"Software" not in pixels.read_bytes()
    image = plt.imread(pixels)
    assert image.shape[1] == 600  # 4 inches of 150 pixels
    assert np.allclose(image[0, 0, :3], 1)


def test_saved_for_a_dark_slide(tmp_path):
    files = figures.save(plot.ratings_bar, many(20), tmp_path, "bar", width=4, night=True)
    assert to_hex(plt.imread(files[1])[0, 0, :3]) == figures.palette()["ground"][1].lower()


@pytest.mark.parametrize("name", ["", "../x", "a/b", ".hidden"])
def test_a_name_that_leaves_the_folder_is_refused(tmp_path, name):
    with pytest.raises(ValueError, match="expected that of a file"):
        figures.save(plot.ratings_bar, many(3), tmp_path, name)
    assert list(tmp_path.iterdir()) == [] and plt.get_fignums() == []


@pytest.mark.faults
def test_a_full_disk_leaves_the_earlier_files(tmp_path, monkeypatch):
    figures.save(plot.ratings_bar, many(3), tmp_path, "bar")
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}

    def full(_handle):
        raise OSError("no space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="no space"):
        figures.save(plot.ratings_bar, many(20), tmp_path, "bar")
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before
    assert plt.get_fignums() == []


# --- on a dark ground ---


def light_left(ax):
    """Parts of a chart that still have a light colour whose dark twin is another."""
    light = {a.lower() for a, b in figures.palette().values() if a.lower() != b.lower()}
    night = {b.lower() for _, b in figures.palette().values()}
    found = []
    for part in ax.figure.findobj():
        for name in ("color", "facecolor", "edgecolor", "markerfacecolor", "markeredgecolor"):
            colours = getattr(part, f"get_{name}", lambda: "none")()
            for colour in colours if getattr(colours, "ndim", 1) == 2 else [colours]:
                if isinstance(colour, str) and not colour.startswith("#"):
                    continue
                if to_hex(colour) in light - night and part.get_visible():
                    found.append((type(part).__name__, name, to_hex(colour)))
    return found


def charts():
    progress = progress_of(
        ("PER", "mines", 0, "2010-01-01", 900, 900), ("CHL", "mines", 0, "2011-01-01", 900, 0)
    )
    status = many(20)
    yield plot.timeline(status, as_of=DAY)
    yield plot.calendar(status, as_of=DAY)
    yield plot.tile_map(status, as_of=DAY)
    yield plot.ratings_bar(status)
    for view in ("share", "total", "log"):
        yield plot.remaining(progress, view=view, as_of=DAY)
    yield plot.burndown(progress, state="PER", as_of=DAY)


@pytest.mark.slow
def test_no_light_colour_is_left_on_a_dark_ground():
    for ax in charts():
        assert plot.dark(ax) is ax
        ax.figure.canvas.draw()
        assert light_left(ax) == []
        assert to_hex(ax.figure.get_facecolor()) == figures.palette()["ground"][1].lower()
        plt.close(ax.figure)


def test_dark_keeps_what_is_seen_through_and_what_is_hollow():
    ax = plot.burndown(
        progress_of(("PER", "mines", 0, "2010-01-01", 9, 9)),
        state="PER",
        status=status_of(state("Peru", "at risk", planned_completion="2015-01-01")),
        as_of=DAY,
    )
    ranges = [patch.get_alpha() for patch in ax.patches]
    plot.dark(ax)
    assert [patch.get_alpha() for patch in ax.patches] == ranges and 0.16 in ranges
    (star,) = [line for line in ax.get_lines() if line.get_marker() == "*"]
    assert to_hex(star.get_markerfacecolor()) == figures.palette()["ground"][1].lower()
    assert to_hex(star.get_markeredgecolor()) == figures.palette()["ink"][1].lower()
    assert UNIT_STYLES[0][0] not in [line.get_color() for line in ax.get_lines()]
    drawn(ax)


def test_a_colour_of_ones_own_is_kept():
    ax = plot.ratings_bar(many(3))
    ax.axvline(1, color="#123456")
    ax.axhline(0, color=INK, ls=":")
    plot.dark(ax)
    assert [to_hex(line.get_color()) for line in ax.get_lines()[-2:]] == [
        "#123456",
        figures.palette()["ink"][1].lower(),
    ]
    assert GROUND.lower() not in [to_hex(line.get_color()) for line in ax.get_lines()]


def test_a_chart_that_was_drawn_for_a_page_is_saved_with_title_and_source(tmp_path):
    looks = []

    def also(figure, drawing):
        height = figure.get_figheight()
        frame = {"title": "A <title>", "source": "$x$ said so."}
        figures.save_framed(figure, drawing, folder=tmp_path, name="bar", **frame)
        looks.append((height, figure.get_figheight(), [t.get_text() for t in figure.texts]))

    alone = figures.picture(plot.ratings_bar, many(20), name="r", alt="x")
    assert figures.picture(plot.ratings_bar, many(20), name="r", alt="x", also=also) == alone
    ((before, after, texts),) = looks
    assert after > before and texts == ["A <title>", "$x$ said so."]
    drawing = ElementTree.parse(tmp_path / "bar.svg").getroot()
    assert float(drawing.get("viewBox").split()[3]) > 72 * before
    assert {"A <title>", "$x$ said so."} < set(drawing.itertext())
    assert plt.imread(tmp_path / "bar.png").shape[:2] == (int(150 * after), 1500)


def test_what_was_drawn_before_changes_no_byte(tmp_path):
    """Texts are measured, and set in pixels, once a process."""
    first = figures.save(plot.timeline, nasty(), tmp_path, "first", as_of=DAY)
    figures.save(plot.ratings_bar, many(20), tmp_path, "between", width=4)
    again = figures.save(plot.timeline, nasty(), tmp_path, "again", as_of=DAY)
    renderers._measured.cache_clear()
    renderers._letters.cache_clear()
    afresh = figures.save(plot.timeline, nasty(), tmp_path, "afresh", as_of=DAY)
    for files in zip(first, again, afresh, strict=True):
        assert len({file.read_bytes() for file in files}) == 1


def test_pixels_stand_where_the_outlines_do(tmp_path):
    """Turned texts and those of several lines among them: as the library itself sets them."""
    figure, ax = plt.subplots(figsize=(4, 3))
    ax.set_ylabel("upwards: Ågypt", fontsize=14)
    ax.set_title("two\nlines", loc="left")
    ax.text(0.3, 0.4, "askew", rotation=30, fontsize=20)
    ours = plt.imread(io.BytesIO(renderers.as_png(figure, 100)))
    figure.savefig(tmp_path / "theirs.png", dpi=100)
    theirs = plt.imread(tmp_path / "theirs.png")[..., :3]
    blurred = [np.add.reduceat(np.add.reduceat(1 - image, range(0, 300, 10)), range(0, 400, 10),
               axis=1).sum(axis=2) for image in (ours, theirs)]  # fmt: skip
    assert ours.shape == theirs.shape
    assert np.corrcoef(*(one.ravel() for one in blurred))[0, 1] > 0.97
    plt.close(figure)


@pytest.mark.slow
@pytest.mark.parametrize(("width", "source"), [(3.9, ""), (10.0, ""), (10.0, "A\nsource")])
def test_one_measure_lays_a_chart_out_as_the_general_engine_does(width, source):
    one, two = (plot.timeline(many(20), width=width, title="", source=source) for _ in range(2))
    figures._lay_out(one.figure)
    two.figure.dpi = 600  # so fine that letters are as wide as in SVG
    two.figure.get_layout_engine().execute(two.figure)
    apart = np.abs(np.subtract(one.get_position().bounds, two.get_position().bounds))
    assert apart.max() * width < 0.02
    plt.close("all")


def test_a_state_whose_name_a_chart_cannot_write_goes_by_its_code(tmp_path):
    """Warnings are errors here, and a letter that the font lacks is warned of."""
    status = status_of(state("日本", "at risk"), state("Ελλάδα", "completed"))
    status["iso3"] = ["JPN" if name == "日本" else "GRC" for name in status["state"]]
    html = figures.picture(plot.timeline, status, name="t", alt="日本", as_of=DAY)
    drawing = html.replace('aria-label="日本"', "")
    assert "日本" not in drawing and "JPN" in drawing and "Ελλάδα" in drawing
    assert len(figures.save(plot.timeline, status, tmp_path, "timeline", as_of=DAY)) == 2
