from dataclasses import FrozenInstanceError, fields

import pytest

from config.database.policy import (
    ADMIN_CONNECTIONS,
    JOBS,
    WEB,
    PolicyError,
    count_all_backends,
    list_variables,
    override,
)

NUMBERS = [number for number in fields(WEB) if number.metadata]
POOLS = pytest.mark.parametrize("pool", [WEB, JOBS], ids=lambda pool: pool.name)


@POOLS
def test_empty_environment_changes_nothing(pool):
    assert override(pool, {}) == pool


def test_override_changes_only_its_number():
    changed = override(WEB, {"POOL_WEB_MAX": "7", "POOL_JOBS_MAX": "3"})
    assert changed.max_connections == 7
    assert override(changed, {"POOL_WEB_MAX": "10"}) == WEB


def test_empty_override_is_ignored():
    assert override(JOBS, {"POOL_JOBS_IDLE_TIMEOUT": ""}) == JOBS


@POOLS
def test_every_number_is_documented(pool):
    assert len(set(list_variables(pool).values())) == len(NUMBERS)
    for number in NUMBERS:
        assert number.metadata["unit"]
        assert number.metadata["source"]
        assert number.metadata["low"] <= getattr(pool, number.name) <= number.metadata["high"]


def test_every_field_but_the_names_is_a_number():
    assert {number.name for number in fields(WEB)} - {number.name for number in NUMBERS} == {
        "name",
        "alias",
    }


@pytest.mark.parametrize("number", NUMBERS, ids=lambda number: number.name)
def test_accepts_both_ends_of_a_range(number):
    variable = f"POOL_WEB_{number.metadata['variable']}"
    for end in (number.metadata["low"], number.metadata["high"]):
        assert getattr(override(WEB, {variable: str(end)}), number.name) == end


@pytest.mark.parametrize("number", NUMBERS, ids=lambda number: number.name)
def test_error_names_variable_value_and_range(number):
    low, high = number.metadata["low"], number.metadata["high"]
    variable = f"POOL_JOBS_{number.metadata['variable']}"
    for value in (str(low - 1), str(high + 1)):
        with pytest.raises(PolicyError) as caught:
            override(JOBS, {variable: value})
        assert str(caught.value).startswith(f"{variable}='{value}' is not allowed")
        assert f"from {low} to {high}" in str(caught.value)


@pytest.mark.parametrize(
    "value",
    ["ten", "1.5", "-1", " 7", "7 ", "1e1", "\N{ARABIC-INDIC DIGIT SEVEN}", "+7", "0x7", "7\n"],
)
def test_rejects_anything_but_integers(value):
    with pytest.raises(PolicyError, match=r"POOL_WEB_MAX=.*from 1 to 500"):
        override(WEB, {"POOL_WEB_MAX": value})


def test_policy_is_immutable():
    with pytest.raises(FrozenInstanceError):
        WEB.max_connections = 100


@pytest.mark.parametrize(("replicas", "web", "jobs"), [(1, 10, 2), (3, 30, 6)])
def test_each_replica_adds_slots(replicas, web, jobs):
    assert (WEB.count_slots(replicas), JOBS.count_slots(replicas)) == (web, jobs)


@pytest.mark.parametrize(("replicas", "web", "jobs", "exporters"), [(1, 22, 6, 2), (3, 66, 18, 6)])
def test_counts_backends_with_their_predecessors(replicas, web, jobs, exporters):
    assert (WEB.count_backends(replicas), JOBS.count_backends(replicas)) == (web, jobs)
    outside = exporters + ADMIN_CONNECTIONS
    assert count_all_backends([WEB, JOBS], replicas) == web + jobs + outside


def test_query_timeout_follows_the_statement_timeout():
    assert WEB.query_timeout == 17
    assert JOBS.query_timeout == 0
