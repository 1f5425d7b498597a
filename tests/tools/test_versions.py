"""The lowest versions that CI tests with are those that the project file allows."""

import pytest
import versions

PROJECT = versions.PROJECT.read_text(encoding="utf-8")


def test_every_library_of_a_report_is_pinned_to_its_lower_bound():
    pins = versions.lowest(PROJECT)
    assert {"numpy==1.26.4", "pandas==3.0.3"} <= set(pins)
    assert {pin.partition("==")[0] for pin in pins} >= {"matplotlib", "papermill", "openpyxl"}


def test_a_library_without_a_lower_bound_is_named():
    with pytest.raises(ValueError, match="'numpy' has no lower bound"):
        versions.lowest(PROJECT.replace('"numpy>=1.26.4"', '"numpy"'))
