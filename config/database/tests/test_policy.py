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

NUMBERS = [knob for knob in fields(WEB) if knob.metadata]
POOLS = pytest.mark.parametrize("pool", [WEB, JOBS], ids=lambda pool: pool.name)


@POOLS
def test_nothing_in_the_environment_changes_nothing(pool):
    assert override(pool, {}) == pool


def test_an_override_changes_its_number_only():
    changed = override(WEB, {"POOL_WEB_MAX": "7", "POOL_JOBS_MAX": "3"})
    assert changed.max_connections == 7
    assert override(changed, {"POOL_WEB_MAX": "10"}) == WEB


def test_an_empty_override_is_none():
    assert override(JOBS, {"POOL_JOBS_IDLE_TIMEOUT": ""}) == JOBS


@POOLS
def test_every_number_has_a_variable_a_unit_a_range_and_a_source(pool):
    assert len(set(list_variables(pool).values())) == len(NUMBERS)
    for knob in NUMBERS:
        assert knob.metadata["unit"]
        assert knob.metadata["source"]
        assert knob.metadata["low"] <= getattr(pool, knob.name) <= knob.metadata["high"]


def test_every_field_that_is_no_name_is_such_a_number():
    assert {knob.name for knob in fields(WEB)} - {knob.name for knob in NUMBERS} == {
        "name",
        "alias",
    }


@pytest.mark.parametrize("knob", NUMBERS, ids=lambda knob: knob.name)
def test_both_ends_of_a_range_are_allowed(knob):
    variable = f"POOL_WEB_{knob.metadata['variable']}"
    for end in (knob.metadata["low"], knob.metadata["high"]):
        assert getattr(override(WEB, {variable: str(end)}), knob.name) == end


@pytest.mark.parametrize("knob", NUMBERS, ids=lambda knob: knob.name)
def test_beyond_a_range_the_error_names_variable_value_and_range(knob):
    low, high = knob.metadata["low"], knob.metadata["high"]
    variable = f"POOL_JOBS_{knob.metadata['variable']}"
    for value in (str(low - 1), str(high + 1)):
        with pytest.raises(PolicyError) as caught:
            override(JOBS, {variable: value})
        assert str(caught.value).startswith(f"{variable}='{value}' is not allowed")
        assert f"from {low} to {high}" in str(caught.value)


@pytest.mark.parametrize(
    "value",
    ["ten", "1.5", "-1", " 7", "7 ", "1e1", "\N{ARABIC-INDIC DIGIT SEVEN}", "+7", "0x7", "7\n"],
)
def test_what_is_no_whole_number_is_refused(value):
    with pytest.raises(PolicyError, match=r"POOL_WEB_MAX=.*from 1 to 500"):
        override(WEB, {"POOL_WEB_MAX": value})


def test_a_policy_cannot_be_changed_in_place():
    with pytest.raises(FrozenInstanceError):
        WEB.max_connections = 100


@pytest.mark.parametrize(("replicas", "web", "jobs"), [(1, 10, 2), (3, 30, 6)])
def test_every_replica_adds_its_slots(replicas, web, jobs):
    assert (WEB.count_slots(replicas), JOBS.count_slots(replicas)) == (web, jobs)


@pytest.mark.parametrize(("replicas", "web", "jobs"), [(1, 22, 6), (3, 66, 18)])
def test_who_holds_a_slot_or_logs_in_may_have_a_predecessor(replicas, web, jobs):
    assert (WEB.count_backends(replicas), JOBS.count_backends(replicas)) == (web, jobs)
    assert count_all_backends([WEB, JOBS], replicas) == web + jobs + ADMIN_CONNECTIONS


def test_a_silent_server_is_given_up_after_its_own_timeout_and_never_without_one():
    assert WEB.query_timeout == 17
    assert JOBS.query_timeout == 0
