"""The steps as data: what a page serves of them, and whether the pages bear them out."""

import json
import re

import pytest

from onboarding.tests.experts import make_expert
from tours.steps import STEPS

NUMBERED = [(number, step) for number, step in enumerate(STEPS, 1)]


def served(client, path):
    """What the guide finds in the page; None where it is not in it."""
    page = client.get(path).content.decode()
    data = re.search(r'<script id="tour-data" type="application/json">(.*?)</script>', page)
    assert page.count('src="/static/tours/guide') == (1 if data else 0)
    return json.loads(data[1]) if data else None


@pytest.mark.parametrize(("number", "step"), NUMBERED)
def test_a_page_serves_the_step_that_its_address_asks_for(member, number, step):
    data = served(member, f"{step.path}?tour={number}")
    assert data["number"] == number
    assert [one["title"] for one in data["steps"]] == [one.title for one in STEPS]
    assert data["steps"][number - 1]["page"] == step.path


@pytest.mark.parametrize(("number", "step"), NUMBERED)
def test_its_page_has_what_the_step_points_at(member, number, step):
    make_expert()
    page = member.get(step.path).content.decode()
    assert page.count(f'data-tour="{step.element}"') == 1


def test_the_profile_s_step_tells_of_the_card_that_it_points_at():
    step = next(step for step in STEPS if step.element == "profile")
    assert not {"zone", "language", "traits"} & set(step.text.replace(",", "").split())


@pytest.mark.parametrize("asked", ["", "0", "7", "-1", "1.0", "01", "²", "\0", "abc", "9" * 5000])
def test_an_address_that_asks_for_no_step_serves_none(member, asked):
    assert len(STEPS) == 6
    assert served(member, f"/?tour={asked}") is None


def test_a_page_serves_no_step_of_another_page(member):
    assert served(member, "/account/?tour=1") is None
    assert served(member, "/?tour=6") is None


def test_a_page_without_the_question_serves_none(member):
    assert served(member, "/") is None


def test_a_stranger_is_served_none(client, db):
    assert served(client, "/?tour=1") is None


def test_the_guide_costs_no_statement(member, django_assert_num_queries):
    with django_assert_num_queries(2):
        assert served(member, "/account/?tour=6")


def test_the_guide_fits_the_policy(member):
    page = member.get("/?tour=1").content.decode()
    assert not re.search(r"<[^>]+\sstyle\s*=|<style|<[^>]+\son[a-z]+\s*=", page)
