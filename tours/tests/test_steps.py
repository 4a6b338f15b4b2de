"""The steps in the pages."""

import json
import re

import pytest

from onboarding.tests.experts import make_expert
from tours.steps import STEPS

NUMBERED = [(number, step) for number, step in enumerate(STEPS, 1)]


def get_guide(client, path):
    """Return the guide's data in the page, or None."""
    page = client.get(path).content.decode()
    data = re.search(r'<script id="tour-data" type="application/json">(.*?)</script>', page)
    assert page.count('src="/static/tours/guide') == (1 if data else 0)
    return json.loads(data[1]) if data else None


@pytest.mark.parametrize(("number", "step"), NUMBERED)
def test_page_contains_step_named_by_url(member, number, step):
    data = get_guide(member, f"{step.path}?tour={number}")
    assert data["number"] == number
    assert [one["title"] for one in data["steps"]] == [one.title for one in STEPS]
    assert data["steps"][number - 1]["page"] == step.path


@pytest.mark.parametrize(("number", "step"), NUMBERED)
def test_page_contains_the_steps_element(member, number, step):
    make_expert()
    page = member.get(step.path).content.decode()
    assert page.count(f'data-tour="{step.element}"') == 1


def test_profile_step_describes_its_card():
    step = next(step for step in STEPS if step.element == "profile")
    assert not {"zone", "language", "traits"} & set(step.text.replace(",", "").split())


@pytest.mark.parametrize("asked", ["", "0", "7", "-1", "1.0", "01", "²", "\0", "abc", "9" * 5000])
def test_ignores_invalid_step(member, asked):
    assert len(STEPS) == 6
    assert get_guide(member, f"/?tour={asked}") is None


def test_ignores_step_of_other_page(member):
    assert get_guide(member, "/account/?tour=1") is None
    assert get_guide(member, "/?tour=6") is None


def test_page_without_parameter_has_no_guide(member):
    assert get_guide(member, "/") is None


def test_anonymous_page_has_no_guide(client, db):
    assert get_guide(client, "/?tour=1") is None


def test_guide_runs_no_statement(member, django_assert_num_queries):
    with django_assert_num_queries(2):
        assert get_guide(member, "/account/?tour=6")


def test_guide_complies_with_content_security_policy(member):
    page = member.get("/?tour=1").content.decode()
    assert not re.search(r"<[^>]+\sstyle\s*=|<style|<[^>]+\son[a-z]+\s*=", page)
