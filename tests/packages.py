"""Data packages held against their files, by frictionless."""

from __future__ import annotations

import csv
from pathlib import Path


def problems(path: Path) -> list[list[object]]:
    """What frictionless has to say against a package; nothing, it is hoped.

    It raises the limit on the cells of a CSV for the whole process, which is put back.
    """
    from frictionless import Checklist, checks, validate  # whoever asks nothing need not wait

    limit = csv.field_size_limit()
    try:
        report = validate(str(path), checklist=Checklist(checks=[checks.duplicate_row()]))
    finally:
        csv.field_size_limit(limit)
    found: list[list[object]] = report.flatten(["name", "rowNumber", "fieldName", "type", "note"])
    return found
