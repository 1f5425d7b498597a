"""How long a browser takes to open pages of a report, beside plain text of the same size.

Each page is opened by a headless Chromium of its own, in turn with a page of bare paragraphs
that has as many bytes; the time runs from the beginning of the navigation until everything is
parsed, run and laid out. The middle of the rounds is what counts. Where there is no Chromium,
nothing is measured.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median

ROUNDS = 5
DAY = "2018-06-30"
PAGES = ("index.html", f"ccm/{DAY}/index.html", f"ccm/{DAY}/states/PER.html")
NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
#: Put into a copy of the page, whose policy is taken out for it.
CLOCK = (
    "<script>addEventListener('load', () => {"
    "document.body.offsetHeight; document.title = `ms=${performance.now()}`; });</script>"
)
POLICY = re.compile(r'<meta http-equiv="Content-Security-Policy"[^>]*>')
PLAIN = '<!DOCTYPE html><html lang="en"><head><title>plain</title></head><body>{}</body></html>'
WORDS = "<p>Every figure rests on a public statement that its page names.</p>\n"


def milliseconds(browser: str, folder: Path, page: str) -> float:
    """Open a page in a browser of its own and return how long it took."""
    file = folder / "timed.html"
    file.write_text(POLICY.sub("", page).replace("</head>", f"{CLOCK}</head>", 1), "utf-8")
    done = subprocess.run(
        [
            *(browser, "--headless", "--no-sandbox", "--disable-gpu", "--dump-dom"),
            *("--window-size=1300,1000", f"--user-data-dir={folder / 'profile'}", file.as_uri()),
        ],
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    found = re.search(r"<title>ms=([\d.]+)", done.stdout)
    assert found, "the page was not laid out"
    return float(found[1])


def main() -> None:
    """Measure, and print for each page both times, their ratio and the page's size."""
    browser = next(filter(None, map(shutil.which, NAMES)), None)
    if browser is None:
        print("There is no chromium here: loading times are left out.")
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        options = ("--treaty", "ccm", "--as-of", DAY, "--states", "PER", "--out", name, "-q")
        command = (sys.executable, "-m", "stockpile", "report", *options)
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        for page in PAGES:
            text = (folder / page).read_text("utf-8")
            size = len(text.encode())
            plain = PLAIN.format(WORDS * (size // len(WORDS)))
            pairs = [
                [milliseconds(browser, folder, one) for one in (text, plain)] for _ in range(ROUNDS)
            ]
            ours, bare = (median(times) for times in zip(*pairs, strict=True))
            print(
                f"{page}: {ours:.0f} ms; plain text of the same {size / 1000:.0f} kB "
                f"{bare:.0f} ms: {ours / bare:.1f} times"
            )


if __name__ == "__main__":
    main()
