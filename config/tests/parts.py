"""Which modules have tests of the parts that deploy/test runs beside each other.

Importing all modules would take each part ten seconds of the processor.
"""

from __future__ import annotations

import re
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]
# Fixtures that use the site, as arguments.
SITE = re.compile(r"[(,]\s*site\s*[,)]|\b(open|signed_in)_(page|guide|uploads)\b")
# The tests in these folders without a marker mostly wait, and are a part; the rest is `main`.
DATABASES = tuple(f"config/{name}/" for name in ("database", "mail", "observe", "pools"))
# The parts that may have a test with the marker.
PARTS = {
    "alerts": {"alerts"},
    "alone": {"alone"},
    "faults": {"faults"},
    "own_site": {"scripts", "sites"},
    "site": {"scripts", "sites"},
}


def list_modules(part):
    with (ROOT / "pyproject.toml").open("rb") as file:
        folders = tomllib.load(file)["tool"]["pytest"]["ini_options"]["testpaths"]
    found = (path for folder in folders for path in (ROOT / folder).rglob("test_*.py"))
    return sorted(path for path in found if part in find_parts(path))


def find_parts(path):
    text, place = path.read_text(), path.relative_to(ROOT).as_posix()
    parts = {name for name in ("alerts", "alone", "faults") if f"mark.{name}" in text}
    parts.add("databases" if place.startswith(DATABASES) else "main")
    # Both of these start sites; so divided, they take about as long.
    if "mark.own_site" in text and place.startswith("config/"):
        parts.add("scripts")
    elif "mark.own_site" in text or SITE.search(text):
        parts.add("sites")
    return parts


def list_missing(items):
    """Return the modules with a test of a part that `list_modules` does not list."""
    marked = {(item.path, mark.name) for item in items for mark in item.iter_markers()}
    marked = {(path, name) for path, name in marked if name in PARTS}
    return sorted({path for path, name in marked if not PARTS[name] & find_parts(path)})


if __name__ == "__main__":
    sys.stdout.writelines(f"{path.relative_to(ROOT)}\n" for path in list_modules(sys.argv[1]))
