"""The committed data packages describe the committed tables, to the byte."""

import hashlib
import json
import shutil
from pathlib import Path

import pytest
from packages import problems

RAW = Path(__file__).parents[1] / "data" / "raw"
TREATIES = sorted(path.parent.name for path in RAW.glob("*/treaty.toml"))


def descriptor(treaty: str, root: Path = RAW) -> dict:
    return json.loads((root / treaty / "datapackage.json").read_text(encoding="utf-8"))


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the Cluster Munitions tables to do damage to."""
    return Path(shutil.copytree(RAW / "ccm", tmp_path / "ccm"))


def add_row(folder: Path, table: str, row: str) -> Path:
    """Append a row and put the size and hash right, so that only the row is wrong."""
    path = folder / f"{table}.csv"
    path.write_bytes(path.read_bytes() + row.encode() + b"\n")
    package = descriptor("ccm", folder.parent)
    resource = next(r for r in package["resources"] if r["name"] == table)
    resource["bytes"] = path.stat().st_size
    resource["hash"] = f"sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}"
    target = folder / "datapackage.json"
    target.write_text(json.dumps(package), encoding="utf-8")
    return target


def test_both_treaties_are_here():
    assert {"apmbc", "ccm"} <= set(TREATIES)


@pytest.mark.parametrize("treaty", TREATIES)
def test_package_is_valid(treaty):
    assert problems(RAW / treaty / "datapackage.json") == []


@pytest.mark.parametrize("treaty", TREATIES)
def test_every_table_is_described_and_nothing_else(treaty):
    listed = {resource["path"] for resource in descriptor(treaty)["resources"]}
    present = {path.name for path in (RAW / treaty).iterdir()}
    assert listed == present - {"README.md", "datapackage.json"}


@pytest.mark.parametrize("treaty", TREATIES)
def test_size_and_hash_are_those_of_the_files(treaty):
    for resource in descriptor(treaty)["resources"]:
        data = (RAW / treaty / resource["path"]).read_bytes()
        assert resource["bytes"] == len(data), resource["path"]
        assert resource["hash"] == f"sha256:{hashlib.sha256(data).hexdigest()}", resource["path"]


def test_one_version_of_the_tables_stands_everywhere():
    versions = {descriptor(treaty)["version"] for treaty in TREATIES}
    (version,) = versions
    for path in (*RAW.glob("*/README.md"), RAW.parents[1] / "CITATION.cff"):
        assert version in path.read_text(encoding="utf-8"), path


@pytest.mark.parametrize("treaty", TREATIES)
def test_dictionary_names_every_column_and_word(treaty):
    """The README is read by people; it must not fall behind the descriptor."""
    readme = (RAW / treaty / "README.md").read_text(encoding="utf-8")
    for resource in descriptor(treaty)["resources"]:
        assert f"`{resource['path']}`" in readme
        for field in resource.get("schema", {}).get("fields", []):
            words = [field["name"], *field.get("constraints", {}).get("enum", [])]
            missing = [word for word in words if f"`{word}`" not in readme]
            assert not missing, f"{resource['path']}: {missing}"


def test_a_changed_byte_is_noticed(copy):
    path = copy / "states.csv"
    path.write_bytes(path.read_bytes().replace(b"Albania", b"Albanie"))
    assert [error[3] for error in problems(copy / "datapackage.json")] == ["hash-count"]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("table", "row", "error"),
    [
        ("quantities", "ZZZ,declared,submunitions,1,exact,,,untc2014", "foreign-key"),
        ("quantities", "AFG,declared,submunitions,1,exact,,,no-such-source", "foreign-key"),
        ("quantities", "AFG,declared,submunitions,,exact,,,untc2014", "constraint-error"),
        ("quantities", "AFG,declared,submunitions,-1,exact,,,untc2014", "constraint-error"),
        ("quantities", 'AFG,declared,submunitions,"1,5x",exact,,,untc2014', "type-error"),
        ("quantities", "AFG,guessed,submunitions,1,exact,,,untc2014", "constraint-error"),
        ("quantities", "AFG,declared,submunitions,1,exact,,2012-02-30,untc2014", "type-error"),
        (
            "quantities",
            "AFG,declared,cluster_munitions,0,exact,,2012-08-30,cmm2016-afg-profile",
            "duplicate-row",
        ),
        ("events", "AFG,consented,2011-09-09,day,ratificationx,untc2014", "constraint-error"),
        ("events", "AFG,consented,2011-09-08,day,ratification,untc2014", "primary-key"),
        ("states", "AFG,Afghanistan again", "primary-key"),
        ("interpretive_views", "AFG,investment,prohibited,May 2012,untc2014", "constraint-error"),
    ],
)
def test_a_bad_row_is_noticed(copy, table, row, error):
    found = problems(add_row(copy, table, row))
    assert error in {problem[3] for problem in found}
