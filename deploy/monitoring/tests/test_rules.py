"""The alert rules and the examples of both configurations, checked by their own tools."""

import re
import subprocess

import pytest
import yaml

from config.observe.doctor import machine
from config.tests.test_documents import list_anchors
from monitoring.shorten import shorten
from monitoring.tests.expressions import (
    DOCUMENT,
    FOLDER,
    PROMETHEUS_OWN,
    find_names,
    is_documented,
    list_alerts,
    list_panel_expressions,
    read_rules,
)

ALERTS = {rule["alert"]: rule for rule in list_alerts()}
CASES = ("alerts_test.yml", "alerts_slow_test.yml")
NOTES = {"summary", "description", "first_step", "runbook_url"}


def run(*command, text=None):
    done = subprocess.run(
        command, cwd=FOLDER, input=text, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize("change", [str, shorten], ids=["real", "shortened"])
def test_prometheus_accepts_the_rules(change):
    rules = change((FOLDER / "alerts.yml").read_text())
    found = run("promtool", "check", "rules", "/dev/stdin", text=rules)
    assert f"{len(read_rules())} rules found" in found


def test_prometheus_and_alertmanager_accept_the_configurations():
    run("promtool", "check", "config", "prometheus.yml")
    run("amtool", "check-config", "alertmanager.yml")


@pytest.mark.parametrize("cases", CASES)
def test_alerts_fire_and_are_quiet_as_they_should(cases):
    run("promtool", "test", "rules", cases)


def list_cases():
    """Return (alert, whether it fires) of each case."""
    for name in CASES:
        for group in yaml.safe_load((FOLDER / name).read_text())["tests"]:
            yield read_case(group)


def read_case(group):
    alert, how = re.match(r"(\w+) (fires|is quiet)\b", group["name"]).groups()
    fires = any(expected.get("exp_samples") for expected in group["promql_expr_test"])
    assert fires == (how == "fires"), group["name"]
    return alert, fires


def test_each_alert_has_a_case_that_fires_and_one_that_is_quiet():
    assert set(list_cases()) == {(alert, fires) for alert in ALERTS for fires in (True, False)}


@pytest.mark.parametrize("alert", ALERTS)
def test_an_alert_explains_itself(alert):
    rule = ALERTS[alert]
    assert rule["annotations"].keys() == NOTES
    assert rule["labels"]["severity"] in ("page", "ticket")
    path, _, anchor = rule["annotations"]["runbook_url"].partition("#")
    assert path == "docs/operations.md"
    assert anchor == alert.lower()
    assert anchor in list_anchors(DOCUMENT.parent / "operations.md")


@pytest.mark.parametrize(
    ("alert", "limit"),
    [
        ("DiskLow", f"< {machine.MIN_FREE}"),
        ("CertificateExpires", f"< {machine.FEW_DAYS}"),
        ("JobNotRun", f"> {machine.LATE} * {machine.DAY}"),
    ],
)
def test_the_doctor_has_the_same_limit(alert, limit):
    assert ALERTS[alert]["expr"].strip().endswith(limit)


def list_expressions():
    rules = [(rule.get("alert") or rule["record"], rule["expr"]) for rule in read_rules()]
    return rules + list_panel_expressions()


@pytest.mark.parametrize(("title", "expression"), list_expressions())
def test_each_metric_is_documented(title, expression):
    known = PROMETHEUS_OWN | {rule["record"] for rule in read_rules() if "record" in rule}
    document = DOCUMENT.read_text()
    names = {name for name in find_names(expression) - known if not name.startswith("haproxy_")}
    assert [name for name in names if not is_documented(name, document)] == []


def test_finds_an_undocumented_metric():
    text = "| `ai4ceo_pool_slots`, `_slots_taken` | |\n"
    assert find_names('sum by (a) (rate(x_total{b="c"}[5m])) / on (a) y > 1') == {"x_total", "y"}
    assert is_documented("ai4ceo_pool_slots_taken", text)
    assert not is_documented("ai4ceo_pool_taken", text)
    assert not is_documented("ai4ceo_pool_slots_lost", text)


def test_shorten_divides_times_by_sixty():
    assert shorten("for: 10m\nkeep_firing_for: 8m\n") == "for: 10s\nkeep_firing_for: 8s\n"
    assert (
        shorten("expr: rate(a[1h]) > rate(b[30s]) * 60") == "expr: rate(a[60s]) > rate(b[6s]) * 60"
    )
    assert shorten("scrape_interval: 15s") == "scrape_interval: 2s"
