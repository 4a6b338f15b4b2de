"""The expressions of the rules and the dashboard, and the names of metrics in them."""

from __future__ import annotations

import json
import re

import yaml
from django.conf import settings

FOLDER = settings.BASE_DIR / "deploy/monitoring"
DOCUMENT = settings.BASE_DIR / "docs/metrics.md"
PROMETHEUS_OWN = {"up", "ALERTS"}
# Selectors, ranges, lists of labels and strings; then functions.
NO_NAMES = re.compile(r'\{[^}]*\}|\[[^]]*\]|\b(?:by|on)\s*\([^)]*\)|"[^"]*"')
FUNCTION = re.compile(r"\b\w+\s*(?=\()")
NAME = re.compile(r"\b[a-zA-Z_][\w:]*")
WORDS = {"and", "or", "unless", "by", "on"}
# Grafana's variables, by what they stand for in a test.
VARIABLES = {"$site": "ai4ceo", "$__rate_interval": "1m"}


def read_rules():
    groups = yaml.safe_load((FOLDER / "alerts.yml").read_text())["groups"]
    return [rule for group in groups for rule in group["rules"]]


def list_alerts():
    return [rule for rule in read_rules() if "alert" in rule]


def read_dashboard():
    return json.loads((FOLDER / "dashboard.json").read_text())


def list_panels():
    """Return the dashboard's panels without its rows' titles."""
    return [panel for panel in read_dashboard()["panels"] if panel["type"] != "row"]


def list_panel_expressions():
    """Return (title, expression) of each line, with values for Grafana's variables."""
    return [
        (panel["title"], fill_in(target["expr"]))
        for panel in list_panels()
        for target in panel["targets"]
    ]


def fill_in(expression):
    for name, value in VARIABLES.items():
        expression = expression.replace(name, value)
    return expression


def find_names(expression):
    """Return the names of the metrics in an expression."""
    return set(NAME.findall(FUNCTION.sub(" ", NO_NAMES.sub(" ", expression)))) - WORDS


def is_documented(name, document):
    """Whether docs/metrics.md has the name, or a row with its start and `_end`."""
    name = re.sub(r"_(bucket|sum|count)$", "", name)
    if f"`{name}`" in document:
        return True
    rows = [line.partition(" |")[0] for line in document.splitlines() if line.startswith("| `")]
    return any(
        f"`{name[cut:]}`" in row and f"`{name[:cut]}_" in row
        for row in rows
        for cut in range(1, len(name))
        if name[cut] == "_"
    )
