"""What a page says, as text; fails where a tag is left open."""

import functools
import re
from html.parser import HTMLParser


class Reader(HTMLParser):
    """The words of a page, and whether its tags are well nested."""

    VOID = frozenset("meta img br hr path circle rect use line".split())

    def __init__(self):
        super().__init__()
        self.words, self.open, self.glued = [], [], False

    def handle_starttag(self, tag, attrs):
        self.glued = tag == "i"  # a comma of its own, which belongs to the name before it
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        pass

    def handle_endtag(self, tag):
        if tag not in self.VOID:
            assert self.open and self.open.pop() == tag, f"</{tag}> closes nothing"

    def handle_data(self, data):
        if self.glued and self.words:
            self.words[-1] += data
        else:
            self.words.append(data)
        self.glued = False


@functools.lru_cache(maxsize=64)
def text(html):
    reader = Reader()
    reader.feed(html)
    reader.close()
    assert not reader.open, f"{reader.open} left open"
    return re.sub(r"\s+", " ", " ".join(reader.words)).strip()
