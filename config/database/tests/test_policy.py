from dataclasses import FrozenInstanceError, fields, replace

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
        "hosts",
        "kept_connections",
    }


@pytest.mark.parametrize("number", NUMBERS, ids=lambda number: number.name)
def test_accepts_both_ends_of_a_range(number):
    variable = f"POOL_WEB_{number.metadata['variable']}"
    # Its neighbours' limits do not count here.
    pool = replace(WEB, max_connections=500, budget=0)
    for end in (number.metadata["low"], number.metadata["high"]):
        assert getattr(override(pool, {variable: str(end)}), number.name) == end


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


def make_pools(hosts, web_budget, jobs_budget):
    return [
        replace(WEB, hosts=hosts, budget=web_budget),
        replace(JOBS, hosts=hosts, budget=jobs_budget),
    ]


def test_one_host_has_as_many_slots_as_connections():
    assert (WEB.slots, JOBS.slots) == (10, 2)
    assert override(WEB, {"POOL_WEB_MAX": "7"}).slots == 7


def test_hosts_share_the_budget():
    shared = override(replace(WEB, hosts=5), {"POOL_WEB_BUDGET": "40"})
    assert (shared.slots, shared.max_connections) == (40, 10)


def test_rejects_a_budget_that_one_host_exceeds():
    with pytest.raises(PolicyError, match=r"POOL_WEB_BUDGET=8 is less than POOL_WEB_MAX=10: all"):
        override(WEB, {"POOL_WEB_BUDGET": "8"})


def test_rejects_a_minimum_above_the_maximum():
    with pytest.raises(PolicyError, match=r"POOL_WEB_MIN=11 is more than POOL_WEB_MAX=10: lower"):
        override(WEB, {"POOL_WEB_MIN": "11"})


def test_rejects_a_budget_without_a_connection_for_each_host():
    with pytest.raises(PolicyError, match=r"2 connections for HOSTS=3.*POOL_JOBS_BUDGET=3 or more"):
        override(replace(JOBS, hosts=3), {})


# The table of docs/pools.md.
@pytest.mark.parametrize(
    ("hosts", "web", "jobs", "backends"),
    [
        (1, 10, 2, 28),
        (2, 10, 2, 32),
        (5, 10, 5, 50),
        (5, 40, 5, 110),
        (10, 40, 10, 140),
        (20, 40, 20, 200),
    ],
)
def test_counts_backends_with_their_predecessors(hosts, web, jobs, backends):
    pools = make_pools(hosts, web, jobs)
    assert sum(pool.count_backends() for pool in pools) == backends
    assert count_all_backends(pools) == backends + ADMIN_CONNECTIONS + 2 * hosts


def test_query_timeout_follows_the_statement_timeout():
    assert WEB.query_timeout == 17
    assert JOBS.query_timeout == 0
