"""The dashboard's JSON, as far as it can be checked without Grafana."""

import subprocess
from itertools import combinations

import pytest
import yaml

from monitoring.tests.expressions import (
    fill_in,
    list_panel_expressions,
    list_panels,
    read_dashboard,
)

DATASOURCE = {"type": "prometheus", "uid": "${datasource}"}
WIDTH = 24
# Grafana's names of units.
UNITS = {"short", "s", "d", "Bps", "ops", "reqps", "percentunit", "bool_on_off"}


def test_has_a_fixed_uid_and_lets_grafana_choose_the_id():
    dashboard = read_dashboard()
    assert (dashboard["uid"], dashboard["id"]) == ("ai4ceo", None)


def test_numbers_each_panel_once():
    ids = [panel["id"] for panel in read_dashboard()["panels"]]
    assert len(set(ids)) == len(ids)


def test_offers_the_data_source_and_the_site():
    kinds = {one["name"]: one["type"] for one in read_dashboard()["templating"]["list"]}
    assert kinds == {"datasource": "datasource", "site": "query"}


@pytest.mark.parametrize("panel", list_panels(), ids=lambda panel: panel["title"])
def test_panel_is_complete(panel):
    assert panel["datasource"] == DATASOURCE
    assert panel["fieldConfig"]["defaults"]["unit"] in UNITS
    assert len({target["refId"] for target in panel["targets"]}) == len(panel["targets"]) > 0
    for target in panel["targets"]:
        assert target["datasource"] == DATASOURCE
        assert target["legendFormat"]
        assert 'site="$site"' in target["expr"]


def overlap(one, other):
    return all(
        one[start] < other[start] + other[size] and other[start] < one[start] + one[size]
        for start, size in (("x", "w"), ("y", "h"))
    )


def test_no_panel_covers_another():
    places = [panel["gridPos"] for panel in read_dashboard()["panels"]]
    assert all(place["x"] >= 0 and place["x"] + place["w"] <= WIDTH for place in places)
    assert [pair for pair in combinations(places, 2) if overlap(*pair)] == []


def test_finds_a_panel_that_covers_another():
    one = {"x": 0, "y": 0, "w": 8, "h": 8}
    assert overlap(one, one | {"x": 7, "y": 7})
    assert not overlap(one, one | {"x": 8})


def test_prometheus_parses_each_expression():
    expressions = [expression for _, expression in list_panel_expressions()]
    expressions += [fill_in(one["expr"]) for one in read_dashboard()["annotations"]["list"]]
    rules = [{"record": f"panel:{number}", "expr": text} for number, text in enumerate(expressions)]
    done = subprocess.run(
        ["promtool", "check", "rules", "/dev/stdin"],
        input=yaml.safe_dump({"groups": [{"name": "dashboard", "rules": rules}]}),
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stdout + done.stderr
