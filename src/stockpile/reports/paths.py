"""Paths of this machine, which nothing that is published may tell.

A path counts only where one can begin: the letters ``/reports`` stand in many an address
and ``/app`` in every workbook, and neither is a folder of this machine.
"""

from __future__ import annotations

import os
import re
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

#: What stands before a path: no letter of a longer one, and nothing of an address but `file://`.
_BEFORE = r"(?:(?<=file://)|(?<![\w.:/%&=?#~+@-]))"
_AFTER = r"(?![\w-])"
#: Two parts of a path or more, or one below a home.
_PART = r"/[^\s/:'\"()<>|,;\\]+"
_ANY = re.compile(rf"(?<![\w.:/%&?#~+@<-])(?:~(?:{_PART})+|(?:{_PART}){{2,}})/?")
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")


def tells(content: bytes, path: str) -> bool:
    """Whether a file tells a path.

    Examples
    --------
    >>> tells(b"<a href='https://example.org/reports/2012'>", "/reports")
    False
    >>> tells(b"written to /reports/ccm", "/reports")
    True
    """
    if path.encode() not in content:
        return False
    pattern = _BEFORE + re.escape(path.rstrip(os.sep)) + _AFTER
    return re.search(pattern.encode(), content) is not None


def without_paths(found: Any, names: Mapping[str, str]) -> Any:
    """Take the paths of this machine out of texts, lists and objects of them.

    ``names`` has paths, and what stands in their place; of any other the last part is left.

    Examples
    --------
    >>> without_paths(["File /usr/lib/python3/json.py:9 read '/srv/data/ccm/a.csv'"],
    ...     {"/srv/data": "data"})
    ["File json.py:9 read 'data/ccm/a.csv'"]
    """
    if isinstance(found, str):
        text = _COLOURS.sub("", found)
        known = {sys.prefix: "python", tempfile.gettempdir(): "tmp", **names}
        for path in sorted(known, key=len, reverse=True):
            name = known[path].replace("\\", r"\\")
            text = re.sub(_BEFORE + re.escape(path) + _AFTER, name, text)
        return _ANY.sub(lambda match: Path(match.group()).name, text)
    if isinstance(found, list):
        return [without_paths(each, names) for each in found]
    if isinstance(found, dict):
        return {key: without_paths(value, names) for key, value in found.items()}
    return found
