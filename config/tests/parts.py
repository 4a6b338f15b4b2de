"""Which modules have tests of the parts that deploy/test runs beside each other.

Importing all modules would take each part ten seconds of the processor.
"""

from __future__ import annotations

import re
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]
# Each module of these parts has a marker, or a fixture that uses the site.
WORDS = {
    "alerts": r"mark\.alerts",
    "alone": r"mark\.alone",
    "faults": r"mark\.faults",
    "scripts": r"mark\.own_site",
    "sites": r"[(,]\s*site\s*[,)]|\b(open|signed_in)_(page|guide|uploads)\b",
}
PARTS = {"own_site": "scripts", "site": "sites"}  # of markers that are not a part's name
# The tests in these folders without such a marker mostly wait, and are a part; the rest is `main`.
DATABASES = tuple(f"config/{name}/" for name in ("database", "mail", "observe", "pools"))


def list_modules(part):
    with (ROOT / "pyproject.toml").open("rb") as file:
        folders = tomllib.load(file)["tool"]["pytest"]["ini_options"]["testpaths"]
    found = (path for folder in folders for path in (ROOT / folder).rglob("test_*.py"))
    return sorted(path for path in found if is_in_part(path, part))


def is_in_part(path, part):
    if part in WORDS:
        return re.search(WORDS[part], path.read_text()) is not None
    return path.relative_to(ROOT).as_posix().startswith(DATABASES) is (part == "databases")


def list_missing(items):
    """Return the modules with a test of a part that `list_modules` does not list."""
    marked = {(item.path, mark.name) for item in items for mark in item.iter_markers()}
    parts = {(path, PARTS.get(name, name)) for path, name in marked}
    return sorted(path for path, part in parts if part in WORDS and not is_in_part(path, part))


if __name__ == "__main__":
    sys.stdout.writelines(f"{path.relative_to(ROOT)}\n" for path in list_modules(sys.argv[1]))
